//! Security: a contract, or a response, that makes checking cost more time than there is.

use crate::support::{Reply, Server, TINY_CONTRACT, done, failspec, pack_with, tiny};

/// Eight cases, each of which makes something.
const SCENARIO: &str = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: GET /things/none
    no_control: the body is what is tested
    setup: [{ request: \"POST /things/made-${unique}\" }]
    teardown: [{ request: \"DELETE /things/made-${unique}\" }]
    each: { r1: {}, r2: {}, r3: {}, r4: {}, r5: {}, r6: {}, r7: {}, r8: {} }
";

/// A schema whose parts multiply for each level of the value.
const MULTIPLIES: &str = r##"{ "$defs": { "a": { "anyOf": [
    { "properties": { "x": { "$ref": "#/$defs/a" } }, "required": ["y"] },
    { "properties": { "x": { "$ref": "#/$defs/a" } }, "required": ["z"] }
] } }, "properties": { "d": { "$ref": "#/$defs/a" } } }"##;

const BODY: &str = r#"{ "error": "not_found", "message": "It is absent", "requestId": "r-ID", "d": DETAIL }"#;

fn nested(depth: usize, innermost: &str) -> String {
    format!("{}{innermost}{}", r#"{ "z": 1, "x": "#.repeat(depth), "}".repeat(depth))
}

fn run(schema: &str, detail: &str) -> (crate::support::Done, Vec<String>) {
    let envelope = format!("envelope:\n  schema: {}\n", schema.replace('\n', " "));
    let folder = pack_with(&TINY_CONTRACT.replace("envelope:\n", &envelope), SCENARIO);
    let body = BODY.replace("DETAIL", detail);
    let server = Server::start(move |request| match request.path.as_str() {
        "/things/none" => Reply::json(404, body.replace("ID", &request.number.to_string())),
        _ => tiny(request),
    });
    let report = ["--report", "json=r.json"];
    let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]).args(report));
    let report = std::fs::read_to_string(folder.path().join("r.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let cases = report["cases"].as_array().expect("cases").iter();
    let reasons = cases.map(|case| case["reason"]["kind"].as_str().unwrap_or_default().to_owned()).collect();
    let count = |method: &str| server.lines().iter().filter(|line| line.starts_with(method)).count();
    assert!(count("POST") > 0 && count("POST") == count("DELETE"), "{}", done.all());
    (done, reasons)
}

#[test]
fn security_a_check_that_costs_too_much_is_not_made_and_accuses_nobody() {
    let tried = r#"{ "properties": { "d": { "pattern": "^(?:a+(?!x))+b$" } } }"#;
    let backwards = r#"{ "not": { "properties": { "d": { "pattern": "^(a*)*\\1$b" } } } }"#;
    let large = r#"{ "properties": { "d": { "pattern": "(x|y)*x(x|y){500}z" } } }"#;
    let many = format!("[{}1]", "1,".repeat(150_000));
    let alternatives = format!(
        r#"{{ "properties": {{ "d": {{ "items": {{ "anyOf": [{}true] }} }} }} }}"#,
        r#"{ "type": "null" },"#.repeat(80)
    );
    for (about, schema, detail) in [
        ("levels", MULTIPLIES, nested(50, "1")),
        ("look-around", tried, format!("\"{}\"", "a".repeat(64))),
        ("a back reference below `not`", backwards, format!("\"{}\"", "a".repeat(64))),
        ("look-around in a long text", tried, format!("\"{}\"", "a".repeat(100_000))),
        ("a large pattern on a long text", large, format!("\"{}\"", "xy".repeat(500_000))),
        ("many items", &alternatives, many),
    ] {
        let (done, reasons) = run(schema, &detail);
        assert_eq!(reasons, ["too_costly"; 8], "{about}: {}", done.all());
        assert_eq!(done.code, 3, "{about}: {}", done.all());
        assert!(done.stdout.contains("takes more than 10 million steps"), "{about}: {}", done.stdout);
    }
}

#[test]
fn security_a_success_that_costs_too_much_to_recognise_accuses_nobody() {
    let success = MULTIPLIES.replace('\n', " ");
    let contract = TINY_CONTRACT.replace(
        "success: { status: 2xx }",
        &format!("success: {{ status: 2xx, match: {{ \"\": {success} }} }}"),
    );
    let scenarios =
        SCENARIO.replace("no_control: the body is what is tested", "control: { request: GET /things/deep }");
    let folder = pack_with(&contract, &scenarios);
    let deep = format!(r#"{{ "d": {} }}"#, nested(50, "1"));
    let server = Server::start(move |request| match request.path.as_str() {
        "/things/deep" => Reply::json(200, &deep),
        _ => tiny(request),
    });
    let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]));
    assert_eq!(done.code, 3, "{}", done.all());
    assert!(done.stdout.contains("takes more than 10 million steps"), "{}", done.stdout);
    assert!(!done.stdout.contains("no success by"), "{}", done.stdout);
}

#[test]
fn security_the_same_schemas_judge_what_costs_little() {
    let tried = r#"{ "properties": { "d": { "pattern": "^(?=.*[0-9])[a-z0-9]{8,}$" } } }"#;
    for (schema, right, wrong) in [
        (MULTIPLIES, nested(8, "{ \"y\": 1 }"), nested(8, "{ \"w\": 1 }")),
        (tried, "\"abcdefg1\"".to_owned(), "\"abcdefgh\"".to_owned()),
    ] {
        let (done, _) = run(schema, &right);
        assert_eq!(done.code, 0, "{schema}: {}", done.all());
        let (done, _) = run(schema, &wrong);
        assert_eq!(done.code, 1, "{schema}: {}", done.all());
    }
}

#[test]
fn security_a_schema_that_no_value_can_be_validated_with_is_refused() {
    let part = |index: usize| {
        let each = format!(r##"{{ "$ref": "#/$defs/d{}" }}"##, index + 1);
        format!(r#""d{index}": {{ "allOf": [{each}, {each}, {each}] }}"#)
    };
    let parts: Vec<String> = (0..26).map(part).collect();
    let schema = format!(r##"{{ "$defs": {{ {}, "d26": {{}} }}, "$ref": "#/$defs/d0" }}"##, parts.join(", "));
    let envelope = format!("envelope:\n  schema: {schema}\n");
    let folder = pack_with(&TINY_CONTRACT.replace("envelope:\n", &envelope), SCENARIO);
    let done = done(failspec(folder.path()).args(["lint", "--packs", "."]));
    assert_eq!(done.code, 2, "{}", done.all());
    for said in
        ["applies 177145 of its parts to every value", "contract.yaml:6", "refer to each of them once"]
    {
        assert!(done.stderr.contains(said), "{said}: {}", done.stderr);
    }
    // Patterns that take seconds to compile, and gigabytes.
    let patterns: Vec<String> = (0..50)
        .map(|number| format!(r#""p{number}": {{ "pattern": "^([a-z]{{1,9000}}-){{2}}$" }}"#))
        .collect();
    let contract = |patterns: &str| {
        let envelope = format!("envelope:\n  schema: {{ properties: {{ {patterns} }} }}\n");
        std::fs::write(
            folder.path().join("schemas/tiny/contract.yaml"),
            TINY_CONTRACT.replace("envelope:\n", &envelope),
        )
        .expect("a file");
        crate::support::done(failspec(folder.path()).args(["lint", "--packs", "."]))
    };
    let done = contract(&patterns.join(", "));
    assert!(done.code == 2 && done.stderr.contains("more than 400000"), "{}", done.all());
    // Harmless: what is only counted, however long.
    let done = contract(r#""p": { "pattern": "^[a-z]{1,1000000}$" }"#);
    assert_ne!(done.code, 2, "{}", done.all());
    // In a file, the file is named.
    std::fs::write(folder.path().join("schemas/tiny/large.json"), schema).expect("a file");
    let contract = TINY_CONTRACT.replace("envelope:\n", "envelope:\n  schema: large.json\n");
    std::fs::write(folder.path().join("schemas/tiny/contract.yaml"), contract).expect("a file");
    let done = crate::support::done(failspec(folder.path()).args(["lint", "--packs", "."]));
    assert!(done.code == 2 && done.stderr.contains("`large.json/$defs/d"), "{}", done.all());
}
