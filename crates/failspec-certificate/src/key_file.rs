//! Reading of files on which trust rests: private keys, public keys, programmes.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// Maximum size of a key file, in bytes. A PEM file of an Ed25519 key has about 120.
pub const MAX_KEY_SIZE: u64 = 64 << 10;

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustFile {
    /// A private key: nobody else should read it, and nobody else may replace it.
    PrivateKey,
    /// A public key or a programme: nobody else should replace it.
    Trusted,
}

/// An error while reading a file on which trust rests.
#[derive(Debug, thiserror::Error)]
pub enum TrustFileError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Its path.
        path: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// It is too large.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge {
        /// Its path.
        path: String,
        /// The maximum, in bytes.
        limit: u64,
    },
    /// Others can replace a private key.
    #[error(
        "{path} can be written by others (mode {mode:o}): a certificate would be signed with a key that they chose; \
         run `chmod 600` on it"
    )]
    Writable {
        /// Its path.
        path: String,
        /// Its permissions.
        mode: u32,
    },
}

/// Reads a file of at most `limit` bytes. Returns its content, and a warning if others can read a private key or write
/// what is trusted.
///
/// # Errors
/// If the file cannot be read or is too large, or if others can write a private key.
pub fn read_trust_file(
    path: &Path,
    what: TrustFile,
    limit: u64,
) -> Result<(Vec<u8>, Option<String>), TrustFileError> {
    let shown = || path.display().to_string();
    let unreadable = |source| TrustFileError::Unreadable { path: shown(), source };
    let file = File::open(path).map_err(unreadable)?;
    let warning = permissions(&file, what, &shown).map_err(unreadable)??;
    let mut bytes = Vec::new();
    // The length of a pipe or a device is not known before.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(TrustFileError::TooLarge { path: shown(), limit });
    }
    Ok((bytes, warning))
}

#[cfg(unix)]
fn permissions(
    file: &File,
    what: TrustFile,
    shown: &dyn Fn() -> String,
) -> io::Result<Result<Option<String>, TrustFileError>> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata = file.metadata()?;
    // A pipe or a device belongs to the process that made it.
    if !metadata.is_file() {
        return Ok(Ok(None));
    }
    let mode = metadata.mode() & 0o777;
    Ok(match what {
        TrustFile::PrivateKey if mode & 0o022 != 0 => Err(TrustFileError::Writable { path: shown(), mode }),
        TrustFile::PrivateKey if mode & 0o044 != 0 => Ok(Some(format!(
            "{} can be read by others (mode {mode:o}): whoever reads it can sign in your name; run `chmod 600` on it",
            shown()
        ))),
        // Where every user has a group of his own, that group is the user.
        TrustFile::Trusted
            if mode & 0o002 != 0 || (mode & 0o020 != 0 && metadata.gid() != metadata.uid()) =>
        {
            Ok(Some(format!(
                "{} can be written by others (mode {mode:o}): they decide what you trust; run `chmod go-w` on it",
                shown()
            )))
        }
        TrustFile::PrivateKey | TrustFile::Trusted => Ok(None),
    })
}

/// Returns nothing: the access of others is not in the mode of a file here.
#[cfg(not(unix))]
fn permissions(
    _file: &File,
    _what: TrustFile,
    _shown: &dyn Fn() -> String,
) -> io::Result<Result<Option<String>, TrustFileError>> {
    Ok(Ok(None))
}
