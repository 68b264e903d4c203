//! The files of packs: from the binary itself, or from a directory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use include_dir::Dir;
use sha2::{Digest, Sha256};

use failspec_base::{encoding::hex, files::Folder};

use super::{Version, body_file::BodyFile};

/// The packs that are built into a program.
pub struct BuiltInPacks {
    /// The schema folder of each pack, by its name.
    pub schemas: &'static [(&'static str, Dir<'static>)],
    /// The folder of scenarios.
    pub scenarios: Dir<'static>,
    /// The folder of approved responses.
    pub snapshots: Dir<'static>,
}

impl BuiltInPacks {
    /// Returns the approved responses of a pack: path below `snapshots/<pack>` → text.
    pub fn snapshots_of(&self, pack: &str) -> Texts {
        let mut texts = Texts::new();
        if let Some(dir) = self.snapshots.get_dir(pack) {
            embedded(dir, "", &mut texts);
        }
        let prefix = format!("/{pack}/");
        texts
            .into_iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?.to_owned(), text)))
            .collect()
    }
}

impl PartialEq for BuiltInPacks {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for BuiltInPacks {}

/// Formats only the names, because the files would fill the screen.
impl std::fmt::Debug for BuiltInPacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.schemas.iter().map(|(name, _)| name)).finish()
    }
}

/// The maximum size of a file of a pack, in bytes: 16 MiB.
const MAX_SIZE: u64 = 16 << 20;

/// The maximum depth of folders in a pack.
const MAX_DEPTH: usize = 16;

/// The maximum number of files and folders of a pack: links can make millions of a few.
const MAX_ENTRIES: usize = 50_000;

/// The maximum size of all files of a pack, in bytes: 512 MiB.
const MAX_TOTAL: usize = 512 << 20;

/// The files of packs, laid out as `schemas/<pack>`, `scenarios/<pack>`, `snapshots/<pack>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// The files that are built into the binary.
    Embedded(&'static BuiltInPacks),
    /// The files below a directory.
    Directory(PathBuf),
}

/// The files of one pack, sorted: path below the root (`scenarios/kubeglass/general.yaml`) → text.
///
/// A text that is parsed also stands in its `Source`: both share it, because a pack may have 100,000 cases.
pub type Texts = BTreeMap<String, Arc<str>>;

/// A file or folder of a pack that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {reason}", path = path.display())]
pub struct FilesError {
    /// The path of the file or folder.
    pub path: PathBuf,
    /// The reason.
    pub reason: String,
}

impl Files {
    /// Returns the names of all packs, sorted.
    ///
    /// # Errors
    /// Fails if the directory has no folder `schemas` that can be read.
    pub fn packs(&self) -> Result<Vec<String>, FilesError> {
        let mut names = match self {
            Self::Embedded(built_in) => built_in
                .schemas
                .iter()
                .filter(|(_, dir)| dir.get_file("contract.yaml").is_some())
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            Self::Directory(root) => directory_packs(root)?,
        };
        names.sort();
        Ok(names)
    }

    /// Returns the path of a file for messages.
    pub fn shown(&self, path: &str) -> String {
        match self {
            Self::Embedded(_) => path.to_owned(),
            Self::Directory(root) if root == Path::new(".") => path.to_owned(),
            Self::Directory(root) => root.join(path).display().to_string(),
        }
    }

    /// Reads the contract, the schemas and the scenarios of a pack.
    ///
    /// # Errors
    /// Fails if a file or folder cannot be read, is too large, or is not UTF-8.
    pub fn read_pack(&self, pack: &str) -> Result<Texts, FilesError> {
        let mut texts = self.read_schemas(pack)?;
        match self {
            Self::Embedded(built_in) => {
                if let Some(dir) = built_in.scenarios.get_dir(pack) {
                    embedded(dir, "scenarios", &mut texts);
                }
            }
            Self::Directory(root) => {
                Walk::below(root, &mut texts)?.folder(&format!("scenarios/{pack}"))?;
            }
        }
        Ok(texts)
    }

    /// Reads a file with this path below the root; `None` if there is none.
    ///
    /// # Errors
    /// Fails if it cannot be read or is too large.
    pub(super) fn read_bytes(&self, path: &str) -> Result<Option<Arc<[u8]>>, FilesError> {
        match self {
            Self::Embedded(built_in) => {
                let below = path.strip_prefix("scenarios/").unwrap_or(path);
                Ok(built_in.scenarios.get_file(below).map(|file| file.contents().into()))
            }
            Self::Directory(root) => {
                let file = root.join(path);
                if !file.exists() {
                    return Ok(None);
                }
                let bytes = Folder::new(root).and_then(|within| within.bytes(&file, MAX_SIZE));
                let bytes = bytes.map_err(|error| FilesError { path: file, reason: error.to_string() })?;
                Ok(Some(bytes.into()))
            }
        }
    }

    /// Returns the names of the files below a folder, relative to it.
    pub(super) fn names_below(&self, folder: &str) -> Vec<String> {
        match self {
            Self::Embedded(_) => Vec::new(),
            Self::Directory(root) => names_in(&root.join(folder), 0),
        }
    }

    /// Reads the contracts, the schemas and the scenarios of all packs of a directory; of built-in packs, which do not change,
    /// nothing.
    ///
    /// # Errors
    /// The same as for [`Self::read_pack`].
    pub fn read_all(&self) -> Result<Texts, FilesError> {
        let mut texts = Texts::new();
        if let Self::Directory(root) = self {
            let mut walk = Walk::below(root, &mut texts)?;
            walk.folder("schemas")?;
            walk.folder("scenarios")?;
        }
        Ok(texts)
    }

    /// Returns the files of a pack that look like its contracts or scenarios and are not read, sorted: of scenarios,
    /// all but YAML files and notes; of contracts and bases, those that do not end in `.yaml`.
    /// `is_used` says of other files in the folder of the scenarios, by their name, if one of them has its rows there.
    pub fn ignored(&self, pack: &str, is_used: impl Fn(&str) -> bool) -> Vec<String> {
        let Self::Directory(root) = self else { return Vec::new() };
        let mut found = Vec::new();
        let folder = format!("schemas/{pack}");
        for name in names_in(&root.join(&folder), 0) {
            let is_contract = name.starts_with("contract") || name.starts_with("base");
            if is_contract && !name.contains('/') && !has_ending(&name, &[".yaml", ".json"]) {
                found.push(self.shown(&format!("{folder}/{name}")));
            }
        }
        let folder = format!("scenarios/{pack}");
        for name in names_in(&root.join(&folder), 0) {
            let file = name.rsplit('/').next().unwrap_or(&name);
            let is_note = file.starts_with('.') || !file.contains('.') || has_ending(file, &[".md", ".txt"]);
            if !is_note && !has_ending(file, &[".yaml", ".yml"]) && !is_used(file) {
                found.push(self.shown(&format!("{folder}/{name}")));
            }
        }
        found.sort();
        found
    }

    /// Reads the files in `schemas/<folder>`: contracts and bases, and the schemas that they refer to.
    ///
    /// # Errors
    /// The same as for [`Self::read_pack`].
    pub fn read_schemas(&self, folder: &str) -> Result<Texts, FilesError> {
        let mut texts = Texts::new();
        match self {
            Self::Embedded(built_in) => {
                if let Some((_, dir)) = built_in.schemas.iter().find(|(name, _)| *name == folder) {
                    embedded(dir, &format!("schemas/{folder}"), &mut texts);
                }
            }
            Self::Directory(root) => {
                Walk::below(root, &mut texts)?.folder(&format!("schemas/{folder}"))?;
            }
        }
        Ok(texts)
    }
}

/// Computes the digest of a pack: SHA-256 over its sorted paths and contents, each preceded by its length, over the files
/// that its requests send, and over the requested version, because its date decides which failures are expected.
pub fn digest(texts: &Texts, sent: &[BodyFile], version: Option<&Version>) -> String {
    let mut hasher = Sha256::new();
    let version = version.map(|version| ("@", version.as_str().as_bytes()));
    let texts = texts.iter().map(|(path, text)| (path.as_str(), text.as_bytes()));
    let sent = sent.iter().map(|file| (&*file.path, &*file.bytes));
    for (path, text) in texts.chain(sent).chain(version) {
        for part in [path.as_bytes(), text] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    hex(&hasher.finalize())
}

fn embedded(dir: &Dir<'_>, root: &str, texts: &mut Texts) {
    for file in dir.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            texts.insert(format!("{root}/{path}"), text.into());
        }
    }
    for dir in dir.dirs() {
        embedded(dir, root, texts);
    }
}

fn directory_packs(root: &Path) -> Result<Vec<String>, FilesError> {
    let schemas = root.join("schemas");
    let entries = fs::read_dir(&schemas).map_err(|error| FilesError {
        path: schemas.clone(),
        reason: format!("{error} (packs are in schemas/<pack>, scenarios/<pack>, snapshots/<pack>)"),
    })?;
    Ok(entries
        .flatten()
        .filter(|entry| entry.path().join("contract.yaml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect())
}

/// Returns true if a file name has one of these endings.
fn has_ending(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Returns the paths of the files below a folder, relative to it; none if it cannot be read. Links to folders are not
/// followed.
fn names_in(directory: &Path, depth: usize) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().filter(|_| depth <= MAX_DEPTH);
    let names = entries.filter_map(|entry| {
        let is_folder = entry.file_type().ok()?.is_dir();
        Some((is_folder, entry.path(), entry.file_name().into_string().ok()?))
    });
    names
        .flat_map(|(is_folder, path, name)| match is_folder {
            true => names_in(&path, depth + 1).into_iter().map(|below| format!("{name}/{below}")).collect(),
            false => vec![name],
        })
        .collect()
}

/// Reads the files of a pack in a directory.
struct Walk<'t> {
    root: &'t Path,
    /// No file outside of it is read, whatever links say.
    within: Folder,
    texts: &'t mut Texts,
    entries: usize,
    size: usize,
}

impl<'t> Walk<'t> {
    fn below(root: &'t Path, texts: &'t mut Texts) -> Result<Self, FilesError> {
        let within = Folder::new(root)
            .map_err(|error| FilesError { path: root.to_owned(), reason: error.to_string() })?;
        Ok(Self { root, within, texts, entries: 0, size: 0 })
    }

    /// Reads all files of a folder with this path below the root; none if there is no such folder.
    fn folder(&mut self, name: &str) -> Result<(), FilesError> {
        let path = self.root.join(name);
        if !path.is_dir() {
            return Ok(());
        }
        let resolved = self.resolve(&path)?;
        self.walk(&path, name, &mut vec![resolved])
    }

    /// Reads the files of `directory`; `inside` are the folders that it is in, and itself, with all links resolved.
    fn walk(&mut self, directory: &Path, name: &str, inside: &mut Vec<PathBuf>) -> Result<(), FilesError> {
        let failed = |path: &Path, reason: String| FilesError { path: path.to_owned(), reason };
        if inside.len() > MAX_DEPTH {
            return Err(failed(directory, "folders are nested too deep".into()));
        }
        for entry in fs::read_dir(directory).map_err(|error| failed(directory, error.to_string()))? {
            let entry = entry.map_err(|error| failed(directory, error.to_string()))?;
            let path = entry.path();
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(failed(&path, format!("the pack has more than {MAX_ENTRIES} files and folders")));
            }
            let Ok(file) = entry.file_name().into_string() else {
                continue;
            };
            // An editor's lock, which is a link that leads nowhere.
            if file.starts_with(".#") {
                continue;
            }
            if path.is_dir() {
                let resolved = self.resolve(&path)?;
                if inside.contains(&resolved) {
                    return Err(failed(&path, "it is a link to a folder that it is in".into()));
                }
                inside.push(resolved);
                self.walk(&path, &format!("{name}/{file}"), inside)?;
                inside.pop();
            } else if has_ending(&file, &[".yaml", ".yml", ".json"])
                || (name.starts_with("scenarios") && has_ending(&file, &[".csv"]))
            {
                let text =
                    self.within.text(&path, MAX_SIZE).map_err(|error| failed(&path, error.to_string()))?;
                self.size += text.len();
                if self.size > MAX_TOTAL {
                    return Err(failed(&path, format!("the pack has more than {MAX_TOTAL} bytes")));
                }
                self.texts.insert(format!("{name}/{file}"), text.into());
            }
        }
        Ok(())
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, FilesError> {
        self.within
            .resolve(path)
            .map_err(|error| FilesError { path: path.to_owned(), reason: error.to_string() })
    }
}
