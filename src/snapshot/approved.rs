//! The approved answers of one pack for one target.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    pack::{Files, Texts},
    verdict::{SnapshotReport, SnapshotState},
};

use super::{difference, file::SnapshotFile};

/// What a run does with approved answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Differences make the run fail.
    Check,
    /// Differences are shown; the exit code does not change.
    #[default]
    Report,
    /// The new answers are approved.
    Update,
    /// Nothing is compared.
    Off,
}

/// The approved answers of one pack for one target.
#[derive(Debug)]
pub struct Approved {
    place: Place,
    mode: Mode,
    /// Whether pending answers are written as `.snap.new`.
    writes: bool,
}

#[derive(Debug)]
enum Place {
    /// In the binary: they belong to the reference implementation and are never written.
    Embedded(Texts),
    /// In this folder.
    Folder(PathBuf),
}

/// An approved answer that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot {file}: {reason}")]
pub struct SnapshotError {
    /// Its file.
    pub file: String,
    /// Why.
    pub reason: String,
}

impl Approved {
    /// Those that were built into the binary.
    pub fn embedded(pack: &str, mode: Mode) -> Self {
        Self { place: Place::Embedded(Files::embedded_snapshots(pack)), mode, writes: false }
    }

    /// Those in a folder; with `CI` set nothing is written.
    pub fn folder(folder: PathBuf, mode: Mode, in_ci: bool) -> Self {
        Self { place: Place::Folder(folder), mode, writes: !in_ci }
    }

    /// What is done with them.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Compares an answer with the approved one of `name` (a path as of [`super::file_name`]).
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn compare(&self, name: &str, now: &SnapshotFile) -> Result<SnapshotReport, SnapshotError> {
        let shown = self.shown(name);
        let failed = |reason: String| SnapshotError { file: shown.clone(), reason };
        let approved = self.read(name).map_err(failed)?;
        let same = approved.as_ref().is_some_and(|approved| approved.contents == now.contents);
        let state = match (&approved, same) {
            (Some(_), true) => SnapshotState::Same,
            _ if self.mode == Mode::Update && self.writes => SnapshotState::Updated,
            (Some(_), false) => SnapshotState::Changed,
            (None, _) => SnapshotState::New,
        };
        if self.writes
            && let Place::Folder(folder) = &self.place
        {
            let path = folder.join(name);
            let pending = pending_path(&path);
            let done = match state {
                // A pending answer of an earlier run is not pending any more.
                SnapshotState::Same => remove_if_there(&pending),
                SnapshotState::Updated => now.write(&path).and_then(|()| remove_if_there(&pending)),
                SnapshotState::Changed | SnapshotState::New => now.write(&pending),
            };
            done.map_err(|error| failed(error.to_string()))?;
        }
        let before = approved.map(|approved| approved.contents).unwrap_or_default();
        let diff = (!same).then(|| difference(&before, &now.contents));
        Ok(SnapshotReport { file: shown, state, diff })
    }

    /// The approved answers that belong to none of `names`.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn unreferenced(&self, names: &BTreeSet<String>) -> io::Result<Vec<String>> {
        match &self.place {
            Place::Embedded(texts) => {
                Ok(texts.keys().filter(|name| !names.contains(*name)).cloned().collect())
            }
            Place::Folder(folder) => unreferenced(folder, names),
        }
    }

    fn read(&self, name: &str) -> Result<Option<SnapshotFile>, String> {
        match &self.place {
            Place::Embedded(texts) => Ok(texts.get(name).and_then(|text| SnapshotFile::parse(text))),
            Place::Folder(folder) => {
                let path = folder.join(name);
                if path.is_file() { SnapshotFile::read(&path).map(Some) } else { Ok(None) }
            }
        }
    }

    fn shown(&self, name: &str) -> String {
        match &self.place {
            Place::Embedded(_) => format!("{name} (embedded)"),
            Place::Folder(folder) => folder.join(name).display().to_string(),
        }
    }
}

/// The approved answers in `folder` (`*.snap`) that belong to none of `names`.
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

/// The pending answers (`*.snap.new`) below `folder`, sorted.
///
/// # Errors
/// When the folder cannot be read.
pub fn pending(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(folder, &mut |path| {
        if path.to_string_lossy().ends_with(".snap.new") {
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
        let path = entry?.path();
        // A link could lead out of the folder, or in a circle.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, visit)?;
        } else {
            visit(&path);
        }
    }
    Ok(())
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
