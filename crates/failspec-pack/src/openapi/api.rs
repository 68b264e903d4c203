//! An OpenAPI document as a whole: its operations, schemas and security schemes.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Map, Value};

use super::{
    at::At,
    bundle::{Bundle, SchemaCollector},
    document::Document,
    document_error::DocumentError,
    operation::Operation,
    security::{self, Credential, SecurityScheme},
    servers::address,
    strict,
    version::Version,
    warning::Warnings,
};

/// The dialects of JSON Schema that schemas of OpenAPI 3.1 have: that of OpenAPI, and the one below it.
const DIALECTS: [&str; 3] = [
    "https://spec.openapis.org/oas/3.1/dialect/",
    "https://spec.openapis.org/oas/3.2/dialect/",
    "https://json-schema.org/draft/2020-12/schema",
];

/// The operations of an API and their responses, as a document declares them.
#[derive(Debug, Clone)]
pub struct Api {
    /// The main file of the document, as messages show it.
    pub file: String,
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
    /// The number of its webhooks: requests that the API sends, which are not tested.
    pub webhooks: usize,
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
        name_security(&operations, &schemes, document, &mut warnings);
        if let Some(webhooks) = root.get("webhooks") {
            let message = "webhooks are requests that the API sends; they are not tested";
            warnings.note(document.file(&root), webhooks.pointer, message);
        }
        let dialect = root.text("jsonSchemaDialect");
        if let Some(dialect) =
            dialect.filter(|dialect| !DIALECTS.iter().any(|known| dialect.starts_with(known)))
        {
            let message = format!("the dialect `{}` is read as JSON Schema 2020-12", dialect.escape_debug());
            warnings.note(document.file(&root), root.pointer_to("jsonSchemaDialect"), message);
        }
        let info = |key: &str| {
            let value = root.value.get("info").and_then(|info| info.get(key));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let servers = root.get("servers");
        let servers = servers.iter().flat_map(At::items);
        Self {
            file: document.file(&root).to_owned(),
            version,
            title: info("title"),
            api_version: info("version"),
            servers: servers.filter_map(|at| address(at.value)).collect(),
            operations,
            webhooks: root
                .get("webhooks")
                .map_or(0, |webhooks| webhooks.value.as_object().map_or(0, Map::len)),
            schemes,
            bundle: gathering.finish(&mut warnings),
            warnings,
        }
        .with_unchecked_named(document)
    }

    /// Names the media types whose bodies are not compared with their schema, once each.
    fn with_unchecked_named(mut self, document: &Document) -> Self {
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for response in self.operations.iter().flat_map(|operation| &operation.responses) {
            for content in response.content.iter().filter(|content| !content.takes_json()) {
                let Some(schema) = &content.schema else { continue };
                // Text and bytes of any kind.
                let is_text =
                    self.bundle.resolve(schema).get("type").and_then(Value::as_str) == Some("string");
                if !is_text && named.insert(&content.media_type) {
                    let shown = content.media_type.escape_debug();
                    let message =
                        format!("bodies with the media type {shown} are not compared with their schema");
                    let (file, pointer) = located(&response.pointer, document.file(&document.root()));
                    self.warnings.note(file, pointer, message);
                }
            }
        }
        self
    }
}

/// Splits a location at the `#` that follows the name of another file than the main one.
fn located<'p>(place: &'p str, main: &'p str) -> (&'p str, &'p str) {
    // A pointer can have a `#` too, but begins with `/`.
    if place.starts_with('/') { (main, place) } else { place.split_once('#').unwrap_or((main, place)) }
}

/// Names security schemes that are not declared, and operations that need several at once.
fn name_security(
    operations: &[Operation],
    known: &BTreeMap<String, SecurityScheme>,
    document: &Document,
    warnings: &mut Warnings,
) {
    let root = document.root();
    let file = document.file(&root);
    let declared = root.get("components").and_then(|components| components.get("securitySchemes"));
    let is_declared = |name: &str| declared.as_ref().is_some_and(|it| it.value.get(name).is_some());
    // Two schemes can be met by one credential: two grants of OAuth 2 by one token.
    let credentials = |schemes: &[String]| {
        let mut all: Vec<&Credential> = Vec::new();
        for scheme in schemes.iter().filter_map(|name| known.get(name)) {
            if !all.contains(&&scheme.credential) {
                all.push(&scheme.credential);
            }
        }
        all.len()
    };
    let (mut unknown, mut together): (BTreeSet<&str>, BTreeSet<Vec<&str>>) = Default::default();
    for operation in operations {
        let names = operation.security.iter().flatten().map(String::as_str);
        for name in names.filter(|name| !is_declared(name)) {
            if unknown.insert(name) {
                let message = format!("the security scheme `{}` is not declared", name.escape_debug());
                let (file, pointer) = located(&operation.pointer, file);
                warnings.lost(file, pointer, message);
            }
        }
        let fewest = operation.security.iter().min_by_key(|schemes| credentials(schemes));
        // API keys beside the credential of a role are variables of the contract.
        let others = |schemes: &[String]| {
            let is_other = |name: &&String| {
                known.get(*name).is_some_and(|scheme| !matches!(scheme.credential, Credential::Key { .. }))
            };
            let others: Vec<String> = schemes.iter().filter(is_other).cloned().collect();
            credentials(&others)
        };
        let Some(schemes) = fewest.filter(|schemes| credentials(schemes) > 1 && others(schemes) > 1) else {
            continue;
        };
        let schemes: Vec<&str> = schemes.iter().map(String::as_str).collect();
        let shown = schemes.join("` and `");
        if together.insert(schemes) {
            let message = format!(
                "it needs `{}` at once, and a role has one credential: requests with it can be refused",
                shown.escape_debug()
            );
            let (file, pointer) = located(&operation.pointer, file);
            warnings.lost(file, pointer, message);
        }
    }
}
