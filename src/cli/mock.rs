//! `failspec mock`.

use std::{fs, io::Write as _, path::Path, sync::Arc};

use failspec_judge::report_model::exit;
use failspec_mock::{Mock, Server, Unplayed, target_file};
use failspec_report::terminal::{stderr, visible};

use super::{
    arguments::MockArguments, error::CliError, pack_sources::PackSources, packs, runtime::runtime,
    serve::check_target_file, signal::Signals, stdout::stdout,
};

/// Maximum number of failures that are listed without `--verbose`.
const MAX_LISTED: usize = 10;

/// Runs a mock of a pack until a signal arrives.
///
/// # Errors
/// When the pack cannot be read, the address is in use, or the target file cannot be written.
pub fn command(arguments: &MockArguments) -> Result<u8, CliError> {
    let sources = PackSources::of(&arguments.from, None)?;
    let packs = packs::named(&sources, std::slice::from_ref(&arguments.pack))?;
    let Some(pack) = packs.first() else {
        return Err(CliError::usage(format!("there is no pack {}", arguments.pack)));
    };
    let mock = Mock::new(Arc::clone(pack)).map_err(|error| CliError::usage(error.to_string()))?;
    let mock = Arc::new(mock);
    let folder = sources.own_folder().filter(|_| !sources.is_built_in(&mock.pack().name));
    let written = |path: &Path, url: &str| {
        target_file(mock.pack(), url, folder.map(|folder| folder_from(path, folder)).as_deref())
    };
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        if let Some(path) = &arguments.target_file {
            check_target_file(path, &written(path, ""))?;
        }
        let server = Server::start(Arc::clone(&mock), arguments.listen).await?;
        if let Some(path) = &arguments.target_file {
            fs::write(path, written(path, &server.url()))
                .map_err(|error| CliError::usage(format!("cannot write {}: {error}", path.display())))?;
        }
        let _ = stderr().write_all(notice(&mock, arguments.verbose).as_bytes());
        // Scripts wait for this line: it must not stay in a buffer.
        let mut out = stdout();
        let _ = writeln!(out, "{}", server.url()).and_then(|()| out.flush());
        signals.next().await;
        server.stop().await;
        Ok(exit::CONFORMS)
    })
}

/// Returns the folder of the packs as a target file names it: from the folder of that file on.
fn folder_from(file: &Path, folder: &Path) -> String {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let beside = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match whole(folder).strip_prefix(whole(beside)) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => below.display().to_string(),
        Err(_) => whole(folder).display().to_string(),
    }
}

/// Says what a mock is, and what the requests of the pack do not bring about.
fn notice(mock: &Mock, verbose: bool) -> String {
    let mut text = format!(
        "a mock of {}, made from its contract alone: it proves nothing about any API\n`Prefer: failure=ID` brings a \
         documented failure about\n",
        mock.pack().label()
    );
    let unplayed = mock.unplayed();
    if unplayed.is_empty() {
        return text;
    }
    text.push_str("not by the requests of the pack:\n");
    let listed = if verbose { unplayed.len() } else { MAX_LISTED };
    for Unplayed { name, reason } in unplayed.iter().take(listed) {
        text.push_str(&format!("  {}: {}\n", visible(name), visible(&reason.to_string())));
    }
    if unplayed.len() > listed {
        text.push_str(&format!("  and {} more: --verbose lists them\n", unplayed.len() - listed));
    }
    text
}
