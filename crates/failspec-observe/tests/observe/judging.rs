//! Recorded exchanges: what is seen in them, what is wrong with it, and what is not judged.

use failspec_judge::report_model::{
    NotCovered, NotJudgedReason as Reason, Outcome, RunReport, State, Verdict,
};
use failspec_observe::{ObserveOptions, RecordedBody, RecordedExchange};
use failspec_pack::target_config::Target;
use serde_json::{Value, json};

use crate::harness::{
    CONTRACT, DOCUMENT, asking, error, exchange, findings, not_judged, observer, observer_of, pack, report,
    report_with, with_header,
};

fn judged(exchanges: &[RecordedExchange]) -> RunReport {
    report(observer(&pack(CONTRACT, "")), exchanges).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn wrong_responses_are_found_and_harmless_ones_pass() {
    let get = |status, body: Value| exchange("GET /notes/1", status, &body);
    let found = |code: &str, status| get(status, error(code));
    for (name, exchange, expected) in [
        ("a documented failure", found("not_found", 404), &[][..]),
        ("a success", get(200, json!({ "id": 1 })), &[]),
        ("a success that has a code of its own", get(200, json!({ "code": "x", "status": "active" })), &[]),
        ("a refusal of a wrong request", exchange("POST /notes", 409, &error("conflict")), &[]),
        ("a redirect", get(302, json!({})), &[]),
        (
            "the charset of a media type",
            with_header(found("not_found", 404), "content-type", "application/json; charset=utf-8"),
            &[],
        ),
        ("the wrong status", found("not_found", 400), &["violation status"]),
        ("an error that is sent as a success", found("not_found", 200), &["violation status"]),
        ("an undocumented code", found("teapot", 418), &["violation code"]),
        (
            "an undocumented code that is sent as a success",
            found("teapot", 200),
            &["violation status", "violation code"],
        ),
        ("a code in capitals", found("NOT_FOUND", 404), &["violation code"]),
        (
            "the wrong media type",
            with_header(found("not_found", 404), "content-type", "text/plain"),
            &["violation media-type"],
        ),
        ("no message", get(404, json!({ "error": { "code": "not_found" } })), &["violation message"]),
        (
            "no request id",
            with_header(found("not_found", 404), "x-request-id", ""),
            &["violation request-id"],
        ),
        ("no wait", found("rate_limited", 429), &["violation retry-after"]),
        ("a wait", with_header(found("rate_limited", 429), "retry-after", "5"), &[]),
        (
            "a wait that is none",
            with_header(found("rate_limited", 429), "retry-after", "soon"),
            &["violation retry-after", "warning retry-after-syntax"],
        ),
        (
            "a leak",
            get(500, json!({ "error": { "code": "conflict", "message": "panic: runtime error: nil" } })),
            &["violation status", "warning leaks"],
        ),
        ("a broken server", get(500, json!({ "oops": 1 })), &["violation server-error", "warning message"]),
        (
            "a page",
            with_header(get(404, Value::Null), "content-type", "text/html"),
            &["violation unrecognized-response"],
        ),
    ] {
        assert_eq!(findings(&judged(&[exchange])), expected, "{name}");
    }
}

#[test]
fn a_standard_gives_warnings() {
    let refused = exchange("GET /notes/1", 401, &error("unauthorized"));
    assert_eq!(findings(&judged(std::slice::from_ref(&refused))), ["warning www-authenticate"]);
    assert_eq!(findings(&judged(&[with_header(refused, "www-authenticate", "Bearer")])), [""; 0]);
}

#[test]
fn responses_are_compared_with_the_openapi_document() {
    let pack = pack(&CONTRACT.replace("codes: closed", "codes: closed\nopenapi: api.yaml"), DOCUMENT);
    let get = |status, body: Value| exchange("GET /notes/1", status, &body);
    for (exchange, expected) in [
        (get(200, json!({ "id": 1, "more": true })), &[][..]),
        (get(200, json!({ "id": "one" })), &["violation declared-schema"]),
        (get(200, json!({})), &["violation declared-schema"]),
        (get(404, error("not_found")), &[]),
        (get(409, error("conflict")), &["warning undeclared-status"]),
        (
            with_header(get(200, json!({ "id": 1 })), "content-type", "text/html"),
            &["violation undeclared-media-type"],
        ),
    ] {
        let seen =
            report(observer(&pack), std::slice::from_ref(&exchange)).expect("it belongs to the target");
        assert_eq!(findings(&seen), expected, "{exchange:?}");
    }
    let seen = report(observer(&pack), &[get(404, error("not_found")), get(404, error("not_found"))]);
    let seen = seen.expect("it belongs to the target");
    let errors: Vec<(&str, usize)> =
        seen.packs[0].operations[0].errors.iter().map(|it| (it.status.as_str(), it.cases)).collect();
    assert_eq!(errors, [("404", 2), ("410", 0)]);
}

#[test]
fn what_is_not_judged_is_named_and_counted() {
    let ok = || exchange("GET /notes/1", 404, &error("not_found"));
    let with = |edit: fn(&mut RecordedExchange)| {
        let mut changed = ok();
        edit(&mut changed);
        changed
    };
    let body = |body: RecordedBody| {
        let mut changed = ok();
        changed.response.as_mut().expect("a response").body = body;
        changed
    };
    for (exchange, reason) in [
        (
            exchange("GET https://cdn.test/x.js", 404, &json!({})),
            Reason::OtherHost { host: "cdn.test".to_owned() },
        ),
        (exchange("GET https://api.test/v2/notes", 404, &json!({})), Reason::OtherPath),
        (exchange("GET wss://api.test/v1/live", 101, &json!({})), Reason::Upgraded),
        (exchange("GET data:text/plain,x", 200, &json!({})), Reason::NotHttp),
        (exchange("GET /notes/1", 999, &json!({})), Reason::NotHttp),
        (exchange("GET /notes/1", 103, &json!({})), Reason::Interim),
        (exchange("GET /notes/1", 304, &json!({})), Reason::Cached),
        (with(|it| it.response = None), Reason::NoResponse),
        (with(|it| it.is_cached = true), Reason::Cached),
        (
            asking(exchange("OPTIONS /notes/1", 403, &json!({})), "Access-Control-Request-Method", "GET"),
            Reason::Preflight,
        ),
        (body(RecordedBody::TooLarge), Reason::TooLarge),
        (body(RecordedBody::Encoded), Reason::Encoded),
        (body(RecordedBody::Absent), Reason::NoBody),
        (body(RecordedBody::Truncated), Reason::Truncated),
        (exchange("GET /favicon.ico", 404, &json!({ "no": 1 })), Reason::UnknownOperation),
    ] {
        let seen = judged(&[ok(), exchange.clone()]);
        assert_eq!(not_judged(&seen), [(reason, 1)], "{exchange:?}");
        assert_eq!(findings(&seen), [""; 0], "{exchange:?}");
        assert_eq!(
            seen.recordings[0].documented[0].exchanges, 1,
            "only the other one was seen: {exchange:?}"
        );
    }
    // A page of a proxy in front of the API is none of the API's.
    let mut page = ok();
    page.response.as_mut().expect("a response").body = RecordedBody::Whole("<center>nginx</center>".into());
    assert_eq!(not_judged(&judged(&[ok(), page])), [(Reason::Intermediary, 1)]);
}

#[test]
fn failures_are_seen_and_never_exercised() {
    let twice = exchange("GET /notes/1?verbose=yes", 404, &error("not_found"));
    let once = exchange("GET /notes/2", 404, &error("not_found"));
    let seen = judged(&[twice, once, exchange("GET /notes", 200, &json!([]))]);
    assert_eq!((seen.verdict, seen.verdict.exit_code()), (Verdict::NoViolationsSeen, 0));
    assert!(seen.is_observation());
    assert_eq!((seen.summary.exercised, seen.summary.seen), (0, 1));
    let states: Vec<&State> = seen.packs[0].coverage.failures.iter().map(|it| &it.state).collect();
    assert_eq!(*states[0], State::Missing(NotCovered::Seen { exchanges: 2 }));
    assert_eq!(*states[1], State::Missing(NotCovered::NotSeen));
    let recording = &seen.recordings[0];
    assert_eq!((recording.judged, recording.successes, recording.failures, recording.seen()), (3, 1, 2, 1));
    let not_found = &recording.documented[0];
    assert_eq!((not_found.exchanges, not_found.codes[0].code.as_str()), (2, "not_found"));
    assert_eq!(not_found.operations[0].operation, "GET /notes/{id}");
    let example = not_found.example.as_ref().expect("an example");
    assert_eq!((example.request.as_str(), example.place.entry), ("GET https://api.test/v1/notes/2", 2));
    // One case, which shows the shortest request.
    let [case] = seen.cases.as_slice() else { panic!("{:?}", seen.cases) };
    assert_eq!((&*case.name, case.outcome), ("shop::not_found::seen_get_notes_id", Outcome::Seen));
    assert_eq!(case.recorded.as_ref().map(|it| (it.exchanges, it.place.entry)), Some((2, 2)));
    assert!(case.is_consistent());
}

#[test]
fn undocumented_failures_are_listed_with_where_they_were_seen() {
    let open = CONTRACT.replace("codes: closed", "codes: open");
    let teapots =
        [exchange("GET /notes/1", 418, &error("teapot")), exchange("GET /notes/23", 418, &error("teapot"))];
    let seen = report(observer(&pack(&open, "")), &teapots).expect("it belongs to the target");
    assert_eq!(findings(&seen), [""; 0], "an open list has other codes");
    let [teapot] = seen.recordings[0].undocumented.as_slice() else { panic!("{:?}", seen.recordings) };
    assert_eq!((teapot.status, teapot.code.as_deref(), teapot.exchanges), (418, Some("teapot"), 2));
    assert_eq!(teapot.operations[0].operation, "GET /notes/{id}");
}

#[test]
fn a_code_that_is_nearly_a_documented_one_is_wrong_in_an_open_list_too() {
    let open = CONTRACT.replace("codes: closed", "codes: open");
    for (code, status, expected) in [
        (json!("not_found "), 404, &["violation code"][..]),
        (json!("NOT_FOUND"), 404, &["violation code"]),
        // Another status: it may be another failure.
        (json!("NOT_FOUND"), 410, &[]),
        (json!("not_found_here"), 404, &[]),
    ] {
        let body = json!({ "error": { "code": code, "message": "No." } });
        let seen = report(observer(&pack(&open, "")), &[exchange("GET /notes/1", status, &body)]);
        assert_eq!(findings(&seen.expect("it belongs to the target")), expected, "{code} {status}");
    }
}

#[test]
fn findings_of_many_exchanges_are_one_row() {
    let wrong: Vec<RecordedExchange> =
        (0..50).map(|number| exchange(&format!("GET /notes/{number}"), 400, &error("not_found"))).collect();
    let seen = judged(&wrong);
    assert_eq!(seen.verdict, Verdict::Violations);
    let [row] = seen.finding_groups.as_slice() else { panic!("{:?}", seen.finding_groups) };
    assert_eq!((row.check.as_str(), row.cases, row.exchanges), ("status", 1, 50));
    // Whatever differs in each response, the number of cases stays small.
    let many: Vec<RecordedExchange> =
        (0..200).map(|number| exchange("GET /notes/1", 404, &error(&format!("code-{number}")))).collect();
    let seen = judged(&many);
    assert!(seen.cases.len() <= 5, "{}", seen.cases.len());
    let counted: u64 =
        seen.cases.iter().filter_map(|case| case.recorded.as_ref()).map(|it| it.exchanges).sum();
    assert_eq!(counted, 200);
}

#[test]
fn request_ids_must_differ_between_requests() {
    let with_id = |request: &str, id: &str| {
        with_header(exchange(request, 404, &error("not_found")), "x-request-id", id)
    };
    let reused = |exchanges: &[RecordedExchange]| {
        let seen = judged(exchanges);
        (seen.run_findings.iter().map(|it| it.message.clone()).collect::<Vec<_>>(), seen.verdict)
    };
    let (found, verdict) = reused(&[with_id("GET /notes/1", "one"), with_id("GET /notes/2", "one")]);
    assert_eq!(found, ["the request id one was returned for 2 requests"]);
    assert_eq!(verdict, Verdict::Violations);
    for (name, exchanges) in [
        ("ids of their own", [with_id("GET /notes/1", "one"), with_id("GET /notes/2", "two")]),
        ("the same exchange in two files", [with_id("GET /notes/1", "one"), with_id("GET /notes/1", "one")]),
        (
            "an id that the client sent",
            [
                asking(with_id("GET /notes/1", "one"), "X-Request-Id", "one"),
                asking(with_id("GET /notes/2", "one"), "X-Request-Id", "one"),
            ],
        ),
    ] {
        assert_eq!(reused(&exchanges).0, [""; 0], "{name}");
    }
}

#[test]
fn exit_codes_follow_from_what_was_seen() {
    let found = exchange("GET /notes/1", 404, &error("not_found"));
    let options =
        |min_coverage| ObserveOptions { min_coverage: Some(min_coverage), ..ObserveOptions::default() };
    let verdict = |exchanges: &[RecordedExchange], options: &ObserveOptions| {
        report_with(observer(&pack(CONTRACT, "")), exchanges, options).map(|report| report.verdict)
    };
    // One of four documented failures.
    assert_eq!(verdict(std::slice::from_ref(&found), &options(25)), Ok(Verdict::NoViolationsSeen));
    assert_eq!(verdict(std::slice::from_ref(&found), &options(26)), Ok(Verdict::Incomplete));
    let wrong = exchange("GET /notes/1", 400, &error("not_found"));
    assert_eq!(verdict(&[wrong], &options(100)), Ok(Verdict::Violations));
    let unanswered = RecordedExchange { response: None, ..found };
    assert_eq!(verdict(&[unanswered], &ObserveOptions::default()), Ok(Verdict::Inconclusive));
    let elsewhere = exchange("GET https://cdn.test/x", 404, &json!({}));
    let error = verdict(&[elsewhere], &ObserveOptions::default()).expect_err("nothing belongs to the target");
    assert_eq!(
        error.to_string(),
        "nothing of the recording belongs to https://api.test/v1: its requests went to cdn.test (1)"
    );
    let empty = verdict(&[], &ObserveOptions::default()).expect_err("nothing was recorded");
    assert!(empty.to_string().ends_with("it has no exchanges"), "{empty}");
}

#[test]
fn a_route_that_is_inferred_binds_only_what_was_recognised() {
    let inferred =
        CONTRACT.replace("GET /notes/{id}', source: documented", "GET /notes/{id}', source: inferred");
    let seen = |exchange: RecordedExchange| {
        findings(&report(observer(&pack(&inferred, "")), &[exchange]).expect("it belongs to the target"))
    };
    assert_eq!(seen(exchange("GET /notes/1", 404, &json!({ "no": 1 }))), ["warning message"]);
    assert_eq!(
        seen(exchange("GET /notes/1", 404, &json!({ "error": { "code": "not_found" } }))),
        ["violation message"]
    );
}

#[test]
fn a_success_on_an_inferred_route_verifies_it_whenever_it_comes() {
    let inferred =
        CONTRACT.replace("GET /notes/{id}', source: documented", "GET /notes/{id}', source: inferred");
    let wrong = || exchange("GET /notes/1", 400, &error("not_found"));
    let success = || exchange("GET /notes/2", 200, &json!({ "id": 2 }));
    let elsewhere = || exchange("GET /notes", 200, &json!([]));
    for (exchanges, expected) in [
        (vec![wrong()], "warning status"),
        (vec![wrong(), elsewhere()], "warning status"),
        (vec![success(), wrong()], "violation status"),
        (vec![wrong(), success()], "violation status"),
    ] {
        let seen = report(observer(&pack(&inferred, "")), &exchanges).expect("it belongs to the target");
        assert_eq!(findings(&seen), [expected], "{exchanges:?}");
    }
}

#[test]
fn checks_that_a_target_turns_off_are_left_out() {
    let source = failspec_base::syntax::Source::new(
        "failspec.toml",
        "[target.t]\nurl = \"https://api.test/v1\"\n[target.t.checks]\nmessage = { level = \"off\", reason = \"old\" }\n",
    );
    let config = failspec_pack::target_config::Config::read(&source, Some("t"), std::path::Path::new("."));
    let target: Target = config.unwrap_or_else(|error| panic!("{error}")).target;
    let wrong = exchange("GET /notes/1", 404, &json!({ "error": { "code": "not_found" } }));
    let seen = report(observer_of(&pack(CONTRACT, ""), target), &[wrong]).expect("it belongs to the target");
    assert_eq!(findings(&seen), [""; 0]);
}
