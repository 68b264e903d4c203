//! Sources of operations and of the parts of their requests, and what follows for scenarios.

use failspec_pack::pack::{Origins, Provenance};

use crate::load::load;

const FAILURES: &str = "failures: [ { id: bad, status: 400, summary: It is bad } ]\n";

/// Returns the source of a scenario with these operations and keys.
fn source(contract: &str, scenario: &str) -> Provenance {
    let contract = format!("contract: t\nas_of: 2026-01-01\n{contract}\n{FAILURES}");
    let scenarios = format!("contract: t\nscenarios:\n  a: {{ triggers: bad, {scenario} }}\n");
    let pack = load(&contract, &scenarios).unwrap_or_else(|error| panic!("{error}\n{scenario}"));
    pack.scenarios[0].source
}

const NAMED: &str = "sources: { page: https://t.example/notes }
operations:
  list: { request: GET /notes, source: published, named_by: [page], query: [limit] }
  add: { request: POST /notes, source: inferred, named_by: [page], body: [/name, /place/row] }
  plain: { request: POST /plain, source: published, named_by: [page] }";

#[test]
fn a_fault_in_a_part_that_no_source_names_is_inferred() {
    let published = Provenance::Documented;
    for (scenario, expected) in [
        ("request: list, query: { limit: x }, control: { query: { limit: 1 } }", published),
        ("request: list, query: { page: x }, control: { query: { page: 1 } }", Provenance::Inferred),
        ("request: list, query: { page: x }, control: { query: null }", Provenance::Inferred),
        // What is the same in both is no part of the fault.
        ("request: list, query: { limit: x, page: 1 }, control: { query: { limit: 1 } }", published),
        ("request: add, json: { name: 1, size: 2 }, control: { json: { name: nn, size: 2 } }", published),
        (
            "request: add, json: { name: nn, size: x }, control: { json: { name: nn, size: 2 } }",
            Provenance::Inferred,
        ),
        ("request: add, json: {}, control: { json: { name: nn } }", published),
        ("request: add, json: { name: nn }, control: { json: { name: nn, size: 2 } }", Provenance::Inferred),
        // A member that is named stands for all that is below it, and the object for its members.
        ("request: add, json: { place: {} }, control: { json: { place: { row: 1 } } }", published),
        ("request: add, json: { name: { a: 1 } }, control: { json: { name: { a: 2 } } }", published),
        (
            "request: add, json: { place: { row: 1, col: x } }, control: { json: { place: { row: 1, col: 2 } } }",
            Provenance::Inferred,
        ),
        ("request: add, form: { size: x }, control: { form: { size: '2' } }", Provenance::Inferred),
        // The body as a whole, the state, the role, a header: none of them is a part.
        ("request: add, text: '{', control: { json: { size: 2 } }", published),
        ("request: add, json: [1], control: { json: { size: 2 } }", published),
        (
            "request: plain, json: { size: 2 }, setup: [ { request: plain } ], control: { setup: null }",
            published,
        ),
        ("request: plain, headers: { X-Own: x }, control: { headers: { X-Own: '1' } }", published),
        ("request: plain, json: { size: x }, no_control: because", published),
        // One row with such a fault is enough.
        (
            "request: add, each: { a: { body: { name: 1 } }, b: { body: { name: nn } } }, json: '${body}', control: { json: { name: mm } }",
            published,
        ),
        (
            "request: add, each: { a: { body: { name: nn, size: 1 } } }, json: '${body}', control: { json: { name: nn } }",
            Provenance::Inferred,
        ),
    ] {
        assert_eq!(source(NAMED, scenario), expected, "{scenario}");
    }
}

#[test]
fn without_a_list_of_sources_only_what_is_marked_is_inferred() {
    let silent = "operations: { list: { request: GET /notes } }";
    let marked = "operations: { list: { request: GET /notes, inferred: { query: [page] } } }";
    let scenario = "request: list, query: { page: x }, control: { query: { page: 1 } }";
    assert_eq!(source(silent, scenario), Provenance::Documented);
    assert_eq!(source(marked, scenario), Provenance::Inferred);
    let other = "request: list, query: { limit: x }, control: { query: { limit: 1 } }";
    assert_eq!(source(marked, other), Provenance::Documented);
}

#[test]
fn a_scenario_cannot_call_such_a_fault_documented() {
    let contract = format!("contract: t\nas_of: 2026-01-01\n{NAMED}\n{FAILURES}");
    let scenario = |source: &str| {
        let fault = "request: list, query: { page: x }, control: { query: { page: 1 } }";
        load(
            &contract,
            &format!("contract: t\nscenarios:\n  a: {{ triggers: bad, source: {source}, {fault} }}\n"),
        )
    };
    let error = scenario("published").unwrap_err();
    assert!(error.contains("the fault is in the query parameter `page`, which no source names"), "{error}");
    scenario("inferred").unwrap();
    let unknown = NAMED.replace("named_by: [page], query", "named_by: [pag], query");
    let contract = format!("contract: t\nas_of: 2026-01-01\n{unknown}\n{FAILURES}");
    let error = load(&contract, "contract: t\nscenarios: {}\n").unwrap_err();
    assert!(error.contains("pag"), "{error}");
}

#[test]
fn origins_are_counted_where_a_contract_states_any() {
    let origins = |contract: &str| {
        let contract = format!("contract: t\nas_of: 2026-01-01\n{contract}\n{FAILURES}");
        let scenario = "a: { triggers: bad, request: GET /, source: inferred, no_control: x }";
        load(&contract, &format!("contract: t\nscenarios: {{ {scenario} }}\n")).unwrap().origins()
    };
    assert_eq!(origins("operations: { list: GET /notes }"), None);
    let counted = Origins { published: 2, inferred: 1, inferred_scenarios: 1, proven_on: Vec::new() };
    assert_eq!(origins(NAMED), Some(counted.clone()));
    let proven_on = vec!["Notes 1.2 (2026-01-02)".to_owned()];
    assert_eq!(
        origins("proven_on: ['Notes 1.2 (2026-01-02)']"),
        Some(Origins { published: 0, inferred: 0, proven_on, ..counted })
    );
}
