//! The `failspec.toml` of a command that names none.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use super::{error::CliError, resolve_target::notices};

/// The default file of targets.
pub(super) const DEFAULT_CONFIG: &str = "failspec.toml";

/// Maximum size of a `failspec.toml`, in bytes: 16 MiB.
const MAX_CONFIG_SIZE: u64 = 16 << 20;

/// Returns the `failspec.toml` of the current folder, or that of the nearest folder above it, up to the one that has a
/// `.git`. None is looked for outside of the home folder if the current one is in it, and one that belongs to somebody else
/// than the current folder is left out with a notice: in a folder like `/tmp`, anybody can write one.
pub(super) fn default_config() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(find).clone()
}

fn find() -> Option<PathBuf> {
    let own = PathBuf::from(DEFAULT_CONFIG);
    if own.is_file() {
        return Some(own);
    }
    let current = std::env::current_dir().ok()?;
    let home = std::env::var_os("HOME").map(PathBuf::from).and_then(|home| home.canonicalize().ok());
    let (mut folder, mut relative) = (current.as_path(), PathBuf::new());
    loop {
        if folder.join(".git").exists() || home.as_deref() == Some(folder) {
            return None;
        }
        folder = folder.parent()?;
        relative.push("..");
        let path = relative.join(DEFAULT_CONFIG);
        if !path.is_file() {
            continue;
        }
        if is_of_the_same_owner(&path, &current) {
            return Some(path);
        }
        notices(&[format!("{} is not read: it belongs to another user", path.display())]);
    }
}

/// Returns true if a file belongs to the owner of the current folder, or to root.
#[cfg(unix)]
fn is_of_the_same_owner(path: &Path, current: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.uid());
    owner(path).is_some_and(|of_file| of_file == 0 || owner(current) == Some(of_file))
}

#[cfg(not(unix))]
fn is_of_the_same_owner(_path: &Path, _current: &Path) -> bool {
    true
}

/// Reads a `failspec.toml`, up to a size that no target comes near: a device has no end.
///
/// # Errors
/// When it cannot be read, or is larger.
pub(super) fn read_config(path: &Path) -> Result<String, CliError> {
    let read = || {
        let mut text = String::new();
        fs::File::open(path)?.take(MAX_CONFIG_SIZE + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_CONFIG_SIZE {
            return Err(io::Error::other(format!("it is larger than {MAX_CONFIG_SIZE} bytes")));
        }
        Ok(text)
    };
    read().map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))
}
