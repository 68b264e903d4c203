//! Tokens with which alone a thing is read, changed and removed, and which the response to its creation tells: a client that registers
//! itself (RFC 7591) gets a `registration_access_token`, and manages itself with it (RFC 7592).

use std::collections::BTreeSet;

use serde_json::Value;

use failspec_pack::{
    openapi::{Api, Credential, Operation},
    pack::{
        Part,
        writing::{CaptureSource, ParameterValue, Parameters, StepSource},
    },
};

use crate::body_path::BodyPath;

use super::{
    crud::{bare, success_schema},
    generate::Generator,
    path_values::{MAX_CREATED, SPARE, capture},
    request_spec::RequestSpec,
    scenario::{Control, Scenario},
};

/// The member of the response to a creation that is the token for what was created (RFC 7591, section 3.2.1). Other names are no
/// standard's, and may be tokens for something else.
const MEMBER: &str = "registration_access_token";

/// Maximum depth of schemas within each other in which it is looked for.
const MAX_DEPTH: usize = 2;

/// The header that carries a token.
const HEADER: &str = "Authorization";

/// Returns the name of the capture with the token for a thing, whose id has the name `captured`.
pub(super) fn token_of(captured: &str) -> String {
    format!("{captured}_token")
}

/// Returns the names of the captures with the ids of things that have a token.
fn captures() -> impl Iterator<Item = String> {
    (0..MAX_CREATED).map(capture).chain([SPARE.to_owned()])
}

/// Returns the value of the header with a token.
fn bearer(token: &str) -> String {
    format!("Bearer ${{{token}}}")
}

impl Generator<'_> {
    /// Returns the schemes of an operation that are tokens in `Authorization`.
    fn bearers<'o>(&'o self, operation: &'o Operation) -> impl Iterator<Item = &'o String> {
        let is_bearer = |name: &&String| {
            let scheme = self.declared.api.schemes.get(*name);
            scheme.is_some_and(|scheme| scheme.credential == Credential::Bearer)
        };
        operation.security.iter().flatten().filter(is_bearer)
    }

    /// Lets a request for a thing of the run carry the token that the response to its creation told, in place of the credentials of
    /// the role, if the operation wants a token that the creation does not.
    pub(super) fn with_token_of_thing(&self, operation: &Operation, ask: &mut RequestSpec) {
        if !ask.credentials {
            return;
        }
        let api = &self.declared.api;
        let ends = operation.path.match_indices('}').map(|(end, _)| &operation.path[..=end]);
        let mut tokens = ends.filter_map(|item| {
            let creator = self.creators.of_item(&bare(item))?;
            let is_another = |name: &String| !creator.make.security.iter().flatten().any(|it| it == name);
            let is_of_thing = self.bearers(operation).any(is_another) && tells_token(creator.make, api);
            let segment = ask.path.split('/').nth(item.matches('/').count())?;
            captures().find(|name| is_of_thing && segment == format!("{{{name}}}"))
        });
        if let Some(token) = tokens.next_back() {
            ask.credentials = false;
            ask.headers.push((HEADER.to_owned(), bearer(&token_of(&token))));
        }
    }

    /// Lets each scenario capture the tokens that its requests carry, where it captures the ids of the things, and where the response
    /// to a change may have another one (RFC 7592, section 2.2).
    pub(super) fn capture_tokens(&mut self) {
        let mut scenarios = std::mem::take(&mut self.scenarios);
        for scenario in &mut scenarios {
            let carried = carried(scenario);
            if carried.is_empty() {
                continue;
            }
            let with = |captured: &mut Vec<(String, CaptureSource)>, line: &str| {
                let tokens: Vec<String> = captured.iter().map(|(name, _)| token_of(name)).collect();
                let new = tokens.into_iter().filter(|name| carried.contains(name));
                let new: Vec<_> = new.map(|name| (name, token_at(None))).collect();
                captured.extend(new);
                captured.extend(self.token_after(line, &carried));
            };
            for step in &mut scenario.around.setup {
                let line = step.request.line.clone().unwrap_or_default();
                with(&mut step.capture, &line);
            }
            with(&mut scenario.capture, &scenario.faulty.line());
            if let Control::Request(ask) = &scenario.control {
                scenario.control_capture.extend(self.token_after(&ask.line(), &carried));
            }
        }
        self.scenarios = scenarios;
    }

    /// Returns the capture of the token after a change of a thing: as its response tells it, else it stays.
    fn token_after(&self, line: &str, carried: &BTreeSet<String>) -> Option<(String, CaptureSource)> {
        let (method, path) = line.split_once(' ')?;
        let method = ["PUT", "PATCH"].into_iter().find(|change| *change == method)?;
        let operation =
            self.creators.on(method, &bare(path)).filter(|it| tells_token(it, &self.declared.api))?;
        let id = path.trim_end_matches('/').rsplit_once("/{")?.1.strip_suffix('}')?;
        let token = token_of(id);
        let is_known = carried.contains(&token) && self.bearers(operation).next().is_some();
        is_known.then(|| (token.clone(), token_at(Some(format!("${{{token}}}")))))
    }
}

/// Returns true if the response to a success of an operation has the token for a thing.
pub(super) fn tells_token(operation: &Operation, api: &Api) -> bool {
    success_schema(operation, api).is_some_and(|schema| has_token(schema, api, 0))
}

fn has_token(schema: &Value, api: &Api, depth: usize) -> bool {
    let schema = api.bundle.resolve(schema);
    let parts = || schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    schema.get("properties").is_some_and(|properties| properties.get(MEMBER).is_some())
        || depth < MAX_DEPTH && parts().any(|part| has_token(part, api, depth + 1))
}

/// Returns where a response has the token for a thing, and the token if it has none.
fn token_at(default: Option<String>) -> CaptureSource {
    let place = Part::Body(BodyPath::root().member(MEMBER).pointer());
    CaptureSource { default, secret: true, ..place.into() }
}

/// Removes the token for a thing from a request.
pub(super) fn without_token(ask: &mut RequestSpec) {
    let all: Vec<String> = captures().map(|name| bearer(&token_of(&name))).collect();
    ask.headers.retain(|(name, value)| name != HEADER || !all.contains(value));
}

/// Returns true if a request carries the token for a thing that its path does not name.
pub(super) fn has_token_of_another(ask: &RequestSpec) -> bool {
    let carries = |id: &str| ask.headers.iter().any(|(_, value)| *value == bearer(&token_of(id)));
    captures().any(|id| carries(&id) && !ask.path.contains(&format!("{{{id}}}")))
}

/// Returns the names of the captures with the tokens that the requests of a scenario carry.
fn carried(scenario: &Scenario) -> BTreeSet<String> {
    let in_requests = |ask: &RequestSpec| ask.headers.clone();
    let control = match &scenario.control {
        Control::Request(ask) => in_requests(ask),
        Control::None(_) => Vec::new(),
    };
    let steps = scenario.around.setup.iter().chain(&scenario.around.teardown).chain(&scenario.then);
    let values = in_requests(&scenario.faulty).into_iter().chain(control).map(|(_, value)| value);
    let values: BTreeSet<String> = values.chain(steps.flat_map(header_values)).collect();
    captures().map(|name| token_of(&name)).filter(|token| values.contains(&bearer(token))).collect()
}

/// Returns the texts in the headers of a step.
fn header_values(step: &StepSource) -> Vec<String> {
    let Parameters::Named(headers) = &step.request.headers else { return Vec::new() };
    let text = |(_, value): &(String, ParameterValue)| match value {
        ParameterValue::One(value) => value.as_str().map(str::to_owned),
        ParameterValue::Several(_) | ParameterValue::Removed => None,
    };
    headers.iter().filter_map(text).collect()
}
