//! Files that a command writes: replaced as a whole, so that nobody reads half of one or yesterday's.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// A file that will be written, once or several times; each time all of it.
#[derive(Debug)]
pub(super) struct OutputFile {
    path: PathBuf,
    way: Way,
}

/// How a file is written.
#[derive(Debug)]
enum Way {
    /// A new file beside it takes its place. A link is replaced, never followed.
    Replace,
    /// In place: nothing can be created beside it, or nothing can take its place (a file that is mounted).
    InPlace(File),
    /// A pipe, a device, or a file to which others append, too.
    Stream(File),
}

impl OutputFile {
    /// Checks that a file can be written. Its content is not changed; one that is not there is created.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let whole = |way| Self { path: path.to_owned(), way };
        let there = fs::metadata(path).ok();
        // `/dev/stdout` is a link, and may lead to a file that somebody else has open.
        let is_link = || fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink());
        let is_special = there.as_ref().is_some_and(|file| !file.is_file())
            || (["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) && is_link());
        if is_special {
            return Ok(whole(Way::Stream(OpenOptions::new().append(true).open(path)?)));
        }
        if there.is_some() {
            // Whoever may not write to it may not replace it.
            OpenOptions::new().append(true).open(path)?;
        } else if fs::symlink_metadata(path).is_err() {
            // An empty file says of every path whether it can be written, and is no report of anything.
            OpenOptions::new().write(true).create_new(true).open(path)?;
        }
        match beside(path) {
            Ok(_) => Ok(whole(Way::Replace)),
            Err(_) if there.is_some() => Ok(whole(Way::InPlace(OpenOptions::new().write(true).open(path)?))),
            Err(error) => Err(error),
        }
    }

    /// Opens a file to which others append, too.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { path: path.to_owned(), way: Way::Stream(file) })
    }

    /// Returns its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns true if it is replaced as a whole, so that it can be written more than once.
    pub(super) fn is_replaced(&self) -> bool {
        !matches!(self.way, Way::Stream(_))
    }

    /// Returns true if both are the same file.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        is_same_path(&self.path, &other.path)
    }

    /// Empties the file and returns it, to write parts of it as they come.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn start(&mut self) -> io::Result<File> {
        if self.is_replaced() {
            self.write(|_| Ok(()))?;
        }
        match &self.way {
            Way::Stream(file) | Way::InPlace(file) => file.try_clone(),
            Way::Replace => OpenOptions::new().append(true).open(&self.path),
        }
    }

    /// Writes behind what was written since [`Self::start`].
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn append_to(&mut self, content: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        match &mut self.way {
            Way::Stream(file) | Way::InPlace(file) => content(file).and_then(|()| file.flush()),
            Way::Replace => content(&mut OpenOptions::new().append(true).open(&self.path)?),
        }
    }

    /// Writes the whole file. If that fails, the file is what it was before.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, content: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        match &mut self.way {
            Way::Stream(file) => content(file).and_then(|()| file.flush()),
            Way::InPlace(file) => in_place(file, content),
            Way::Replace => {
                let mut new = beside(&self.path)?;
                content(new.as_file_mut())?;
                new.as_file_mut().flush()?;
                let Err(failed) = new.persist(&self.path) else { return Ok(()) };
                // A file that is mounted cannot be replaced.
                let mut file = OpenOptions::new().write(true).open(&self.path).map_err(|_| failed.error)?;
                let mut new = failed.file.reopen()?;
                in_place(&mut file, |file| io::copy(&mut new, file).map(drop))?;
                self.way = Way::InPlace(file);
                Ok(())
            }
        }
    }
}

/// Returns true if two paths are of the same file.
pub(super) fn is_same_path(one: &Path, other: &Path) -> bool {
    one == other || whole_path(one) == whole_path(other)
}

/// Replaces a file by one with this text.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write_file(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    OutputFile::open(path)?.write(|file| file.write_all(content.as_ref()))
}

fn in_place(file: &mut File, content: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    content(file)?;
    file.flush()
}

/// Creates a file in the folder of another one, with its permissions or those of a new file.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".failspec-").suffix(".tmp");
    let there = fs::metadata(path).map(|file| file.permissions()).ok();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The system removes what the user's mask forbids.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Some(permissions) = there {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

/// Returns the path of a file that may not exist yet, without links and dots in its folder.
fn whole_path(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
