//! An OpenAPI document as a whole: its operations, schemas and security schemes.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use super::{
    at::At,
    bundle::{Bundle, SchemaCollector},
    document::Document,
    document_error::DocumentError,
    operation::Operation,
    security::{self, SecurityScheme},
    servers::address,
    strict,
    version::Version,
    warning::Warnings,
};

/// The operations of an API and their responses, as a document declares them.
#[derive(Debug, Clone)]
pub struct Api {
    /// The OpenAPI version of the document.
    pub version: Version,
    /// The API's title.
    pub title: String,
    /// The version of the API itself.
    pub api_version: String,
    /// The URLs of its servers, with the default values of their variables filled in.
    pub servers: Vec<String>,
    /// Its operations, in the order of the document.
    pub operations: Vec<Operation>,
    /// Its security schemes by name.
    pub schemes: BTreeMap<String, SecurityScheme>,
    /// The schemas that other schemas refer to.
    pub bundle: Bundle,
    /// The parts of the document that could not be used.
    pub warnings: Warnings,
}

impl Api {
    /// Reads a document and the files that it refers to; an OpenAPI 3.0 document is also validated strictly.
    ///
    /// # Errors
    /// Fails if the document cannot be read, or is not an OpenAPI document of a supported version.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        Ok(Self::of(&Document::load(path)?, true))
    }

    /// Builds the API from a document, without strict validation.
    pub fn lenient(document: &Document) -> Self {
        Self::of(document, false)
    }

    /// Builds the API from a document. An OpenAPI 3.0 document is also validated strictly; each violation becomes a
    /// warning.
    pub fn strict(document: &Document) -> Self {
        Self::of(document, true)
    }

    /// Reads a document from its text. References to other files cannot be resolved.
    ///
    /// # Errors
    /// Fails if the text is not an OpenAPI document of a supported version.
    pub fn parse(name: &str, text: &str) -> Result<Self, DocumentError> {
        Ok(Self::of(&Document::parse(name, text)?, true))
    }

    fn of(document: &Document, strictly: bool) -> Self {
        let root = document.root();
        let version = document.version();
        let mut warnings = document.warnings().clone();
        if version == Version::V30 && strictly {
            strict::look(document, &mut warnings);
        }
        let mut gathering = SchemaCollector::new(document);
        let operations = Operation::read_all(document, &mut gathering, &mut warnings);
        if operations.is_empty() {
            warnings.note(document.file(&root), "/paths", "there are no operations");
        }
        let schemes = security::schemes(document, &mut warnings);
        let declared = root.get("components").and_then(|components| components.get("securitySchemes"));
        let is_declared = |name: &str| declared.as_ref().is_some_and(|it| it.value.get(name).is_some());
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for operation in &operations {
            let schemes = operation.security.iter().flatten().map(String::as_str);
            for name in schemes.filter(|name| !is_declared(name)) {
                if named.insert(name) {
                    let message = format!("the security scheme `{}` is not declared", name.escape_debug());
                    warnings.lost(document.file(&root), operation.pointer.clone(), message);
                }
            }
        }
        let info = |key: &str| {
            let value = root.value.get("info").and_then(|info| info.get(key));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let servers = root.get("servers");
        let servers = servers.iter().flat_map(At::items);
        Self {
            version,
            title: info("title"),
            api_version: info("version"),
            servers: servers.filter_map(|at| address(at.value)).collect(),
            operations,
            schemes,
            bundle: gathering.finish(&mut warnings),
            warnings,
        }
    }
}
