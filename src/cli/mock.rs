//! `failspec mock`.

use std::{fs, io::Write as _, sync::Arc};

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
    let packs =
        packs::named(&PackSources::of(&arguments.from, None)?, std::slice::from_ref(&arguments.pack))?;
    let Some(pack) = packs.first() else {
        return Err(CliError::usage(format!("there is no pack {}", arguments.pack)));
    };
    let mock = Mock::new(Arc::clone(pack)).map_err(|error| CliError::usage(error.to_string()))?;
    let mock = Arc::new(mock);
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        if let Some(path) = &arguments.target_file {
            check_target_file(path, &target_file(mock.pack(), ""))?;
        }
        let server = Server::start(Arc::clone(&mock), arguments.listen).await?;
        if let Some(path) = &arguments.target_file {
            fs::write(path, target_file(mock.pack(), &server.url()))
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
