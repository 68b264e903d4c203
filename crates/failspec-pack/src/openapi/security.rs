//! Security schemes: the credentials that requests need.

use std::collections::BTreeMap;

use serde_json::Value;

use failspec_base::message::is_token;

use super::{at::At, document::Document, parameter::ParameterLocation, warning::Warnings};

/// The kind of credential that a scheme requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer …`, for `http` bearer, OAuth 2 and OpenID Connect.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// Another scheme of `Authorization`.
    Http(String),
    /// An API key.
    Key {
        /// Its location in the request.
        place: ParameterLocation,
        /// Its name.
        name: String,
    },
    /// A client certificate.
    Certificate,
}

/// A security scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name in the document.
    pub name: String,
    /// The credential that it requires.
    pub credential: Credential,
    /// True if its bearer tokens are JSON Web Tokens (`bearerFormat: JWT`).
    pub is_jwt: bool,
}

/// Reads the security schemes of a document, by name.
pub(super) fn schemes(document: &Document, warnings: &mut Warnings) -> BTreeMap<String, SecurityScheme> {
    let mut schemes = BTreeMap::new();
    let declared = document.root().get("components").and_then(|it| it.get("securitySchemes"));
    for (name, at) in declared.iter().flat_map(At::entries) {
        let Some(at) = document.resolved(at, warnings) else { continue };
        let text = |key: &str| at.value.get(key).and_then(Value::as_str).unwrap_or_default();
        let credential = match text("type") {
            "http" => match text("scheme").to_ascii_lowercase().as_str() {
                "bearer" => Credential::Bearer,
                "basic" => Credential::Basic,
                other => Credential::Http(other.to_owned()),
            },
            "oauth2" | "openIdConnect" => Credential::Bearer,
            "mutualTLS" => Credential::Certificate,
            "apiKey" => {
                let place = match text("in") {
                    "header" => ParameterLocation::Header,
                    "query" => ParameterLocation::Query,
                    "cookie" => ParameterLocation::Cookie,
                    _ => {
                        let message = "`in` must be header, query or cookie; the scheme is ignored";
                        warnings.note(document.file(&at), at.pointer.clone(), message);
                        continue;
                    }
                };
                let name = text("name").to_owned();
                if name.is_empty() || place != ParameterLocation::Query && !is_token(&name) {
                    let message = "this is not a valid header or cookie name; the scheme is ignored";
                    warnings.note(document.file(&at), at.pointer.clone(), message);
                    continue;
                }
                Credential::Key { place, name }
            }
            other => {
                let message =
                    format!("`type: {}` is not a security scheme; it is ignored", other.escape_debug());
                warnings.note(document.file(&at), at.pointer.clone(), message);
                continue;
            }
        };
        let is_jwt = credential == Credential::Bearer && text("bearerFormat").eq_ignore_ascii_case("jwt");
        schemes.insert(name.to_owned(), SecurityScheme { name: name.to_owned(), credential, is_jwt });
    }
    schemes
}

/// Reads the alternatives of a key `security`. Each is a set of schemes that are required together; an empty set
/// requires none.
pub(super) fn alternatives(at: &At<'_>) -> Vec<Vec<String>> {
    at.items().map(|item| item.entries().map(|(name, _)| name.to_owned()).collect()).collect()
}
