//! The files of a document, and references between them.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use serde_json::Value;

use crate::pack::Texts;
use failspec_base::encoding::{percent_decode, unescape_pointer_step};
use failspec_base::files::{self, Folder};

use super::{
    at::At,
    document_error::DocumentError,
    file_text::{Parsed, parse},
    identifiers::{Identifiers, Place},
    overlay::Overlay,
    swagger,
    version::Version,
    warning::Warnings,
};

/// The maximum size of a file, in bytes: 64 MiB.
const MAX_SIZE: u64 = 64 << 20;

/// The maximum number of files of a document. Real documents with 1,900 files exist.
const MAX_FILES: usize = 10_000;

/// The maximum size of all files of a document together, in bytes: 128 MiB.
const MAX_BYTES: u64 = 128 << 20;

/// The maximum length of a chain of references.
const MAX_CHAIN_LEN: usize = 32;

/// A document: its main file and the files that it refers to.
#[derive(Debug)]
pub struct Document {
    /// The files, as path relative to the folder of the document and content; the main file is the first.
    files: Vec<(String, Value)>,
    /// Names of the files → their indexes in `files`.
    known: HashMap<String, usize>,
    /// Files that could not be read → the reason.
    missing: BTreeMap<String, String>,
    /// The folder of the document, relative to the folder below which its files are.
    folder: String,
    /// The version.
    version: Version,
    /// The names that schemas have.
    identifiers: Identifiers,
    /// Warnings about the files themselves, overlays and the conversion of Swagger 2.0.
    warnings: Warnings,
}

impl Document {
    /// Reads a document and every file within its folder that it refers to.
    ///
    /// # Errors
    /// Fails if the document itself cannot be read, or is not an OpenAPI document of a supported version.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        Self::load_with(path, None, &[])
    }

    /// Reads a document and every file within `root` that it refers to: `../common/errors.yaml` of a repository with
    /// several documents. Without `root`, its files are within its folder. The overlays are applied to its main file.
    ///
    /// # Errors
    /// Fails like [`Self::load`], and if the document is not within `root`.
    pub fn load_with(path: &Path, root: Option<&Path>, overlays: &[Overlay]) -> Result<Self, DocumentError> {
        let Some(root) = root else {
            // A name without a folder is in the current one.
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            return Self::load_files(path, folder.unwrap_or(Path::new(".")), String::new(), overlays);
        };
        let shown = || path.display().to_string();
        let canonical = |path: &Path| {
            let unreadable = |error: std::io::Error| DocumentError::Unreadable {
                path: path.display().to_string(),
                reason: error.to_string(),
            };
            path.canonicalize().map_err(unreadable)
        };
        let (whole, root) = (canonical(path)?, canonical(root)?);
        let below = whole.parent().and_then(|folder| folder.strip_prefix(&root).ok());
        let Some(below) = below else {
            let reason = format!("it is not within {}", root.display());
            return Err(DocumentError::Unreadable { path: shown(), reason });
        };
        Self::load_files(path, &root, below.to_string_lossy().replace('\\', "/"), overlays)
    }

    fn load_files(
        path: &Path,
        root: &Path,
        own: String,
        overlays: &[Overlay],
    ) -> Result<Self, DocumentError> {
        let shown = path.display().to_string();
        let text = read(path).map_err(|reason| DocumentError::Unreadable { path: shown.clone(), reason })?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or(shown);
        let root = Folder::new(root).map_err(|error| error.to_string());
        let other = |path: &str| {
            let root = root.as_ref().map_err(Clone::clone)?;
            root.text(&folder.join(path), MAX_SIZE).map_err(|error| error.to_string())
        };
        Self::build(&name, &text, own, overlays, &other)
    }

    /// Reads a document from the files of a pack, with the files that it refers to. The overlays are applied to it.
    ///
    /// # Errors
    /// Fails if there is no such file, or it is not an OpenAPI document of a supported version.
    pub fn of_texts(path: &str, overlays: &[Overlay], texts: &Texts) -> Result<Self, DocumentError> {
        let missing = "there is no such file".to_owned();
        let text = texts
            .get(path)
            .ok_or_else(|| DocumentError::Unreadable { path: path.to_owned(), reason: missing.clone() })?;
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        // Its files are those of the pack: `schemas/NAME/…`.
        let own = folder.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
        let other = |path: &str| {
            let place = relative(folder, path);
            place.and_then(|place| texts.get(&place)).map(|text| text.to_string()).ok_or(missing.clone())
        };
        Self::build(name, text, own, overlays, &other)
    }

    /// Reads a document from a single text. References to other files cannot be resolved.
    ///
    /// # Errors
    /// Fails if the text is not an OpenAPI document of a supported version.
    pub fn parse(name: &str, text: &str) -> Result<Self, DocumentError> {
        Self::build(name, text, String::new(), &[], &|_| Err("there is no such file".to_owned()))
    }

    fn build(
        name: &str,
        text: &str,
        folder: String,
        overlays: &[Overlay],
        other: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, DocumentError> {
        let path = name.to_owned();
        let Parsed { value: mut root, lost } =
            parse(name, text).map_err(|reason| DocumentError::Malformed { path: path.clone(), reason })?;
        let mut warnings = Warnings::default();
        lost.into_iter().for_each(|what| warnings.lost(name, "", what));
        overlays.iter().for_each(|overlay| overlay.apply(&mut root, &mut warnings));
        let version = Version::of(&root).map_err(|reason| DocumentError::Other { path, reason })?;
        let mut document = Self {
            files: vec![(name.to_owned(), root)],
            known: HashMap::from([(name.to_owned(), 0)]),
            missing: BTreeMap::new(),
            folder,
            version,
            identifiers: Identifiers::default(),
            warnings,
        };
        document.load_others(other, text.len() as u64);
        document.identifiers = Identifiers::of(&document.files);
        if version == Version::V20 {
            let converted = swagger::convert(&document);
            for (file, pointer, value) in converted.edits {
                set(&mut document.files[file].1, &pointer, value);
            }
            document.warnings.extend(converted.warnings);
        }
        Ok(document)
    }

    /// Returns the version of the document.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the warnings about its files, overlays and conversion.
    pub(super) fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    /// Returns true if one of its files refers to the main file by its name.
    pub fn names_itself(&self) -> bool {
        let main = &self.files[0].0;
        self.files.iter().any(|(name, value)| {
            let mut wanted = Vec::new();
            references(value, &mut wanted, 0);
            wanted.iter().any(|file| join(name, file, &self.folder).is_ok_and(|path| path == *main))
        })
    }

    /// Returns the folder of the document, relative to the folder below which its files are.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Returns the names of its files, relative to the folder of the document; the main file is the first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the root value of the main file.
    pub(super) fn root(&self) -> At<'_> {
        At { file: 0, value: &self.files[0].1, pointer: String::new() }
    }

    /// Returns the name of the file that contains a value.
    pub(super) fn file(&self, at: &At<'_>) -> &str {
        &self.files[at.file].0
    }

    /// Returns the name of a file by its index.
    pub(super) fn file_at(&self, index: usize) -> &str {
        &self.files[index].0
    }

    /// Returns the JSON Pointer to a value. If the value is in another file than the main one, the file's name and
    /// `#` precede the pointer.
    pub(super) fn place(&self, at: &At<'_>) -> String {
        if at.file == 0 { at.pointer.clone() } else { format!("{}#{}", self.file(at), at.pointer) }
    }

    /// Follows `$ref`s until there is none. Keys next to a `$ref` are ignored.
    ///
    /// # Errors
    /// Returns a message with the reason if a reference cannot be followed.
    pub(super) fn resolve<'a>(&'a self, at: At<'a>) -> Result<At<'a>, String> {
        let mut at = at;
        for _ in 0..MAX_CHAIN_LEN {
            let Some(reference) = at.text("$ref") else {
                return Ok(at);
            };
            at = self.target(&at, reference)?;
        }
        Err("its references are circular".to_owned())
    }

    /// Resolves a value as [`Self::resolve`] does. If that fails, adds a warning and returns `None`. Keys next to a
    /// `$ref` are named, unless they are only for readers.
    pub(super) fn resolved<'a>(&'a self, at: At<'a>, warnings: &mut Warnings) -> Option<At<'a>> {
        let (file, pointer) = (self.file(&at).to_owned(), at.pointer.clone());
        if at.text("$ref").is_some() {
            let ignored: Vec<String> =
                at.entries().map(|(key, _)| key).filter(|key| is_ignored(key)).map(shown).collect();
            if !ignored.is_empty() {
                let message =
                    format!("{} next to `$ref`: ignored, as the specification says", ignored.join(", "));
                warnings.note(&file, pointer.clone(), message);
            }
        }
        self.resolve(at).map_err(|why| warnings.lost(&file, pointer, why)).ok()
    }

    /// Returns the target of one reference.
    pub(super) fn target<'a>(&'a self, from: &At<'_>, reference: &str) -> Result<At<'a>, String> {
        let place = from.key();
        if self.identifiers.is_renamed(&place)
            && let Some(at) = self.named(&place, reference)
        {
            return Ok(at);
        }
        self.target_by_path(from, reference).or_else(|why| self.named(&place, reference).ok_or(why))
    }

    /// Returns true if a `$dynamicRef` means one of several schemas.
    pub(super) fn is_dynamic(&self, reference: &str) -> bool {
        self.identifiers.is_dynamic(reference)
    }

    /// Returns the target of a reference to an `$id` or an anchor.
    fn named(&self, from: &Place, reference: &str) -> Option<At<'_>> {
        let targets = self.identifiers.targets(from, reference);
        targets.into_iter().find_map(|(file, pointer)| self.value_at(file, &pointer))
    }

    fn value_at(&self, file: usize, pointer: &str) -> Option<At<'_>> {
        let decoded = percent_decode(pointer).into_owned();
        let root = &self.files[file].1;
        if let Some(value) = root.pointer(&decoded) {
            return Some(At { file, value, pointer: decoded });
        }
        root.pointer(pointer).map(|value| At { file, value, pointer: pointer.to_owned() })
    }

    fn target_by_path<'a>(&'a self, from: &At<'_>, reference: &str) -> Result<At<'a>, String> {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let file = match file {
            "" => from.file,
            _ => {
                let path = join(&self.files[from.file].0, file, &self.folder)
                    .map_err(|why| format!("`$ref: {}` is not followed: {why}", shown(reference)))?;
                self.known.get(&path).copied().ok_or_else(|| {
                    let why = self.missing.get(&path).map_or("there is no such file", String::as_str);
                    format!("`$ref: {}` cannot be resolved: {why}", shown(reference))
                })?
            }
        };
        self.value_at(file, pointer).ok_or_else(|| format!("`$ref: {}` cannot be resolved", shown(reference)))
    }

    /// Returns the files that it refers to and that cannot be read or are not well-formed, as paths relative to its folder.
    pub fn missing_files(&self) -> impl Iterator<Item = &str> {
        self.missing.keys().map(String::as_str)
    }

    fn load_others(&mut self, read: &dyn Fn(&str) -> Result<String, String>, mut bytes: u64) {
        let mut next = 0;
        while next < self.files.len() {
            let (name, value) = &self.files[next];
            let mut wanted = Vec::new();
            references(value, &mut wanted, 0);
            let paths: Vec<String> =
                wanted.into_iter().filter_map(|file| join(name, file, &self.folder).ok()).collect();
            for path in paths {
                if self.missing.contains_key(&path) || self.known.contains_key(&path) {
                    continue;
                }
                if self.files.len() == MAX_FILES || bytes > MAX_BYTES {
                    self.missing.insert(path, "the document has too many or too large files".to_owned());
                    continue;
                }
                let read = read(&path).and_then(|text| {
                    bytes += text.len() as u64;
                    parse(&path, &text)
                });
                match read {
                    Ok(Parsed { value, lost }) => {
                        lost.into_iter().for_each(|what| self.warnings.lost(&path, "", what));
                        self.known.insert(path.clone(), self.files.len());
                        self.files.push((path, value));
                    }
                    Err(reason) => drop(self.missing.insert(path, reason)),
                }
            }
            next += 1;
        }
    }
}

/// Sets the value at a pointer. The last step may be a new key of an object.
fn set(root: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = root.pointer_mut(pointer) {
        *place = value;
    } else if let Some((parent, last)) = pointer.rsplit_once('/')
        && let Some(Value::Object(entries)) = root.pointer_mut(parent)
    {
        entries.insert(unescape_pointer_step(last).into_owned(), value);
    }
}

/// Returns true for a key next to a `$ref` that would say something about requests or responses.
fn is_ignored(key: &str) -> bool {
    !key.starts_with("x-")
        && !["$ref", "summary", "description", "title", "externalDocs", "tags"].contains(&key)
}

fn shown(text: &str) -> String {
    text.chars().take(200).collect::<String>().escape_debug().to_string()
}

fn read(path: &Path) -> Result<String, String> {
    files::text(path, MAX_SIZE).map_err(|error| error.to_string())
}

/// Collects the files that the references of a value name.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>, depth: usize) {
    if depth > 200 {
        return;
    }
    match value {
        Value::Object(entries) => {
            if let Some(Value::String(reference)) = entries.get("$ref") {
                let file = reference.split('#').next().unwrap_or_default();
                if !file.is_empty() && !found.contains(&file) {
                    found.push(file);
                }
            }
            // An `x-` key with a list is an extension (mostly code samples) that nothing reads. An `x-` key with an
            // object can be a named element, such as a header.
            let read = entries.iter().filter(|(key, value)| !(key.starts_with("x-") && value.is_array()));
            read.for_each(|(_, value)| references(value, found, depth + 1));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found, depth + 1)),
        _ => {}
    }
}

/// Returns the path of a file that `from` refers to, relative to the folder of the document. It begins with `../` if it
/// is above that folder, which it may be by as many folders as `own` has.
fn join(from: &str, file: &str, own: &str) -> Result<String, String> {
    if file.contains("://") || file.starts_with("//") {
        return Err("nothing is fetched from the network".to_owned());
    }
    let file = percent_decode(file);
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_relative = !Path::new(file.as_ref()).has_root();
    let path = relative(folder, &file.replace('\\', "/")).filter(|_| is_relative);
    let levels = |path: &str| path.split('/').take_while(|part| *part == "..").count();
    let above = own.split('/').filter(|part| !part.is_empty()).count();
    path.filter(|path| levels(path) <= above).ok_or_else(|| match above {
        0 => "it is outside the folder of the document (`--root DIR` allows it)".to_owned(),
        _ => "it is outside the folder of all documents".to_owned(),
    })
}

/// Returns a path relative to `folder` as one relative to the folder of `folder`, without `.` and with `..` only at its
/// beginning; `None` for a path with a prefix such as `C:`.
pub fn relative(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part if part.contains(':') => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
