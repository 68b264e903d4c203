//! `failspec cleanup` removes resources that runs left behind, and nothing else.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{
    Background, Reply, Server, TINY_SCENARIOS, done, failspec, pack_with, run, tiny_failure,
};

const CONTRACT: &str = "\
contract: tiny
as_of: 2026-01-31
envelope: { code: /error, message: /message }
requires:
  roles: { keeper: may list and remove things }
  variables: { thing: { about: a thing that exists, default: one } }
operations:
  list: GET /things
  remove: DELETE /things/{id}
cleanup:
  - list: { request: list, as: keeper }
    items: /items
    name: /id
    delete: { request: remove, as: keeper, path: { id: \"${item}\" } }
failures:
  - id: not_found
    status: 404
    code: not_found
    summary: there is no such thing
";

/// A server that lists up to four things per page and cannot remove those named `stuck`.
fn shelf(things: &[&str]) -> (Server, Arc<Mutex<Vec<String>>>) {
    let things = Arc::new(Mutex::new(things.iter().map(|&thing| thing.to_owned()).collect::<Vec<_>>()));
    let own = Arc::clone(&things);
    let server = Server::start(move |request| {
        if request.header("authorization") != Some("Bearer keeper-token") {
            return tiny_failure(401, "unauthorized", request);
        }
        let mut things = own.lock().unwrap();
        if request.line() == "GET /things" {
            // The last things are listed first, so that a page is never filled with things that cannot be removed.
            let page: Vec<String> =
                things.iter().rev().take(4).map(|thing| format!("{{\"id\":\"{thing}\"}}")).collect();
            return Reply::json(200, format!("{{\"items\":[{}]}}", page.join(",")));
        }
        let name = request.path.trim_start_matches("/things/").to_owned();
        if name.contains("stuck") {
            return tiny_failure(409, "stuck", request);
        }
        things.retain(|thing| *thing != name);
        Reply::json(200, "{}")
    });
    (server, things)
}

fn cleanup(server: &Server, more: &[&str]) -> crate::support::Done {
    let folder = pack_with(CONTRACT, TINY_SCENARIOS);
    let mut command = failspec(folder.path());
    command.env("KEEPER", "keeper-token").args(["cleanup", "tiny", "--packs", ".", "--url", &server.url]);
    done(command.args(["--role", "keeper=bearer:env:KEEPER"]).args(more))
}

#[test]
fn cleanup_removes_only_resources_of_runs_page_by_page() {
    let (server, things) = shelf(&[
        "failspec-docs",
        "keep-me",
        "a-failspec-k3x9a1-1",
        "failspec-k3x9a1-2",
        "failspec-zzzzzz-3",
        "failspec-k3x9a1-4",
    ]);
    let before = things.lock().unwrap().clone();
    let dry = cleanup(&server, &["--dry-run"]).exits(0).says("found failspec-k3x9a1-4");
    assert!(!dry.stdout.contains("keep-me") && !dry.stdout.contains("failspec-docs"), "{}", dry.stdout);
    assert_eq!(*things.lock().unwrap(), before);
    assert!(server.lines().iter().all(|line| line == "GET /things"), "{:?}", server.lines());

    cleanup(&server, &["--run", "zzzzzz"]).exits(0).says("removed failspec-zzzzzz-3").never_says("k3x9a1");
    cleanup(&server, &[]).exits(0).says("removed a-failspec-k3x9a1-1").never_says("keeper-token");
    assert_eq!(*things.lock().unwrap(), ["failspec-docs", "keep-me"]);
    cleanup(&server, &[]).exits(0).says("nothing was left behind");
}

#[test]
fn cleanup_reports_resources_that_cannot_be_removed() {
    let (server, things) = shelf(&["failspec-k3x9a1-1", "stuck-failspec-k3x9a1-2"]);
    cleanup(&server, &[])
        .exits(3)
        .says("removed failspec-k3x9a1-1")
        .says("still there stuck-failspec-k3x9a1-2")
        .says("409");
    assert_eq!(*things.lock().unwrap(), ["stuck-failspec-k3x9a1-2"]);
    let refused = Server::start(|request| tiny_failure(401, "unauthorized", request));
    cleanup(&refused, &[]).exits(3).says("cannot list").says("401");
    let listless = Server::start(|_| Reply::json(200, "{\"things\":[]}"));
    cleanup(&listless, &[]).exits(3).says("contains no list");
}

#[test]
fn cleanup_that_could_remove_other_resources_is_an_error() {
    for (from, to, says) in [
        ("path: { id: \"${item}\" }", "path: { id: one }", "does not say which item it removes"),
        ("delete: { request: remove,", "delete: {", "`request` is missing"),
        ("items: /items", "items: items", "is not a JSON Pointer"),
        ("as: keeper }\n", "as: keper }\n", "did you mean `keeper`?"),
    ] {
        let folder = pack_with(&CONTRACT.replacen(from, to, 1), TINY_SCENARIOS);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(2).says(says);
    }
    run(&["cleanup", "kubevision", "--url", "http://127.0.0.1:9"]).exits(2).says("does not define a cleanup");
}

#[test]
fn cleanup_removes_resources_of_a_killed_run_from_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["serve", "kubeglass", "--target-file", "t.toml"];
    let mut serve = Background::start(failspec(folder.path()).args(arguments));
    serve.first_line();
    // A run that is killed after its setup: the same requests without a teardown.
    let text = fs::read_to_string(folder.path().join("t.toml")).unwrap();
    let pack = tempfile::tempdir().unwrap();
    done(failspec(pack.path()).args(["init", "--from", "kubeglass"])).exits(0);
    let scenarios = pack.path().join("scenarios/kubeglass");
    for entry in fs::read_dir(&scenarios).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let scenario = "contract: kubeglass\nscenarios:\n  leave_something:\n    triggers: not_found\n    as: editor\n    setup:\n      \
                    - request: create_configmap\n        json: { metadata: { name: \"cm-${unique}\" } }\n    request: get_configmap\n    \
                    path: { name: absent }\n    control: { path: { name: \"cm-${unique}\" } }\n";
    fs::write(scenarios.join("left.yaml"), scenario).unwrap();
    fs::write(pack.path().join("t.toml"), text).unwrap();
    let here = |arguments: &[&str]| done(failspec(pack.path()).args(arguments).args(["--config", "t.toml"]));
    here(&["run", "kubeglass", "--packs", "."]).exits(4).says("1 passed");
    let found = here(&["cleanup", "kubeglass", "--dry-run"]).exits(0);
    assert_eq!(found.stdout.matches("found cm-failspec-").count(), 2, "{}", found.stdout);
    here(&["cleanup", "kubeglass"]).exits(0).says("removed cm-failspec-");
    here(&["cleanup", "kubeglass"]).exits(0).says("nothing was left behind");
    serve.signal("TERM");
    serve.finish(5).exits(0);
}
