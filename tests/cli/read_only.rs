//! A target on which nothing may change: whatever packs, conditions and cleanups say, only safe requests are sent, and logins.

use std::fs;

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

const CONTRACT: &str = tiny_contract!(
    "\
requires: { roles: { user: may do everything }, conditions: { down: the API is down } }
cleanup:
  - list: { request: GET /notes, as: user }
    items: /notes
    name: /id
    delete: { request: \"DELETE /notes/${item}\", as: user }
failures:
  - { id: absent, status: 404, code: absent, summary: It is not there }
  - { id: invalid, status: 400, code: invalid, summary: It is not valid }
  - { id: down, status: 503, code: down, summary: It is down, condition: down }
"
);

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  reads: { triggers: absent, as: user, request: GET /notes/absent, control: { request: GET /notes } }
  writes: { triggers: invalid, as: user, request: POST /notes, json: {}, control: { json: { text: x } } }
  sets_up:
    triggers: absent
    as: user
    setup: [ { request: POST /notes, json: { text: x }, capture: { note: /id } } ]
    request: GET /notes/absent
    control: { request: \"GET /notes/${note}\" }
  breaks: { triggers: down, as: user, request: GET /notes }
";

fn api() -> Server {
    Server::start(|request: &Received| match request.line().as_str() {
        "POST /login" => Reply::json(200, r#"{"token":"a-token-of-the-user"}"#),
        "GET /notes" => Reply::json(200, r#"{"notes":[]}"#),
        line if line.starts_with("GET") => Reply::json(404, r#"{"error":"absent"}"#),
        _ => Reply::json(201, r#"{"id":"1"}"#),
    })
}

fn run(server: &Server, read_only: &str, command: &[&str]) -> Done {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let config = format!(
        "default_target = \"tiny\"\n[target.tiny]\nurl = \"{}\"\n{read_only}\n[target.tiny.conditions.down]\n\
         begin = {{ request = \"PUT /down\" }}\nend = {{ request = \"DELETE /down\" }}\n\
         [target.tiny.roles.user.login]\nsteps = [{{ request = \"POST /login\", capture = {{ token = \"/token\" }} }}]\n\
         header = \"Authorization: Bearer ${{token}}\"\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    done(failspec(folder.path()).args(command).args(["--packs", "."]))
}

/// Asserts that nothing but safe requests and the login was sent.
fn assert_nothing_changed(server: &Server) {
    let changing: Vec<String> =
        server.lines().into_iter().filter(|line| !line.starts_with("GET") && line != "POST /login").collect();
    assert!(changing.is_empty(), "{changing:?}");
}

#[test]
fn security_read_only_target_gets_safe_requests_and_logins_alone() {
    for (config, options) in [("read_only = true", &[][..]), ("", &["--safe"])] {
        let server = api();
        let ran = run(&server, config, &[&["run", "tiny", "-v"], options].concat());
        ran.exits(4)
            .says("read-only only requests that change nothing are sent")
            .says("1 passed")
            .says("3 skipped")
            .says("SKIPPED 3 cases: the target is read-only, and the case may change something")
            .never_says("does not provide what is required");
        assert_nothing_changed(&server);
        assert!(server.lines().contains(&"POST /login".to_owned()));
    }
    // Without it, all of them are sent.
    let server = api();
    run(&server, "", &["run", "tiny"]);
    assert!(server.lines().contains(&"PUT /down".to_owned()));
}

#[test]
fn security_read_only_target_is_not_cleaned_up() {
    let server = api();
    run(&server, "read_only = true", &["cleanup", "tiny"]).exits(2).says("is read-only");
    assert!(server.lines().is_empty());
    run(&server, "read_only = true", &["cleanup", "tiny", "--dry-run"]).exits(0);
    assert_nothing_changed(&server);
}
