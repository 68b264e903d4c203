//! The approved responses of one pack for one target.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::report_model::{SnapshotReport, SnapshotState};
use failspec_pack::pack::Texts;

use super::{diff::diff, file::SnapshotFile};

/// Initial size of the buffer for an approved response, in bytes; it grows for a longer one.
const SHORT: usize = 8 << 10;

/// Treatment of approved responses in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Differences make the run fail.
    Check,
    /// Differences are shown; the exit code does not change.
    #[default]
    Report,
    /// The new responses are approved.
    Update,
    /// Nothing is compared.
    Off,
}

/// The approved responses of one pack for one target.
#[derive(Debug)]
pub struct SnapshotStore {
    place: Origin,
    mode: Mode,
    /// True if pending responses are written as `.snap.new`.
    writes: bool,
    /// Paths of the pending responses that earlier runs left; searched for once.
    left: OnceLock<HashSet<PathBuf>>,
}

#[derive(Debug)]
enum Origin {
    /// Built into the binary: they belong to the reference implementation and are never written.
    Embedded(Texts),
    /// Files in this folder.
    Folder(PathBuf),
}

/// An approved response that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot {file}: {reason}")]
pub struct SnapshotError {
    /// Its file.
    pub file: String,
    /// The reason.
    pub reason: String,
}

impl SnapshotStore {
    /// Creates a store of the approved responses that were built into the binary.
    pub fn built_in(snapshots: Texts, mode: Mode) -> Self {
        let place = Origin::Embedded(snapshots);
        Self { place, mode, writes: false, left: OnceLock::new() }
    }

    /// Creates a store of those in a folder; if `in_ci` is true, nothing is written.
    pub fn folder(folder: PathBuf, mode: Mode, in_ci: bool) -> Self {
        Self { place: Origin::Folder(folder), mode, writes: !in_ci, left: OnceLock::new() }
    }

    /// Returns the treatment of approved responses.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Compares a response with the approved one of `name` (a path as returned by [`super::file_name`]). If
    /// `may_be_approved` is false, because the response is not as documented, nothing is written, and there is no result
    /// if there is no approved response.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn compare(
        &self,
        name: &str,
        now: &SnapshotFile,
        may_be_approved: bool,
    ) -> Result<Option<SnapshotReport>, SnapshotError> {
        let writes = self.writes && may_be_approved;
        let shown = self.shown(name);
        let failed = |reason: String| SnapshotError { file: shown.clone(), reason };
        let plainly_same = self.is_plainly(name, now);
        let approved = match plainly_same {
            true => None,
            false => self.read(name).map_err(failed)?,
        };
        let same =
            plainly_same || approved.as_ref().is_some_and(|approved| approved.contents == now.contents);
        let state = match (&approved, same) {
            (_, true) => SnapshotState::Same,
            _ if self.mode == Mode::Update && writes => SnapshotState::Updated,
            (Some(_), false) => SnapshotState::Changed,
            (None, _) if !may_be_approved => return Ok(None),
            (None, _) => SnapshotState::New,
        };
        if writes && let Origin::Folder(folder) = &self.place {
            let path = folder.join(name);
            let pending = pending_path(&path);
            let done = match state {
                // A pending response of an earlier run is no longer pending.
                SnapshotState::Same if self.left(folder).contains(&pending) => remove_if_there(&pending),
                SnapshotState::Same => Ok(()),
                SnapshotState::Updated => now.write(&path).and_then(|()| remove_if_there(&pending)),
                SnapshotState::Changed | SnapshotState::New => now.write(&pending),
            };
            done.map_err(|error| failed(error.to_string()))?;
        }
        let before = approved.map(|approved| approved.contents).unwrap_or_default();
        let diff = (!same).then(|| diff(&before, &now.contents));
        Ok(Some(SnapshotReport { file: shown, state, diff }))
    }

    /// Returns the approved responses that belong to none of `names`.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn unreferenced(&self, names: &BTreeSet<String>) -> io::Result<Vec<String>> {
        match &self.place {
            Origin::Embedded(texts) => {
                Ok(texts.keys().filter(|name| !names.contains(*name)).cloned().collect())
            }
            Origin::Folder(folder) => unreferenced(folder, names),
        }
    }

    /// Returns true if the approved response of `name` is known to be the same without reading it with insta.
    fn is_plainly(&self, name: &str, now: &SnapshotFile) -> bool {
        match &self.place {
            Origin::Embedded(_) => false,
            Origin::Folder(folder) => {
                text_of(&folder.join(name)).is_some_and(|text| SnapshotFile::is_plainly(&text, &now.contents))
            }
        }
    }

    /// Returns the pending responses that existed when the first response was compared. One search costs less than an
    /// attempt to remove a file for each response.
    fn left(&self, folder: &Path) -> &HashSet<PathBuf> {
        self.left.get_or_init(|| pending(folder).unwrap_or_default().into_iter().collect())
    }

    fn read(&self, name: &str) -> Result<Option<SnapshotFile>, String> {
        match &self.place {
            Origin::Embedded(texts) => Ok(texts.get(name).and_then(|text| SnapshotFile::parse(text))),
            Origin::Folder(folder) => {
                let path = folder.join(name);
                if path.is_file() { SnapshotFile::read(&path).map(Some) } else { Ok(None) }
            }
        }
    }

    fn shown(&self, name: &str) -> String {
        match &self.place {
            Origin::Embedded(_) => format!("{name} (embedded)"),
            Origin::Folder(folder) => folder.join(name).display().to_string(),
        }
    }
}

/// Returns the approved responses in `folder` (`*.snap`) that belong to none of `names`.
///
/// # Errors
/// When the folder cannot be read.
pub fn unreferenced(folder: &Path, names: &BTreeSet<String>) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    walk(folder, &mut |path| {
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        if name.ends_with(".snap") && !names.contains(&name) {
            found.push(name);
        }
    })?;
    found.sort();
    Ok(found)
}

/// Returns the pending responses (`*.snap.new`) below `folder`, sorted.
///
/// # Errors
/// When the folder cannot be read.
pub fn pending(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(folder, &mut |path| {
        if path.as_os_str().as_encoded_bytes().ends_with(b".snap.new") {
            found.push(path.to_owned());
        }
    })?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // The file type comes from the folder entry, so links, which could lead out of the folder or form a cycle,
        // are not followed.
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), visit)?;
        } else {
            visit(&entry.path());
        }
    }
    Ok(())
}

/// Reads the text of a file without requesting its length first: nearly all approved responses fit into the buffer.
fn text_of(path: &Path) -> Option<String> {
    let mut bytes = Vec::with_capacity(SHORT);
    io::Read::read_to_end(&mut fs::File::open(path).ok()?.take(u64::MAX), &mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

fn pending_path(path: &Path) -> PathBuf {
    path.with_extension("snap.new")
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
