//! The files of a document, and references between them.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use serde_json::Value;

use crate::pack::Texts;
use failspec_base::encoding::{escape_pointer_step, percent_decode};
use failspec_base::files::{self, Folder};
use failspec_base::syntax::{Source, yaml};

use super::warning::Warnings;

/// The maximum size of a file, in bytes: 64 MiB.
const MAX_SIZE: u64 = 64 << 20;

/// The maximum number of files of a document. Real documents with 1,900 files exist.
const MAX_FILES: usize = 10_000;

/// The maximum size of all files of a document together, in bytes: 128 MiB.
const MAX_BYTES: u64 = 128 << 20;

/// The maximum length of a chain of references.
const MAX_CHAIN_LEN: usize = 32;

/// An error that makes a document unusable.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path of the file.
        path: String,
        /// The reason.
        reason: String,
    },
    /// The file is neither JSON nor YAML.
    #[error("{path} is neither JSON nor YAML: {reason}")]
    Malformed {
        /// The path of the file.
        path: String,
        /// The message of the parser.
        reason: String,
    },
    /// The document is Swagger 2.0.
    #[error(
        "{path} is Swagger {version}; OpenAPI 3.0 or 3.1 is required: convert it, e.g. with swagger2openapi"
    )]
    Swagger {
        /// The path of the file.
        path: String,
        /// The version that the document states.
        version: String,
    },
    /// The file is another kind of document, or has an unsupported version.
    #[error("{path} is not an OpenAPI document: {reason}")]
    Other {
        /// The path of the file.
        path: String,
        /// The reason.
        reason: String,
    },
}

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
}

/// A value of a document, with its location.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    /// The index of the file.
    file: usize,
    /// The value.
    pub value: &'a Value,
    /// JSON Pointer to the value, within its file.
    pub pointer: String,
}

impl<'a> At<'a> {
    /// Returns the value under `key`.
    pub fn get(&self, key: &str) -> Option<At<'a>> {
        Some(At { file: self.file, value: self.value.get(key)?, pointer: self.pointer_to(key) })
    }

    /// Returns the entries of an object; any other value has none.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + use<'a> {
        let (file, pointer) = (self.file, self.pointer.clone());
        self.value.as_object().into_iter().flatten().map(move |(key, value)| {
            (key.as_str(), At { file, value, pointer: format!("{pointer}/{}", escape_pointer_step(key)) })
        })
    }

    /// Returns the items of a list; any other value has none.
    pub fn items(&self) -> impl Iterator<Item = At<'a>> + use<'a> {
        let (file, pointer) = (self.file, self.pointer.clone());
        self.value.as_array().into_iter().flatten().enumerate().map(move |(index, value)| At {
            file,
            value,
            pointer: format!("{pointer}/{index}"),
        })
    }

    /// Returns the JSON Pointer to the value under `key`.
    pub fn pointer_to(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, escape_pointer_step(key))
    }

    /// Returns the file and the pointer, which identify the location in the document.
    pub fn key(&self) -> (usize, String) {
        (self.file, self.pointer.clone())
    }
}

impl Document {
    /// Reads a document and every file within its folder that it refers to.
    ///
    /// # Errors
    /// Fails if the document itself cannot be read, or is not an OpenAPI document of a supported version.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        let folder = path.parent().unwrap_or(path);
        Self::load_with(path, folder, String::new())
    }

    /// Reads a document and every file within `root` that it refers to: `../common/errors.yaml` of a repository with
    /// several documents.
    ///
    /// # Errors
    /// Fails like [`Self::load`], and if the document is not within `root`.
    pub fn load_below(path: &Path, root: &Path) -> Result<Self, DocumentError> {
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
        Self::load_with(path, &root, below.to_string_lossy().replace('\\', "/"))
    }

    fn load_with(path: &Path, root: &Path, own: String) -> Result<Self, DocumentError> {
        let shown = path.display().to_string();
        let text = read(path).map_err(|reason| DocumentError::Unreadable { path: shown.clone(), reason })?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or(shown);
        let mut document = Self { folder: own, ..Self::parse(&name, &text)? };
        let root = Folder::new(root).map_err(|error| error.to_string());
        let other = |path: &str| {
            let root = root.as_ref().map_err(Clone::clone)?;
            root.text(&folder.join(path), MAX_SIZE).map_err(|error| error.to_string())
        };
        document.load_others(&other, text.len() as u64);
        Ok(document)
    }

    /// Reads a document from the files of a pack, with the files that it refers to.
    ///
    /// # Errors
    /// Fails if there is no such file, or it is not an OpenAPI document of a supported version.
    pub fn of_texts(path: &str, texts: &Texts) -> Result<Self, DocumentError> {
        let missing = "there is no such file".to_owned();
        let text = texts
            .get(path)
            .ok_or_else(|| DocumentError::Unreadable { path: path.to_owned(), reason: missing.clone() })?;
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        // Its files are those of the pack: `schemas/NAME/…`.
        let own = folder.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
        let mut document = Self { folder: own, ..Self::parse(name, text)? };
        let other = |path: &str| {
            let place = relative(folder, path);
            place.and_then(|place| texts.get(&place)).cloned().ok_or(missing.clone())
        };
        document.load_others(&other, text.len() as u64);
        Ok(document)
    }

    /// Returns the folder of the document, relative to the folder below which its files are.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Returns the names of its files, relative to the folder of the document; the main file is the first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(name, _)| name.as_str())
    }

    /// Reads a document from a single text. References to other files cannot be resolved.
    ///
    /// # Errors
    /// Fails if the text is not an OpenAPI document of a supported version.
    pub fn parse(name: &str, text: &str) -> Result<Self, DocumentError> {
        let path = name.to_owned();
        let root =
            parse(name, text).map_err(|reason| DocumentError::Malformed { path: path.clone(), reason })?;
        if let Some(version) = root.get("swagger") {
            let version = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
            return Err(DocumentError::Swagger { path, version });
        }
        match root
            .get("openapi")
            .map(|version| version.as_str().map_or_else(|| version.to_string(), str::to_owned))
        {
            Some(version) if version.starts_with("3.") => {}
            Some(version) => {
                let version: String = version.chars().take(40).collect();
                let reason = format!("its version is `{}`; 3.0 or 3.1 is required", version.escape_debug());
                return Err(DocumentError::Other { path, reason });
            }
            None => {
                let reason = "it has no key `openapi`".to_owned();
                return Err(DocumentError::Other { path, reason });
            }
        }
        let known = HashMap::from([(name.to_owned(), 0)]);
        Ok(Self {
            files: vec![(name.to_owned(), root)],
            known,
            missing: BTreeMap::new(),
            folder: String::new(),
        })
    }

    /// Returns the root value of the main file.
    pub(super) fn root(&self) -> At<'_> {
        At { file: 0, value: &self.files[0].1, pointer: String::new() }
    }

    /// Returns the name of the file that contains a value.
    pub(super) fn file(&self, at: &At<'_>) -> &str {
        &self.files[at.file].0
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
            let Some(reference) = at.value.get("$ref").and_then(Value::as_str) else {
                return Ok(at);
            };
            at = self.target(&at, reference)?;
        }
        Err("its references are circular".to_owned())
    }

    /// Resolves a value as [`Self::resolve`] does. If that fails, adds a warning and returns `None`.
    pub(super) fn resolved<'a>(&'a self, at: At<'a>, warnings: &mut Warnings) -> Option<At<'a>> {
        let (file, pointer) = (self.file(&at).to_owned(), at.pointer.clone());
        self.resolve(at).map_err(|why| warnings.note(&file, pointer, why)).ok()
    }

    /// Returns the target of one reference.
    pub(super) fn target<'a>(&'a self, from: &At<'_>, reference: &str) -> Result<At<'a>, String> {
        let shown = || reference.chars().take(200).collect::<String>().escape_debug().to_string();
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let file = match file {
            "" => from.file,
            _ => {
                let path = join(&self.files[from.file].0, file, &self.folder)
                    .map_err(|why| format!("`$ref: {}` is not followed: {why}", shown()))?;
                self.known.get(&path).copied().ok_or_else(|| {
                    let why = self.missing.get(&path).map_or("there is no such file", String::as_str);
                    format!("`$ref: {}` cannot be resolved: {why}", shown())
                })?
            }
        };
        let decoded = percent_decode(pointer).into_owned();
        let root = &self.files[file].1;
        let value = root.pointer(&decoded).or_else(|| root.pointer(pointer));
        let value = value.ok_or_else(|| format!("`$ref: {}` cannot be resolved", shown()))?;
        Ok(At { file, value, pointer: decoded })
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
                    Ok(value) => {
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

fn read(path: &Path) -> Result<String, String> {
    files::text(path, MAX_SIZE).map_err(|error| error.to_string())
}

/// Parses a text as JSON if it looks like JSON, because that is faster; otherwise as YAML.
fn parse(name: &str, text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with(['{', '[']) {
        match serde_json::from_str(text) {
            Ok(value) => return Ok(value),
            // A flow mapping of YAML begins like this, too. In all other cases the message of the JSON parser is the
            // better one.
            Err(error) => {
                let source = Source::new(name, text);
                return match yaml::read_foreign(&source) {
                    (Some(node), mistakes) if mistakes.0.is_empty() => Ok(node.to_json()),
                    _ => Err(error.to_string()),
                };
            }
        }
    }
    let source = Source::new(name, text);
    let (node, mistakes) = yaml::read_foreign(&source);
    node.map(|node| node.to_json()).ok_or_else(|| {
        let first = mistakes.0.first();
        first.map_or_else(String::new, |mistake| {
            let line = mistake.place.as_ref().map_or(0, failspec_base::syntax::Location::line);
            format!("line {line}: {} {}", mistake.title, mistake.label).trim_end().to_owned()
        })
    })
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
