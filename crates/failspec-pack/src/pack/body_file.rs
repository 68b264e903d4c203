//! Files of a pack that requests send: as a body, or as a part of a form.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use failspec_base::{
    encoding::hex,
    syntax::{Decoder, Node},
};

use super::files::{Files, FilesError, Texts};

/// A file of a pack that requests send.
#[derive(Clone, PartialEq, Eq)]
pub struct BodyFile {
    /// Its path below the root of the packs.
    pub path: Arc<str>,
    /// Its content.
    pub bytes: Arc<[u8]>,
}

/// Formats the digest in place of the content: what is written of a request tells which requests are the same.
impl fmt::Debug for BodyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = hex(&Sha256::digest(&self.bytes));
        f.debug_struct("BodyFile").field("path", &self.path).field("sha256", &digest).finish()
    }
}

impl BodyFile {
    /// Returns the name of the file without its folders.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The files that requests of a pack send, each read once.
#[derive(Debug)]
pub(super) struct BodyFiles<'p> {
    files: &'p Files,
    texts: &'p Texts,
    /// The folders in which a file is looked for, in order: that of the pack, and that of the pack that it extends.
    folders: Vec<String>,
    read: Mutex<BTreeMap<String, BodyFile>>,
}

impl<'p> BodyFiles<'p> {
    /// Creates the collection for a pack, and for the pack that it extends, if it extends one.
    pub fn new(files: &'p Files, texts: &'p Texts, pack: &str, inherited: Option<&str>) -> Self {
        let folders = [Some(pack), inherited].into_iter().flatten();
        let folders = folders.map(|pack| format!("scenarios/{pack}/")).collect();
        Self { files, texts, folders, read: Mutex::default() }
    }

    /// Returns the file that a request names; reports an error if there is none.
    pub fn get(&self, node: &Node, reader: &Decoder) -> Option<BodyFile> {
        let name = reader.text(node)?;
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
        if name.contains('\\') || !name.split('/').all(is_plain) {
            reader.error_hint(
                node.span,
                format!("`{}` is not a file of the pack", name.escape_debug()),
                "name a file in the folder of the scenarios, such as `fixtures/picture.png`",
            );
            return None;
        }
        match self.read(name) {
            Ok(Some(file)) => Some(file),
            Ok(None) => {
                let known = self.names();
                reader.unknown(node.span, "file", name, known.iter().map(String::as_str));
                None
            }
            Err(error) => {
                reader.error(
                    node.span,
                    format!("the file `{}` cannot be read: {}", name.escape_debug(), error.reason),
                );
                None
            }
        }
    }

    /// Returns the path of a file for messages.
    pub fn shown(&self, file: &BodyFile) -> String {
        self.files.shown(&file.path)
    }

    fn read(&self, name: &str) -> Result<Option<BodyFile>, FilesError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = read.get(name) {
            return Ok(Some(file.clone()));
        }
        for folder in &self.folders {
            let path = format!("{folder}{name}");
            let bytes = match self.texts.get(&path) {
                Some(text) => Some(text.as_bytes().into()),
                None => self.files.read_bytes(&path)?,
            };
            if let Some(bytes) = bytes {
                let file = BodyFile { path: path.into(), bytes };
                read.insert(name.to_owned(), file.clone());
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// Returns the names of the files that could be meant.
    fn names(&self) -> BTreeSet<String> {
        self.folders.iter().flat_map(|folder| self.files.names_below(folder.trim_end_matches('/'))).collect()
    }

    /// Returns the files that were read and are no texts of the pack, sorted: they are a part of its digest.
    pub fn besides_texts(&self) -> Vec<BodyFile> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.values().filter(|file| !self.texts.contains_key(&*file.path)).cloned().collect()
    }
}
