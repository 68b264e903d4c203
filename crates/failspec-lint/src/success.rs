//! Rules about successes that a failure could pass for.

use failspec_base::syntax::Diagnostic;
use failspec_pack::pack::{Failure, Pack, StatusPattern};

use super::contract_keys::ContractKeys;

/// Reports a form of success that takes in the status of a failure and has no `match`: a control that failed with that
/// status would count as a success.
pub(super) fn successes_that_take_in_failures(pack: &Pack) -> Vec<Diagnostic> {
    let contract = &pack.contract;
    let without_match = || contract.success.iter().filter(|success| success.matches.is_empty());
    let takes_in = |status: StatusPattern| {
        without_match().flat_map(|success| &success.status).any(|pattern| pattern.overlaps(status))
    };
    // A code of its own is found in every response, whatever its status.
    let failures = contract.failures.iter().filter(|failure| failure.code().is_none() && !has_match(failure));
    failures
        .filter_map(|failure| {
            let status = failure.statuses().iter().copied().find(|status| takes_in(*status))?;
            let title = format!("nothing tells `{}` (HTTP {status}) from a success", failure.id);
            Some(Diagnostic::error(failure.place.clone(), title).hint(
                "give `success` a `match` that only successes have, or the failure a `code` or a `match`",
            ))
        })
        .collect()
}

fn has_match(failure: &Failure) -> bool {
    !failure.rules.matches.is_empty()
}

/// The codes that JSON-RPC 2.0 reserves.
const JSON_RPC: std::ops::RangeInclusive<i64> = -32_768..=-32_000;

/// Reports a JSON-RPC contract whose `success` has no `match`: protocols on top of it report errors in a result with
/// status 200 (`{"result": {"isError": true}}`), and a control with such a result would count as a success.
pub(super) fn json_rpc_without_match(pack: &Pack) -> Vec<Diagnostic> {
    let contract = &pack.contract;
    let is_reserved = |failure: &Failure| {
        failure.code().and_then(serde_json::Value::as_i64).is_some_and(|code| JSON_RPC.contains(&code))
    };
    let is_json_rpc = contract.failures.iter().any(is_reserved);
    // A failure with the status of a success and a `match` of its own tells the two apart.
    let patterns = || contract.success.iter().flat_map(|success| &success.status);
    let is_told = contract.failures.iter().filter(|failure| has_match(failure)).any(|failure| {
        failure.statuses().iter().any(|status| patterns().any(|pattern| pattern.overlaps(*status)))
    });
    if !is_json_rpc || is_told || contract.success.iter().all(|success| !success.matches.is_empty()) {
        return Vec::new();
    }
    let title = "`success` has a status alone, but JSON-RPC has errors in responses with that status";
    vec![Diagnostic::warning(ContractKeys::of(contract).place(&["success"]), title).hint(
        "give `success` a `match`, such as `match: { /result: { type: object } }`: \
         a control whose result is an error would count as a success",
    )]
}

#[cfg(test)]
mod tests {
    use failspec_pack::pack::{Files, Pack};

    use super::*;

    fn linted(contract: &str) -> usize {
        let contract = format!("contract: t\nas_of: 2026-11-20\n{contract}");
        let texts = [("schemas/t/contract.yaml".to_owned(), contract)];
        let pack = Pack::from_texts(&Files::Directory(".".into()), "t", texts);
        let pack = pack.unwrap_or_else(|error| panic!("{error}"));
        successes_that_take_in_failures(&pack).len() + json_rpc_without_match(&pack).len()
    }

    #[test]
    fn a_failure_that_passes_for_a_success_is_reported() {
        let codes = "envelope: { code: /error/code }\n";
        for (contract, count) in [
            ("failures: [ { id: a, status: 404, summary: x } ]", 0),
            ("failures: [ { id: a, status: 200, summary: x } ]", 1),
            ("failures: [ { id: a, status: [404, 202], summary: x } ]", 1),
            ("success: { status: 201 }\nfailures: [ { id: a, status: 200, summary: x } ]", 0),
            ("failures: [ { id: a, status: 200, summary: x, match: { /bad: {} } } ]", 0),
            (
                "success: { status: 2xx, match: { /ok: {} } }\nfailures: [ { id: a, status: 200, summary: x } ]",
                0,
            ),
            (&format!("{codes}failures: [ {{ id: a, status: 200, code: bad, summary: x }} ]"), 0),
            (&format!("{codes}failures: [ {{ id: a, status: 400, code: -32602, summary: x }} ]"), 1),
            (&format!("{codes}failures: [ {{ id: a, status: 400, code: -1, summary: x }} ]"), 0),
            (
                &format!(
                    "{codes}success: {{ status: 200, match: {{ /result: {{}} }} }}\nfailures: [ {{ id: a, status: 400, code: -32602, summary: x }} ]"
                ),
                0,
            ),
        ] {
            assert_eq!(linted(contract), count, "{contract}");
        }
    }
}
