//! `failspec snapshots`: review, accept and reject changed responses without cargo.

use std::{
    fs,
    io::{self, BufRead as _, Write as _},
    path::Path,
};

use failspec_judge::{
    report_model::exit,
    snapshot::{SnapshotFile, accept, diff, pending, reject},
};
use failspec_report::terminal::{Styles, visible};

use super::{
    arguments::{SnapshotsAction, SnapshotsArguments},
    error::CliError,
    stdout::stdout,
};

/// Reviews, accepts or rejects pending responses.
///
/// # Errors
/// When a file cannot be read, moved or removed.
pub fn command(action: &SnapshotsAction) -> Result<u8, CliError> {
    let (arguments, decide): (&SnapshotsArguments, fn(&Path) -> io::Result<Decision>) = match action {
        SnapshotsAction::Review(arguments) => (arguments, ask),
        SnapshotsAction::Accept(arguments) => (arguments, |_| Ok(Decision::Accept)),
        SnapshotsAction::Reject(arguments) => (arguments, |_| Ok(Decision::Reject)),
    };
    let folder = &arguments.folder;
    let failed = |error: io::Error| CliError::usage(format!("{}: {error}", folder.display()));
    if !folder.is_dir() {
        return Err(CliError::usage(format!("there is no folder {}", folder.display())));
    }
    let found = pending(folder).map_err(failed)?;
    let (mut accepted, mut rejected) = (0, 0);
    for file in &found {
        match decide(file).map_err(failed)? {
            Decision::Accept => {
                accept(file).map_err(failed)?;
                accepted += 1;
            }
            Decision::Reject => {
                reject(file).map_err(failed)?;
                rejected += 1;
            }
            Decision::Skip => {}
            Decision::Quit => break,
        }
    }
    let left = found.len() - accepted - rejected;
    print(&format!("{accepted} accepted, {rejected} rejected, {left} left\n"));
    Ok(exit::CONFORMS)
}

enum Decision {
    Accept,
    Reject,
    Skip,
    Quit,
}

/// Shows the diff and asks for a decision.
fn ask(file: &Path) -> io::Result<Decision> {
    let read = |path: &Path| fs::read_to_string(path).ok().and_then(|text| SnapshotFile::parse(&text));
    let now = read(file).map(|snapshot| snapshot.contents).unwrap_or_default();
    let before = read(&file.with_extension("")).map(|snapshot| snapshot.contents).unwrap_or_default();
    let mut text = format!("\n{}\n", Styles::dab(Styles::STRONG, file.display()));
    for line in diff(&before, &now).lines() {
        let style = match line.as_bytes().first() {
            Some(b'-') => Styles::BAD,
            Some(b'+') => Styles::GOOD,
            _ => Styles::FAINT,
        };
        text.push_str(&format!("{}\n", Styles::dab(style, visible(line))));
    }
    text.push_str("a(ccept), r(eject), s(kip), q(uit)? ");
    print(&text);
    let mut response = String::new();
    // The end of the input decides nothing: undecided responses stay pending.
    if io::stdin().lock().read_line(&mut response)? == 0 {
        return Ok(Decision::Quit);
    }
    Ok(match response.trim() {
        "a" | "accept" => Decision::Accept,
        "r" | "reject" => Decision::Reject,
        "q" | "quit" => Decision::Quit,
        _ => Decision::Skip,
    })
}

fn print(text: &str) {
    let mut out = stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
