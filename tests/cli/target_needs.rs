//! Needs of targets beyond a URL and a token: headers for all requests, several headers in a role, conditions by
//! command, deadlines and limits that take long.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::Value;

use crate::support::{Reply, Server, done, failspec, write_pack};

/// A contract with one role, one failure in a state of its own, and one with a documented deadline.
const CONTRACT: &str = "\
contract: slow
as_of: 2026-01-01
success: { status: 2xx }
envelope: { code: /code }
requires:
  roles: { reader: may read }
  conditions: { database-down: the database is down }
failures:
  - { id: unauthorized, status: 401, code: unauthorized, summary: No credentials }
  - { id: unavailable, status: 503, code: unavailable, summary: No database, condition: database-down }
  - { id: too_late, status: 504, code: too_late, summary: Nothing within two seconds }
";

fn pack(folder: &Path, scenarios: &str) {
    write_pack(folder, "slow", CONTRACT, scenarios);
}

fn target(folder: &Path, url: &str, lines: &str) {
    let text = format!("default_target = \"t\"\n[target.t]\nurl = \"{url}\"\n{lines}\n");
    fs::write(folder.join("failspec.toml"), text).unwrap();
}

fn failure(status: u16, code: &str) -> Reply {
    Reply::json(status, format!("{{\"code\":\"{code}\"}}"))
}

const UNAUTHORIZED: &str = "\
contract: slow
scenarios:
  read_without_credentials:
    triggers: unauthorized
    request: GET /thing
    control: { as: reader }
  read_without_the_tenant:
    triggers: unauthorized
    as: reader
    request: GET /thing
    headers: { X-Tenant: null }
    control: {}
";

/// A gateway wants a key with every request, logins included; the API wants a key and a tenant.
fn behind_a_gateway() -> Server {
    Server::start(|request| {
        let has = |name: &str, value: &str| request.header(name) == Some(value);
        match request.path.as_str() {
            _ if !has("x-gateway-key", "gateway-key-1") => Reply::json(403, "{}"),
            "/login" => Reply::json(200, "{\"token\":\"token-of-a-login\"}"),
            _ if has("x-key", "key-of-the-role") && has("x-tenant", "acme-corporation") => {
                Reply::json(200, "{}")
            }
            _ if has("authorization", "Bearer token-of-a-login") => Reply::json(200, "{}"),
            _ => failure(401, "unauthorized"),
        }
    })
}

#[test]
fn headers_of_the_target_and_of_a_role_are_sent_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    pack(folder.path(), UNAUTHORIZED);
    let server = behind_a_gateway();
    let role = "roles.reader.headers = { X-Key = \"${env:KEY}\", X-Tenant = \"acme-corporation\" }";
    target(
        folder.path(),
        &server.url,
        &format!("headers = {{ X-Gateway-Key = \"${{env:GATEWAY}}\" }}\n{role}"),
    );
    let run = |folder: &Path| {
        let mut command = failspec(folder);
        command.args(["run", "--packs", ".", "-v", "--report", "json=r.json"]);
        done(command.env("GATEWAY", "gateway-key-1").env("KEY", "key-of-the-role"))
    };
    let all = run(folder.path());
    let report = fs::read_to_string(folder.path().join("r.json")).unwrap();
    for secret in ["gateway-key-1", "key-of-the-role"] {
        assert!(!report.contains(secret) && !all.all().contains(secret), "{secret}");
    }
    // Two failures are not exercised: nothing selects them.
    all.says("2 passed").says("unauthorized");
    // The control is the same request with the tenant of the role.
    let tenants: Vec<bool> = server.received().iter().map(|it| it.header("x-tenant").is_some()).collect();
    assert!(tenants.contains(&true) && tenants.contains(&false));
    // Without the key of the gateway nothing succeeds, and the API is not accused.
    target(folder.path(), &server.url, role);
    run(folder.path()).exits(3);
}

#[test]
fn headers_of_the_target_are_sent_with_logins() {
    let folder = tempfile::tempdir().unwrap();
    pack(folder.path(), &UNAUTHORIZED[..UNAUTHORIZED.find("  read_without_the_tenant").unwrap()]);
    let server = behind_a_gateway();
    let lines = "headers = { X-Gateway-Key = \"gateway-key-1\" }\n[target.t.roles.reader.login]\n\
                 steps = [{ request = \"POST /login\", capture = { token = \"/token\" } }]\n\
                 header = \"Authorization: Bearer ${token}\"";
    target(folder.path(), &server.url, lines);
    done(failspec(folder.path()).args(["run", "--packs", "."])).says("1 passed");
    let login = server.received().into_iter().find(|request| request.path == "/login").unwrap();
    assert_eq!(login.header("x-gateway-key"), Some("gateway-key-1"));
    // An identity provider elsewhere does not get the key.
    let provider = Server::start(|_| Reply::json(200, "{\"token\":\"token-of-a-login\"}"));
    let elsewhere = lines.replace("POST /login", &format!("POST {}/login", provider.url));
    target(folder.path(), &server.url, &elsewhere);
    done(failspec(folder.path()).args(["run", "--packs", "."])).says("1 passed");
    assert!(provider.received().iter().all(|request| request.header("x-gateway-key").is_none()));
    assert_eq!(provider.requests(), 1);
}

const UNAVAILABLE: &str = "\
contract: slow
scenarios:
  read_without_the_database:
    triggers: unavailable
    as: reader
    request: GET /thing
    control: {}
";

/// A server whose database is a file.
fn with_a_database(folder: &Path) -> Server {
    let database = folder.join("database");
    fs::write(&database, "").unwrap();
    Server::start(move |_| match database.exists() {
        true => Reply::json(200, "{}"),
        false => failure(503, "unavailable"),
    })
}

#[cfg(unix)]
#[test]
fn conditions_are_begun_and_ended_by_commands_only_if_they_are_allowed() {
    let folder = tempfile::tempdir().unwrap();
    pack(folder.path(), UNAVAILABLE);
    let server = with_a_database(folder.path());
    let condition = |begin: &str, more: &str| {
        format!(
            "roles.reader.bearer = \"token-of-the-reader\"\n[target.t.conditions.database-down]\n\
             begin = {{ run = [{begin}] }}\nend = {{ run = [\"touch\", \"database\"] }}\n{more}"
        )
    };
    let run = |more: &[&str]| {
        done(failspec(folder.path()).args(["run", "--packs", ".", "--report", "json=r.json"]).args(more))
    };
    let remove = "\"rm\", \"database\"";
    target(
        folder.path(),
        &server.url,
        &condition(remove, "ready = { run = [\"test\", \"!\", \"-e\", \"database\"] }"),
    );
    let refused =
        run(&[]).exits(2).says("the condition database-down of the target t runs `rm`, `touch`, `test`");
    assert!(refused.all().contains("--allow-commands") && server.requests() == 0);
    run(&["--allow-commands"]).says("runs `rm`, `touch`, `test`").says("1 passed");
    assert!(folder.path().join("database").exists(), "the condition was ended");
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(report["cases"][0]["outcome"], "passed");
    // What a command changes nobody knows: a read-only target does not get there.
    target(folder.path(), &server.url, &format!("read_only = true\n{}", condition(remove, "")));
    run(&["--allow-commands"]).exits(4).says("1 skipped");
    assert!(folder.path().join("database").exists());
    // A command that fails, that does not exist, or that does not end: inconclusive, and the condition is ended.
    for (begin, said) in [
        ("\"false\"", "`false` failed"),
        ("\"failspec-no-such-program\"", "`failspec-no-such-program` cannot be run"),
        ("\"sleep\", \"60\"", "`sleep` did not end within 1 s"),
    ] {
        target(folder.path(), &server.url, &condition(begin, "within = \"1s\""));
        run(&["--allow-commands"]).exits(3).says(said);
        assert!(folder.path().join("database").exists(), "{begin}");
    }
    for (wrong, said) in [
        ("begin = { run = [] }", "the program is missing"),
        ("begin = { run = [\"x\"], request = \"GET /x\" }", "neither one request nor one command"),
        ("begin = {}", "neither one request nor one command"),
        ("begin = { run = [\"x\"], json = 1 }", "a command has no `json`"),
    ] {
        let lines = format!("[target.t.conditions.database-down]\n{wrong}\nend = {{ run = [\"x\"] }}");
        target(folder.path(), &server.url, &lines);
        run(&["--allow-commands"]).exits(2).says(said);
    }
}

#[test]
fn scenario_of_a_deadline_waits_longer_than_the_target_allows() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = |first_byte: &str| {
        format!(
            "contract: slow\nscenarios:\n  read_what_never_comes:\n    triggers: too_late\n    as: reader\n\
             \x20   request: GET /never\n{first_byte}    control: {{ request: GET /thing }}\n"
        )
    };
    let server = Server::start(|request| match request.path.as_str() {
        "/never" => {
            std::thread::sleep(Duration::from_millis(1500));
            failure(504, "too_late")
        }
        _ => Reply::json(200, "{}"),
    });
    let lines = "roles.reader.bearer = \"token-of-the-reader\"\ntimeouts = { first_byte = \"500ms\" }";
    target(folder.path(), &server.url, lines);
    let run = || done(failspec(folder.path()).args(["run", "--packs", "."]));
    pack(folder.path(), &scenario("    first_byte: 20s\n"));
    run().says("1 passed").says("waits");
    pack(folder.path(), &scenario(""));
    run().exits(3).says("took longer than 500ms");
    for wrong in ["0s", "2h", "soon"] {
        pack(folder.path(), &scenario(&format!("    first_byte: {wrong}\n")));
        run().exits(2);
    }
}

/// A limit that tells no wait, of a window of four seconds: one second, and then two, are not enough.
#[test]
fn waits_grow_where_a_limit_tells_none() {
    let folder = tempfile::tempdir().unwrap();
    pack(folder.path(), &UNAUTHORIZED[..UNAUTHORIZED.find("  read_without_the_tenant").unwrap()]);
    let refused = AtomicUsize::new(0);
    let server = Server::start(move |request| match request.header("authorization") {
        Some(_) if refused.fetch_add(1, Ordering::Relaxed) < 3 => Reply::json(429, "{}"),
        Some(_) => Reply::json(200, "{}"),
        None => failure(401, "unauthorized"),
    });
    target(folder.path(), &server.url, "roles.reader.bearer = \"token-of-the-reader\"");
    done(failspec(folder.path()).args(["run", "--packs", "."])).says("1 passed");
}
