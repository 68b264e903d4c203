//! An OpenAPI document that declares no refusal at all: everything is asked all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use failspec_base::encoding::percent_decode;
use serde_json::{Value, json};

/// Pools, whose creation says nothing of its response; the number of a pool is in `Location` alone.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Pools, version: "1" }
paths:
  /version:
    get:
      responses:
        '200':
          description: the version
          content: { application/json: { schema: { type: object, required: [version], properties: { version: { type: string } } } } }
  /pools:
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1 } }
        - { name: X-Trace, in: header, schema: { type: string } }
      responses: { '200': { description: pools } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pool' } } } }
      responses: { '201': { description: made } }
  /pools/{pool_name}:
    parameters: [{ name: pool_name, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a pool } } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pool' } } } }
      responses: { '200': { description: changed } }
    delete: { responses: { '204': { description: gone } } }
components:
  schemas:
    Pool:
      type: object
      required: [name]
      properties: { name: { type: string }, size: { type: integer }, kind: { type: string, enum: [wide] } }
"##;

/// The pools by their number.
type Pools = Arc<Mutex<BTreeMap<String, Value>>>;

/// The names for which an overloaded API has said so.
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// An API that refuses everything that the document forbids, whatever status it has for that. `wrong` is what it does
/// wrong.
fn api(asked: &Received, pools: &Pools, wrong: &str) -> Reply {
    let mut pools = pools.lock().unwrap();
    let (path, query) = asked.path_and_query();
    let is = |what: &str| what == wrong;
    let refused = |status: u16| Reply::json(status, json!({ "error": "no" }));
    if asked.header("x-trace").is_some() && is("free header") {
        return refused(500);
    }
    let reads_no_further = is("wants a kind, and reads no further");
    let body: Value = match reads_no_further {
        true => serde_json::Deserializer::from_slice(&asked.body).into_iter().next().and_then(Result::ok),
        false => serde_json::from_slice(&asked.body).ok(),
    }
    .unwrap_or_default();
    let is_json = asked.header("content-type").is_some_and(|text| text.starts_with("application/json"));
    // A name must fit into an address.
    let is_whole = body["name"].as_str().is_some_and(|name| name.len() < 1_000)
        && (body.get("size").is_none() || body["size"].is_i64() || body["size"].is_u64())
        && (body.get("kind").is_none() || body["kind"] == "wide");
    let check = |own: Option<&str>, pools: &BTreeMap<String, Value>| -> Option<Reply> {
        let taken = |(id, pool): (&String, &Value)| pool["name"] == body["name"] && Some(id.as_str()) != own;
        match () {
            () if asked.method == "GET" || asked.method == "DELETE" => None,
            () if !is_json => Some(refused(415)),
            () if is("breaks on no object") && !body.is_object() => Some(Reply::close()),
            () if !is_whole && !is("checks nothing") => Some(refused(422)),
            () if (is("wants a kind") || reads_no_further) && body["kind"].is_null() => {
                Some(Reply::json(400, json!({ "error": "kind is required" })))
            }
            () if body["size"].as_u64() > Some(u64::MAX / 2) && is("overflow") => Some(refused(500)),
            () if pools.iter().any(taken) => Some(refused(if is("taken name") { 500 } else { 409 })),
            () => None,
        }
    };
    let mut id = percent_decode(path.strip_prefix("/pools/").unwrap_or_default()).into_owned();
    let is_by_name = is("names alone") || is("names instead of ids");
    if is_by_name {
        let named = pools.iter().find(|(_, pool)| pool["name"] == id.as_str());
        id = named.map(|(id, _)| id.clone()).unwrap_or_default();
    }
    let name = body["name"].as_str().unwrap_or_default();
    if is("overloaded")
        && asked.method == "POST"
        && name.ends_with("-1")
        && SEEN.lock().unwrap().insert(name.into())
    {
        return refused(503).with("Retry-After", "0");
    }
    // HEAD asks for the headers of what GET reads.
    let is_read = asked.method == "HEAD" && !is("path closes");
    match (if is_read { "GET" } else { asked.method.as_str() }, path) {
        // A router that cleans paths, and a page for people.
        ("GET", path) if is("cleans paths") && path.contains("%2F") => {
            Reply::new(301, "text/html", "<a href=\"/\">Moved</a>").with("Location", "/")
        }
        ("GET", path) if is("cleans paths") && path.starts_with("/failspec") => {
            Reply::new(302, "text/html", "").with("Location", "/login")
        }
        _ if is("cleans paths") && asked.path.contains("%FF") => refused(400),
        _ if is("breaks on bytes") && asked.path.contains("%FF") => Reply::close(),
        ("GET", "/failspec-no-such-path") if is("path") => refused(500),
        ("GET", "/failspec-no-such-path") | ("HEAD", _) if is("path closes") => Reply::close(),
        ("GET", "/version") if is("version") => refused(500),
        ("GET", "/version") if is("version closes") => Reply::close(),
        ("GET", "/version") if is("version has another body") => Reply::json(200, "{}"),
        ("GET", "/version") => Reply::json(200, json!({ "version": "1" })),
        ("GET", "/pools") => {
            let limit = query.split('&').find_map(|pair| pair.strip_prefix("limit="));
            let is_wrong = limit.is_some_and(|limit| limit.parse::<u64>().map_or(true, |limit| limit < 1));
            if is_wrong { refused(400) } else { Reply::json(200, "[]") }
        }
        ("POST", "/pools") => check(None, &pools).unwrap_or_else(|| {
            let id = format!("p{}", asked.number);
            pools.insert(id.clone(), body.clone());
            match is("names alone") {
                true => Reply::json(201, "{}"),
                false => {
                    Reply::json(201, "{}").with("Location", &format!("http://pools.test/pools/{id}?full=1"))
                }
            }
        }),
        ("PATCH", _) | ("PUT", "/pools") => {
            refused(405).with("Allow", if path == "/pools" { "GET, POST" } else { "GET, PUT, DELETE" })
        }
        _ if !pools.contains_key(&id) => refused(404),
        ("DELETE", _) => {
            pools.remove(&id);
            Reply::new(204, "", "")
        }
        ("PUT", _) => check(Some(&id), &pools).unwrap_or_else(|| {
            pools.insert(id.clone(), body.clone());
            Reply::json(200, "{}")
        }),
        _ => Reply::json(200, pools[&id].to_string()),
    }
}

/// Imports the document, runs the pack against an API that does this wrong, and returns the exit code, the report, and
/// the pools that are left.
fn run(wrong: &'static str) -> (u8, Value, String, BTreeMap<String, Value>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pools.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "pools.yaml", "--name", "pools", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let pools = Pools::default();
    let shared = Arc::clone(&pools);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "pools", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = pools.lock().unwrap().clone();
    (u8::try_from(done.code).unwrap(), serde_json::from_str(&report).unwrap(), done.stdout, left)
}

/// Returns the checks of a severity in a report, with the scenarios that found them, as `check scenario`.
fn found(report: &Value, severity: &str) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap();
    let name = |case: &Value| case["name"].as_str().unwrap().rsplit("::").next().unwrap().to_owned();
    let of_case = |case: &Value| {
        let findings = case[severity].as_array().cloned().unwrap_or_default();
        let name = name(case);
        findings.into_iter().map(move |finding| format!("{} {name}", finding["check"].as_str().unwrap()))
    };
    cases.iter().flat_map(of_case).collect()
}

#[test]
fn an_api_that_refuses_in_its_own_way_conforms_and_nothing_is_left() {
    let (code, report, stdout, left) = run("nothing");
    assert_eq!(code, 0, "{stdout}");
    assert!(left.is_empty(), "{left:?}\n{stdout}");
    let warnings = found(&report, "warnings");
    assert!(warnings.iter().all(|warning| warning.starts_with("undeclared-status ")), "{warnings:?}");
    // The statuses of its refusals, each of which is a gap of the document.
    let groups = report["finding_groups"].as_array().unwrap();
    let told = groups.iter().map(|group| group["response"]["status"].as_u64().unwrap());
    assert_eq!(told.collect::<BTreeSet<_>>(), BTreeSet::from([400, 404, 409, 415, 422]), "{stdout}");
    assert_eq!(groups.len(), 5, "{stdout}");
}

/// A router that cleans addresses, and a page for people, deviate only by statuses that the document does not have.
#[test]
fn an_api_whose_router_cleans_paths_conforms() {
    let (code, report, stdout, left) = run("cleans paths");
    assert_eq!((code, left.len()), (0, 0), "{stdout}");
    let warnings = found(&report, "warnings");
    assert!(warnings.iter().all(|warning| warning.starts_with("undeclared-status ")), "{warnings:?}");
    assert!(
        warnings.contains(&"undeclared-status get_pools_pool_name_pool_name_encoded_parent".to_owned()),
        "{warnings:?}"
    );
    assert!(!warnings.iter().any(|warning| warning.contains("no_such_path")), "{warnings:?}");
}

#[test]
fn an_api_that_closes_the_connection_outside_the_document_conforms() {
    let (code, report, stdout, _) = run("path closes");
    assert_eq!((code, found(&report, "violations")), (0, Vec::new()), "{stdout}");
    assert!(found(&report, "warnings").contains(&"connection-closed no_such_path".to_owned()), "{stdout}");
}

/// The API may say nothing of what it created, call it by its name alone, or be overloaded once.
#[test]
fn what_is_created_is_found_and_removed_however_the_api_names_it() {
    for right in ["names alone", "names instead of ids", "overloaded"] {
        let (code, report, stdout, left) = run(right);
        assert_eq!(code, 0, "{right}: {stdout}");
        assert!(left.is_empty(), "{right}: {left:?}\n{stdout}");
        let cases = report["cases"].as_array().unwrap();
        let unjudged: Vec<_> = cases.iter().filter(|case| case["outcome"] == "inconclusive").collect();
        assert!(unjudged.is_empty(), "{right}: {stdout}");
    }
}

#[test]
fn what_the_document_does_not_declare_is_asked_and_found() {
    for (wrong, check, scenario) in [
        ("version", "server-error", "get_version_valid"),
        ("version closes", "connection-closed", "get_version_valid"),
        ("version has another body", "declared-schema", "get_version_valid"),
        ("overflow", "server-error", "post_pools_size_beyond_64_bits"),
        ("overflow", "server-error", "put_pools_pool_name_size_beyond_64_bits"),
        ("taken name", "server-error", "post_pools_created_twice"),
        ("taken name", "server-error", "put_pools_pool_name_taken_name"),
        ("free header", "server-error", "get_pools_x_trace_free_text"),
        ("breaks on bytes", "connection-closed", "get_pools_pool_name_pool_name_not_utf8"),
        ("path", "server-error", "no_such_path"),
        ("breaks on no object", "connection-closed", "post_pools_body_wrong_type"),
    ] {
        let (code, report, stdout, _) = run(wrong);
        let violations = found(&report, "violations");
        assert!(violations.contains(&format!("{check} {scenario}")), "{wrong}: {violations:?}\n{stdout}");
        assert_eq!(code, 1, "{wrong}: {stdout}");
    }
}

#[test]
fn what_is_accepted_although_no_refusal_is_declared_is_a_warning_and_removed() {
    let (code, report, stdout, left) = run("checks nothing");
    let warnings = found(&report, "warnings");
    assert!(warnings.contains(&"not-rejected post_pools_name_wrong_type".to_owned()), "{warnings:?}");
    assert_eq!((code, found(&report, "violations")), (0, Vec::new()), "{stdout}");
    assert!(left.is_empty(), "{left:?}\n{stdout}");
}

#[test]
fn a_member_that_the_api_requires_and_the_document_does_not_is_found_and_sent() {
    let (code, report, stdout, left) = run("wants a kind");
    assert_eq!(code, 0, "{stdout}");
    assert!(left.is_empty(), "{left:?}\n{stdout}");
    assert!(stdout.contains("accepted with more: kind"), "{stdout}");
    assert!(stdout.contains("kind is required"), "{stdout}");
    let cases = report["cases"].as_array().unwrap();
    let inconclusive = cases.iter().filter(|case| case["outcome"] == "inconclusive").count();
    assert_eq!(inconclusive, 0, "{stdout}");
    let warnings = found(&report, "warnings");
    assert!(warnings.iter().any(|warning| warning.starts_with("undeclared-requirement ")), "{warnings:?}");
    assert!(!warnings.iter().any(|warning| warning.starts_with("not-rejected ")), "{warnings:?}");
}

/// A body that is no JSON has the members that the API was found to require, too: without them it would be refused for another reason
/// than its fault.
#[test]
fn a_text_in_place_of_json_has_the_members_that_the_api_requires() {
    let (_, report, stdout, left) = run("wants a kind, and reads no further");
    assert!(left.is_empty(), "{left:?}\n{stdout}");
    let warnings = found(&report, "warnings");
    for operation in ["post_pools", "put_pools_pool_name"] {
        let expected = format!("not-rejected {operation}_body_followed_by_more");
        assert!(warnings.contains(&expected), "{warnings:?}");
    }
}
