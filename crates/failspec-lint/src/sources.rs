//! Rules about the sources of operations and of the parts of their requests. They bind packs whose contract lists its
//! `sources`: what none of them names must be marked as inferred.

use std::collections::BTreeSet;

use failspec_base::syntax::Diagnostic;
use failspec_pack::pack::{Line, Pack, RequestPart, Scenario, request_parts};

use super::contract_keys::ContractKeys;

/// Reports operations that do not say where they are from, and parts of requests that no source names.
pub(super) fn unsourced(pack: &Pack) -> Vec<Diagnostic> {
    let contract = &pack.contract;
    if contract.sources.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Diagnostic> =
        contract.operations.iter().flat_map(|(name, line)| operation(pack, name, line)).collect();
    if contract.openapi.is_some() && contract.openapi_source.is_none() {
        let title = "the contract does not say where its OpenAPI document is from";
        let hint = "write `openapi_source: inferred` for a document of your own, else `published`";
        found.push(Diagnostic::error(ContractKeys::of(contract).place(&["openapi"]), title).hint(hint));
    }
    // Each part once, at the first scenario that sends it.
    let mut known: BTreeSet<(&str, RequestPart)> = BTreeSet::new();
    for scenario in &pack.scenarios {
        found.extend(route(scenario));
        for request in scenario.requests().filter(|request| request.line.source.is_binding()) {
            let Some(operation) = request.line.operation.as_deref() else { continue };
            let sources = &request.line.sources;
            for part in request_parts(request, &scenario.rows) {
                let is_marked = sources.named.has(&part) || sources.inferred.has(&part);
                if !is_marked && known.insert((operation, part.clone())) {
                    let title = format!("no source names {part}, which `{operation}` is sent");
                    let hint = format!(
                        "mark it in the operation: `inferred: {}`, or name it beside `named_by`",
                        mark(&part)
                    );
                    found.push(Diagnostic::error(scenario.place.clone(), title).hint(hint));
                }
            }
        }
    }
    found
}

fn operation(pack: &Pack, name: &str, line: &Line) -> Option<Diagnostic> {
    let sources = &line.sources;
    let names_parts = !sources.named.query.is_empty() || !sources.named.body.is_empty();
    let (title, hint) = match () {
        () if !sources.is_stated => (
            format!("the operation `{name}` does not say where it is from"),
            "write `source: inferred`, or `source: published` and `named_by`",
        ),
        () if sources.named_by.is_empty() && (line.source.is_binding() || names_parts) => (
            format!("no source is given for the operation `{name}`, which is not inferred"),
            "write `named_by: [...]` with names of `sources`, or `source: inferred`",
        ),
        () => return None,
    };
    Some(Diagnostic::error(ContractKeys::of(&pack.contract).place(&["operations", name]), title).hint(hint))
}

/// Reports a request that is written out: no source names its route.
fn route(scenario: &Scenario) -> Option<Diagnostic> {
    if !scenario.source.is_binding() {
        return None;
    }
    let is_written = |line: &&Line| line.operation.is_none() && !line.path.is_address();
    let line = scenario.requests().map(|request| &request.line).find(is_written)?;
    let title =
        format!("no source names the request {} {} of `{}`", line.method, line.path.written, scenario.name);
    let hint = "make it an operation with a source, or write `source: inferred` in the scenario";
    Some(Diagnostic::error(scenario.place.clone(), title).hint(hint))
}

fn mark(part: &RequestPart) -> String {
    match part {
        RequestPart::Query(name) => format!("{{ query: [{name}] }}"),
        RequestPart::Body(member) => format!("{{ body: [{member}] }}"),
    }
}

#[cfg(test)]
mod tests {
    use failspec_pack::pack::Files;

    use super::*;

    fn linted(contract: &str, scenario: &str) -> Vec<String> {
        let contract = format!(
            "contract: t\nas_of: 2026-11-20\n{contract}\nfailures: [ {{ id: bad, status: 400, summary: x }} ]\n"
        );
        let scenarios =
            format!("contract: t\nscenarios: {{ a: {{ triggers: bad, no_control: x, {scenario} }} }}\n");
        let texts = [
            ("schemas/t/contract.yaml".to_owned(), contract),
            ("schemas/t/api.yaml".to_owned(), "openapi: 3.1.0\npaths: {}\n".to_owned()),
            ("scenarios/t/a.yaml".to_owned(), scenarios),
        ];
        let pack = Pack::from_texts(&Files::Directory(".".into()), "t", texts);
        let pack = pack.unwrap_or_else(|error| panic!("{error}"));
        unsourced(&pack).into_iter().map(|found| found.title).collect()
    }

    #[test]
    fn what_no_source_names_must_be_marked() {
        let sources = "sources: { page: https://t.example }\n";
        let operation =
            |keys: &str| format!("{sources}operations: {{ add: {{ request: POST /notes, {keys} }} }}");
        let named = operation("source: published, named_by: [page], query: [dry], body: [/name]");
        let marked = operation(
            "source: published, named_by: [page], body: [/name], inferred: { query: [page], body: [/size] }",
        );
        let inferred = operation("source: inferred");
        let sends = "request: add, query: { page: 1 }, json: { name: nn, size: 1 }";
        for (contract, scenario, expected) in [
            (&*named, "request: add, query: { dry: 1 }, json: { name: { first: nn } }", &[][..]),
            (
                &named,
                sends,
                &[
                    "no source names the query parameter `page`, which `add` is sent",
                    "no source names the member `/size` of the body, which `add` is sent",
                ],
            ),
            (
                &named,
                "request: add, form: { size: 1 }",
                &["no source names the member `/size` of the body, which `add` is sent"],
            ),
            (
                &named,
                "request: add, setup: [ { request: add, query: { page: 1 } } ]",
                &["no source names the query parameter `page`, which `add` is sent"],
            ),
            (&marked, sends, &[]),
            (&inferred, sends, &[]),
            // A body that is no object has no members.
            (&named, "request: add, json: [1]", &[]),
            (&named, "request: add, text: '{\"size\":'", &[]),
            (
                &named,
                "request: add, each: { a: { body: { size: 1 } } }, json: '${body}'",
                &["no source names the member `/size` of the body, which `add` is sent"],
            ),
            (&operation(""), "request: add", &["the operation `add` does not say where it is from"]),
            (
                &operation("source: published"),
                "request: add",
                &["no source is given for the operation `add`, which is not inferred"],
            ),
            (
                &operation("source: inferred, body: [/name]"),
                "request: add",
                &["no source is given for the operation `add`, which is not inferred"],
            ),
            (&inferred, "request: GET /other", &["no source names the request GET /other of `a`"]),
            (&inferred, "request: GET /other, source: inferred", &[]),
            // A pack that lists no sources does not ask for this.
            ("operations: { add: POST /notes }", sends, &[]),
            (
                "sources: { page: x }\nopenapi: api.yaml",
                "request: GET /, source: inferred",
                &["the contract does not say where its OpenAPI document is from"],
            ),
            (
                "sources: { page: x }\nopenapi: api.yaml\nopenapi_source: inferred",
                "request: GET /, source: inferred",
                &[],
            ),
        ] {
            assert_eq!(linted(contract, scenario), expected, "{contract}\n{scenario}");
        }
    }
}
