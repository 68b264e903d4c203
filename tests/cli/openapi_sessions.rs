//! An imported pack never ends the session that it uses, nor takes a GET for a read whose name says that it is none; and where a session ends all the same, no case passes or fails by that.

use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use serde_json::{Value, json};

use crate::support::{Done, Received, Reply, Server, done, failspec};

/// Pools and users behind a token, and several ways to end its session. EXTRA has the paths of one test.
const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Pools, version: "1" }
security: [{ token: [] }]
paths:
  /me: { get: { responses: { '200': { description: who }, '401': { description: nobody } } } }
  /pools: { get: { responses: { '200': { description: all }, '401': { description: nobody } } } }
EXTRA
components:
  securitySchemes: { token: { type: http, scheme: bearer } }
"#;

const WAYS_OUT: &str = "
  /auth/logout: { get: { responses: { '200': { description: out } } } }
  /auth/session:
    get: { responses: { '200': { description: who } } }
    delete: { responses: { '204': { description: out } } }
  /bye: { post: { operationId: userSignOut, responses: { '200': { description: out } } } }
  /sessions/current: { delete: { responses: { '204': { description: out } } } }
  /createPool: { get: { operationId: createPool, responses: { '200': { description: made } } } }
";

/// Many things to read; reading the one called `last` ends the session, which nothing tells.
fn things() -> String {
    let path = |name: &str| {
        let ok = "'200': { description: one }, '401': { description: nobody }";
        format!(
            "  /{name}/{{id}}: {{ parameters: [{{ name: id, in: path, required: true, schema: {{ type: string, example: a }} }}], get: {{ responses: {{ {ok}, '404': {{ description: absent }} }} }} }}\n"
        )
    };
    let names = (1..=14).map(|number| format!("things{number}"));
    std::iter::once("ending".to_owned()).chain(names).map(|name| path(&name)).collect()
}

fn run(extra: &str, server: &Server) -> (Done, Value) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pools.yaml"), DOCUMENT.replace("EXTRA", extra)).unwrap();
    let import = ["import", "openapi", "pools.yaml", "--name", "pools", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let target = format!(
        "[target.here]\nurl = \"{}\"\n[target.here.roles]\nuser = {{ bearer = \"right\" }}\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), target).unwrap();
    let run =
        ["run", "pools", "--target", "here", "--packs", ".", "--jobs", "1", "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    (done, serde_json::from_str(&report).unwrap())
}

fn no(status: u16) -> Reply {
    Reply::json(status, json!({ "error": "no" }))
}

#[test]
fn nothing_that_ends_the_session_or_changes_by_a_get_is_sent() {
    let ended: &Mutex<Vec<String>> = Box::leak(Box::default());
    let api = move |asked: &Received| {
        let (path, _) = asked.path_and_query();
        let line = format!("{} {path}", asked.method);
        let is_way_out = path == "/auth/logout"
            || path == "/bye"
            || path == "/createPool"
            || asked.method == "DELETE" && ["/auth/session", "/sessions/current"].contains(&path);
        if is_way_out {
            ended.lock().unwrap().push(line);
            return Reply::json(200, "{}");
        }
        match (asked.header("authorization") == Some("Bearer right"), asked.method.as_str(), path) {
            (false, ..) => no(401),
            (_, "GET" | "HEAD", "/me" | "/pools" | "/auth/session") => Reply::json(200, "{}"),
            (_, _, "/me" | "/pools" | "/auth/session" | "/sessions/current") => no(405),
            _ => no(404),
        }
    };
    let server = Server::start(api);
    let (_, report) = run(WAYS_OUT, &server);
    assert_eq!(*ended.lock().unwrap(), Vec::<String>::new());
    // What can be asked at the same addresses is.
    let cases = report["cases"].as_array().unwrap();
    let asks = |operation: &str| cases.iter().any(|case| case["operation"] == operation);
    assert!(asks("GET /auth/session") && asks("GET /pools"), "{cases:?}");
}

/// A server whose session ends after the thing `ending` was read, or never; `closed` things are for others.
fn things_api(ends: bool, closed: bool) -> Server {
    let ended = AtomicBool::new(false);
    Server::start(move |asked| {
        let (path, _) = asked.path_and_query();
        if asked.header("authorization") != Some("Bearer right") {
            return no(401);
        }
        if ended.load(SeqCst) {
            return no(403);
        }
        if !matches!(asked.method.as_str(), "GET" | "HEAD") {
            return no(405);
        }
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        match segments.as_slice() {
            ["me" | "pools"] => Reply::json(200, "{}"),
            ["ending", "a"] => {
                ended.store(ends, SeqCst);
                Reply::json(200, "{}")
            }
            ["ending", _] => no(404),
            [things, _] if things.starts_with("things") && closed => no(403),
            [things, "a"] if things.starts_with("things") => Reply::json(200, "{}"),
            _ => no(404),
        }
    })
}

#[test]
fn a_session_that_ends_stops_the_run_and_no_case_passes_by_that() {
    let (done, report) = run(&things(), &things_api(true, false));
    done.says("no longer accepts the credentials of the role user").says("/me succeeded before");
    let cases = report["cases"].as_array().unwrap();
    let is_refused = |case: &Value| {
        let mut exchanges = case["exchanges"].as_array().into_iter().flatten();
        exchanges
            .any(|it| it["phase"] == "request" && it["role"] == "user" && it["response"]["status"] == 403)
    };
    let passed = cases.iter().filter(|case| case["outcome"] == "passed" && is_refused(case));
    assert_eq!(passed.map(|case| case["name"].to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    assert!(cases.iter().filter(|case| case["reason"]["kind"] == "role_lost").count() >= 5);
    // A role that may not see a part of the API, however large, has not lost its session.
    let (_, report) = run(&things(), &things_api(false, true));
    let cases = report["cases"].as_array().unwrap();
    let stopped = ["role_lost", "run_stopped"];
    assert!(cases.iter().all(|case| !stopped.iter().any(|kind| case["reason"]["kind"] == *kind)));
    assert_eq!(report["diagnosis"], Value::Null);
}

/// A limiter that says 401 for a moment says nothing of what is wrong with a request; a refusal that names it does.
#[test]
fn a_401_for_accepted_credentials_is_no_refusal_of_a_fault() {
    const COUNTED: &str = "
  /counted:
    get:
      parameters: [{ name: size, in: query, required: true, schema: { type: integer } }]
      responses: { '200': { description: some } }
";
    for (refusal, passes) in [("try again", false), ("size must be a number", true)] {
        let server = Server::start(move |asked| {
            let (path, query) = asked.path_and_query();
            let is_number = query.strip_prefix("size=").is_some_and(|size| size.parse::<i64>().is_ok());
            match (asked.header("authorization") == Some("Bearer right"), asked.method.as_str(), path) {
                (false, ..) => no(401),
                (_, "GET" | "HEAD", "/counted") if !is_number => {
                    Reply::json(401, json!({ "error": refusal }))
                }
                (_, "GET" | "HEAD", "/me" | "/pools" | "/counted") => Reply::json(200, "{}"),
                (_, _, "/me" | "/pools" | "/counted") => no(405),
                _ => no(404),
            }
        });
        let (done, report) = run(COUNTED, &server);
        let cases = report["cases"].as_array().unwrap();
        let of_size = |case: &&Value| case["name"].as_str().unwrap().ends_with("get_counted_size_wrong_type");
        let outcome = &cases.iter().find(of_size).unwrap()["outcome"];
        assert_eq!(outcome, if passes { "passed" } else { "inconclusive" }, "{}", done.stdout);
    }
}
