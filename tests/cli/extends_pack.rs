//! A pack that extends another one: it follows it, and replaces what is different.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{Reply, Server, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, write_pack};

/// The API of a fork of `tiny`: another path, another place of the code, a query that is required.
fn fork() -> Server {
    Server::start(|request| {
        let (path, query) = request.path_and_query();
        match path {
            _ if !query.contains("tenant=acme") => Reply::json(400, "{}"),
            "/v2/things/one" => Reply::json(200, "{}"),
            _ => {
                let id = request.number;
                let body = format!(
                    "{{\"fault\":{{\"code\":\"not_found\"}},\"message\":\"no\",\"requestId\":\"r-{id}\"}}"
                );
                Reply::json(404, body)
            }
        }
    })
}

const FORK: &str = "\
contract: fork
extends_pack: tiny
as_of: 2026-02-01
envelope: { code: /fault/code }
";

const REPLACED: &str = "\
contract: fork
scenarios:
  read_a_missing_thing:
    request: GET /v2/things/none
    query: { tenant: acme }
    control: { request: \"GET /v2/things/${thing}\" }
";

fn packs(contract: &str, scenarios: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let more = "\
\x20 read_another_missing_thing:
    triggers: not_found
    request: GET /things/nothing
    headers: { X-Trace: t, X-Debug: d }
    json: { a: 1 }
    control: { request: \"GET /things/${thing}\", headers: { X-Trace: u } }
";
    write_pack(folder.path(), "tiny", TINY_CONTRACT, &format!("{TINY_SCENARIOS}{more}"));
    write_pack(folder.path(), "fork", contract, scenarios);
    folder
}

fn run(folder: &Path, url: &str) -> crate::support::Done {
    let arguments =
        ["run", "fork", "--packs", ".", "--url", url, "--report", "json=r.json", "--deny", "warnings"];
    done(failspec(folder).args(arguments))
}

#[test]
fn a_fork_replaces_pointers_queries_and_scenarios() {
    let server = fork();
    // Only the pointer: the inherited scenarios are sent as they are, and refused.
    let folder = packs(FORK, "contract: fork\nscenarios: {}\n");
    run(folder.path(), &server.url).exits(3);
    // With its own request for one scenario, and without the other one.
    let folder = packs(FORK, &format!("{REPLACED}  read_another_missing_thing: null\n"));
    run(folder.path(), &server.url).exits(0).says("1 passed").says("1 of 1 documented failures exercised");
    // The server of the other pack is no fork.
    let tiny = crate::support::tiny_server();
    run(folder.path(), &tiny.url).exits(3);
    // The location is that of the fork.
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(report["cases"][0]["location"]["file"], "scenarios/fork/all.yaml");
}

#[test]
fn members_are_merged_and_bodies_replaced() {
    let replaced = "\
\x20 read_another_missing_thing:
    headers: { X-Debug: null, X-New: new }
    text: plain
    control: { headers: { X-Extra: e } }
";
    let folder = packs(FORK, &format!("{REPLACED}{replaced}"));
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        _ => Reply::json(
            404,
            format!(
                "{{\"fault\":{{\"code\":\"not_found\"}},\"message\":\"no\",\"requestId\":\"r-{}\"}}",
                request.number
            ),
        ),
    });
    let arguments =
        ["run", "fork::not_found::read_another_missing_thing", "--packs", ".", "--url", &server.url];
    done(failspec(folder.path()).args(arguments)).says("1 passed");
    let received = server.received();
    let with = |path: &str| received.iter().find(|request| request.path == path).unwrap();
    let (control, faulty) = (with("/things/one"), with("/things/nothing"));
    assert_eq!(
        (faulty.header("x-trace"), faulty.header("x-debug"), faulty.header("x-new")),
        (Some("t"), None, Some("new"))
    );
    assert_eq!((control.header("x-trace"), control.header("x-extra")), (Some("u"), Some("e")));
    assert_eq!(faulty.body, b"plain");
}

#[test]
fn a_fork_follows_the_pack_that_it_extends() {
    let folder = packs(FORK, REPLACED);
    let list = || done(failspec(folder.path()).args(["list", "fork", "--packs", "."])).exits(0);
    list().says("fork::not_found::read_a_missing_thing").says("fork::not_found::read_another_missing_thing");
    let digest = || {
        let listed = done(failspec(folder.path()).args(["list", "fork", "--packs", ".", "--format", "json"]));
        listed.all()
    };
    let before = digest();
    let path = folder.path().join("scenarios/tiny/all.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("read_another_missing_thing", "read_a_third_thing")).unwrap();
    list().says("fork::not_found::read_a_third_thing");
    assert_ne!(digest(), before);
    // A built-in pack, in a version.
    let contract = "contract: fork\nextends_pack: kubevision@2026-03\nas_of: 2026-11-20\n";
    let folder = packs(contract, "contract: fork\nscenarios: {}\n");
    done(failspec(folder.path()).args(["list", "fork", "--packs", "."]))
        .exits(0)
        .says("fork::version_conflict::");
    // Nothing of it is missing, and nothing of its own is: what it extends is not reported again.
    done(failspec(folder.path()).args(["lint", "fork", "--packs", "."])).exits(0);
}

#[test]
fn what_cannot_be_extended_is_refused() {
    for (contract, said) in [
        (FORK.replace("tiny", "tinny"), "there is no pack `tinny`"),
        (FORK.replace("extends_pack: tiny", "extends_pack: [tiny]"), "this is not the name of a pack"),
        (FORK.replace("extends_pack: tiny", "extends_pack: tiny\nextends: tiny"), "not both"),
        (FORK.replace("extends_pack: tiny", "extends_pack: fork"), ""),
    ] {
        let folder = packs(&contract, REPLACED);
        done(failspec(folder.path()).args(["list", "fork", "--packs", "."])).exits(2).says(said);
    }
    // A new scenario needs all that a scenario needs.
    let folder = packs(FORK, "contract: fork\nscenarios:\n  read_a_mising_thing: { query: { a: b } }\n");
    done(failspec(folder.path()).args(["list", "fork", "--packs", "."])).exits(2).says("read_a_mising_thing");
}
