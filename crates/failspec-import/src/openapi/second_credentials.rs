//! Credentials that an operation needs beside that of the role, which has one: API keys, whose values are variables of the
//! contract.

use std::collections::BTreeMap;

use failspec_pack::{
    openapi::{Api, Credential, Operation, ParameterLocation},
    pack::Variable,
};

use super::request_spec::RequestSpec;
use crate::names::{Unique, slug};

/// The variables with API keys that requests carry beside the credential of their role, by the name of the scheme.
#[derive(Debug, Default)]
pub(super) struct SecondCredentials {
    by_scheme: BTreeMap<String, (ParameterLocation, String, String)>,
}

impl SecondCredentials {
    /// Finds them in a document. Each gets a name that no other variable has.
    pub fn of(api: &Api, names: &mut Unique) -> Self {
        let mut found = Self::default();
        for scheme in api.operations.iter().flat_map(|operation| second(operation, api)) {
            let Some(Credential::Key { place, name }) = api.schemes.get(scheme).map(|it| &it.credential)
            else {
                continue;
            };
            if !found.by_scheme.contains_key(scheme) {
                let variable = names.name(&slug(name), "key");
                found.by_scheme.insert(scheme.to_owned(), (*place, name.clone(), variable));
            }
        }
        found
    }

    /// Returns the variables of the contract.
    pub fn variables(&self) -> impl Iterator<Item = (String, Variable)> {
        self.by_scheme.iter().map(|(scheme, (place, name, variable))| {
            let about = format!("the value of the {place} parameter {name}, the credential `{scheme}`, beside that of the role");
            (variable.clone(), Variable { about, default: None })
        })
    }

    /// Returns the schemes of an operation that it needs beside that of the role.
    pub fn of_operation(&self, operation: &Operation, api: &Api) -> Vec<String> {
        let known = second(operation, api).into_iter().filter(|scheme| self.by_scheme.contains_key(*scheme));
        known.map(str::to_owned).collect()
    }

    /// Adds a credential to a request.
    pub fn put(&self, ask: &mut RequestSpec, scheme: &str) {
        let Some((place, name, variable)) = self.by_scheme.get(scheme) else { return };
        self.remove(ask, scheme);
        place_of(ask, *place).push((name.clone(), format!("${{{variable}}}")));
    }

    /// Removes a credential from a request.
    pub fn remove(&self, ask: &mut RequestSpec, scheme: &str) {
        let Some((place, name, _)) = self.by_scheme.get(scheme) else { return };
        place_of(ask, *place).retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
}

fn place_of(ask: &mut RequestSpec, place: ParameterLocation) -> &mut Vec<(String, String)> {
    match place {
        ParameterLocation::Query => &mut ask.query,
        ParameterLocation::Cookie => &mut ask.cookies,
        _ => &mut ask.headers,
    }
}

/// Returns the schemes that an operation needs beside the first: those of API keys, where it needs several at once. The role
/// carries the one that is no API key, if there is one.
fn second<'o>(operation: &'o Operation, api: &Api) -> Vec<&'o str> {
    let credential = |name: &String| api.schemes.get(name).map(|scheme| &scheme.credential);
    let is_alone = |schemes: &Vec<String>| schemes.len() < 2;
    let Some(schemes) =
        operation.security.iter().min_by_key(|schemes| schemes.len()).filter(|it| !is_alone(it))
    else {
        return Vec::new();
    };
    let is_key = |name: &&String| matches!(credential(name), Some(Credential::Key { .. }));
    let of_role = schemes.iter().find(|name| !is_key(name)).or(schemes.first());
    schemes.iter().filter(|name| is_key(name) && Some(*name) != of_role).map(String::as_str).collect()
}
