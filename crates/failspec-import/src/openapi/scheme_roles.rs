//! Roles of operations that take another credential than most: a token of an application, where the others take that of its
//! owner. No credential of the one is right for the other.

use std::collections::{BTreeMap, BTreeSet};

use failspec_pack::openapi::{Api, Credential, Operation};

use super::{generate::Generator, request_spec::RequestSpec};
use crate::names::{Unique, slug};

/// A role for operations that do not take the credential of the main role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeRole {
    /// The name of the role.
    pub name: String,
    /// The name of the security scheme in the document.
    pub scheme: String,
    /// The operations, by method and path.
    pub operations: Vec<String>,
}

/// The roles of the operations that do not take the credential of the main role.
#[derive(Debug, Default)]
pub(super) struct SchemeRoles {
    pub roles: Vec<SchemeRole>,
}

impl SchemeRoles {
    /// Finds them in a document. Names in `taken` are those of other roles.
    pub fn of(api: &Api, taken: &[&str]) -> Self {
        let mut names = Unique::default();
        for name in taken {
            names.name(name, "");
        }
        let guarded = api.operations.iter().filter(|it| it.is_guarded() && it.elsewhere.is_none());
        // A scheme that the document lacks may be any.
        let known = guarded.filter_map(|it| Some((it, schemes_of(it, api)?)));
        let mut rest: Vec<(&Operation, Vec<&str>)> = known.collect();
        let mut found = Self::default();
        let mut is_main = true;
        while let Some(scheme) = most_common(&rest, api) {
            let scheme = scheme.to_owned();
            let (own, others): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|(_, schemes)| schemes.contains(&scheme.as_str()));
            rest = others;
            if std::mem::take(&mut is_main) {
                // An operation that takes any credential of these may be called as the main role, whichever it has.
                let all: BTreeSet<&str> =
                    own.iter().flat_map(|(_, schemes)| schemes.iter().copied()).collect();
                rest.retain(|(_, schemes)| !schemes.iter().any(|scheme| all.contains(scheme)));
                continue;
            }
            let name = names.name(&slug(&scheme).replace('_', "-"), "key");
            let operations = own.iter().map(|(operation, _)| operation.name()).collect();
            found.roles.push(SchemeRole { name, scheme, operations });
        }
        found
    }

    /// Returns the role of an operation, if it is not the main one.
    pub fn of_operation(&self, operation: &Operation) -> Option<&str> {
        let name = operation.name();
        let own = self.roles.iter().find(|role| role.operations.contains(&name));
        own.map(|role| role.name.as_str())
    }
}

impl Generator<'_> {
    /// Builds a request to an operation with only its path and its credentials.
    pub(super) fn addressed(&self, operation: &Operation, path: String) -> RequestSpec {
        let mut ask = RequestSpec::of(operation, path, self.sends_credentials(operation));
        if ask.credentials {
            ask.role = self.scheme_roles.of_operation(operation).map(str::to_owned);
            for scheme in self.second_credentials.of_operation(operation, &self.declared.api) {
                self.second_credentials.put(&mut ask, &scheme);
            }
        }
        ask
    }
}

/// Returns the schemes of an operation whose credential a role may have, one for each alternative; `None` if the document does not
/// describe one of them.
fn schemes_of<'o>(operation: &'o Operation, api: &Api) -> Option<Vec<&'o str>> {
    let is_key = |name: &&String| {
        matches!(api.schemes.get(*name).map(|it| &it.credential), Some(Credential::Key { .. }))
    };
    // API keys beside it are variables.
    let of_role = |schemes: &'o Vec<String>| schemes.iter().find(|name| !is_key(name)).or(schemes.first());
    let all: Option<Vec<&str>> = operation
        .security
        .iter()
        .map(|schemes| of_role(schemes).filter(|name| api.schemes.contains_key(*name)).map(String::as_str))
        .collect();
    all
}

/// Returns the scheme that most operations take. Of several, one whose value needs nothing that only the words of the document
/// tell, and among these the one that is named first.
fn most_common<'o>(operations: &[(&'o Operation, Vec<&'o str>)], api: &Api) -> Option<&'o str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let named: Vec<&str> = operations.iter().flat_map(|(_, schemes)| schemes.iter().copied()).collect();
    named.iter().for_each(|scheme| *counts.entry(scheme).or_default() += 1);
    // In `Authorization`, what is before the key is told in words.
    let is_plain = |scheme: &str| {
        !api.schemes.get(scheme).is_some_and(|it| {
            matches!(&it.credential, Credential::Key { name, .. } if name.eq_ignore_ascii_case("Authorization"))
        })
    };
    let rank = |scheme: &&&str| (counts.get(**scheme).copied(), is_plain(scheme));
    // The last of equals wins.
    named.iter().rev().max_by_key(rank).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(operations: &[(&str, Value)]) -> Api {
        let key = |name: &str| json!({ "type": "apiKey", "in": "header", "name": name });
        let paths = operations.iter().map(|(path, security)| {
            let get = json!({ "security": security, "responses": { "200": { "description": "ok" } } });
            ((*path).to_owned(), json!({ "get": get }))
        });
        let document = json!({
            "openapi": "3.0.3", "info": { "title": "t", "version": "1" },
            "paths": paths.collect::<serde_json::Map<_, _>>(),
            "components": { "securitySchemes": {
                "clientToken": key("X-Key"), "clientHeader": key("Authorization"), "appHeader": key("Authorization"),
                "appToken": key("X-Key"), "login": { "type": "http", "scheme": "bearer" }
            } }
        });
        Api::parse("openapi.json", &document.to_string()).unwrap()
    }

    #[test]
    fn what_shares_no_credential_with_most_operations_has_a_role_of_its_own() {
        let client = json!([{ "clientHeader": [] }, { "clientToken": [] }, { "login": [] }]);
        let login = json!([{ "login": [] }]);
        let app = json!([{ "appHeader": [] }, { "appToken": [] }]);
        let app_and_key = json!([{ "appToken": [], "clientToken": [] }]);
        for (operations, wanted) in [
            (
                vec![("/a", client.clone()), ("/b", client.clone()), ("/c", app.clone())],
                &[("app-token", "/c")][..],
            ),
            // One credential is right for all, or may be.
            (vec![("/a", client.clone()), ("/b", login.clone())], &[]),
            (vec![("/a", login.clone()), ("/b", login.clone())], &[]),
            (vec![("/a", login.clone()), ("/b", json!([])), ("/c", json!([{}, { "appToken": [] }]))], &[]),
            (
                vec![
                    ("/a", client.clone()),
                    ("/b", client.clone()),
                    ("/c", login.clone()),
                    ("/d", login.clone()),
                ],
                &[],
            ),
            // A scheme that the document does not describe.
            (vec![("/a", login.clone()), ("/b", login.clone()), ("/c", json!([{ "unknown": [] }]))], &[]),
            // A role has the first of several keys; the others are variables.
            (vec![("/a", login.clone()), ("/b", login.clone()), ("/c", app_and_key)], &[("app-token", "/c")]),
            // The one that is named first is the main one of two.
            (vec![("/a", app), ("/b", login)], &[("login", "/b")]),
        ] {
            let api = document(&operations);
            let found = SchemeRoles::of(&api, &["user"]);
            let found: Vec<(&str, String)> =
                found.roles.iter().map(|role| (role.name.as_str(), role.operations.join(" "))).collect();
            let wanted: Vec<(&str, String)> =
                wanted.iter().map(|(name, path)| (*name, format!("GET {path}"))).collect();
            assert_eq!(found, wanted, "{operations:?}");
        }
    }

    #[test]
    fn its_name_is_that_of_no_other_role() {
        let api = document(&[
            ("/a", json!([{ "login": [] }])),
            ("/b", json!([{ "login": [] }])),
            ("/c", json!([{ "appToken": [] }])),
        ]);
        let found = SchemeRoles::of(&api, &["user", "app-token"]);
        assert_eq!(found.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["app-token_key"]);
    }
}
