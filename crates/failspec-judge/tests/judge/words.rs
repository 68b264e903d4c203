//! The words of reports.

use std::path::Path;

use failspec_base::syntax::Source;
use failspec_judge::report_model::{
    CheckLevelReport, CheckLevelWord, CommandReport, ConditionReport, Coverage, Documented, Observation,
    OperationReport, Reason, RequestReport, Requirement, RequirementKind, Rerun, TargetChanges,
    TargetConfigReport, TestEnvironment, Via, WaiverReport,
};
use failspec_pack::{
    pack::{ProofGap, StatusPattern},
    target_config::Config,
};
use serde_json::json;

use crate::reports::pack;

#[test]
fn a_reason_is_a_sentence() {
    let requirement = |kind, name: &str| Requirement { kind, name: name.to_owned() };
    let requirements = vec![
        requirement(RequirementKind::Condition, "down"),
        requirement(RequirementKind::Variable, "id"),
        requirement(RequirementKind::Role, "admin"),
        requirement(RequirementKind::Variable, "name"),
    ];
    for (reason, text) in [
        (Reason::Interrupted, "interrupted"),
        (Reason::RunStopped, "nothing can be judged: see the diagnosis"),
        (
            Reason::MissingRequirements { requirements },
            "the target does not provide the role admin and the variable id, name and the condition down",
        ),
        (Reason::Waived { reason: "known".to_owned() }, "known"),
        (
            Reason::Unproven { gap: ProofGap::NoControl },
            "it proves nothing: the scenario has neither a control nor a reason for having none",
        ),
        (
            Reason::Unproven { gap: ProofGap::ControlExpectsFailure },
            "it proves nothing: the control, which has no fault, expects this failure",
        ),
        (
            Reason::OtherResponse { response: Observation::Success { status: 201 } },
            "the response was a success (HTTP 201)",
        ),
        (
            Reason::InDoubt,
            "the server sent bytes that belong to no response, so a response may belong to another request",
        ),
        (Reason::Unjudged { cause: "the setup failed".to_owned() }, "the setup failed"),
    ] {
        assert_eq!(reason.to_string(), text);
        let written = serde_json::to_value(&reason).expect("JSON");
        assert_eq!(serde_json::from_value::<Reason>(written).expect("a reason"), reason);
    }
    for (rerun, text) in [
        (
            Rerun::RequestResent,
            "sent a request twice: the connection, which was used before, ended without a response",
        ),
        (Rerun::LoginRenewed, "sent a request twice: its role had to log in again (401)"),
        (Rerun::ConnectionLost, "ran twice: the connection was lost in the first run"),
        (Rerun::SurplusBytes, "ran twice: the server sent bytes that belong to no response in the first run"),
    ] {
        assert_eq!(rerun.to_string(), text);
    }
}

#[test]
fn the_header_of_a_run_says_where_the_traffic_goes_and_what_is_changed() {
    for (via, text) in [
        (Via::Address { address: "10.0.0.7:80".to_owned() }, "10.0.0.7:80"),
        (Via::UnixSocket { path: "/run/api.sock".to_owned() }, "the Unix socket /run/api.sock"),
        (Via::Proxy { url: "http://proxy.test/".to_owned() }, "the proxy http://proxy.test/"),
    ] {
        assert_eq!(via.to_string(), text);
    }
    for (level, text, is_lenient) in [
        (CheckLevelWord::Off, "the check code is off: x", true),
        (CheckLevelWord::Warn, "the check code is a warning at most: x", true),
        (CheckLevelWord::Deny, "the check code is always a violation: x", false),
    ] {
        let report = CheckLevelReport { check: "code".to_owned(), level, reason: "x".to_owned() };
        assert_eq!((report.to_string().as_str(), report.is_lenient()), (text, is_lenient));
    }
    let mut report = pack(1, Coverage { failures: Vec::new() });
    assert_eq!(report.header.label(), "t");
    report.header.version = Some("2026-03".to_owned());
    assert_eq!(report.header.label(), "t@2026-03");
}

#[test]
fn what_a_target_changes_is_told_in_words_and_left_out_if_it_is_nothing() {
    let operation = OperationReport { name: "get_note".to_owned(), request: "GET /v2/notes/{id}".to_owned() };
    assert_eq!(operation.to_string(), "get_note is GET /v2/notes/{id}");
    let command = CommandReport { role: "user".to_owned(), program: "vault".to_owned() };
    assert_eq!(command.to_string(), "the credentials of user are printed by vault");
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let condition = ConditionReport {
        name: "down".to_owned(),
        commands: vec!["docker".to_owned()],
        requests: list(&["PUT /faults", "DELETE /faults"]),
        address: Some("http://h/".to_owned()),
        headers: list(&["X-Fault"]),
        variables: list(&["context", "id"]),
    };
    assert_eq!(
        condition.to_string(),
        "down: PUT /faults, DELETE /faults, command docker, the request goes to http://h/, header X-Fault, variable context, variable id"
    );
    let changes = TargetChanges { operations: vec![operation], ..TargetChanges::default() };
    assert!(TargetChanges::default().is_empty() && !changes.is_empty());
    let silent = serde_json::to_value(TestEnvironment::default()).expect("JSON");
    assert_eq!(silent, json!({ "servers": [] }));
    let changed = serde_json::to_value(TestEnvironment { servers: vec![], changes }).expect("JSON");
    assert_eq!(changed["changes"]["operations"][0]["name"], "get_note");
}

#[test]
fn documented_statuses_are_written_as_alternatives() {
    for (status, other_statuses, text) in [
        (None, vec![], ""),
        (Some(StatusPattern::Exactly(404)), vec![], "HTTP 404"),
        (Some(StatusPattern::Exactly(404)), vec![410, 422], "HTTP 404 or 410 or 422"),
        (Some(StatusPattern::Class(4)), vec![500], "HTTP 4xx or 500"),
    ] {
        let documented = Documented {
            summary: "x".to_owned(),
            status,
            other_statuses: other_statuses.into_iter().map(StatusPattern::Exactly).collect(),
            code: Some(json!("absent")),
            retry: None,
            link: None,
        };
        assert_eq!(documented.statuses(), text);
    }
}

#[test]
fn the_schema_of_a_request_has_the_command_line_that_only_a_written_report_has() {
    let schema = schemars::schema_for!(RequestReport).to_value();
    assert_eq!(schema["title"], "RequestReport");
    let properties = schema["properties"].as_object().expect("an object");
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["method", "url", "headers", "body", "curl"]);
    assert_eq!(schema["properties"]["curl"]["type"], "string");
}

const CONFIG: &str = r#"
[target.local]
url = "https://api.test/"
operations = { get_note = "POST /v2/notes/{id}" }
variables = { note = "n-1" }
features = { optional = false }

[target.local.roles.user]
bearer = "abcdefgh"

[target.local.conditions.down]
variables = { note = "n-2" }

[[target.local.out_of_reach]]
failures = ["t::a", "t::b"]
reason = "no button"

[target.local.checks]
code = { level = "warn", reason = "x" }
leaks = { level = "deny", reason = "x" }
status = { level = "off", reason = "x" }

[[waivers]]
scenario = "t::*"
check = "code"
reason = "known"
expires = "2026-11-20"
"#;

#[test]
fn a_target_is_told_by_the_names_of_what_it_provides() {
    let source = Source::new("failspec.toml", CONFIG);
    let config = Config::read(&source, Some("local"), Path::new("."));
    let config = config.unwrap_or_else(|error| panic!("{error:?}"));
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        TargetConfigReport::of(&config.target),
        TargetConfigReport {
            roles: list(&["user"]),
            variables: list(&["note"]),
            conditions: list(&["down"]),
            out_of_reach: list(&["t::a, t::b: no button"]),
            operations: list(&["get_note: POST /v2/notes/{id}"]),
            features: list(&["optional: false"]),
        }
    );
    let levels: Vec<CheckLevelWord> =
        config.target.checks.iter().map(|level| CheckLevelReport::of(level).level).collect();
    assert_eq!(levels, [CheckLevelWord::Warn, CheckLevelWord::Deny, CheckLevelWord::Off]);
    assert_eq!(
        CheckLevelReport::of(&config.target.checks[0]).to_string(),
        "the check code is a warning at most: x"
    );
    for (today, expired) in [("2026-11-19", false), ("2026-11-20", false), ("2026-11-21", true)] {
        let waiver = WaiverReport::of(&config.waivers[0], today.parse().expect("a day"));
        let expected = WaiverReport {
            scenario: "t::*".to_owned(),
            check: "code".to_owned(),
            expires: "2026-11-20".to_owned(),
            expired,
            place: "failspec.toml:24".to_owned(),
        };
        assert_eq!(waiver, expected, "{today}");
    }
}
