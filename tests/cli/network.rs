//! The way of the traffic: another address, a Unix socket, a proxy; and documents by URL.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use crate::support::{
    Done, Reply, Server, TINY_CONTRACT, done, failspec, pack_with, tiny_failure, tiny_pack, tiny_server,
};

fn target(folder: &Path, lines: &str) {
    fs::write(folder.join("failspec.toml"), format!("default_target = \"t\"\n[target.t]\n{lines}\n"))
        .unwrap();
}

fn judged(folder: &Path) -> Done {
    let reports = ["json=r.json", "junit=r.xml", "markdown=r.md", "html=r.html"];
    let reports = reports.iter().flat_map(|report| ["--report", report]);
    done(failspec(folder).args(["run", "--packs", "."]).args(reports))
}

/// A proxy that responds like the tiny API for any host.
fn proxy() -> Server {
    Server::start(|request| match request.line().contains("/things/one") {
        true => Reply::json(200, "{}"),
        false => tiny_failure(404, "not_found", request),
    })
}

fn via(folder: &Path) -> Value {
    let report: Value = serde_json::from_slice(&fs::read(folder.join("r.json")).unwrap()).unwrap();
    report["packs"][0]["via"].clone()
}

fn port(url: &str) -> &str {
    url.rsplit(':').next().unwrap()
}

/// Asserts that a text is in every report for people.
fn in_every_report(folder: &Path, text: &str) {
    for report in ["r.xml", "r.md", "r.html"] {
        assert!(fs::read_to_string(folder.join(report)).unwrap().contains(text), "{text} is not in {report}");
    }
}

#[test]
fn requests_go_to_another_address_with_the_host_of_the_url() {
    let server = tiny_server();
    let folder = tiny_pack();
    let address = format!("127.0.0.1:{}", port(&server.url));
    target(folder.path(), &format!("url = \"http://api.test/\"\nconnect_to = \"{address}\""));
    judged(folder.path()).exits(0).says(&format!("via {address}"));
    assert!(server.received().iter().all(|request| request.header("host") == Some("api.test")));
    assert_eq!(via(folder.path()), serde_json::json!({ "kind": "address", "address": address }));
    in_every_report(folder.path(), &format!("http://api.test/ via {address}"));
}

#[test]
fn certificate_is_that_of_the_url_also_at_another_address() {
    let server = tiny_server();
    let front = server.secure();
    let folder = tiny_pack();
    fs::write(folder.path().join("ca.pem"), &front.authority).unwrap();
    let own = format!("127.0.0.1:{}", port(&front.url));
    let lines = |host: &str| {
        format!("url = \"https://{host}/\"\nconnect_to = \"{own}\"\ntls = {{ ca = \"ca.pem\" }}")
    };
    target(folder.path(), &lines("127.0.0.1"));
    judged(folder.path()).exits(0);
    // The certificate is for 127.0.0.1.
    target(folder.path(), &lines("api.test"));
    judged(folder.path()).exits(3).says("certificate");
}

#[test]
fn requests_at_once_are_judged_over_tls_as_without() {
    let contract = "contract: tiny\nas_of: 2026-01-31\nenvelope: { code: /code }\n\
                    failures: [ { id: stale, status: 412, code: stale, summary: x } ]\n";
    let scenario = "contract: tiny\nscenarios:\n  s:\n    triggers: stale\n    request: PUT /thing\n    \
                    json: { a: 1 }\n    concurrent: { times: 3, in_turn: refused }\n    control: { json: { a: 2 } }\n";
    for (succeed, exit) in [(1, 0), (3, 1), (0, 1)] {
        let count = AtomicUsize::new(0);
        let server = Server::start(move |request| {
            let is_tested = String::from_utf8_lossy(&request.body).contains('1');
            match is_tested && count.fetch_add(1, Ordering::SeqCst) % 3 >= succeed {
                true => Reply::json(412, "{\"code\":\"stale\"}"),
                false => Reply::json(200, "{}"),
            }
        });
        let front = server.secure();
        let folder = pack_with(contract, scenario);
        fs::write(folder.path().join("ca.pem"), &front.authority).unwrap();
        target(folder.path(), &format!("url = \"{}\"\ntls = {{ ca = \"ca.pem\" }}", front.url));
        let secure = judged(folder.path());
        target(folder.path(), &format!("url = \"{}\"", server.url));
        let plain = judged(folder.path());
        assert_eq!((secure.code, plain.code), (exit, exit), "{}", secure.all());
    }
}

#[test]
fn requests_go_to_a_unix_socket() {
    let server = tiny_server();
    let folder = tiny_pack();
    let _socket = server.on_unix_socket(&folder.path().join("api.sock"));
    target(folder.path(), "url = \"http://api.test/\"\nconnect_to = \"unix:api.sock\"");
    judged(folder.path()).exits(0).says("via the Unix socket ");
    assert_eq!(via(folder.path())["kind"], "unix_socket");
    assert!(server.received().iter().all(|request| request.header("host") == Some("api.test")));
    // A socket that is not there is no violation.
    target(folder.path(), "url = \"http://api.test/\"\nconnect_to = \"unix:other.sock\"");
    judged(folder.path()).exits(3).says("No such file or directory");
}

#[test]
fn requests_go_through_the_proxy_of_the_target() {
    let proxy = proxy();
    let folder = tiny_pack();
    let shown = format!("http://127.0.0.1:{}", port(&proxy.url));
    let with_user = shown.replace("http://", "http://joe:hunter2hunter2@");
    target(folder.path(), &format!("url = \"http://api.test/\"\nproxy = \"{with_user}\""));
    judged(folder.path()).exits(0).says(&format!("via the proxy {shown}")).never_says("hunter2");
    assert!(
        proxy.received().iter().all(|request| {
            request.header("proxy-authorization") == Some("Basic am9lOmh1bnRlcjJodW50ZXIy")
        })
    );
    assert_eq!(via(folder.path()), serde_json::json!({ "kind": "proxy", "url": shown }));
    for report in ["r.json", "r.xml", "r.md", "r.html"] {
        assert!(!fs::read_to_string(folder.path().join(report)).unwrap().contains("hunter2"), "{report}");
    }
}

#[test]
fn proxy_of_the_environment_is_shown_and_can_be_switched_off() {
    let (proxy, server) = (proxy(), tiny_server());
    let folder = tiny_pack();
    let run = |lines: &str| {
        target(folder.path(), lines);
        let mut command = failspec(folder.path());
        command.env("HTTP_PROXY", &proxy.url).env_remove("NO_PROXY").env_remove("no_proxy");
        done(command.args(["run", "--packs", "."]))
    };
    run("url = \"http://api.test/\"").exits(0).says(&format!("via the proxy {}", proxy.url));
    let before = proxy.received().len();
    assert!(before > 0);
    let address = format!("127.0.0.1:{}", port(&server.url));
    run(&format!("url = \"http://api.test/\"\nconnect_to = \"{address}\""))
        .exits(0)
        .never_says("via the proxy");
    // Without the proxy, there is no such host.
    run("url = \"http://api.invalid/\"\nproxy = \"none\"").exits(3).never_says("via the proxy");
    assert_eq!(proxy.received().len(), before);
}

#[test]
fn unusable_ways_are_refused_with_their_line() {
    let folder = tiny_pack();
    for (lines, says) in [
        ("connect_to = \"10.0.0.7\"", "this is no address to connect to"),
        ("connect_to = \"http://10.0.0.7:80\"", "this is no address to connect to"),
        ("proxy = \"ftp://joe:hunter2hunter2@p:1\"", "its scheme must be http, https, socks5 or socks5h"),
        ("proxy = \"http://\"", "the proxy cannot be used"),
        ("connect_to = \"10.0.0.7:80\"\nproxy = \"none\"", "either `connect_to` or `proxy`"),
    ] {
        target(folder.path(), &format!("url = \"http://api.test/\"\n{lines}"));
        let refused = judged(folder.path()).exits(2).says(says).never_says("hunter2");
        assert!(refused.all().contains("failspec.toml:4") || refused.all().contains("failspec.toml:5"));
    }
    let mut command = failspec(folder.path());
    command.env("HTTP_PROXY", "ftp://joe:hunter2hunter2@p:1").args(["run", "--packs", "."]);
    done(command.args(["--url", "http://api.test/"]))
        .exits(2)
        .says("HTTP_PROXY cannot be used")
        .never_says("hunter2");
}

const DOCUMENT: &str = r#"{ "openapi": "3.0.3", "info": { "title": "t", "version": "1" }, "paths": { "/things/{id}": { "get": {
  "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } }],
  "responses": { "200": { "description": "ok" }, "404": { "description": "absent" } } } } } }"#;

const PAGE: &str = "| Code | HTTP | Description |\n|---|---|---|\n| `not_found` | 404 | No such thing |\n";

fn documents() -> Server {
    Server::start(|request| match request.line().split(' ').nth(1).unwrap_or_default() {
        "/moved" => Reply::json(302, "").with("Location", "/openapi.json?token=hunter2hunter2"),
        path if path.starts_with("/openapi.json") => Reply::json(200, DOCUMENT),
        "/errors" => Reply::new(200, "text/markdown", PAGE),
        "/huge" => Reply::new(200, "text/markdown", vec![b' '; 65 << 20]),
        _ => Reply::json(404, "{}"),
    })
}

#[test]
fn documents_are_read_by_url() {
    let server = documents();
    let folder = tempfile::tempdir().unwrap();
    let command = |arguments: &[&str]| done(failspec(folder.path()).args(arguments));
    let (document, page) = (format!("{}/openapi.json", server.url), format!("{}/errors", server.url));
    command(&["import", "openapi", &document, "--name", "a"]).exits(0);
    command(&["import", "openapi", &format!("{}/moved", server.url), "--name", "b"]).exits(0);
    let contract = fs::read_to_string(folder.path().join("schemas/a/contract.yaml")).unwrap();
    assert!(contract.contains(&document), "the address is named: {contract}");
    command(&["drift", "a", "--packs", ".", "--openapi", &document]).exits(0);
    command(&["import", "docs", &page, "--name", "c"]).exits(0);
    command(&["drift", "c", "--packs", ".", "--docs", &page]).exits(0).says(&page);
    // One request for each document, and nothing else.
    assert_eq!(server.received().len(), 6, "{:?}", server.lines());
}

#[test]
fn documents_that_cannot_be_fetched_are_a_clear_error() {
    let server = documents();
    let folder = tempfile::tempdir().unwrap();
    let import = |url: &str| done(failspec(folder.path()).args(["import", "openapi", url, "--name", "a"]));
    import(&format!("{}/none?token=hunter2hunter2", server.url))
        .exits(2)
        .says("HTTP 404")
        .never_says("hunter2");
    import(&format!("{}/huge", server.url)).exits(2).says("is larger than 67108864 bytes");
    let free = failspec_test_server::closed_address();
    import(&format!("http://{free}/x")).exits(2).says("Connection refused");
    import("https://").exits(2).says("cannot be read");
    assert!(!folder.path().join("schemas").exists(), "nothing is written");
}

#[test]
fn security_a_pack_names_no_other_host_unless_the_target_allows_it() {
    let scenarios = |host: &str| {
        format!(
            "contract: tiny\nscenarios:\n  read_a_missing_thing:\n    triggers: not_found\n    as: user\n    \
             request: GET /things/none\n    headers: {{ HOST: \"{host}\" }}\n    no_control: the host is what is tested\n"
        )
    };
    let server = tiny_server();
    let own = server.url.trim_start_matches("http://").to_owned();
    let allowed = "hosts = [\"Other.example\"]";
    let by_condition = "conditions.broken = { headers = { host = \"other.example\" } }";
    for (host, lines, code) in [
        ("other.example", "", 3),
        ("${thing}", "variables.thing = \"other.example\"", 3),
        ("other.example", allowed, 0),
        ("another.example", allowed, 3),
        ("other.example", by_condition, 0),
        (own.as_str(), "", 0),
        ("127.0.0.1", "", 3),
    ] {
        let folder = pack_with(TINY_CONTRACT, &scenarios(host));
        let lines =
            format!("url = \"{}\"\nroles.user = {{ bearer = \"token-of-the-tests\" }}\n{lines}", server.url);
        target(folder.path(), &lines);
        let before = server.lines().len();
        let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--target", "t"]));
        assert_eq!(done.code, code, "{host} {lines}: {}", done.all());
        let sent = server.lines()[before..].iter().filter(|line| line.contains("/things/none")).count();
        assert_eq!(sent > 0, code == 0, "{host} {lines}");
        assert_eq!(
            done.stdout.contains("`hosts` of the target does not list it"),
            code == 3,
            "{}",
            done.stdout
        );
    }
}
