//! Candidates for a health check, and roles that one operation refuses: no false abort, and no missed one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

const CONTRACT: &str = tiny_contract!(
    "\
requires:
  roles: { user: may read and write }
health_check: [{ request: GET /config }, { request: GET /me, as: user }]
failures:
  - { id: absent, status: 404, code: absent, summary: It is not there }
  - { id: invalid, status: 400, code: invalid, summary: It is not valid }
"
);

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  absent: { triggers: absent, as: user, request: GET /notes/absent, control: { request: GET /config } }
  other: { triggers: absent, as: user, request: GET /notes/other, control: { request: GET /notes/1 } }
  no_text: { triggers: invalid, as: user, request: POST /notes, json: {}, control: { json: { text: x } } }
  no_name: { triggers: invalid, as: user, request: PUT /notes/1, json: {}, control: { json: { text: x } } }
";

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, format!("{{\"error\":\"{code}\"}}"))
}

/// Notes; `refuses` responds in place of the API.
fn notes(refuses: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |request: &Received| {
        let line = request.line();
        if let Some(refusal) = refuses(&line) {
            return refusal;
        }
        match line.as_str() {
            "GET /config" | "GET /me" | "GET /notes/1" => Reply::json(200, "{}"),
            "POST /notes" | "PUT /notes/1" if request.body == b"{}" => error(400, "invalid"),
            "POST /notes" | "PUT /notes/1" => Reply::json(200, "{}"),
            _ => error(404, "absent"),
        }
    })
}

fn run(contract: &str, server: &Server) -> Done {
    let folder = pack_with(contract, SCENARIOS);
    let mut command = failspec(folder.path());
    command.args(["run", "--packs", ".", "--url", &server.url, "--role", "user=bearer:env:TOKEN"]);
    done(command.env("TOKEN", "secret-of-the-tests"))
}

#[test]
fn first_candidate_that_succeeds_is_the_health_check() {
    // An operation that is closed on this target stops nothing, and accuses no role.
    let closed = || notes(|line| (line == "GET /config").then(|| error(403, "closed")));
    run(CONTRACT, &closed())
        .exits(3)
        .says("health     GET /me as user: succeeded before the first write")
        .says("3 passed · 1 inconclusive")
        .never_says("every request with the credentials");
    run(CONTRACT, &notes(|_| None)).exits(0).says("health     GET /config: succeeded");
    // One request, which is not a list, must succeed.
    let required = CONTRACT
        .replace(", { request: GET /me, as: user }]", "")
        .replace("[{ request: GET /config", "{ request: GET /config");
    run(&required, &closed())
        .exits(3)
        .says("the health check of the contract fails before anything was changed");
}

#[test]
fn run_goes_on_without_a_health_check_and_one_case_after_the_other() {
    let (busy, most) = (AtomicUsize::new(0), std::sync::Arc::new(AtomicUsize::new(0)));
    let seen = std::sync::Arc::clone(&most);
    let server = notes(move |line| {
        if line.starts_with('P') {
            seen.fetch_max(busy.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(20));
            busy.fetch_sub(1, SeqCst);
        }
        matches!(line, "GET /config" | "GET /me").then(|| error(403, "closed"))
    });
    run(CONTRACT, &server)
        .exits(3)
        .says("health     none of the 2 candidates succeeded")
        .says("/config got HTTP 403 \"closed\"; GET ")
        .says("3 passed · 1 inconclusive");
    assert_eq!(most.load(SeqCst), 1);
}

#[test]
fn chosen_candidate_that_fails_later_stops_the_run() {
    let gone = AtomicBool::new(false);
    let server = notes(move |line| {
        gone.fetch_or(line.starts_with('P'), SeqCst);
        let is_gone = gone.load(SeqCst) && line.starts_with("GET /me");
        (line == "GET /config" || is_gone).then(|| error(401, "who"))
    });
    run(CONTRACT, &server).says("the health check no longer succeeds, so the run was stopped");
}

#[test]
fn role_is_refused_only_if_several_requests_are() {
    // Everything is refused: the credentials are wrong, and the API is not accused.
    let all = notes(|_| Some(error(401, "who")));
    run(CONTRACT, &all).exits(3).says("the first requests of every role were refused (as user)");
    // The other cases were not sent.
    assert!(!all.lines().contains(&"GET /notes/other".to_owned()), "{:?}", all.lines());
}
