//! Formats that other programs read: JUnit by the rules of Jenkins and GitLab, SARIF, HAR, events, and JSON output.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use quick_xml::{Reader, events::Event};
use serde_json::Value;

use crate::{
    report_readers::{EVERY, text},
    support::{
        Background, Received, Reply, Server, done, failspec, pack_with, run, tiny, tiny_failure, tiny_pack,
        tiny_server,
    },
};

/// A server whose every error has another code than the documented one.
fn wrong(request: &Received) -> Reply {
    match request.path.as_str() {
        "/things/one" => tiny(request),
        _ => tiny_failure(404, "odd", request),
    }
}

/// Runs the tiny pack with every report.
fn reports(response: fn(&Received) -> Reply, environment: &[(&str, &str)]) -> tempfile::TempDir {
    let (server, folder) = (Server::start(response), tiny_pack());
    let mut command = failspec(folder.path());
    command.args(["run", "--packs", ".", "--url", &server.url]).args(EVERY).envs(environment.iter().copied());
    done(&mut command);
    folder
}

/// The attributes of each element that Jenkins' xUnit plugin accepts (its `junit-10.xsd`), with a `!` for those that
/// must be there.
const JENKINS: &[(&str, &[&str])] = &[
    ("testsuites", &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &[
            "name!",
            "tests!",
            "failures!",
            "errors!",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
    ),
    ("testcase", &["name!", "time", "classname", "group"]),
    ("failure", &["type", "message"]),
    ("error", &["type", "message"]),
    ("skipped", &["type", "message"]),
    ("properties", &[]),
    ("property", &["name!", "value!"]),
    ("system-out", &[]),
    ("system-err", &[]),
];

/// The elements that each element may have in it.
const CHILDREN: &[(&str, &[&str])] = &[
    ("", &["testsuites"]),
    ("testsuites", &["testsuite"]),
    ("testsuite", &["testsuite", "properties", "testcase", "system-out", "system-err"]),
    ("testcase", &["skipped", "error", "failure", "system-out", "system-err"]),
    ("properties", &["property"]),
];

/// Returns what that schema says against a document.
fn violations_of_schema(xml: &str) -> Vec<String> {
    let (mut reader, mut open, mut wrong) = (Reader::from_str(xml), vec![String::new()], Vec::new());
    loop {
        let (start, is_empty) = match reader.read_event().expect("XML") {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Eof => return wrong,
            _ => continue,
        };
        let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
        let parent = open.last().unwrap();
        let children = CHILDREN.iter().find(|(of, _)| of == parent).map_or(&[][..], |(_, children)| children);
        if !children.contains(&name.as_str()) {
            wrong.push(format!("{name} in {parent}"));
        }
        let known = JENKINS.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, known)| known);
        let written: BTreeMap<String, String> = start
            .attributes()
            .map(|attribute| {
                let attribute = attribute.expect("an attribute");
                let value = String::from_utf8(attribute.value.to_vec()).unwrap();
                (String::from_utf8(attribute.key.as_ref().to_vec()).unwrap(), value)
            })
            .collect();
        for attribute in written.keys() {
            if !known.iter().any(|known| known.trim_end_matches('!') == attribute) {
                wrong.push(format!("{name}@{attribute}"));
            }
        }
        for required in known.iter().filter_map(|known| known.strip_suffix('!')) {
            if !written.contains_key(required) {
                wrong.push(format!("{name} without {required}"));
            }
        }
        if let Some(time) = written.get("time")
            && time.parse::<f64>().is_err()
        {
            wrong.push(format!("{name}@time = {time}"));
        }
        if !is_empty {
            open.push(name);
        }
    }
}

#[test]
fn junit_is_valid_by_the_schema_of_jenkins() {
    for response in [tiny as fn(&Received) -> Reply, wrong, |_| Reply::close()] {
        let folder = reports(response, &[]);
        assert_eq!(violations_of_schema(&text(folder.path(), "r.xml")), Vec::<String>::new());
    }
    let folder = tempfile::tempdir().unwrap();
    done(failspec(folder.path()).args(["run", "--reference", "--report", "junit=r.xml"])).exits(0);
    assert_eq!(violations_of_schema(&text(folder.path(), "r.xml")), Vec::<String>::new());
    // The check finds what the schema forbids.
    let wrong = r#"<testsuites skipped="1"><testsuite name="a" tests="1" failures="0"><testcase name="b" file="c"/></testsuite></testsuites>"#;
    assert_eq!(
        violations_of_schema(wrong),
        ["testsuites@skipped", "testsuite without errors", "testcase@file"]
    );
}

#[test]
fn junit_names_files_in_gitlab() {
    let folder = reports(wrong, &[("GITLAB_CI", "true")]);
    let xml = text(folder.path(), "r.xml");
    assert_eq!(violations_of_schema(&xml), ["testcase@file"], "{xml}");
    assert!(xml.contains(r#"file="scenarios/tiny/"#), "{xml}");
    // GitLab shows name, class and time, and counts test cases by what is in them.
    for part in ["classname=\"tiny.not_found\"", "<failure", "time=\""] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
}

fn parsed(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn sarif_has_rules_results_and_locations() {
    let folder = reports(wrong, &[]);
    let sarif = parsed(folder.path(), "r.sarif");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["shortDescription"]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
        let message = result["message"]["text"].as_str().unwrap();
        let trace = result["properties"]["trace_id"].as_str().expect("every request carries a trace");
        assert!(message.contains("Logs: ") && message.ends_with(&format!("trace {trace}")), "{message}");
    }
    let place = &results[0]["locations"][0]["physicalLocation"];
    let file = place["artifactLocation"]["uri"].as_str().unwrap();
    assert!(folder.path().join(file).exists(), "{file}");
    assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
    assert_eq!(results[0]["level"], "error");
    let invocation = &run["invocations"][0];
    assert_eq!(
        (&invocation["executionSuccessful"], &invocation["exitCode"]),
        (&Value::from(true), &Value::from(1))
    );
}

#[test]
fn sarif_of_an_embedded_pack_names_the_documentation() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "kubeglass", "--mutant", "stale-version-accepted", "--target-file", "t.toml"];
    let mut server = Background::start(failspec(folder.path()).args(serve));
    server.first_line();
    let run = ["run", "kubeglass::conflict", "--config", "t.toml", "--report", "sarif=r.sarif"];
    done(failspec(folder.path()).args(run)).exits(1);
    let sarif = parsed(folder.path(), "r.sarif");
    let uri = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().unwrap().starts_with("https://"), "{uri}");
}

#[test]
fn sarif_of_a_run_without_a_response_says_that_it_was_no_success() {
    let folder = reports(|_| Reply::close(), &[]);
    let sarif = parsed(folder.path(), "r.sarif");
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["level"] == "error"), "{notes:?}");
}

#[test]
fn har_has_the_exchanges_of_the_run() {
    let (server, folder) = (Server::start(wrong), tiny_pack());
    let run =
        ["run", "--packs", ".", "--url", &server.url, "--report", "har=r.har", "--report", "json=r.json"];
    done(failspec(folder.path()).args(run)).exits(1);
    let (har, json) = (parsed(folder.path(), "r.har"), parsed(folder.path(), "r.json"));
    assert_eq!(har["log"]["version"], "1.2");
    let entries = har["log"]["entries"].as_array().unwrap();
    let cases = json["cases"].as_array().unwrap();
    let exchanges: usize = cases.iter().map(|case| case["exchanges"].as_array().unwrap().len()).sum();
    assert_eq!(entries.len(), exchanges);
    assert_eq!(entries.len(), server.received().len());
    for entry in entries {
        for member in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
            assert!(!entry[member].is_null(), "{member}: {entry}");
        }
        for member in
            ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"]
        {
            assert!(!entry["request"][member].is_null(), "{member}: {entry}");
        }
        for member in [
            "status",
            "statusText",
            "httpVersion",
            "cookies",
            "headers",
            "content",
            "redirectURL",
            "headersSize",
            "bodySize",
        ] {
            assert!(!entry["response"][member].is_null(), "{member}: {entry}");
        }
        let page = har["log"]["pages"].as_array().unwrap().iter().find(|page| page["id"] == entry["pageref"]);
        assert!(page.is_some(), "{entry}");
    }
    assert!(entries.iter().any(|entry| entry["response"]["status"] == 404));
    // A request to which no response came is there, too.
    let folder = reports(|_| Reply::close(), &[]);
    let har = parsed(folder.path(), "r.har");
    assert_eq!(har["log"]["entries"][0]["response"]["status"], 0);
    assert!(har["log"]["entries"][0]["response"]["_error"].is_string());
}

/// Returns the events in a file.
fn events(folder: &Path) -> Vec<Value> {
    let lines = text(folder, "r.ndjson");
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

#[test]
fn events_are_those_of_the_run() {
    let folder = reports(wrong, &[]);
    let (events, json) = (events(folder.path()), parsed(folder.path(), "r.json"));
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"started"), Some(&"finished")));
    let mut finished: Vec<Value> = events
        .iter()
        .filter(|event| event["event"] == "case_finished")
        .map(|event| event["case"].clone())
        .collect();
    finished.sort_by_key(|case| case["index"].as_u64());
    assert_eq!(Value::from(finished), json["cases"]);
    let last = events.last().unwrap();
    assert_eq!(last["exit_code"], 1);
    for member in ["verdict", "summary", "packs"] {
        assert_eq!(last[member], json[member], "{member}");
    }
}

#[test]
fn events_are_written_as_they_happen() {
    let contract = crate::support::TINY_CONTRACT;
    let scenarios = crate::support::TINY_SCENARIOS;
    let second = scenarios.split("scenarios:\n").nth(1).unwrap();
    let second = second.replace("read_a", "second_a").replace("/things/none", "/things/slow");
    let folder = pack_with(contract, &format!("{scenarios}{second}"));
    let server = Server::start(|request| match request.path.as_str() {
        "/things/slow" => Reply::hang(Duration::from_secs(8)),
        _ => tiny(request),
    });
    // What an earlier run wrote is gone at once.
    fs::write(folder.path().join("r.ndjson"), "{\"event\":\"finished\",\"verdict\":\"conforms\"}\n").unwrap();
    let mut command = failspec(folder.path());
    command.args(["run", "--packs", ".", "--url", &server.url, "--report", "ndjson=r.ndjson"]);
    let process = Background::start(&mut command);
    server.wait_for(|request| request.path == "/things/slow");
    let seen = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        text(folder.path(), "r.ndjson").contains("case_finished")
    });
    assert!(seen, "{}", text(folder.path(), "r.ndjson"));
    let kinds: Vec<Value> = events(folder.path()).into_iter().map(|event| event["event"].clone()).collect();
    assert!(!kinds.contains(&Value::from("finished")), "{kinds:?}");
    process.signal("TERM");
    process.finish(20);
    let events = events(folder.path());
    assert_eq!(events.last().unwrap()["verdict"], "interrupted", "{events:?}");
}

#[test]
fn events_obey_report_bodies() {
    let (server, folder) = (tiny_server(), tiny_pack());
    let run = [
        "run",
        "--packs",
        ".",
        "--url",
        &server.url,
        "--report-bodies",
        "none",
        "--report",
        "ndjson=r.ndjson",
    ];
    done(failspec(folder.path()).args(run)).exits(0);
    assert!(text(folder.path(), "r.ndjson").contains("left out of this report"));
}

#[test]
fn merged_report_has_every_format() {
    let (server, folder) = (Server::start(wrong), tiny_pack());
    let run = ["run", "--packs", ".", "--url", &server.url, "--shard", "1/1", "--report", "json=shard.json"];
    done(failspec(folder.path()).args(run));
    done(failspec(folder.path()).args(["merge", "shard.json"]).args(EVERY)).exits(1);
    assert_eq!(events(folder.path()).last().unwrap()["event"], "finished");
    let har = parsed(folder.path(), "r.har");
    let entries = har["log"]["entries"].as_array().unwrap();
    let judged = entries.iter().find(|entry| entry.get("_logs").is_some()).expect("one was judged");
    let trace = judged["_logs"]["trace_id"].as_str().unwrap();
    assert!(judged["comment"].as_str().unwrap().ends_with(&format!("trace {trace}")), "{judged}");
    assert!(!parsed(folder.path(), "r.sarif")["runs"][0]["results"].as_array().unwrap().is_empty());
}

#[test]
fn at_most_ten_annotations_of_a_kind_are_written() {
    let rows: String = (0..40).map(|row| format!("      r{row}: {{ id: none-{row} }}\n")).collect();
    let contract = "contract: tiny\nas_of: 2026-01-31\nenvelope: { code: /error }\noperations:\n  read: GET /things/{thing}\nfailures:\n  - id: not_found\n    status: 404\n    code: not_found\n    summary: There is no such thing\n";
    let scenarios = format!(
        "contract: tiny\nscenarios:\n  read:\n    triggers: not_found\n    each:\n{rows}    request: read\n    path: {{ thing: \"${{id}}\" }}\n    control: {{ path: {{ thing: one }} }}\n"
    );
    // Every case has another code: there is nothing to group.
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => tiny(request),
        path => tiny_failure(404, &format!("odd-{}", path.len() * 100 + request.number), request),
    });
    let folder = pack_with(contract, &scenarios);
    let annotated = |url: &str| {
        let run = ["run", "--packs", ".", "--url", url, "--report", "github=s.md"];
        let done = done(failspec(folder.path()).args(run)).exits(1);
        let count = |kind: &str| done.stdout.lines().filter(|line| line.starts_with(kind)).count();
        (count("::error "), done.stdout.clone())
    };
    let (errors, log) = annotated(&server.url);
    assert_eq!(errors, 10, "{log}");
    assert!(log.contains("32 more: see the summary"), "{log}");
    // The same violation in all cases is one annotation, and the verdict another.
    let same = Server::start(wrong);
    let (errors, log) = annotated(&same.url);
    assert_eq!(errors, 2, "{log}");
    assert!(log.contains("in 40 cases"), "{log}");
}

#[test]
fn lint_list_and_coverage_print_json() {
    let list = |more: &[&str]| -> Value {
        let done = run(&[&["list", "--format", "json"], more].concat()).exits(0);
        serde_json::from_str(&done.stdout).unwrap()
    };
    let packs = list(&[]);
    assert_eq!(packs["packs"].as_array().unwrap().len(), 5);
    let one = list(&["kubeglass::conflict"]);
    let cases = one["packs"][0]["cases"].as_array().unwrap();
    assert!(
        cases.iter().all(|case| case.as_str().unwrap().starts_with("kubeglass::conflict::")),
        "{cases:?}"
    );
    assert!(!one["packs"][0]["requires"]["roles"].as_array().unwrap().is_empty());
    let coverage = run(&["coverage", "kubeglass", "--format", "json"]).exits(0);
    let coverage: Value = serde_json::from_str(&coverage.stdout).unwrap();
    let failures = coverage["packs"][0]["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 36);
    assert!(failures.iter().all(|failure| !failure["scenarios"].as_array().unwrap().is_empty()));
    // Findings with their places; the exit code is that of the text.
    let folder = pack_with(
        crate::support::TINY_CONTRACT,
        "contract: tiny\nscenarios:\n  read_a:\n    triggers: not_found\n    request: GET /things/none\n",
    );
    let lint = done(failspec(folder.path()).args(["lint", "--packs", ".", "--format", "json"])).exits(1);
    let lint: Value = serde_json::from_str(&lint.stdout).unwrap();
    let found = &lint["packs"][0]["diagnostics"][0];
    assert_eq!((&found["severity"], &found["line"]), (&Value::from("error"), &Value::from(3)), "{found}");
    assert!(found["file"].as_str().unwrap().starts_with("scenarios/tiny/"), "{found}");
}
