//! `failspec.toml` of a new pack: so that `failspec run NAME` needs no options.

use std::{fmt::Write as _, fs, io::ErrorKind, path::Path};

use failspec_base::syntax::{Source, toml};
use failspec_report::terminal::Styles;

use super::{default_config::DEFAULT_CONFIG, error::CliError};

/// The line that names the folder of the packs.
const PACKS: &str = "packs = \".\"\n";

/// A file with that line, and a target.
const NEW: &str = "\
# Where the packs are, and the APIs that they test. All keys: `failspec schema config`
packs = \".\"
default_target = \"local\"

[target.local]
url = \"http://localhost:8080\"
";

/// Returns the place of the URL in the `failspec.toml` that [`with_packs`] writes; `None` if there is a file already.
pub(super) fn new_config_url() -> Option<String> {
    let line = NEW.lines().position(|line| line.starts_with("url"))? + 1;
    (!Path::new(DEFAULT_CONFIG).exists()).then(|| format!("{DEFAULT_CONFIG}:{line}"))
}

/// Writes a `failspec.toml` with `packs` and a target, or adds `packs` to the one that is there.
///
/// # Errors
/// When the file cannot be read or written, or is not TOML.
pub(super) fn with_packs() -> Result<String, CliError> {
    let path = Path::new(DEFAULT_CONFIG);
    let failed = |error| CliError::usage(format!("cannot write {DEFAULT_CONFIG}: {error}"));
    let (text, did) = match fs::read_to_string(path) {
        Ok(before) => {
            if toml::parse(&Source::new(DEFAULT_CONFIG, before.as_str()))?.get("packs").is_some() {
                return Ok(String::new());
            }
            // At the top: below a table it would be a key of that.
            (format!("{PACKS}{before}"), "added `packs` to")
        }
        Err(error) if error.kind() == ErrorKind::NotFound => (NEW.to_owned(), "wrote"),
        Err(error) => return Err(failed(error)),
    };
    fs::write(path, text).map_err(failed)?;
    let mut said = String::new();
    let _ = writeln!(said, "{} {DEFAULT_CONFIG}", Styles::dab(Styles::GOOD, did));
    Ok(said)
}
