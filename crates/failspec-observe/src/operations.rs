//! The operations of a pack: which of them a recorded request calls.

use std::collections::BTreeSet;

use failspec_judge::check::OpenApiContext;
use failspec_pack::{
    openapi::Response,
    pack::{Control, Line, Pack, Provenance},
    target_config::Target,
};
use regex::Regex;

/// An operation that the contract or a scenario names.
#[derive(Debug)]
struct KnownOperation {
    method: String,
    name: String,
    path: Regex,
    /// Number of characters that are no parameter: the most concrete path counts.
    literal: usize,
    source: Provenance,
}

/// The operations of a pack on a target.
#[derive(Debug)]
pub(crate) struct Operations {
    known: Vec<KnownOperation>,
}

/// The operation that a request calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Called {
    /// Method and path, with parameters in place of values.
    pub name: String,
    /// The origin of the path; `None` if neither the contract nor its OpenAPI document names it.
    pub source: Option<Provenance>,
    /// The index of the operation in the OpenAPI document, and that of the declared response.
    pub declared: Option<(usize, Option<usize>)>,
}

impl Operations {
    /// Returns the operations that the contract names, and those that scenarios call without a name. A target may have
    /// other paths for them.
    pub(crate) fn of(pack: &Pack, target: &Target) -> Self {
        let mut known: Vec<KnownOperation> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut add = |method: &str, path: &str, source: Provenance| {
            // A path that is an address of a response is no route.
            let path = path.split('?').next().unwrap_or_default();
            if !path.starts_with('/') || !seen.insert((method.to_owned(), path.to_owned())) {
                return;
            }
            let Some((regex, literal)) = path_regex(path) else { return };
            let name = format!("{method} {path}");
            known.push(KnownOperation { method: method.to_owned(), name, path: regex, literal, source });
        };
        for (name, line) in &pack.contract.operations {
            match target.operations.get(name) {
                Some(own) => add(&own.method, &own.path.written, line.source),
                None => add(&line.method, &line.path.written, line.source),
            }
        }
        let mut of_line = |line: &Line| {
            if line.operation.is_none() {
                add(&line.method, &line.path.written, line.source);
            }
        };
        for scenario in &pack.scenarios {
            // The request with the fault may have a wrong method or a path that does not exist: its control has none.
            match &scenario.control {
                Control::Flow(flow) => of_line(&flow.request.line),
                Control::Impossible(_) => of_line(&scenario.faulty.request.line),
                Control::Missing => {}
            }
            let setup = scenario.faulty.setup.iter().filter_map(|step| step.request.as_ref());
            setup.for_each(|request| of_line(&request.line));
        }
        Self { known }
    }

    /// Returns the operation that a request calls. `base` is the path of the target's URL.
    pub(crate) fn called(
        &self,
        method: &str,
        path: &str,
        status: u16,
        base: &str,
        against: Option<&OpenApiContext>,
    ) -> Called {
        if let Some(context) = against
            && let Some(operation) = context.declaring(method, path, status)
        {
            let all = &context.declared.api.operations;
            let index = all.iter().position(|other| std::ptr::eq(other, operation));
            let response = Response::of(&operation.responses, status);
            let at = response.and_then(|response| {
                operation.responses.iter().position(|other| std::ptr::eq(other, response))
            });
            return Called {
                name: operation.name(),
                source: Some(context.declared.source),
                declared: index.map(|index| (index, at)),
            };
        }
        let below = path.strip_prefix(base.trim_end_matches('/')).unwrap_or(path);
        let below = if below.is_empty() { "/" } else { below };
        let fitting = self.known.iter().filter(|it| it.path.is_match(below));
        let own = fitting.clone().filter(|it| it.method == method).max_by_key(|it| it.literal);
        // The route exists, and a wrong method is refused there.
        let route = own.or_else(|| fitting.max_by_key(|it| it.literal).filter(|_| status == 405));
        match route {
            Some(known) => Called { name: known.name.clone(), source: Some(known.source), declared: None },
            None => {
                Called { name: format!("{method} {}", path_pattern(below)), source: None, declared: None }
            }
        }
    }
}

/// Returns the expression that matches the paths of a template, and the number of its literal characters.
fn path_regex(path: &str) -> Option<(Regex, usize)> {
    let (mut pattern, mut literal, mut rest) = (String::from("^"), 0, path);
    while let Some(at) = rest.find('{') {
        let before = rest[..at].trim_end_matches('$');
        pattern.push_str(&regex::escape(before));
        literal += before.len();
        let end = at + rest[at..].find('}')?;
        pattern.push_str(if rest[at + 1..].starts_with('+') { ".+" } else { "[^/]+" });
        rest = &rest[end + 1..];
    }
    pattern.push_str(&regex::escape(rest));
    literal += rest.len();
    pattern.push_str("/?$");
    Regex::new(&pattern).ok().map(|regex| (regex, literal))
}

/// Returns a path with `{id}` in place of what looks like the id of a thing: numbers, UUIDs, long or mixed words.
pub fn path_pattern(path: &str) -> String {
    let segments = path.split('/').map(|segment| if is_id(segment) { "{id}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_version =
        segment.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if segment.is_empty() || is_version {
        return false;
    }
    let is_hex = segment.len() >= 16 && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    digits == segment.len() || is_hex || (digits >= 3 && segment.len() >= 6) || segment.len() > 40
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_paths_are_parameters_and_words_are_not() {
        for (path, pattern) in [
            ("/notes/17", "/notes/{id}"),
            ("/v1/notes/550e8400-e29b-41d4-a716-446655440000/tags", "/v1/notes/{id}/tags"),
            ("/users/u_8812ab/keys", "/users/{id}/keys"),
            ("/oauth2/token", "/oauth2/token"),
            ("/", "/"),
            ("/administrators", "/administrators"),
        ] {
            assert_eq!(path_pattern(path), pattern);
        }
    }

    #[test]
    fn templates_match_paths_with_values() {
        for (template, path, fits) in [
            ("/notes/{id}", "/notes/1", true),
            ("/notes/{id}", "/notes/1/", true),
            ("/notes/{id}", "/notes/1/tags", false),
            ("/notes/{id}", "/notes/", false),
            ("/files/{+path}", "/files/a/b", true),
            ("/notes/${made}/tags", "/notes/x/tags", true),
            ("/a.b", "/axb", false),
        ] {
            assert_eq!(
                path_regex(template).is_some_and(|(regex, _)| regex.is_match(path)),
                fits,
                "{template} {path}"
            );
        }
    }
}
