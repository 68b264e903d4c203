//! Diagnostics of lint about a pack that can be loaded: the titles of its diagnostics, by severity.

use failspec_base::syntax::Severity;
use failspec_lint::lint;
use failspec_pack::pack::{Files, Pack, Texts};

const CONTRACT: &str = "\
contract: t
as_of: 2026-01-01
envelope: { code: /code }
failures:
  - { id: absent, status: 404, code: absent, summary: It is absent }
";

const SCENARIO: &str = "contract: t\nscenarios:\n  a: { triggers: absent, request: GET /absent, ";

fn linted(contract: &str, scenarios: &str) -> Vec<(Severity, String)> {
    let mut texts = Texts::new();
    texts.insert("schemas/t/contract.yaml".to_owned(), contract.into());
    texts.insert("scenarios/t/a.yaml".to_owned(), scenarios.into());
    let pack = Pack::from_texts(&Files::Directory("packs".into()), "t", texts);
    let pack = pack.unwrap_or_else(|error| panic!("{error}"));
    lint(&pack).0.into_iter().map(|diagnostic| (diagnostic.severity, diagnostic.title)).collect()
}

fn with_control(control: &str) -> Vec<(Severity, String)> {
    linted(CONTRACT, &format!("{SCENARIO}{control} }}\n"))
}

fn with_contract(keys: &str) -> Vec<(Severity, String)> {
    linted(&format!("{CONTRACT}{keys}\n"), &format!("{SCENARIO}control: {{ request: GET /things }} }}\n"))
}

#[test]
fn scenario_that_proves_nothing_is_an_error() {
    for (control, title) in [
        ("source: documented", "the scenario `a` has no control"),
        (
            "control: { headers: { a: b }, expect: { failure: absent } }",
            "the control of `a` expects the failure under test",
        ),
        (
            "control: { headers: { a: b }, expect: { status: 404 } }",
            "the control of `a` expects the failure under test",
        ),
    ] {
        assert_eq!(with_control(control), [(Severity::Error, title.to_owned())], "{control}");
    }
    for control in [
        "no_control: there is nothing else",
        "control: { request: GET /things }",
        "control: { request: GET /things, expect: { status: 409 } }",
        "control: { request: GET /things, expect: { status: 404, body: { /code: { const: other } } } }",
    ] {
        assert_eq!(with_control(control), [], "{control}");
    }
}

#[test]
fn success_that_takes_in_errors_is_an_error() {
    for (success, statuses) in [
        ("{ status: 4xx }", "4xx"),
        ("{ status: [200, 404] }", "200 or 404"),
        ("[{ status: 200 }, { status: 500 }]", "500"),
    ] {
        let title = format!("`success` takes in errors: HTTP {statuses}");
        assert_eq!(with_contract(&format!("success: {success}")), [(Severity::Error, title)], "{success}");
    }
    for success in [
        "{ status: 2xx }",
        "{ status: [200, 3xx] }",
        // What is removed twice was removed.
        "[{ status: 2xx }, { status: 404, match: { /removed: { const: true } } }]",
    ] {
        assert_eq!(with_contract(&format!("success: {success}")), [], "{success}");
    }
}

#[test]
fn failures_that_nothing_tells_apart_are_told() {
    let alike = |failure: &str| {
        let excluded = "summary: It was removed, excluded: no request shows it";
        with_contract(&format!("  - {{ id: gone, {failure}, {excluded} }}"))
    };
    for failure in ["status: 404, code: absent", "status: [410, 404], code: absent"] {
        let title = "nothing tells `absent` and `gone` apart".to_owned();
        assert_eq!(alike(failure), [(Severity::Warning, title)], "{failure}");
    }
    for failure in [
        "status: 404, code: gone",
        "status: 410, code: absent",
        "status: 404",
        "status: 404, code: absent, match: { /since: { type: string } }",
    ] {
        assert_eq!(alike(failure), [], "{failure}");
    }
}

#[test]
fn keys_that_no_schema_has_are_warnings() {
    for (schema, keys) in [
        ("{ nullable: true }", vec!["nullable"]),
        ("{ properties: { a: { severity: high } } }", vec!["severity"]),
        ("{ x-severity: high, type: object }", vec![]),
        ("{ properties: { nullable: { type: boolean } } }", vec![]),
    ] {
        let found = with_contract(&format!("success: {{ status: 200, match: {{ /a: {schema} }} }}"));
        let expected: Vec<_> = keys
            .into_iter()
            .map(|key| {
                let title = format!("`{key}` is not a keyword of JSON Schema, so it demands nothing");
                (Severity::Warning, title)
            })
            .collect();
        assert_eq!(found, expected, "{schema}");
    }
}

#[test]
fn order_and_names_that_no_scenario_shows_are_warnings() {
    let contract = "\
contract: t
as_of: 2026-01-01
envelope: { code: /code }
failures:
  - { id: barred, status: 403, code: barred, summary: It is barred, precedes: [absent] }
  - { id: absent, status: 404, code: absent, summary: It is absent, names: /field }
";
    let absent = |query: &str| {
        format!(
            "  b: {{ triggers: absent, request: GET /a, query: {{ q: {query} }}, control: {{ query: {{ q: x }} }} }}\n"
        )
    };
    let barred = |more: &str| {
        format!("  c: {{ triggers: barred, {more}request: GET /b, control: {{ request: GET /things }} }}\n")
    };
    let lint =
        |barred: &str, absent: &str| linted(contract, &format!("contract: t\nscenarios:\n{barred}{absent}"));
    let warning = |title: &str| (Severity::Warning, title.to_owned());
    assert_eq!(lint(&barred("second_fault: absent, "), &absent("one")), []);
    assert_eq!(
        lint(&barred(""), "  b: { triggers: absent, request: GET /a, control: { request: GET /b } }\n"),
        [
            warning("no scenario shows that `barred` precedes `absent`"),
            warning("`names` of `absent` is never checked")
        ]
    );
}
