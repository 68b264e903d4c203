//! APIs that say in a member of the body if a request succeeded, whatever the status is.

use std::fs;

use crate::support::{Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Three calls, whose document tells the code of a success, as Etherpad has it.
fn document(tells: bool) -> Value {
    let response = |description: &str, code: u8| {
        let mut member = json!({ "type": "integer" });
        if tells {
            member["example"] = code.into();
        }
        let schema =
            json!({ "type": "object", "properties": { "code": member, "message": { "type": "string" } } });
        json!({ "description": description, "content": { "application/json": { "schema": schema } } })
    };
    let call = || {
        let parameter =
            json!({ "name": "size", "in": "query", "schema": { "type": "integer", "minimum": 1 } });
        let responses = json!({ "200": response("ok (code 0)", 0), "400": response("error (code 1)", 1) });
        json!({ "get": { "parameters": [parameter], "responses": responses } })
    };
    json!({
        "openapi": "3.0.3", "info": { "title": "Calls", "version": "1" },
        "paths": { "/one": call(), "/two": call(), "/three": call() }
    })
}

/// Runs the pack of a document. `wrong` is the status of refusals; `broken` the path of a call that always fails.
fn run(tells: bool, wrong: u16, broken: &'static str) -> Vec<(String, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calls.json"), document(tells).to_string()).unwrap();
    done(failspec(folder.path()).args(["import", "openapi", "calls.json", "--name", "calls"])).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let server = Server::start(move |asked| {
        let (path, query) = asked.path_and_query();
        let size = query.strip_prefix("size=").map(str::parse::<u64>);
        let is_right = query.is_empty() || size.is_some_and(|size| size.is_ok_and(|size| size > 0));
        let body = |code: u8, message: &str| json!({ "code": code, "message": message });
        match path {
            _ if asked.method != "GET" => Reply::json(405, "{}").with("Allow", "GET"),
            "/one" | "/two" | "/three" if path == broken || !is_right => {
                Reply::json(wrong, body(1, "size is not a number"))
            }
            "/one" | "/two" | "/three" => Reply::json(200, body(0, "ok")),
            _ => Reply::json(404, "{}"),
        }
    });
    let run = ["run", "calls", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let _ = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let checks = |case: &Value| {
        // That a valid request is refused is a warning, where only the document says that it is valid.
        let warnings = case["warnings"].as_array().unwrap().iter();
        let warnings = warnings.filter(|finding| finding["check"] == "success");
        let found = case["violations"].as_array().unwrap().iter().chain(warnings);
        found.map(|finding| finding["check"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let cases = report["cases"].as_array().unwrap().iter();
    let cases = cases.map(|case| (case["name"].as_str().unwrap().to_owned(), checks(case)));
    cases.filter(|(_, checks)| !checks.is_empty()).collect()
}

#[test]
fn a_code_of_an_error_is_no_success_where_the_document_tells_it() {
    // An API that does what its document says.
    assert_eq!(run(true, 400, ""), []);
    // It refuses what is wrong, with the status of a success.
    let found = run(true, 200, "");
    assert!(!found.is_empty() && found.iter().all(|(_, checks)| checks == &["status"]), "{found:?}");
    // A valid request that gets the code of an error has not succeeded.
    let found = run(true, 200, "/two");
    assert!(
        found.iter().any(|(name, checks)| name.ends_with("success::get_two_valid") && checks == &["success"]),
        "{found:?}"
    );
    // Where the document tells nothing, the status does.
    let found = run(false, 200, "/two");
    assert!(!found.is_empty() && found.iter().all(|(_, checks)| checks == &["not-rejected"]), "{found:?}");
}
