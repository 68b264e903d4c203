//! `failspec observe` and `failspec proxy`: recorded traffic, its exit codes, reports, and what takes no observation.

use std::{fs, path::Path, process::Command};

use failspec_test_server::{Received, Reply, Server};
use serde_json::{Value, json};

use crate::support::{Background, Done, done, failspec, pack_with};

const CONTRACT: &str = "\
contract: tiny
as_of: 2026-11-20
success: { status: 2xx }
envelope: { media_type: application/json, code: /error, message: /message }
codes: closed
operations:
  get_note: { request: 'GET /notes/{id}', source: documented }
failures:
  - { id: not_found, status: 404, code: not_found, summary: There is no such note }
  - { id: conflict, status: 409, code: conflict, summary: It exists already }
";

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  absent: { triggers: not_found, request: GET /notes/absent, control: { request: GET /notes/1 } }
  twice: { triggers: conflict, request: GET /notes/twice, control: { request: GET /notes/1 } }
";

/// A credential that must reach no report.
const TOKEN: &str = "s3cr3t-t0ken-0123456789";

fn entry(path: &str, status: u16, body: &Value) -> Value {
    let text = body.to_string();
    json!({
        "startedDateTime": "2026-11-20T10:00:00Z", "time": 1,
        "request": { "method": "GET", "url": format!("https://api.test{path}"),
                     "headers": [{ "name": "Authorization", "value": format!("Bearer {TOKEN}") }] },
        "response": { "status": status, "headers": [{ "name": "Content-Type", "value": "application/json" }],
                      "content": { "size": text.len(), "text": text } },
    })
}

fn write_har(folder: &Path, entries: &[Value]) {
    let har = json!({ "log": { "version": "1.2", "entries": entries } });
    fs::write(folder.join("a.har"), har.to_string()).unwrap();
}

fn absent() -> Value {
    entry("/notes/7", 404, &json!({ "error": "not_found", "message": "no" }))
}

fn wrong() -> Value {
    entry("/notes/8", 400, &json!({ "error": "not_found", "message": "no" }))
}

fn observe(folder: &Path, more: &[&str]) -> Done {
    let mut command = failspec(folder);
    command.args(["observe", "tiny", "a.har", "--packs", ".", "--url", "https://api.test"]).args(more);
    done(&mut command)
}

#[test]
fn observe_exit_codes_tell_what_was_seen() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let packs = folder.path();
    write_har(packs, &[absent()]);
    observe(packs, &[])
        .exits(0)
        .says("no violations seen · 1 seen")
        .says("1 of 2 documented failures seen, none exercised");
    observe(packs, &["--min-coverage", "50"]).exits(0);
    observe(packs, &["--min-coverage", "51"]).exits(4).says("1 of 2 documented failures");
    write_har(packs, &[absent(), wrong()]);
    observe(packs, &[]).exits(1).says("HTTP status: expected 404, got 400").says("a.har:2");
    write_har(packs, &[entry("/notes/7", 200, &json!({}))]);
    let elsewhere = failspec(packs)
        .args(["observe", "tiny", "a.har", "--packs", ".", "--url", "http://other.test"])
        .output();
    let text = String::from_utf8(elsewhere.unwrap().stderr).unwrap();
    assert!(text.contains("its requests went to api.test (1)"), "{text}");
    fs::write(packs.join("a.har"), "{\"log\":{\"entries\":[7]}}").unwrap();
    observe(packs, &[]).exits(2).says("a.har, line 1, column 21, entry 1: invalid type");
}

#[test]
fn observe_writes_every_report_and_no_credential() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let packs = folder.path();
    write_har(packs, &[absent(), absent(), wrong(), entry("/notes/9", 200, &json!({ "id": 9 }))]);
    let formats = ["json", "junit", "html", "markdown", "sarif", "ndjson", "har"];
    let reports: Vec<String> = formats.iter().map(|format| format!("{format}=r.{format}")).collect();
    let options: Vec<&str> = reports.iter().flat_map(|report| ["--report", report.as_str()]).collect();
    observe(packs, &options).exits(1);
    for format in formats {
        let text = fs::read_to_string(packs.join(format!("r.{format}"))).unwrap();
        assert!(!text.contains(TOKEN), "{format}: {text}");
        // A HAR file has exchanges only.
        let is_said =
            text.contains("only seen") || text.contains("none exercised") || text.contains("never exercised");
        assert!(is_said || ["har", "json", "ndjson"].contains(&format), "{format}: {text}");
    }
    let json: Value = serde_json::from_str(&fs::read_to_string(packs.join("r.json")).unwrap()).unwrap();
    assert_eq!(json["recordings"][0]["documented"][0]["exchanges"], 3);
    assert_eq!(json["packs"][0]["coverage"]["failures"][0]["state"]["why"]["kind"], "seen");
    // What was written is a recording again.
    let again = failspec(packs)
        .args(["observe", "tiny", "r.har", "r.json", "--packs", ".", "--url", "https://api.test", "-q"])
        .output();
    assert_eq!(again.unwrap().status.code(), Some(1));
    assert!(fs::read_to_string(packs.join("r.ndjson")).unwrap().contains("\"recordings\""));
}

#[test]
fn standard_input_and_waivers_are_read() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let packs = folder.path();
    write_har(packs, &[absent(), wrong()]);
    let waiver = "[target.t]\nurl = \"https://api.test\"\n[[waivers]]\nscenario = \"tiny::not_found::**\"\ncheck = \"status\"\nreason = \"known\"\nexpires = \"2999-01-01\"\n";
    fs::write(packs.join("failspec.toml"), waiver).unwrap();
    let mut command = failspec(packs);
    command.args(["observe", "tiny", "-", "--packs", ".", "--target", "t"]);
    command.stdin(fs::File::open(packs.join("a.har")).unwrap());
    done(&mut command).exits(0).says("1 waived").says("standard input: 2 recorded");
}

#[test]
fn a_run_and_an_observation_are_merged_for_reading() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let packs = folder.path();
    // The failure `conflict` does not come in the run.
    let server = Server::start(|request: &Received| match request.path.as_str() {
        "/notes/1" => Reply::json(200, json!({ "id": 1 })),
        _ => Reply::json(404, json!({ "error": "not_found", "message": "no" })),
    });
    let mut run = failspec(packs);
    run.args(["run", "tiny::not_found", "--packs", ".", "--url", &server.url, "--report", "json=run.json"]);
    done(&mut run).exits(0);
    let mut incomplete = failspec(packs);
    incomplete.args(["run", "tiny", "--packs", ".", "--url", &server.url, "--report", "json=all.json"]);
    done(&mut incomplete).exits(1);
    let merge = |reports: &[&str]| done(failspec(packs).arg("merge").args(reports));
    write_har(packs, &[entry("/notes/9", 409, &json!({ "error": "conflict", "message": "no" }))]);
    observe(packs, &["--report", "json=seen.json", "-q"]).exits(0);
    merge(&["run.json", "seen.json"]).exits(0).says("1 of 2 documented failures seen, none exercised");
    merge(&["seen.json", "all.json"]).exits(1);
    merge(&["seen.json"]).exits(0).says("no violations seen");
    merge(&["seen.json", "seen.json"]).exits(2).says("give all recordings to one `failspec observe`");
    // A violation that was seen counts.
    write_har(packs, &[wrong()]);
    observe(packs, &["--report", "json=bad.json", "-q"]).exits(1);
    merge(&["run.json", "bad.json"]).exits(1).says("violations");
}

#[test]
fn observations_of_several_packs_are_merged_and_one_of_a_pack_that_did_not_run_is_refused() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let packs = folder.path();
    for (kind, text) in [("schemas", CONTRACT), ("scenarios", SCENARIOS)] {
        let (from, to) = (packs.join(kind).join("tiny"), packs.join(kind).join("small"));
        fs::create_dir(&to).unwrap();
        for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
            fs::write(to.join(file.file_name()), text.replace("contract: tiny", "contract: small")).unwrap();
        }
    }
    write_har(packs, &[absent()]);
    for pack in ["tiny", "small"] {
        let report = format!("json={pack}.json");
        let common = ["--packs", ".", "--url", "https://api.test", "-q", "--report", &report];
        done(failspec(packs).args(["observe", pack, "a.har"]).args(common)).exits(0);
    }
    let merge = |reports: &[&str]| done(failspec(packs).arg("merge").args(reports));
    let both = merge(&["tiny.json", "small.json"]).exits(0).says("no violations seen");
    assert!(both.stdout.contains("tiny") && both.stdout.contains("small"), "{}", both.stdout);
    let server = Server::start(|request: &Received| match request.path.as_str() {
        "/notes/1" => Reply::json(200, json!({ "id": 1 })),
        _ => Reply::json(404, json!({ "error": "not_found", "message": "no" })),
    });
    let mut run = failspec(packs);
    run.args(["run", "tiny::not_found", "--packs", ".", "--url", &server.url, "--report", "json=run.json"]);
    done(&mut run).exits(0);
    merge(&["run.json", "small.json"]).exits(2).says("small, which is not in the other reports");
}

#[test]
fn what_was_seen_never_makes_an_incomplete_run_complete() {
    let folder = pack_with(
        CONTRACT,
        "contract: tiny\nscenarios:\n  absent: { triggers: not_found, request: GET /notes/absent, control: { request: GET /notes/1 } }\n",
    );
    let packs = folder.path();
    let server = Server::start(|request: &Received| match request.path.as_str() {
        "/notes/1" => Reply::json(200, json!({ "id": 1 })),
        _ => Reply::json(404, json!({ "error": "not_found", "message": "no" })),
    });
    let mut run = failspec(packs);
    run.args(["run", "tiny", "--packs", ".", "--url", &server.url, "--report", "json=run.json"]);
    done(&mut run).exits(4);
    write_har(packs, &[entry("/notes/9", 409, &json!({ "error": "conflict", "message": "no" }))]);
    observe(packs, &["--report", "json=seen.json", "-q"]).exits(0);
    let merged = done(failspec(packs).args(["merge", "run.json", "seen.json"]));
    merged.exits(4).says("conflict").says("incomplete");
}

#[test]
fn no_certificate_and_no_badge_is_made_of_an_observation() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let packs = folder.path();
    write_har(packs, &[absent()]);
    observe(packs, &["--report", "json=seen.json", "-q"]).exits(0);
    done(failspec(packs).args(["badge", "seen.json", "--svg", "b.svg"])).exits(2);
    assert!(!packs.join("b.svg").exists());
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

fn api() -> Server {
    Server::start(|request: &Received| match request.path.as_str() {
        "/page" => Reply::html(
            200,
            "<script>Promise.all(['/notes/1', '/notes/8'].map(path => fetch(path).then(it => it.text()))).then(all => document.title = all.join())</script>",
        ),
        "/notes/1" => Reply::json(200, json!({ "id": 1 })),
        "/notes/8" => Reply::json(400, json!({ "error": "not_found", "message": "no" })),
        _ => Reply::json(404, json!({ "error": "not_found", "message": "no" })),
    })
}

fn proxy(packs: &Path, server: &Server, more: &[&str]) -> (Background, String) {
    let mut command = failspec(packs);
    command.args(["proxy", "tiny", "--packs", ".", "--to", &server.url]).args(more);
    let mut proxy = Background::start(&mut command);
    let line = proxy.first_line();
    let url = line.split(' ').next().unwrap_or_default().to_owned();
    (proxy, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_judges_what_passes_and_reports_at_its_end() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let server = api();
    let (proxy, url) = proxy(folder.path(), &server, &["--har", "p.har", "--report", "json=p.json"]);
    let client = client();
    for path in ["/notes/1", "/notes/7", "/notes/8", "/notes/8"] {
        client.get(format!("{url}{path}")).bearer_auth(TOKEN).send().await.unwrap().bytes().await.unwrap();
    }
    proxy.signal("INT");
    let done = proxy
        .finish(20)
        .exits(1)
        .says("    3 ✗ GET /notes/{id}: HTTP status: expected 404, got 400 [status]");
    assert_eq!(done.stdout.matches("✗ GET").count(), 1, "{}", done.stdout);
    let har = fs::read_to_string(folder.path().join("p.har")).unwrap();
    assert!(!har.contains(TOKEN) && har.contains("[secret: the header authorization]"), "{har}");
    assert!(!fs::read_to_string(folder.path().join("p.json")).unwrap().contains(TOKEN));
    // The recording of the proxy is judged like the traffic.
    let mut again = failspec(folder.path());
    crate::support::done(again.args(["observe", "tiny", "p.har", "--packs", ".", "--url", &server.url]))
        .exits(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_enforces_lets_the_test_fail() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let server = api();
    let (proxy, url) = proxy(folder.path(), &server, &["--enforce", "-q"]);
    let status =
        async |path: &str| client().get(format!("{url}{path}")).send().await.unwrap().status().as_u16();
    assert_eq!((status("/notes/7").await, status("/notes/8").await), (404, 502));
    proxy.signal("TERM");
    proxy.finish(20).exits(1);
}

#[test]
fn a_proxy_through_which_no_request_came_says_so() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let server = api();
    let (proxy, _) = proxy(folder.path(), &server, &[]);
    proxy.signal("INT");
    proxy.finish(20).exits(2).says("no request came through the proxy");
    let mut open = failspec(folder.path());
    open.args(["proxy", "tiny", "--packs", ".", "--to", &server.url, "--listen", "0.0.0.0:0"]);
    done(&mut open).exits(2).says("is not a loopback address");
}

#[test]
#[ignore = "needs chromium"]
fn what_chromium_does_is_recorded_and_judged() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let server = api();
    let (proxy, url) = proxy(folder.path(), &server, &["--har", "p.har"]);
    let profile = tempfile::tempdir().unwrap();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut browse = names.iter().filter_map(|name| {
        Command::new(name)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("{url}/page"))
            .output()
            .ok()
    });
    let document = String::from_utf8_lossy(&browse.next().expect("chromium").stdout).into_owned();
    assert!(document.contains("not_found"), "{document}");
    proxy.signal("INT");
    proxy.finish(20).exits(1).says("HTTP status: expected 404, got 400");
    let mut again = failspec(folder.path());
    again.args(["observe", "tiny", "p.har", "--packs", ".", "--url", &server.url]);
    done(&mut again).exits(1).says("got 400");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mitmdump"]
async fn what_mitmproxy_records_is_judged() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let server = api();
    let port = failspec_test_server::unused_address().port();
    let mut mitmdump = Command::new("mitmdump");
    mitmdump.args(["--mode", &format!("reverse:{}", server.url), "--listen-host", "127.0.0.1"]);
    mitmdump.args(["--listen-port", &port.to_string(), "--set", "hardump=m.har"]).current_dir(folder.path());
    let recorder = Background::start(&mut mitmdump);
    let client = client();
    for path in ["/notes/1", "/notes/7", "/notes/8"] {
        let get = || client.get(format!("http://127.0.0.1:{port}{path}")).bearer_auth(TOKEN).send();
        let mut response = get().await;
        for _ in 0..200 {
            if response.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            response = get().await;
        }
        response.unwrap().bytes().await.unwrap();
    }
    recorder.signal("INT");
    recorder.finish(20);
    let mut observe = failspec(folder.path());
    observe.args([
        "observe",
        "tiny",
        "m.har",
        "--packs",
        ".",
        "--url",
        &server.url,
        "--report",
        "json=m.json",
    ]);
    done(&mut observe).exits(1).says("3 judged: 1 success, 2 failures").says("got 400");
    assert!(!fs::read_to_string(folder.path().join("m.json")).unwrap().contains(TOKEN));
}
