//! Reads files that strangers may have named: regular files below their folder, whatever links say, and bounded.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// The reason why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system cannot read it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is larger than it may be.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// It is a folder, a device, a pipe or a socket.
    #[error("it is not a regular file")]
    NotRegular,
    /// A link leads out of the folder.
    #[error("it is a link that leads out of {folder}", folder = folder.display())]
    Outside {
        /// The folder.
        folder: PathBuf,
    },
    /// It is not text.
    #[error("it is not UTF-8")]
    NotUtf8,
}

/// A folder whose files may be read, and no others.
#[derive(Debug, Clone)]
pub struct Folder {
    named: PathBuf,
    resolved: PathBuf,
}

impl Folder {
    /// Resolves the path of a folder.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn new(path: &Path) -> Result<Self, ReadError> {
        let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self { named: named.to_owned(), resolved: named.canonicalize()? })
    }

    /// Reads the text of a regular file below the folder, of at most `limit` bytes.
    ///
    /// # Errors
    /// If it cannot be read, or must not be.
    pub fn text(&self, path: &Path, limit: u64) -> Result<String, ReadError> {
        String::from_utf8(self.bytes(path, limit)?).map_err(|_| ReadError::NotUtf8)
    }

    /// Reads a regular file below the folder, of at most `limit` bytes.
    ///
    /// # Errors
    /// If it cannot be read, or must not be.
    pub fn bytes(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let resolved = self.resolve(path)?;
        // Before it is opened: to open a pipe waits for someone who writes.
        if !fs::metadata(&resolved)?.is_file() {
            return Err(ReadError::NotRegular);
        }
        bytes(&resolved, limit)
    }

    /// Resolves all links of a path.
    ///
    /// # Errors
    /// If there is no such file, or a link leads out of the folder.
    pub fn resolve(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let resolved = path.canonicalize()?;
        if resolved.starts_with(&self.resolved) {
            return Ok(resolved);
        }
        Err(ReadError::Outside { folder: self.named.clone() })
    }
}

/// Reads the text of a file that the user named, of at most `limit` bytes. It may be a pipe.
///
/// # Errors
/// If it cannot be read, is too large, or is not UTF-8.
pub fn text(path: &Path, limit: u64) -> Result<String, ReadError> {
    String::from_utf8(bytes(path, limit)?).map_err(|_| ReadError::NotUtf8)
}

/// Reads a file that the user named, of at most `limit` bytes. It may be a pipe.
///
/// # Errors
/// If it cannot be read, or is too large.
pub fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let file = File::open(path)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    if size > limit {
        return Err(ReadError::TooLarge { limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(ReadError::TooLarge { limit }),
        false => Ok(bytes),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_within_the_folder_alone() {
        let place = std::env::temp_dir().join(format!("failspec-files-{}", std::process::id()));
        let (inside, outside) = (place.join("in"), place.join("out"));
        fs::create_dir_all(inside.join("sub")).expect("a folder");
        fs::create_dir_all(&outside).expect("a folder");
        fs::write(inside.join("a"), "text").expect("a file");
        fs::write(outside.join("b"), "secret").expect("a file");
        fs::write(inside.join("binary"), [0xff, 0xfe]).expect("a file");
        for (to, name) in [
            ("a", "to_sibling"),
            ("../out/b", "to_outside"),
            ("../out", "folder"),
            ("/dev/zero", "device"),
            ("nowhere", "dangling"),
            ("loop", "loop"),
        ] {
            symlink(to, inside.join(name)).expect("a link");
        }
        let folder = Folder::new(&inside).expect("a folder");
        let read = |name: &str| match folder.text(&inside.join(name), 6) {
            Ok(text) => text,
            Err(error) => format!("{error:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        };
        for (name, expected) in [
            ("a", "text"),
            ("to_sibling", "text"),
            ("sub/../a", "text"),
            ("../in/a", "text"),
            ("to_outside", "Outside"),
            ("folder/b", "Outside"),
            ("../out/b", "Outside"),
            ("device", "Outside"),
            ("sub", "NotRegular"),
            ("dangling", "Io"),
            ("loop", "Io"),
            ("binary", "NotUtf8"),
        ] {
            assert_eq!(read(name), expected, "{name}");
        }
        fs::write(inside.join("a"), "1234567").expect("a file");
        assert_eq!(read("a"), "TooLarge");
        assert!(matches!(text(Path::new("/dev/zero"), 100), Err(ReadError::TooLarge { limit: 100 })));
        fs::remove_dir_all(&place).expect("removed");
    }
}
