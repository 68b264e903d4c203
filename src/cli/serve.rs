//! `failspec serve`.

use std::{fs, io::Write as _, path::Path, sync::Arc};

use failspec_base::syntax::closest;
use failspec_judge::report_model::exit;
use failspec_mutants as proof;
use failspec_pack::pack::{Version, split_version};
use failspec_reference::{Mutant, Options, Server, mutants_of};
use failspec_report::terminal::Styles;

use super::{arguments::ServeArguments, error::CliError, runtime::runtime, signal::Signals, stdout::stdout};

/// Runs a reference implementation until a signal arrives.
///
/// # Errors
/// When there is none, the address is in use, or the target file cannot be written.
pub fn command(arguments: &ServeArguments) -> Result<u8, CliError> {
    let (name, version) = split_version(&arguments.pack);
    let version = version.map(|text| {
        Version::parse(text).ok_or_else(|| {
            let message =
                format!("`{text}` is not a version: it is a year, a month or a day, such as {name}@2026-03");
            CliError::usage(message)
        })
    });
    let api = proof::api_of_version(name, version.transpose()?.as_ref())?;
    let mutant = match arguments.mutant.as_deref() {
        None => None,
        Some("list") => return Ok(list(mutants_of(&*api))),
        Some(id) => Some(mutant(mutants_of(&*api), id)?),
    };
    let runtime = runtime()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        if let Some(path) = &arguments.target_file {
            check_target_file(path, &api.target_file(""))?;
        }
        let server = Server::start(Arc::clone(&api), Options { listen: arguments.listen, mutant }).await?;
        if let Some(path) = &arguments.target_file {
            fs::write(path, api.target_file(&server.url()))
                .map_err(|error| CliError::usage(format!("cannot write {}: {error}", path.display())))?;
        }
        // Scripts wait for this line: it must not stay in a buffer.
        let mut out = stdout();
        let _ = writeln!(out, "{}", server.url()).and_then(|()| out.flush());
        signals.next().await;
        server.stop().await;
        Ok(exit::CONFORMS)
    })
}

/// Checks the target file. A file that describes other targets is not overwritten: only one that was written before
/// for the same pack is replaced.
pub(super) fn check_target_file(path: &Path, text: &str) -> Result<(), CliError> {
    let is_ours = |there: &str| there.lines().next() == text.lines().next();
    match fs::read_to_string(path) {
        Ok(there) if !there.is_empty() && !is_ours(&there) => Err(CliError::usage_hint(
            format!("{} exists already; nothing was written", path.display()),
            "it is no target file of this pack: give --target-file another name",
        )),
        _ => Ok(()),
    }
}

fn mutant(mutants: Vec<Mutant>, id: &str) -> Result<Mutant, CliError> {
    let known: Vec<String> = mutants.iter().map(|mutant| mutant.id.to_string()).collect();
    mutants.into_iter().find(|mutant| mutant.id == id).ok_or_else(|| {
        let near =
            closest(id, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        CliError::usage_hint(
            format!("there is no mutant `{id}`"),
            near.unwrap_or_else(|| "`--mutant list` lists them".to_owned()),
        )
    })
}

fn list(mutants: Vec<Mutant>) -> u8 {
    let mut out = stdout();
    for mutant in mutants {
        let kind = if mutant.harmless {
            Styles::dab(Styles::GOOD, "harmless")
        } else {
            Styles::dab(Styles::BAD, "wrong   ")
        };
        // A closed pipe is not an error: the reader needs no more output.
        if writeln!(
            out,
            "{kind} {} {}",
            Styles::dab(Styles::STRONG, format_args!("{:<34}", mutant.id)),
            mutant.about
        )
        .is_err()
        {
            break;
        }
    }
    exit::CONFORMS
}
