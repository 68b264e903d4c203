//! Connections to targets: TLS, all kinds of credentials, rate limit, readiness, remapped operations; and the output
//! of `check-target` about them.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use failspec_test_server::{Authority, tls_front};

use crate::support::{
    Background, Done, Reply, Server, TINY_CONTRACT, all_of_kubeglass_exercised, done, failspec, pack_with,
    run, tiny, tiny_failure, tiny_pack, tiny_server,
};

/// Creates the tiny pack with a target `t`.
fn targeted(url: &str, more: &str) -> tempfile::TempDir {
    let folder = tiny_pack();
    target(folder.path(), url, more);
    folder
}

fn target(folder: &Path, url: &str, more: &str) {
    let text = format!("default_target = \"t\"\n[target.t]\nurl = \"{url}\"\n{more}\n");
    fs::write(folder.join("failspec.toml"), text).unwrap();
}

fn judged(folder: &Path, more: &[&str]) -> Done {
    done(failspec(folder).args(["run", "--packs", "."]).args(more))
}

const GUARDED: &str = "\
contract: tiny
as_of: 2026-01-31
envelope: { code: /error, message: /message }
requires:
  roles:
    reader: may read things
failures:
  - id: not_found
    status: 404
    code: not_found
    summary: There is no such thing
";

const GUARDED_SCENARIOS: &str = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    as: reader
    request: GET /things/none
    control: { request: GET /things/one }
";

#[test]
fn certificates_are_verified_unless_the_target_disables_it_with_a_warning() {
    let server = tiny_server();
    let front = server.secure();
    let folder = targeted(&front.url, "");
    judged(folder.path(), &[]).exits(3).says("nothing can be judged").says("certificate");
    assert_eq!(server.requests(), 0, "{:?}", server.lines());

    fs::write(folder.path().join("ca.pem"), &front.authority).unwrap();
    target(folder.path(), &front.url, "tls = { ca = \"ca.pem\" }");
    judged(folder.path(), &[]).exits(0).never_says("not verified");

    target(folder.path(), &front.url, "tls = { insecure = true }");
    let reports = ["--report", "json=r.json", "--report", "html=r.html", "--report", "junit=r.xml"];
    let more = ["--report", "markdown=r.md"];
    let insecure = judged(folder.path(), &[reports.as_slice(), &more].concat()).exits(0);
    assert!(insecure.head().contains("not verified"), "{}", insecure.head());
    assert!(insecure.last_line().contains("not verified"), "{}", insecure.last_line());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("r.json").contains("\"insecure\": true"));
    for report in ["r.html", "r.xml", "r.md"] {
        assert!(read(report).contains("not verified"), "{report}");
    }
}

/// The same API over HTTP/2, which is offered with TLS: no verdict depends on the HTTP version.
#[test]
fn a_target_that_offers_http_2_is_judged_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["serve", "kubeglass", "--target-file", "t.toml"];
    let mut serve = Background::start(failspec(folder.path()).args(arguments));
    let url = serve.first_line();
    // Only HTTP/2 is offered: a client without it would get no response.
    let authority = Authority::new();
    let behind = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let front = tls_front(&authority, &["h2"], behind);
    let front_url = format!("https://{}", front.address);
    fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
    let text = fs::read_to_string(folder.path().join("t.toml")).unwrap();
    let own = format!("url = \"{url}\"");
    assert!(text.contains(&own), "{text}");
    let over_tls = format!("url = \"{front_url}\"\ntls = {{ ca = \"ca.pem\" }}");
    fs::write(folder.path().join("t.toml"), text.replacen(&own, &over_tls, 1)).unwrap();
    done(failspec(folder.path()).args(["run", "kubeglass", "--config", "t.toml"]))
        .exits(0)
        .says(&all_of_kubeglass_exercised())
        .says(&front_url);
    serve.signal("TERM");
    serve.finish(5).exits(0);
}

#[test]
fn a_role_may_be_a_client_certificate() {
    let server = Server::start(|request| match request.has_client_certificate {
        true => tiny(request),
        false => tiny_failure(401, "unauthorized", request),
    });
    let front = server.secure();
    let client = front.issuer.issue("client.example");
    let folder = pack_with(GUARDED, GUARDED_SCENARIOS);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("ca.pem", &front.authority);
    write("me.pem", &client.certificate);
    write("me.key", &client.key);
    let role =
        "tls = { ca = \"ca.pem\" }\nroles.reader = { certificate = { file = \"me.pem\", key = \"me.key\" } }";
    target(folder.path(), &front.url, role);
    judged(folder.path(), &[]).exits(0);
    assert!(server.received().iter().all(|request| request.has_client_certificate), "{:?}", server.lines());
    assert!(server.lines().contains(&"GET /things/none".to_owned()), "{:?}", server.lines());
    // The same certificate for all requests.
    let all = "tls = { ca = \"ca.pem\", certificate = \"me.pem\", key = \"me.key\" }\nroles.reader = { bearer = \"x\" }";
    target(folder.path(), &front.url, all);
    judged(folder.path(), &[]).exits(0);
    // No certificate: rejected. One request says nothing about the role, but its case shows nothing either.
    target(folder.path(), &front.url, "tls = { ca = \"ca.pem\" }\nroles.reader = { bearer = \"x\" }");
    judged(folder.path(), &[]).exits(3).says("did not succeed: got HTTP 401");
}

#[test]
fn files_of_certificates_are_read_before_anything_is_sent() {
    let server = tiny_server();
    for (more, says) in [
        ("tls = { ca = \"gone.pem\" }", "cannot read"),
        ("tls = { certificate = \"gone.pem\" }", "cannot read"),
        ("tls = { key = \"gone.pem\" }", "there is a key, but no certificate"),
        ("roles.reader = { certificate = { file = \"gone.pem\" } }", "cannot read"),
        ("rate = \"fast\"", "`fast` is not a valid rate"),
        ("wait_for = { path = \"healthz\" }", "this is neither a path nor a URL"),
        ("operations = { up = \"GET things\" }", "is not a request"),
        ("operations = { up = \"GET /things\" }", "has no operation `up`"),
    ] {
        let folder = targeted(&server.url, more);
        judged(folder.path(), &[]).exits(2).says(says).says("failspec.toml");
    }
    assert_eq!(server.connections(), 0, "{:?}", server.lines());
    // The contents of the file are not shown.
    let folder = targeted(&server.url, "tls = { ca = \"secret.pem\" }");
    fs::write(folder.path().join("secret.pem"), "hunter2-hunter2").unwrap();
    let refused = judged(folder.path(), &[]);
    assert_ne!(refused.code, 0);
    refused.never_says("hunter2");
}

#[test]
fn a_role_may_be_a_query_parameter_which_is_never_shown() {
    let server = Server::start(|request| match request.line().as_str() {
        "GET /things/none?key=hunter2-hunter2" => tiny_failure(404, "not_found", request),
        "GET /things/one?key=hunter2-hunter2" => Reply::json(200, "{}"),
        _ => tiny_failure(401, "unauthorized", request),
    });
    let folder = pack_with(GUARDED, GUARDED_SCENARIOS);
    target(
        folder.path(),
        &server.url,
        "roles.reader = { query = { name = \"key\", value = \"${env:KEY}\" } }",
    );
    let mut command = failspec(folder.path());
    command.env("KEY", "hunter2-hunter2").args(["run", "--packs", ".", "-v", "--report", "json=r.json"]);
    done(&mut command).exits(0).never_says("hunter2").says("key=[secret: role reader]");
    assert!(!fs::read_to_string(folder.path().join("r.json")).unwrap().contains("hunter2"));
    let mut command = failspec(folder.path());
    command.env("KEY", "hunter2-hunter2").args(["run", "--packs", ".", "--url", &server.url]);
    done(command.args(["--role", "reader=query:key:env:KEY"])).exits(0).never_says("hunter2");
}

#[test]
fn role_may_use_the_output_of_a_program_if_allowed() {
    let server = Server::start(|request| match (request.line().as_str(), request.header("authorization")) {
        ("GET /things/none", Some("Token hunter2-hunter2")) => tiny_failure(404, "not_found", request),
        ("GET /things/one", Some("Token hunter2-hunter2")) => Reply::json(200, "{}"),
        _ => tiny_failure(401, "unauthorized", request),
    });
    let folder = pack_with(GUARDED, GUARDED_SCENARIOS);
    let role = |run: &str| {
        let role = format!("roles.reader = {{ command = {{ run = {run}, prefix = \"Token \" }} }}");
        target(folder.path(), &server.url, &role);
    };
    // The program records how often it was run.
    role(r#"["sh", "-c", "echo run >> runs; echo hunter2-hunter2"]"#);
    judged(folder.path(), &[]).exits(2).says("--allow-commands");
    assert!(!folder.path().join("runs").exists());
    judged(folder.path(), &["--allow-commands", "-v"]).exits(0).never_says("hunter2");
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "run\n");
    for (run, says) in [
        (r#"["sh", "-c", "echo hunter2-hunter2; exit 3"]"#, "failed"),
        (r#"["sh", "-c", "true"]"#, "did not print one line"),
        (r#"["sh", "-c", "echo a; echo b"]"#, "did not print one line"),
        (r#"["no-such-program-of-ours"]"#, "cannot be run"),
    ] {
        role(run);
        judged(folder.path(), &["--allow-commands"]).exits(3).says(says).never_says("hunter2");
    }
}

#[test]
fn requests_respect_the_rate_of_the_target() {
    let server = tiny_server();
    let scenarios: String = (0..10)
        .map(|number| {
            format!("  s{number}:\n    triggers: not_found\n    request: GET /things/none\n    control: {{ request: GET /things/one }}\n")
        })
        .collect();
    let folder = pack_with(TINY_CONTRACT, &format!("contract: tiny\nscenarios:\n{scenarios}"));
    target(folder.path(), &server.url, "rate = \"40/s\"");
    let began = Instant::now();
    judged(folder.path(), &[]).exits(0);
    // A lower bound: 11 requests at this rate cannot be sent faster, however slow the machine is.
    assert!(began.elapsed() >= Duration::from_millis(10 * 25), "{:?}", began.elapsed());
    assert!(server.lines().len() >= 11);
}

/// A proxy that responds like the tiny API for any host, and records the maximum number of concurrent requests.
fn proxy() -> (Server, Arc<AtomicUsize>) {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let server = Server::start(move |request| {
        seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(20));
        now.fetch_sub(1, Ordering::SeqCst);
        match request.line().contains("/things/one") {
            true => Reply::json(200, "{}"),
            false => tiny_failure(404, "not_found", request),
        }
    });
    (server, most)
}

#[test]
fn environment_proxy_is_used_with_at_most_eight_concurrent_requests() {
    let scenarios: String = (0..40)
        .map(|number| {
            format!("  s{number}:\n    triggers: not_found\n    request: GET /things/none\n    control: {{ request: GET /things/one }}\n")
        })
        .collect();
    let folder = pack_with(TINY_CONTRACT, &format!("contract: tiny\nscenarios:\n{scenarios}"));
    let run = |proxy: &Server, more: &[&str]| {
        let mut command = failspec(folder.path());
        command.env("http_proxy", &proxy.url).env_remove("no_proxy").env_remove("NO_PROXY");
        done(command.args(["run", "--packs", ".", "--url", "http://api.invalid"]).args(more))
    };
    let (server, most) = proxy();
    run(&server, &[]).exits(0);
    assert!(
        server.lines().contains(&"GET http://api.invalid/things/none".to_owned()),
        "{:?}",
        server.lines()
    );
    let at_once = most.load(Ordering::SeqCst);
    assert!((2..=8).contains(&at_once), "{at_once} at once");
    let (server, most) = proxy();
    run(&server, &["--jobs", "2"]).exits(0);
    assert!(most.load(Ordering::SeqCst) <= 2);
    // Targets on this machine are requested without the proxy.
    let (direct, most) = proxy();
    let (aside, _) = proxy();
    let mut command = failspec(folder.path());
    command.env("http_proxy", &aside.url).args(["run", "--packs", ".", "--url", &direct.url]);
    done(&mut command).exits(0);
    assert_eq!(aside.connections(), 0);
    assert!(most.load(Ordering::SeqCst) <= 16);
}

#[test]
fn a_run_waits_until_the_target_is_ready() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = Server::start(move |request| match request.path.as_str() {
        "/healthz" if count.fetch_add(1, Ordering::SeqCst) < 2 => Reply::json(503, "{}"),
        "/healthz" => Reply::json(200, "{}"),
        _ => tiny(request),
    });
    let folder = targeted(&server.url, "wait_for = { path = \"/healthz\", within = \"20s\" }");
    judged(folder.path(), &[]).exits(0);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    assert!(server.lines()[..3].iter().all(|line| line == "GET /healthz"), "{:?}", server.lines());

    let never = Server::start(|_| Reply::json(503, "{}"));
    let folder = targeted(&never.url, "wait_for = { path = \"/healthz\", within = \"1s\" }");
    judged(folder.path(), &[]).exits(3).says("was not ready within 1 s").says("HTTP 503");
    assert!(never.lines().iter().all(|line| line == "GET /healthz"), "{:?}", never.lines());
}

#[test]
fn operation_may_be_remapped_by_a_target() {
    let server = Server::start(|request| match request.line().as_str() {
        "GET /v2/api/none/thing" => tiny_failure(404, "not_found", request),
        "GET /v2/api/one/thing" => Reply::json(200, "{}"),
        _ => Reply::html(500, "no such path"),
    });
    let contract =
        TINY_CONTRACT.replace("failures:", "operations:\n  get_thing: GET /things/{name}\nfailures:");
    let scenarios = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: get_thing
    path: { name: none }
    control: { path: { name: one } }
";
    let folder = pack_with(&contract, scenarios);
    target(folder.path(), &server.url, "operations = { get_thing = \"GET /v2/api/{name}/thing\" }");
    judged(folder.path(), &[]).exits(0);
    target(folder.path(), &server.url, "operations = { get_thing = \"GET /v2/{nmae}\" }");
    judged(folder.path(), &[]).exits(2).says("the parameter `{nmae}`").says("GET /things/{name}");
    target(folder.path(), &server.url, "operations = { get_thng = \"GET /v2/{name}\" }");
    judged(folder.path(), &[]).exits(2).says("did you mean `get_thing`?");
}

#[test]
fn check_target_reports_what_a_target_provides() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["serve", "kubeglass", "--target-file", "t.toml"];
    let mut serve = Background::start(failspec(folder.path()).args(arguments));
    let url = serve.first_line();
    let check = |more: &[&str]| {
        let mut command = failspec(folder.path());
        done(command.env("WRONG", "nonsense-token").args(["check-target", "kubeglass"]).args(more))
    };
    let whole = check(&["--config", "t.toml"]).exits(0);
    for role in ["editor", "admin"] {
        assert!(whole.stdout.contains(&format!("works   role {role}")), "{}", whole.stdout);
    }
    assert!(whole.stdout.contains("84 of 84 cases can run"), "{}", whole.stdout);
    check(&["--url", &url]).exits(4).says("missing role editor").says("0 of 84 cases can run");
    check(&["--url", &url, "--role", "editor=bearer:env:WRONG"])
        .exits(3)
        .says("refused role editor")
        .says("401")
        .never_says("nonsense-token");
    serve.signal("TERM");
    serve.finish(5).exits(0);
    check(&["--url", &url]).exits(3).says("it cannot be reached");
    run(&["check-target", "kubeglass"]).exits(2).says("there is no target");
    run(&["check-target", "nope", "--url", "http://127.0.0.1:9"]).exits(2);
}
