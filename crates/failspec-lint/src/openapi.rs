//! Comparison of scenarios with the OpenAPI document that their contract names.

use std::{collections::HashMap, sync::Arc};

use failspec_base::{
    syntax::Diagnostic,
    template::{Scope, VariableValue},
};
use failspec_pack::{
    openapi::{Declared, DocumentError, Operation, ResponseStatus},
    pack::{Control, Failure, Pack, Provenance, RequestTemplate, Scenario, Step, show_statuses},
};

use super::openapi_errors::faults;

/// The maximum number of unused parts of a document that are reported.
const MAX_LOSSES: usize = 20;

/// Reports requests that the document does not declare or that violate it, and failures with an undeclared status.
pub(super) fn requests(pack: &Pack) -> Vec<Diagnostic> {
    let declared = match Declared::shared(pack) {
        Ok(Some(declared)) => declared,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![unusable(pack, &error)],
    };
    let scope = scope(pack);
    let beside = Beside { pack, declared: &declared, scope: &scope };
    pack.scenarios.iter().flat_map(|scenario| beside.scenario(scenario)).collect()
}

/// Reports the parts of the document that are not in what was read of it, such as references that lead nowhere:
/// requests and responses are not compared with them.
pub(super) fn losses(pack: &Pack) -> Vec<Diagnostic> {
    // A document that cannot be read at all is reported with the requests.
    let Ok(Some(declared)) = Declared::shared(pack) else { return Vec::new() };
    let place = pack.contract.openapi.as_ref().map(|file| file.place.clone());
    let unusable = declared.unusable_schemas();
    let losses = declared.api.warnings.losses().chain(&unusable);
    let diagnostics = losses.map(|warning| {
        Diagnostic::warning(place.clone(), format!("a part of the OpenAPI document is not used: {warning}"))
    });
    let mut found: Vec<Diagnostic> = diagnostics.collect();
    if found.len() > MAX_LOSSES {
        let more = found.len() - MAX_LOSSES;
        found.truncate(MAX_LOSSES);
        let title = format!("{more} more parts of the OpenAPI document are not used");
        found
            .push(Diagnostic::warning(place, title).hint("`failspec import openapi … --warnings` shows all"));
    }
    found
}

fn unusable(pack: &Pack, error: &DocumentError) -> Diagnostic {
    let place = pack.contract.openapi.as_ref().map(|file| file.place.clone());
    Diagnostic::error(place, error.to_string())
}

/// Returns the values of placeholders that are known before a run: those of variables with a default.
fn scope(pack: &Pack) -> Scope {
    let defaults = pack.contract.variables.iter();
    let known: HashMap<String, VariableValue> = defaults
        .filter_map(|(name, variable)| Some((name.clone(), VariableValue::open(variable.default.clone()?))))
        .collect();
    Scope::new(Arc::new(known), "failspec-lint-1")
}

struct Beside<'p> {
    pack: &'p Pack,
    declared: &'p Declared,
    scope: &'p Scope,
}

impl Beside<'_> {
    fn scenario(&self, scenario: &Scenario) -> Vec<Diagnostic> {
        let mut found = match scenario.failure {
            Some(index) => self.tested(scenario, &self.pack.contract.failures[index]),
            // That the document does not have it is what it asks about.
            None if scenario.is_outside_document() => Vec::new(),
            // It may be refused, so it may be wrong, too.
            None if scenario.may_be_refused => {
                let request = &scenario.faulty.request;
                let is_undeclared = matches!(self.operation(request), Found::Undeclared);
                let undeclared = is_undeclared.then(|| self.sound(scenario, request, "the request"));
                undeclared.flatten().into_iter().collect()
            }
            None => self.sound(scenario, &scenario.faulty.request, "the request").into_iter().collect(),
        };
        if let Control::Flow(control) = &scenario.control
            && control.expect.as_ref().is_none_or(|expect| !expect.is_about_outcome())
        {
            found.extend(self.sound(scenario, &control.request, "control"));
        }
        let steps: Vec<(&str, &Step)> = scenario.steps().collect();
        for (part, step) in steps {
            let succeeds = !step.expect.is_about_outcome() && !step.resend;
            if let Some(request) = step.request.as_ref().filter(|_| succeeds) {
                found.extend(self.sound(scenario, request, part));
            }
        }
        found.dedup_by(|one, other| one.title == other.title);
        found
    }

    fn operation(&self, request: &RequestTemplate) -> Found<'_> {
        let written = request.line.path.written.split('?').next().unwrap_or_default();
        // The number of segments (`{+…}`) or the URL from a response (`${…}`) is not known before the run.
        if written.contains("{+") || written.starts_with("${") {
            return Found::Unknown;
        }
        // HEAD is GET without the content (RFC 9110, section 9.3.2).
        let by_get = || self.declared.operation("GET", written).filter(|_| request.line.method == "HEAD");
        match self.declared.operation(&request.line.method, written).or_else(by_get) {
            Some(operation) => Found::Declared(operation),
            None => Found::Undeclared,
        }
    }

    /// Checks a request that must succeed.
    fn sound(&self, scenario: &Scenario, request: &RequestTemplate, part: &str) -> Option<Diagnostic> {
        let name = line(request);
        let place = scenario.place.clone();
        match self.operation(request) {
            Found::Unknown => None,
            Found::Undeclared => {
                let title =
                    format!("the OpenAPI document has no operation {name} ({part} of `{}`)", scenario.name);
                Some(Diagnostic::error(place, title).hint(self.hint(request)))
            }
            Found::Declared(operation) => {
                let fault = faults(self.declared, operation, request, self.scope).into_iter().next()?;
                let title = format!(
                    "{part} of `{}`: {name} does not match the OpenAPI document: {fault}",
                    scenario.name
                );
                Some(Diagnostic::error(place, title).hint("correct the request: it must succeed"))
            }
        }
    }

    /// Checks the request under test. Its fault is intended.
    fn tested(&self, scenario: &Scenario, failure: &Failure) -> Vec<Diagnostic> {
        let request = &scenario.faulty.request;
        let (name, place) = (line(request), scenario.place.clone());
        let about = |statuses: &[u16]| statuses.iter().any(|status| failure.allows_status(*status));
        let operation = match self.operation(request) {
            Found::Unknown => return Vec::new(),
            // If failures have a success status, the status does not identify them.
            Found::Undeclared
                if about(&[404, 405, 501]) || failure.statuses().iter().all(|it| it.is_below(400)) =>
            {
                return Vec::new();
            }
            Found::Undeclared => {
                let title = format!(
                    "the OpenAPI document has no operation {name}, and `{}` does not test that",
                    scenario.name
                );
                return vec![Diagnostic::error(place, title).hint(self.hint(request))];
            }
            Found::Declared(operation) => operation,
        };
        let mut found = Vec::new();
        let not_ours = failure.source.is_binding() && scenario.source != Provenance::Inferred;
        if not_ours && !declares(operation, failure) && !(about(&[401, 403]) && operation.is_guarded()) {
            let title = format!(
                "the OpenAPI document declares no HTTP {} at {}, which `{}` triggers",
                show_statuses(failure.statuses()),
                operation.name(),
                scenario.name
            );
            let hint =
                "declare the response there, unless the documentation does not promise this failure there";
            found.push(Diagnostic::error(scenario.place.clone(), title).hint(hint));
        }
        let about_requests = about(&[400, 404, 405, 406, 409, 411, 412, 413, 414, 415, 422, 428, 431]);
        let succeeds_by_status = about(&[200]);
        if !about_requests
            && !succeeds_by_status
            && let Some(fault) = faults(self.declared, operation, request, self.scope).into_iter().next()
        {
            let title = format!("{name} of `{}` also violates the OpenAPI document: {fault}", scenario.name);
            let hint = format!("`{}` tests something else, and an API may check this first", failure.id);
            found.push(Diagnostic::warning(place, title).hint(hint));
        }
        found
    }

    fn hint(&self, request: &RequestTemplate) -> String {
        let written = request.line.path.written.split('?').next().unwrap_or_default();
        match self.declared.methods(written).as_slice() {
            [] => {
                "no path of the document matches; the path of a server (`servers`) may precede it".to_owned()
            }
            methods => format!("the document has this path with {} only", methods.join(", ")),
        }
    }
}

enum Found<'d> {
    Declared(&'d Operation),
    Undeclared,
    /// The operation is not known before the run.
    Unknown,
}

fn declares(operation: &Operation, failure: &Failure) -> bool {
    operation.responses.iter().any(|response| match response.status {
        ResponseStatus::Exactly(status) => failure.allows_status(status),
        ResponseStatus::Class(hundreds) => (0..100).any(|rest| failure.allows_status(hundreds * 100 + rest)),
        ResponseStatus::Default => true,
    })
}

fn line(request: &RequestTemplate) -> String {
    format!("{} {}", request.line.method, request.line.path.written)
}
