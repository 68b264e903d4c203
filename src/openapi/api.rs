//! A document as a whole.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use super::{
    bundle::{Bundle, Gathering},
    document::{At, Document, DocumentError},
    operation::Operation,
    security::{self, SecurityScheme},
    strict,
    warning::Warnings,
};

/// The version of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 3.0.x: schemas have a dialect of their own.
    V30,
    /// 3.1 and later: schemas are JSON Schema 2020-12.
    V31,
}

/// What a document says an API can be asked, and what it answers.
#[derive(Debug, Clone)]
pub struct Api {
    /// The version of the document.
    pub version: Version,
    /// The API's title.
    pub title: String,
    /// The API's own version.
    pub api_version: String,
    /// The addresses of its servers, as they are written.
    pub servers: Vec<String>,
    /// Its operations, in the order of the document.
    pub operations: Vec<Operation>,
    /// Its security schemes by name.
    pub schemes: BTreeMap<String, SecurityScheme>,
    /// The schemas that others refer to.
    pub bundle: Bundle,
    /// What could not be used.
    pub warnings: Warnings,
}

impl Api {
    /// Reads a document and the files that it refers to.
    ///
    /// # Errors
    /// When it cannot be read, or is no OpenAPI document of a version that is known.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        Ok(Self::of(&Document::load(path)?))
    }

    /// Reads a document from its text; references into other files lead nowhere.
    ///
    /// # Errors
    /// When it is no OpenAPI document of a version that is known.
    pub fn parse(name: &str, text: &str) -> Result<Self, DocumentError> {
        Ok(Self::of(&Document::parse(name, text)?))
    }

    fn of(document: &Document) -> Self {
        let root = document.root();
        let old = root.value.get("openapi").and_then(Value::as_str).is_some_and(|it| it.starts_with("3.0"));
        let mut warnings = Warnings::default();
        if old {
            strict::look(document, &mut warnings);
        }
        let mut gathering = Gathering::new(document, old);
        let operations = Operation::read_all(document, &mut gathering, &mut warnings);
        if operations.is_empty() {
            warnings.note(document.file(&root), "/paths", "there are no operations");
        }
        let info = |key: &str| {
            let value = root.value.get("info").and_then(|info| info.get(key));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let servers = root.get("servers");
        let servers = servers.iter().flat_map(At::items);
        Self {
            version: if old { Version::V30 } else { Version::V31 },
            title: info("title"),
            api_version: info("version"),
            servers: servers.filter_map(|at| at.value.get("url")?.as_str().map(str::to_owned)).collect(),
            operations,
            schemes: security::schemes(document, &mut warnings),
            bundle: gathering.finish(&mut warnings),
            warnings,
        }
    }

    /// The operation with this method whose path fits: `path` as it is asked, without query. Where several fit, the
    /// one with the fewest parameters, as the specification has it.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |operation: &&Operation| {
            let declared: Vec<&str> = operation.path.split('/').collect();
            declared.len() == asked.len()
                && declared.iter().zip(&asked).all(|(declared, asked)| {
                    declared == asked || (declared.contains('{') && !asked.is_empty())
                })
        };
        self.operations
            .iter()
            .filter(|operation| operation.method == method)
            .filter(fits)
            .min_by_key(|operation| operation.path.matches('{').count())
    }
}
