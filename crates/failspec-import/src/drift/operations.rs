//! Comparison of the operations of a contract with those that an OpenAPI document declares: routes, and the parts of
//! requests that the contract says are named by a source.

use std::collections::BTreeSet;

use serde_json::Value;

use failspec_diff::Difference;
use failspec_pack::{
    openapi::{Api, Operation, ParameterLocation, ResponseStatus},
    pack::{Contract, Line, Pointer, Success},
};

use super::openapi::{declares_properties, property, some};

/// The operations of a contract and of a document.
pub(super) struct Operations<'a> {
    pub contract: &'a Contract,
    pub api: &'a Api,
    pub file: &'a str,
}

impl<'a> Operations<'a> {
    /// Reports published operations that the document does not have, inferred ones that it has, and parts of requests
    /// of which the two say different things.
    pub fn differences(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (name, line) in &self.contract.operations {
            let request = format!("{} {}", line.method, line.path.written);
            match (self.declared(line), line.source.is_binding()) {
                (None, true) => {
                    let message = format!("{name} ({request}) is published in the contract and not declared");
                    found.push(self.difference("operation-removed", name, message));
                }
                (None, false) => {}
                (Some(_), false) => {
                    let message = format!("{name} ({request}) is inferred in the contract and declared");
                    found.push(self.difference("operation-added", name, message));
                }
                (Some(operation), true) => found.extend(self.parts(name, line, operation)),
            }
        }
        found
    }

    /// Returns the inferred operations that the document does not have either.
    pub fn inferred(&self) -> Vec<Difference> {
        let operations = self.contract.operations.iter();
        let inferred =
            operations.filter(|(_, line)| !line.source.is_binding() && self.declared(line).is_none());
        inferred
            .map(|(name, line)| {
                let message = format!("{name} ({} {}) is not declared", line.method, line.path.written);
                self.difference("operation-inferred", name, message)
            })
            .collect()
    }

    /// Returns the number of declared operations that the contract does not have.
    pub fn others(&self) -> usize {
        let own: BTreeSet<&str> = self
            .contract
            .operations
            .values()
            .filter_map(|line| self.declared(line))
            .map(|operation| operation.pointer.as_str())
            .collect();
        self.api.operations.iter().filter(|it| !own.contains(it.pointer.as_str())).count()
    }

    /// Finds the operation with the same method and a path of the same shape: names of parameters tell nothing.
    fn declared(&self, line: &Line) -> Option<&'a Operation> {
        let path = line.path.written.split('?').next().unwrap_or_default();
        let own = shape(path);
        let prefixes = || self.api.servers.iter().map(|server| server_path(server));
        self.api.operations.iter().find(|operation| {
            let declared = shape(&operation.path);
            let is_same = |prefix: &str| own.strip_prefix(prefix) == Some(declared.as_str());
            operation.method == line.method && (is_same("") || prefixes().any(is_same))
        })
    }

    /// Reports what the contract says of every success and the document declares for none of these operations.
    pub fn successes(&self) -> Vec<Difference> {
        let forms = &self.contract.success;
        // A form that is a status alone needs nothing in the body.
        let pointers: BTreeSet<&str> =
            forms.iter().flat_map(|form| &form.matches).map(|it| it.0.as_str()).collect();
        let mut lacking = Vec::new();
        for line in self.contract.operations.values() {
            let Some(operation) = self.declared(line) else { continue };
            for response in &operation.responses {
                let ResponseStatus::Exactly(status @ 200..300) = response.status else { continue };
                let fits = |form: &&Success| form.status.iter().any(|pattern| pattern.matches(status));
                let schemas = || response.content.iter().filter_map(|content| content.schema.as_ref());
                let is_there = |pointer: &Pointer| {
                    schemas().any(|schema| property(schema, pointer, &self.api.bundle).is_some())
                };
                let is_form = |form: &Success| form.matches.iter().all(|(pointer, _)| is_there(pointer));
                let is_described = schemas().any(|schema| declares_properties(schema, &self.api.bundle, 0));
                if is_described && !forms.iter().filter(fits).any(is_form) {
                    lacking.push(format!("{} {status}", operation.name()));
                }
            }
        }
        let pointers = pointers.into_iter().collect::<Vec<_>>().join(" or ");
        let message = format!("no success with {pointers} is declared for {}", some(&lacking));
        let found = (!lacking.is_empty()).then(|| self.difference("success-changed", "success", message));
        found.into_iter().collect()
    }

    fn parts(&self, name: &str, line: &Line, operation: &Operation) -> Vec<Difference> {
        let mut messages = Vec::new();
        let is_query = |parameter: &str| {
            let mut all = operation.parameters.iter();
            all.any(|it| it.place == ParameterLocation::Query && it.name == parameter)
        };
        let sources = &line.sources;
        for parameter in sources.named.query.iter().filter(|parameter| !is_query(parameter)) {
            messages.push(format!("{name} declares no query parameter `{parameter}`"));
        }
        for parameter in sources.inferred.query.iter().filter(|parameter| is_query(parameter)) {
            messages.push(format!("{name} declares the query parameter `{parameter}`, which is inferred"));
        }
        let schemas: Vec<&Value> =
            operation.body.iter().filter_map(|content| content.schema.as_ref()).collect();
        let is_member = |pointer: &Pointer| {
            schemas.iter().any(|schema| property(schema, pointer, &self.api.bundle).is_some())
        };
        for member in sources.named.body.iter().filter(|member| !schemas.is_empty() && !is_member(member)) {
            messages.push(format!("{name} declares no member `{member}` of the body"));
        }
        for member in sources.inferred.body.iter().filter(|member| is_member(member)) {
            messages.push(format!("{name} declares the member `{member}` of the body, which is inferred"));
        }
        let subject = format!("{} {}", operation.method, operation.path);
        messages.into_iter().map(|it| self.difference("request-changed", subject.as_str(), it)).collect()
    }

    fn difference(&self, kind: &str, subject: impl Into<String>, message: String) -> Difference {
        let mut difference = Difference::new(kind, subject, message);
        difference.file = Some(self.file.to_owned());
        difference
    }
}

/// Returns a path with its parameters without their names.
pub(super) fn shape(path: &str) -> String {
    let mut shape = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else { break };
        shape.push_str(before);
        shape.push_str("{}");
        rest = behind;
    }
    shape + rest
}

/// Returns the path of the URL of a server, without a `/` at the end.
fn server_path(server: &str) -> &str {
    let path = match server.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => server,
    };
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_no_names_of_parameters() {
        for (path, expected) in [
            ("/a/{id}/b", "/a/{}/b"),
            ("/a/{id}:go", "/a/{}:go"),
            ("/{a}{b}", "/{}{}"),
            ("/a", "/a"),
            ("/a{", "/a{"),
        ] {
            assert_eq!(shape(path), expected, "{path}");
        }
    }

    #[test]
    fn server_paths_are_those_behind_the_host() {
        for (server, expected) in
            [("https://a.test", ""), ("https://a.test/v1/", "/v1"), ("/v2", "/v2"), ("/", "")]
        {
            assert_eq!(server_path(server), expected, "{server}");
        }
    }
}
