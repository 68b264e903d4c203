//! Pairs for every check: an incorrect server that it detects, and a harmless change that it accepts.

use std::{collections::BTreeSet, io::Write as _};

use crate::checks_server::{Asked, Reply, Server, assert_clean, broken, case, judge_with, right};
use failspec_engine::RunOptions;
use failspec_judge::check::CHECKS;
use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use serde_json::{Value, json};

type Change = fn(&Asked, Reply) -> Reply;

/// A change of correct responses, and the expected result.
struct Pair {
    check: &'static str,
    pack: &'static str,
    /// The selector, without the name of the pack, of the scenario for which the response changes.
    scenario: &'static str,
    /// The change that the check must detect. `violation` is true if it is a violation, not a warning.
    wrong: Change,
    violation: bool,
    /// A change that clients must tolerate.
    harmless: Change,
}

/// A change of the responses with this status only.
macro_rules! on {
    ($status:literal, $reply:ident => $changed:expr) => {
        |_: &Asked, $reply: Reply| if $reply.status == $status { $changed } else { $reply }
    };
    ($status:literal, $asked:ident, $reply:ident => $changed:expr) => {
        |$asked: &Asked, $reply: Reply| if $reply.status == $status { $changed } else { $reply }
    };
}

fn depot(
    check: &'static str,
    scenario: &'static str,
    wrong: Change,
    violation: bool,
    harmless: Change,
) -> Pair {
    Pair { check, pack: "depot", scenario, wrong, violation, harmless }
}

const ABSENT: &str = "absent::read_an_absent_item";
const HIDDEN: &str = "absent::read_a_hidden_item";
const INVALID: &str = "invalid::make_an_item_without_a_name";
const INVALID_TOO: &str = "invalid::make_an_item_with_a_long_name";
const LIMITED: &str = "limited::ask_too_often";
const NOBODY: &str = "unauthorized::read_as_nobody";
const METHOD: &str = "wrong_method::use_a_wrong_method";
const SHUT: &str = "shut::ask_while_it_is_shut";
const BROKEN: &str = "broken::break_it";

/// Returns the pairs of checks of standards that no other pack brings about.
fn standards() -> Vec<Pair> {
    let pair = |check, scenario, wrong: Change, harmless: Change| Pair {
        check,
        pack: "standards",
        scenario,
        wrong,
        violation: false,
        harmless,
    };
    vec![
        pair(
            "problem-details",
            "not_found::read_the_absent",
            on!(404, reply => reply.set("status", json!("404"))),
            on!(404, reply => reply.set("type", json!("/problems/absent")).set("title", json!("It is gone"))),
        ),
        pair(
            "proxy-authenticate",
            "proxy_login::ask_the_proxy",
            on!(407, reply => reply.with("Proxy-Authenticate", "")),
            on!(407, reply => reply.with("proxy-authenticate", "Basic realm=\"x\", Bearer")),
        ),
        pair(
            "content-range",
            "range::read_beyond_the_end",
            on!(416, reply => reply.with("Content-Range", "bytes 0-9/10")),
            on!(416, reply => reply.with("Content-Range", "")),
        ),
        pair(
            "cross-origin",
            "upgrade::speak_the_old_protocol",
            on!(200, reply => reply.with("Access-Control-Allow-Origin", "https://app.test")),
            |_, reply| reply.with("Access-Control-Allow-Origin", "*"),
        ),
        Pair {
            check: "names-fault",
            pack: "standards",
            scenario: "bad_value::send_a_wrong_value::text",
            wrong: on!(422, reply => reply.set("errors", json!([{ "field": "size" }, { "field": "Zip" }]))),
            violation: true,
            harmless: on!(422, reply => reply.set("errors", json!([{ "field": "name" }, { "field": "/address/zip" }]))),
        },
        pair(
            "upgrade",
            "upgrade::speak_the_old_protocol",
            on!(426, reply => reply.with("Upgrade", "")),
            on!(426, reply => reply.with("upgrade", "TLS/1.3, HTTP/2.0")),
        ),
    ]
}

/// Returns the pairs of checks about methods and functions that a server does not have.
fn unsupported() -> Vec<Pair> {
    let pair = |check, scenario, wrong: Change, violation, harmless: Change| Pair {
        check,
        pack: "declared",
        scenario,
        wrong,
        violation,
        harmless,
    };
    vec![
        pair(
            "unsupported-method",
            "refused::use_another_method",
            on!(405, reply => reply.status(404)),
            false,
            on!(405, reply => reply.with("Allow", "GET, HEAD, DELETE")),
        ),
        pair(
            "head",
            "no_server_error::ask_for_the_headers_alone",
            |asked, reply| if asked.method == "HEAD" { Reply::json(405, json!({})) } else { reply },
            false,
            // What has no body to tell the length of.
            |asked, reply| if asked.method == "HEAD" { reply.status(204) } else { reply },
        ),
        pair(
            "removal",
            "no_server_error::remove_an_old_thing",
            on!(404, _reply => Reply::json(200, json!({ "name": "old", "status": "new" }))),
            true,
            on!(404, _reply => Reply::json(200, json!({ "name": "old", "status": "removed" }))),
        ),
        // `Allow` has all methods of the path.
        pair(
            "allow",
            "refused::use_another_method",
            on!(405, reply => reply.with("Allow", "OPTIONS")),
            false,
            on!(405, reply => reply.with("Allow", "HEAD, GET, DELETE, OPTIONS")),
        ),
        // That the server cannot do it at all is no refusal, and is named.
        pair(
            "server-error",
            "no_server_error::list_from_the_exact_bound",
            |asked, reply| if asked.query == "limit=0" { Reply::json(501, json!({})) } else { reply },
            false,
            |asked, reply| if asked.query == "limit=0" { Reply::json(200, json!([1])) } else { reply },
        ),
    ]
}

/// Returns the pairs of checks that use only an OpenAPI document.
fn declared() -> Vec<Pair> {
    const NONE: &str = "absent::read_an_absent_thing";
    const LIMIT: &str = "invalid::list_with_a_wrong_limit";
    let pair = |check, scenario, wrong: Change, violation, harmless: Change| Pair {
        check,
        pack: "declared",
        scenario,
        wrong,
        violation,
        harmless,
    };
    vec![
        pair(
            "undeclared-status",
            NONE,
            on!(200, reply => reply.status(203)),
            false,
            on!(200, reply => reply.with("Age", "3")),
        ),
        pair(
            "undeclared-media-type",
            NONE,
            on!(404, reply => reply.with("Content-Type", "application/problem+json")),
            true,
            on!(404, reply => reply.with("Content-Type", "Application/JSON; charset=utf-8")),
        ),
        pair(
            "undeclared-requirement",
            "invalid::make_a_thing_without_a_name",
            |asked, reply| match asked.method == "POST" && asked.json["kind"].is_null() {
                true => Reply::json(400, json!({ "detail": ["kind"] })),
                false => reply,
            },
            false,
            on!(201, reply => reply.set("kind", json!("narrow"))),
        ),
        pair(
            "undeclared-restriction",
            "no_server_error::list_from_the_exact_bound",
            |asked, reply| match asked.query == "limit=0" {
                true => Reply::json(400, json!({ "detail": ["limit"] })),
                false => reply,
            },
            false,
            |asked, reply| if asked.query == "limit=0" { Reply::json(200, json!([1])) } else { reply },
        ),
        pair(
            "read-only",
            "no_server_error::make_a_thing_of_another_time",
            on!(201, reply => reply.set("created_at", json!("2001-02-03T04:05:06Z"))),
            false,
            on!(201, reply => reply.set("created_at", json!("2026-11-20T04:05:06Z"))),
        ),
        // The media type is not declared, but the body is validated against the schema nevertheless.
        pair(
            "declared-schema",
            NONE,
            on!(404, reply => reply.with("Content-Type", "application/problem+json").set("code", json!(7))),
            true,
            on!(404, reply => reply.set("hint", json!("look elsewhere"))),
        ),
        pair(
            "declared-schema",
            NONE,
            on!(404, reply => reply.unset("code")),
            true,
            on!(404, reply => reply.unset("message")),
        ),
        pair(
            "declared-schema",
            LIMIT,
            on!(200, _reply => Reply::json(200, json!({ "things": [] }))),
            true,
            on!(200, _reply => Reply::json(200, json!([{ "name": "one" }]))),
        ),
        pair(
            "declared-vacuous",
            LIMIT,
            on!(400, _reply => Reply::json(400, json!({ "error": "limit is wrong" }))),
            true,
            on!(400, reply => reply.set("error", json!("limit is wrong"))),
        ),
        pair(
            "declared-headers",
            NONE,
            on!(404, reply => reply.with("X-Trace", "")),
            true,
            on!(404, reply => reply.with("X-Trace", "18")),
        ),
        pair(
            "declared-headers",
            NONE,
            on!(404, reply => reply.with("X-Trace", "seventeen")),
            true,
            on!(404, reply => reply.with("X-Span", "seventeen")),
        ),
    ]
}

fn pairs() -> Vec<Pair> {
    let mut all = contracts();
    all.extend(declared());
    all.extend(unsupported());
    all.extend(standards());
    all
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn contracts() -> Vec<Pair> {
    vec![
        depot(
            "not-rejected",
            INVALID,
            |asked, reply| {
                if reply.status == 422 {
                    Reply::json(201, json!({ "data": { "id": "made" } })).with("X-Request-Id", &id(asked))
                } else {
                    reply
                }
            },
            true,
            on!(201, reply => reply.status(200)),
        ),
        depot(
            "status",
            ABSENT,
            on!(404, reply => reply.status(410).set("status", json!(410))),
            true,
            on!(404, reply => reply.with("Warning", "199 - \"404\"")),
        ),
        depot(
            "code",
            ABSENT,
            on!(404, reply => reply.set("error", json!("Absent"))),
            true,
            on!(404, reply => Reply::body(reply.clone(), reply.text().replace("absent", "\\u0061bsent"))),
        ),
        depot(
            "code",
            ABSENT,
            on!(404, reply => reply.set("error", json!("invalid"))),
            true,
            on!(404, reply => reply.set("error_code", json!("E17"))),
        ),
        depot(
            "code",
            ABSENT,
            on!(404, reply => reply.set("error", json!("missing_item"))),
            true,
            on!(404, reply => reply.edit(reverse)),
        ),
        depot(
            "code",
            ABSENT,
            on!(404, reply => reply.unset("error")),
            true,
            on!(404, reply => reply.set("errors", json!([]))),
        ),
        depot(
            "media-type",
            ABSENT,
            on!(404, reply => reply.with("Content-Type", "text/plain")),
            true,
            on!(404, reply => reply.with("content-type", "Application/JSON ; charset=\"UTF-8\"")),
        ),
        depot(
            "well-formed",
            ABSENT,
            on!(404, reply => Reply::body(reply.clone(), reply.text() + "}")),
            true,
            on!(404, reply => Reply::body(reply.clone(), format!("\n  {}\r\n", reply.text()))),
        ),
        depot(
            "well-formed",
            ABSENT,
            on!(404, reply => reply.body("")),
            true,
            on!(404, reply => gzipped(reply)),
        ),
        depot(
            "well-formed",
            ABSENT,
            on!(404, reply => Reply::body(reply.clone(), reply.text().replacen('{', "{\"error\":\"x\",", 1))),
            true,
            on!(404, reply => reply.set("Error", json!("x"))),
        ),
        depot(
            "envelope",
            ABSENT,
            on!(404, reply => reply.set("hint", json!(17))),
            true,
            on!(404, reply => reply.set("hints", json!(17))),
        ),
        depot(
            "schema",
            INVALID_TOO,
            on!(422, reply => reply.set("fields", json!(["name"]))),
            true,
            on!(422, reply => reply.unset("fields")),
        ),
        depot(
            "vacuous",
            "odd::ask_oddly",
            on!(400, reply => reply.edit(|body| *body = json!({ "detail": "odd" }))),
            true,
            on!(400, reply => reply.set("detail", json!("odd"))),
        ),
        depot(
            "headers",
            LIMITED,
            on!(429, reply => reply.with("X-Limit-Remaining", "none")),
            true,
            on!(429, reply => reply.with("x-limit-remaining", " 12 ")),
        ),
        depot(
            "headers",
            LIMITED,
            on!(429, reply => reply.with("X-Limit-Remaining", "")),
            true,
            on!(429, reply => reply.with("X-Limit-Limit", "many")),
        ),
        depot(
            "duplicate-header",
            LIMITED,
            on!(429, reply => reply.add("Retry-After", "7")),
            false,
            on!(429, reply => reply.add("Vary", "Accept").add("Vary", "Origin")),
        ),
        depot(
            "empty-body",
            SHUT,
            on!(423, reply => reply.body(b"shut".to_vec())),
            true,
            on!(423, reply => reply.with("Content-Length", "0")),
        ),
        depot(
            "success",
            "success::make_an_item_with_a_short_name",
            on!(201, reply => reply.status(200)),
            true,
            on!(201, reply => reply.with("Location", "/items/made")),
        ),
        // That a stranger's method comes before the stranger is inferred; no request may break the server.
        depot(
            "server-error",
            "wrong_method::use_a_wrong_method_as_nobody",
            |asked, reply| if asked.method == "PATCH" { Reply::html(500, "oops") } else { reply },
            true,
            |asked, reply| if asked.method == "PATCH" { reply.with("Age", "3") } else { reply },
        ),
        depot(
            "unrecognized-response",
            ABSENT,
            on!(404, _reply => Reply::html(404, "<p>no such page</p>")),
            true,
            on!(404, reply => reply.set("detail", json!("no such page"))),
        ),
        depot(
            "message",
            ABSENT,
            on!(404, reply => reply.set("message", json!(" "))),
            true,
            on!(404, reply => reply.set("message", json!("Das gibt es nicht."))),
        ),
        depot(
            "request-id",
            ABSENT,
            on!(404, reply => reply.unset("requestId")),
            true,
            on!(404, reply => reply.with("X-Correlation-Id", "r-1")),
        ),
        depot(
            "request-id",
            ABSENT,
            on!(404, reply => reply.with("X-Request-Id", "r-999999")),
            true,
            on!(404, asked, reply => reply.with("x-request-id", &id(asked))),
        ),
        depot(
            "request-id",
            ABSENT,
            on!(404, reply => reply.set("requestId", json!("R1")).with("X-Request-Id", "R1")),
            true,
            on!(404, asked, reply => { let long = format!("r-{}", 1_000_000 + asked.number); reply.set("requestId", json!(long)).with("X-Request-Id", &long) }),
        ),
        // The setup got the same id: a duplicate within one scenario is sufficient.
        depot(
            "request-id",
            ABSENT,
            |_, reply| {
                if reply.status == 404 {
                    reply.set("requestId", json!("r-7")).with("X-Request-Id", "r-7")
                } else {
                    reply.with("X-Request-Id", "r-7")
                }
            },
            true,
            |_, reply| if reply.status < 300 { reply.with("X-Request-Id", "") } else { reply },
        ),
        depot(
            "body-status",
            ABSENT,
            on!(404, reply => reply.set("status", json!(400))),
            true,
            on!(404, reply => reply.set("status", json!("404"))),
        ),
        depot(
            "after-failure",
            "invalid::rename_to_nothing",
            |asked, reply| {
                if asked.line() == ("GET", "/items/known") {
                    reply.set("data", json!({ "id": "", "name": "" }))
                } else {
                    reply
                }
            },
            true,
            |asked, reply| {
                if asked.line() == ("GET", "/items/known") {
                    reply.set("data", json!({ "id": "known", "name": "known", "renamed": null }))
                } else {
                    reply
                }
            },
        ),
        // A panic of the server closes the connection without a response.
        depot(
            "connection-closed",
            ABSENT,
            on!(404, _reply => panic!("the connection is closed, as the test wants")),
            true,
            |asked, reply| {
                if asked.number == 2 { panic!("the connection is closed once") } else { reply }
            },
        ),
        depot(
            "control",
            "",
            |asked, reply| if asked.path == "/items/made" { absent(asked) } else { reply },
            true,
            |asked, reply| {
                if asked.path == "/items/made" { reply.set("requestId", json!(id(asked))) } else { reply }
            },
        ),
        depot(
            "repeatable",
            HIDDEN,
            |asked, reply| {
                if asked.path == "/items/absent" && asked.number > 2 {
                    Reply::json(200, json!({})).with("X-Request-Id", &id(asked))
                } else {
                    reply
                }
            },
            true,
            on!(404, reply => reply.set("message", json!("Nothing here"))),
        ),
        depot(
            "recovers",
            LIMITED,
            |asked, reply| if asked.path == "/limited" { limited(asked) } else { reply },
            true,
            |asked, reply| {
                if asked.path == "/limited" && reply.status == 200 { reply.status(206) } else { reply }
            },
        ),
        depot(
            "leaks",
            BROKEN,
            on!(500, reply => reply.set("message", json!("pq: relation \"items\" does not exist"))),
            true,
            on!(500, reply => reply.set("message", json!("See https://depot.invalid/errors/500 and quote r-1"))),
        ),
        depot(
            "leaks",
            "jammed::read_from_a_jammed_shelf",
            on!(503, reply => reply.set("message", json!("goroutine 7 [running]: main.shelf()"))),
            false,
            on!(503, reply => reply.set("message", json!("Stuck; open the shelf by hand."))),
        ),
        depot(
            "retry-after",
            LIMITED,
            on!(429, reply => reply.set("retryAfter", json!("soon"))),
            true,
            on!(429, reply => reply.set("retryAfter", json!(1))),
        ),
        depot(
            "retry-after",
            LIMITED,
            on!(429, reply => reply.set("retryAfter", json!(60))),
            true,
            on!(429, reply => reply.set("retryAfterMs", json!(60))),
        ),
        // The step cannot wait, but the missing value must still be reported.
        depot(
            "retry-after",
            LIMITED,
            on!(429, reply => reply.with("Retry-After", "").unset("retryAfter")),
            true,
            on!(429, reply => reply.with("retry-after", "0")),
        ),
        depot(
            "expectation",
            INVALID,
            on!(422, reply => reply.set("fields", json!({ "title": "is empty" }))),
            true,
            on!(422, reply => reply.set("fields", json!({ "title": "is empty", "name": "too" }))),
        ),
        Pair {
            check: "bulk-item",
            pack: "bulk",
            scenario: "partial",
            wrong: |_, reply| twice(reply),
            violation: true,
            harmless: on!(207, reply => reply.edit(|body| body["results"].as_array_mut().expect("a list").reverse())),
        },
        depot(
            "indistinguishable",
            HIDDEN,
            |asked, reply| {
                if asked.path == "/items/hidden" {
                    reply.set("message", json!("This is not yours"))
                } else {
                    reply
                }
            },
            true,
            |asked, reply| {
                if asked.path == "/items/hidden" { reply.edit(reverse).with("Age", "1") } else { reply }
            },
        ),
        depot(
            "indistinguishable",
            HIDDEN,
            |asked, reply| {
                if asked.path == "/items/hidden" {
                    Reply::json(200, json!({ "data": {} })).with("X-Request-Id", &id(asked))
                } else {
                    reply
                }
            },
            true,
            on!(404, reply => reply.set("message", json!("No such thing"))),
        ),
        // Each response contains the requested id; one of them has additional text.
        depot(
            "indistinguishable",
            HIDDEN,
            |asked, reply| {
                let more = if asked.path == "/items/hidden" { " for you" } else { "" };
                if reply.status != 404 {
                    reply
                } else {
                    reply.set("message", json!(format!("No {}{more}", asked.path)))
                }
            },
            true,
            |asked, reply| {
                if reply.status != 404 {
                    reply
                } else {
                    reply.set("message", json!(format!("No {}", asked.path)))
                }
            },
        ),
        Pair {
            check: "wording",
            pack: "words",
            scenario: "key_invalid",
            wrong: on!(401, reply => if reply.text().contains("Invalid") { reply.set("detail", json!("Go away")) } else { reply }),
            violation: false,
            harmless: on!(401, reply => if reply.text().contains("Invalid") { reply.set("detail", json!("This is an invalid API key.")) } else { reply }),
        },
        Pair {
            check: "match",
            pack: "words",
            scenario: "key_invalid",
            wrong: on!(401, reply => reply.set("detail", json!("API key required"))),
            violation: true,
            harmless: on!(401, reply => if reply.text().contains("Invalid") { reply.set("detail", json!("Your key required a look: invalid API key")) } else { reply }),
        },
        Pair {
            check: "match",
            pack: "groups",
            scenario: "quota_of_disks",
            wrong: on!(402, reply => reply.set("resource", json!("tape"))),
            violation: true,
            harmless: on!(402, reply => reply.set("used", json!(12))),
        },
        Pair {
            check: "match",
            pack: "groups",
            scenario: "quota_of_disks",
            wrong: on!(402, reply => reply.set("resource", json!("host"))),
            violation: true,
            harmless: on!(402, reply => reply.set("host", json!("one"))),
        },
        depot(
            "www-authenticate",
            NOBODY,
            on!(401, reply => reply.with("WWW-Authenticate", "")),
            false,
            on!(401, reply => reply.with("www-authenticate", "Basic realm=\"x\", Bearer")),
        ),
        depot(
            "allow",
            METHOD,
            on!(405, reply => reply.with("Allow", "")),
            false,
            on!(405, reply => reply.with("allow", "HEAD,GET")),
        ),
        depot(
            "allow",
            METHOD,
            on!(405, reply => reply.with("Allow", "GET, PATCH")),
            false,
            on!(405, reply => reply.with("Allow", "GET , DELETE")),
        ),
        depot(
            "retry-after-syntax",
            BROKEN,
            on!(500, reply => reply.with("Retry-After", "a while")),
            false,
            on!(500, reply => reply.with("Retry-After", "Fri, 31 Dec 2027 23:59:59 GMT")),
        ),
    ]
}

fn id(asked: &Asked) -> String {
    format!("r-{}", asked.number)
}

fn absent(asked: &Asked) -> Reply {
    let body = json!({ "error": "absent", "message": "Gone", "requestId": id(asked), "status": 404 });
    Reply::json(404, body).with("X-Request-Id", &id(asked))
}

fn limited(asked: &Asked) -> Reply {
    let body = json!({
        "error": "limited", "message": "Too often", "requestId": id(asked), "status": 429, "retryAfter": 0
    });
    Reply::json(429, body)
        .with("X-Request-Id", &id(asked))
        .with("Retry-After", "0")
        .with("X-Limit-Remaining", "0")
}

/// Duplicates every item of a bulk response; the control, which has one item, is not changed.
fn twice(reply: Reply) -> Reply {
    if !reply.text().contains("bad") {
        return reply;
    }
    reply.edit(|body| {
        let items = body["results"].as_array().cloned().unwrap_or_default();
        body["results"].as_array_mut().expect("a list").extend(items);
    })
}

fn reverse(body: &mut Value) {
    if let Value::Object(entries) = body {
        *entries = std::mem::take(entries).into_iter().rev().collect();
    }
}

fn gzipped(reply: Reply) -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&reply.body).expect("memory is enough");
    let body = encoder.finish().expect("memory is enough");
    reply.body(body).with("Content-Encoding", "gzip")
}

fn right_response(pack: &str) -> Box<dyn Fn(&Asked) -> Reply + Send + Sync> {
    match pack {
        "depot" => {
            let depot = right::Depot::default();
            Box::new(move |asked| depot.response(asked))
        }
        "words" => Box::new(right::words),
        "bulk" => Box::new(right::bulk),
        "always200" => Box::new(right::always200),
        "groups" => Box::new(right::groups),
        "declared" => Box::new(right::declared),
        "standards" => Box::new(right::standards),
        other => panic!("no right responses for {other}"),
    }
}

async fn run_changed(
    pack: &'static str,
    selector: &str,
    change: Change,
) -> failspec_judge::report_model::RunReport {
    let response = right_response(pack);
    let server = Server::start(move |asked| change(asked, response(asked))).await;
    let more = match pack {
        "depot" => right::JAMMED,
        "standards" => "[target.own.headers]\nOrigin = \"https://app.test\"\n",
        _ => "",
    };
    let selectors: &[&str] = if selector.is_empty() { &[] } else { &[selector] };
    judge_with(pack, selectors, &server, more, RunOptions::default()).await
}

#[test]
fn every_check_has_its_pair() {
    let known: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    let mut paired: BTreeSet<&str> = pairs().iter().map(|pair| pair.check).collect();
    // The servers of `in_time::at_once` count their requests, so they are made for one run.
    paired.insert("concurrent");
    // It is told of a run and not of a case: see `openapi_leftovers` of the command line.
    paired.insert("removal-refused");
    assert_eq!(known, paired, "a check without a pair of servers here proves nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_responses_break_no_check() {
    for pack in ["depot", "words", "bulk", "always200", "groups", "declared", "standards"] {
        assert_clean(&run_changed(pack, "", |_, reply| reply).await, pack);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_servers_are_caught() {
    let pairs = pairs();
    join_all(pairs.iter().enumerate().map(|(number, pair)| async move {
        let report = run_changed(pair.pack, pair.scenario, pair.wrong).await;
        let name = if pair.scenario.is_empty() { ABSENT } else { pair.scenario };
        let found = match name.split_once("::") {
            Some((_, scenario)) => case(&report, scenario),
            None => &report.cases[0],
        };
        let broken = broken(found);
        let wanted = if pair.violation { pair.check.to_owned() } else { format!("~{}", pair.check) };
        let about =
            format!("pair {number}, {}: {broken:?} {:?} {:?}", pair.check, found.reason, report.diagnosis);
        assert!(broken.contains(&wanted), "{about}");
        assert_eq!(
            report.verdict.as_str(),
            if pair.violation { "violations" } else { "conforms" },
            "{about}"
        );
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn harmless_changes_pass() {
    let pairs = pairs();
    join_all(pairs.iter().enumerate().map(|(number, pair)| async move {
        let report = run_changed(pair.pack, pair.scenario, pair.harmless).await;
        assert_clean(&report, &format!("pair {number}, {}", pair.check));
    }))
    .await;
}
