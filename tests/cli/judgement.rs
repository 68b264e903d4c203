//! Exit codes and verdicts of `failspec run`: no implicit target, one diagnosis, no false success, waivers.

use std::fs;

use crate::support::{
    Background, Done, Reply, Server, TINY_CONTRACT, all_of_kubeglass, all_of_kubeglass_exercised, done,
    failspec, of_kubeglass, pack_with, run, tiny, tiny_failure, tiny_pack, tiny_server,
};

const NOTHING: &str = "this says nothing about a real API";

#[test]
fn run_without_a_target_sends_nothing_and_lists_the_options() {
    run(&["run", "kubeglass"]).exits(2).says("--url").says("--target").says("--reference");
    run(&["run", "kubeglass", "--url", ""]).exits(2).says("empty");
    run(&["run", "kubeglass", "--url", "  "]).exits(2).says("empty");
    run(&["run", "kubeglass", "--url", "ftp://localhost"]).exits(2).says("http or https");
    run(&["run", "kubeglass", "--url", "http://me:hunter2-hunter2@localhost"]).exits(2).never_says("hunter2");
    run(&["run", "kubeglass", "--target", "staging"]).exits(2).says("failspec.toml");
}

#[test]
fn selector_without_a_match_is_an_error() {
    run(&["run", "kubeglas", "--reference"]).exits(0).says(&all_of_kubeglass_exercised());
    run(&["run", "nope", "--reference"]).exits(2).says("nope").says("kubeglass");
    run(&["run", "kubeglass::nope", "--reference"]).exits(2).says("kubeglass::nope");
    run(&["run", "kubeglass::conflict", "kubeglass::nope", "--reference"]).exits(2).says("kubeglass::nope");
    run(&["list", "nope"]).exits(2).says("nope");
    run(&["run", "", "--reference"]).exits(2).says("empty");
    run(&["run", "kubeglass", "--reference", "--jobs", "0"]).exits(2);
    run(&["run", "kubeglass", "--reference", "--url", "http://localhost"]).exits(2);
}

#[test]
fn reference_conforms_and_the_output_explains_it() {
    let done = run(&["run", "--reference"]).exits(0).says(&all_of_kubeglass_exercised());
    assert!(done.head().contains(NOTHING), "{}", done.stdout);
    assert!(done.last_line().contains("conforms") && done.last_line().contains(NOTHING), "{}", done.stdout);
}

#[test]
fn the_binary_needs_neither_cargo_nor_an_environment() {
    let folder = tempfile::tempdir().unwrap();
    done(failspec(folder.path()).env_clear().args(["run", "--reference"]))
        .exits(0)
        .says(&all_of_kubeglass_exercised());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "a run on the reference wrote {left:?}");
}

#[test]
fn selector_is_shown_at_the_beginning_and_the_end() {
    let done =
        run(&["run", "--reference", "kubeglass::conflict", "kubeglass::not_f", "kubeglass::*::read_bey*"])
            .exits(0)
            .says(&format!("{} documented failures", of_kubeglass(3)));
    for part in [done.head(), done.last_line()] {
        assert!(part.contains(&of_kubeglass(3)) && part.contains("selected"), "{part}");
    }
}

#[test]
fn a_pack_without_a_reference_implementation_needs_a_target() {
    let folder = tiny_pack();
    done(failspec(folder.path()).args(["run", "tiny", "--packs", ".", "--reference"]))
        .exits(2)
        .says("tiny")
        .says("--url");
}

#[test]
fn the_small_pack_conforms_on_the_small_api() {
    let folder = tiny_pack();
    let server = tiny_server();
    let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(0);
    assert!(done.has_verdict("conforms"), "{}", done.stdout);
    assert!(!done.all().contains(NOTHING));
    assert_eq!(server.lines(), ["GET /things/one", "GET /things/none"]);
}

#[test]
fn warnings_count_only_when_denied() {
    let contract = TINY_CONTRACT.replace(
        "    status: 404\n    code: not_found\n",
        "    status: 404\n    code: not_found\n    inferred: { headers: { X-Hint: { type: string } } }\n",
    );
    let folder = pack_with(&contract, crate::support::TINY_SCENARIOS);
    let server = tiny_server();
    let arguments = ["run", "--packs", ".", "--url", &server.url];
    done(failspec(folder.path()).args(arguments)).exits(0).says("1 with warnings");
    done(failspec(folder.path()).args(arguments).args(["--deny", "warnings"])).exits(1).says("violations");
}

#[test]
fn missing_secret_is_an_error_and_nothing_is_sent() {
    let server = tiny_server();
    let folder = tiny_pack();
    fs::write(
        folder.path().join("failspec.toml"),
        format!(
            "default_target = \"mine\"\n[target.mine]\nurl = \"{}\"\nroles.user.bearer = \"${{env:TINY_TOKEN}}\"\n",
            server.url
        ),
    )
    .unwrap();
    let command = || {
        let mut command = failspec(folder.path());
        command.args(["run", "--packs", "."]);
        command
    };
    done(command().env_remove("TINY_TOKEN")).exits(2).says("TINY_TOKEN").says("failspec.toml:4");
    done(command().env("TINY_TOKEN", "")).exits(2).says("TINY_TOKEN");
    let url = ["run", "--packs", ".", "--url", &server.url];
    done(failspec(folder.path()).args(url).args(["--role", "user=bearer:env:TINY_NOT_SET"]))
        .exits(2)
        .says("TINY_NOT_SET");
    done(failspec(folder.path()).args(url).args(["--role", "user=bearer:hunter2-hunter2"]))
        .exits(2)
        .never_says("hunter2")
        .says("env:");
    done(failspec(folder.path()).args(url).args(["--role", "hunter2-hunter2"]))
        .exits(2)
        .never_says("hunter2");
    done(failspec(folder.path()).args(url).args(["--role", "admin=bearer:env:PATH"])).exits(2).says("user");
    done(failspec(folder.path()).args(url).args(["--var", "thign=1"])).exits(2).says("thing");
    done(failspec(folder.path()).args(url).args(["--report", "json=/no/such/folder/r.json"])).exits(2);
    done(failspec(folder.path()).args(url).args(["--report", "xml=r.xml"])).exits(2).says("json");
    // An error does not overwrite the report of an earlier run.
    fs::write(folder.path().join("r.json"), "earlier").unwrap();
    done(command().env_remove("TINY_TOKEN").args(["--report", "json=r.json"])).exits(2);
    assert_eq!(fs::read_to_string(folder.path().join("r.json")).unwrap(), "earlier");
    assert_eq!(server.connections(), 0, "{:?}", server.lines());
    done(command().env("TINY_TOKEN", "something-long-enough")).exits(0);
}

/// Runs the KubeGlass pack with all roles and variables against a server; asserts one diagnosis and exit code 3.
#[track_caller]
fn diagnosed(url: &str) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let mut command = failspec(folder.path());
    command.args(["run", "kubeglass", "--url", url]);
    let done = done(all_of_kubeglass(&mut command)).exits(3);
    assert!(done.has_verdict("inconclusive"), "{}", done.stdout);
    assert!(done.all().lines().count() < 25, "{}", done.all());
    assert_eq!(done.all().matches("nothing can be judged\n").count(), 1, "{}", done.all());
    assert!(!done.all().contains("FAILED"), "{}", done.all());
    done
}

#[test]
fn a_wrong_base_url_is_one_diagnosis() {
    let server = Server::start(|_| Reply::html(404, "<html><body><h1>Not Found</h1></body></html>"));
    diagnosed(&server.url).says("a page that is not JSON (HTTP 404, text/html)").says("base URL");
    assert!(server.lines().len() < 10, "{:?}", server.lines());
}

#[test]
fn refused_credentials_are_one_diagnosis() {
    for body in [r#"{"error":"unauthorized","message":"no","requestId":"r1"}"#, r#"{"detail":"go away"}"#] {
        let server = Server::start(move |_| Reply::json(401, body));
        diagnosed(&server.url).says("refused").says("admin, editor").says("credentials").says("HTTP 401");
    }
}

#[test]
fn a_login_redirect_is_one_diagnosis() {
    let server = Server::start(|_| Reply::html(302, "").with("Location", "/login?next=%2F"));
    diagnosed(&server.url).says("login");
}

#[test]
fn a_page_of_a_proxy_is_one_diagnosis() {
    let page = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center>\
                <hr><center>nginx/1.25.3</center></body></html>";
    let server = Server::start(move |_| Reply::html(502, page));
    diagnosed(&server.url).says("nginx").says("HTTP 502");
}

#[test]
fn no_response_is_one_diagnosis() {
    let closed = format!("http://{}", failspec_test_server::closed_address());
    diagnosed(&closed).says("refused");
    let server = Server::start(|_| Reply::close());
    diagnosed(&server.url).says("connection");
}

#[test]
fn a_diagnosis_leaves_no_case_out_of_the_report() {
    let server = Server::start(|_| Reply::html(404, "<html>no</html>"));
    let folder = tempfile::tempdir().unwrap();
    let mut command = failspec(folder.path());
    command.args(["run", "kubeglass", "--url", &server.url, "--report", "json=r.json"]);
    done(all_of_kubeglass(&mut command)).exits(3);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap();
    let all = run(&["list", "kubeglass::"]).exits(0).stdout.lines().count();
    assert_eq!(report["cases"].as_array().unwrap().len(), all);
    assert!(report["diagnosis"].as_str().unwrap().contains("404"));
    assert_eq!(report["verdict"], "inconclusive");
}

#[test]
fn without_roles_everything_is_skipped_and_the_output_is_short() {
    let server = tiny_server();
    let done = run(&["run", "kubeglass", "--url", &server.url]).exits(4).says("--role").says("editor");
    assert!(done.has_verdict("incomplete"), "{}", done.stdout);
    let lines = done.all().lines().count();
    assert!(lines < 50, "{lines} lines:\n{}", done.all());
    // One safe request without credentials checks that an API responds at this URL.
    assert_eq!(server.lines(), ["GET /api/v1/namespaces"]);
    assert_eq!(server.received()[0].header("authorization"), None);
}

#[test]
fn html_page_is_diagnosed_even_without_roles() {
    let server = Server::start(|_| Reply::html(404, "<html>nothing here</html>"));
    run(&["run", "kubeglass", "--url", &server.url])
        .exits(3)
        .says("This is probably not the base URL of the API");
}

#[test]
fn an_api_that_accepts_everything_does_not_conform() {
    let server = Server::start(|_| Reply::json(200, "{}"));
    let folder = tempfile::tempdir().unwrap();
    let mut command = failspec(folder.path());
    command.args(["run", "kubeglass", "--url", &server.url]);
    let done = done(all_of_kubeglass(&mut command)).exits(1).says(&of_kubeglass(0));
    assert!(done.has_verdict("violations"), "{}", done.stdout);
    // Seventy cases with the same problem must not fill seventy pages.
    let lines = done.all().lines().count();
    assert!(lines < 350, "{lines} lines:\n{}", done.all());
}

#[test]
fn a_failing_control_proves_nothing() {
    let folder = tiny_pack();
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => tiny_failure(500, "internal_error", request),
        _ => tiny_failure(404, "not_found", request),
    });
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]))
        .exits(3)
        .says("HTTP 500")
        .says("0 of 1 documented failures exercised");
}

#[test]
fn a_control_that_gets_the_failure_under_test_is_a_violation() {
    // Another case shows that the API works: otherwise there would be only a diagnosis.
    let folder = pack_with(
        TINY_CONTRACT,
        "contract: tiny\nscenarios:\n  fine:\n    triggers: not_found\n    request: GET /things/none\n    \
         control: { request: GET /things/one }\n  odd:\n    triggers: not_found\n    as: user\n    \
         request: GET /things/none\n    control: { request: GET /things/two }\n",
    );
    let server = tiny_server();
    let mut command = failspec(folder.path());
    command.env("TINY", "something-long").args(["run", "--packs", ".", "--url", &server.url]);
    done(command.args(["--role", "user=bearer:env:TINY"])).exits(1).says("control");
}

#[test]
fn an_empty_pack_never_conforms() {
    let folder = pack_with(TINY_CONTRACT, "contract: tiny\nscenarios: {}\n");
    let server = tiny_server();
    let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]));
    assert!(matches!(done.code, 2 | 4), "{} {}", done.code, done.all());
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(
        crate::support::done(failspec(nothing.path()).args(["run", "--packs", ".", "--reference"])).code,
        2
    );
    assert_eq!(
        crate::support::done(failspec(nothing.path()).args(["run", "--packs", "gone", "--reference"])).code,
        2
    );
}

#[test]
fn missing_requirements_are_listed_and_the_run_is_incomplete() {
    let folder = pack_with(
        &format!("{TINY_CONTRACT}  - id: down\n    status: 503\n    code: down\n    summary: It is down\n"),
        "contract: tiny\nscenarios:\n  fine:\n    triggers: not_found\n    request: GET /things/none\n    \
         control: { request: GET /things/one }\n  out:\n    triggers: down\n    request: GET /things/one\n    \
         condition: broken\n    control: { request: GET /things/one }\n",
    );
    let server = tiny_server();
    let url = ["run", "--packs", ".", "--url", &server.url];
    done(failspec(folder.path()).args(url)).exits(4).says("condition broken").says("down");
    done(failspec(folder.path()).args(url).arg("tiny::not_found")).exits(0).says("1 of 2");
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\n[[target.t.out_of_reach]]\nfailures = [\"tiny::d*\"]\n\
         reason = \"nobody may switch it off\"\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    done(failspec(folder.path()).args(["run", "--packs", "."]))
        .exits(0)
        .says("1 of 2 documented failures exercised")
        .says("out of reach of the target: nobody may switch it off");
}

#[test]
fn mutants_are_caught_over_the_wire() {
    for mutant in ["status-418", "code-undocumented", "message-missing", "body-html", "request-id-constant"] {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = Background::start(failspec(folder.path()).args([
            "serve",
            "kubeglass",
            "--mutant",
            mutant,
            "--target-file",
            "t.toml",
        ]));
        serve.first_line();
        let done = done(failspec(folder.path()).args(["run", "kubeglass", "--config", "t.toml"]));
        assert_eq!(done.code, 1, "{mutant}\n{}", done.all());
    }
}

fn waived(server: &Server, waivers: &str) -> tempfile::TempDir {
    let folder = tiny_pack();
    let config = format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\n{waivers}", server.url);
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    folder
}

const WAIVER: &str = "[[waivers]]\nscenario = \"tiny::not_found::*\"\ncheck = \"status\"\nreason = \"old gateway\"\n\
                      expires = 2999-01-31\n";

#[test]
fn waiver_covers_a_violation_until_it_is_fixed() {
    let wrong = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        _ => tiny_failure(410, "not_found", request),
    });
    let right = tiny_server();
    let folder = waived(&wrong, WAIVER);
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(0).says("1 waived").says("old gateway");
    let folder = waived(&wrong, &WAIVER.replace("2999", "2020"));
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(1).says("expired on 2020-01-31");
    let folder = waived(&right, WAIVER);
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(1).says("waiver-stale");
    let folder = waived(&right, &WAIVER.replace("not_found", "not_fuond"));
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(1).says("matches no case");
    let folder = waived(&right, WAIVER);
    // A run of selected cases cannot determine which waivers are stale. A second scenario is added, so that one can
    // be selected.
    let two = "contract: tiny\nscenarios:\n  a:\n    triggers: not_found\n    request: GET /things/none\n    \
               control: { request: GET /things/one }\n  b:\n    triggers: not_found\n    \
               request: GET /things/none\n    control: { request: GET /things/one }\n";
    crate::support::write_pack(folder.path(), "tiny", TINY_CONTRACT, two);
    done(failspec(folder.path()).args(["run", "--packs", ".", "tiny::not_found::a"]))
        .exits(0)
        .never_says("waiver-stale");
    let folder = waived(&right, &WAIVER.replace("\"status\"", "\"statsu\""));
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(2).says("statsu").says("status");
    let _ = tiny;
}

const CONTROL: &str = "control: { request: GET /things/one }";

/// The contract of an API that documents a redirect, and its scenario.
fn documented_redirect(control: &str) -> tempfile::TempDir {
    let contract = "\
contract: tiny
as_of: 2026-01-31
envelope: { body: optional }
failures:
  - { id: moved, status: 303, summary: It is on the other host }
";
    let scenarios = format!(
        "contract: tiny\nscenarios:\n  read: {{ triggers: moved, request: GET /moved, {control} }}\n"
    );
    pack_with(contract, &scenarios)
}

#[test]
fn documented_redirect_is_the_failure_wherever_it_points() {
    for location in ["https://other.example/moved", "/moved/on", "https://id.example/login"] {
        let folder = documented_redirect(CONTROL);
        let server = Server::start(move |request| match request.path.as_str() {
            "/moved" => Reply::html(303, "").with("Location", location),
            _ => tiny(request),
        });
        done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(0);
    }
}

#[test]
fn undocumented_redirect_to_a_login_is_not_from_the_api() {
    let folder = documented_redirect(CONTROL);
    let server = Server::start(|request| match request.path.as_str() {
        "/moved" => Reply::html(302, "").with("Location", "https://id.example/login"),
        _ => tiny(request),
    });
    let run = ["run", "--packs", ".", "--url", &server.url];
    done(failspec(folder.path()).args(run)).exits(3).says("a redirect to a login");
}

#[test]
fn login_of_a_gateway_does_not_pass_for_a_documented_redirect() {
    let redirect = |_: &_| Reply::html(303, "").with("Location", "https://id.example/login");
    for control in [CONTROL, "no_control: it needs none"] {
        let folder = documented_redirect(control);
        let server = Server::start(redirect);
        done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(3);
    }
}

/// A verdict says what it rests on, in every report and also with `--quiet`.
#[test]
fn conforms_says_what_it_rests_on() {
    let wrong = Server::start(|request| match request.path.as_str() {
        "/things/none" => tiny_failure(410, "not_found", request),
        _ => tiny(request),
    });
    let folder = waived(&wrong, WAIVER);
    let contract = format!(
        "{TINY_CONTRACT}  - {{ id: gone, status: 410, code: gone, summary: It was removed, excluded: no way to show it }}\n"
    );
    crate::support::write_pack(folder.path(), "tiny", &contract, crate::support::TINY_SCENARIOS);
    let reports = ["html=r.html", "junit=r.xml", "markdown=r.md"].map(|report| ["--report", report]).concat();
    let run = |more: &[&str]| {
        let done =
            done(failspec(folder.path()).args(["run", "--packs", "."]).args(&reports).args(more)).exits(0);
        assert!(done.has_verdict("conforms · 1 waived, 1 excluded"), "{}", done.stdout);
        done
    };
    // What is waived was not seen as documented.
    run(&[]).says("0 of 2 documented failures exercised").says("waived: old gateway");
    run(&["--quiet"]);
    run(&["--report", "github"]).says("conforms · 1 waived%2C 1 excluded::");
    for file in ["r.html", "r.xml", "r.md"] {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(text.contains("conforms · 1 waived, 1 excluded"), "{file}: {text}");
    }
    let right = tiny_server();
    let folder = tiny_pack();
    let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &right.url])).exits(0);
    assert!(done.has_verdict("conforms"), "{}", done.stdout);
}

/// A waiver covers the violation, and with it the steps that could not be run because of it.
#[test]
fn waived_violation_does_not_make_a_case_inconclusive() {
    let limited = |with_header: bool| {
        Server::start(move |request| match request.path.as_str() {
            "/things/none" if with_header => tiny_failure(404, "not_found", request).with("Retry-After", "0"),
            _ => tiny(request),
        })
    };
    let contract = TINY_CONTRACT.replace(
        "    code: not_found\n",
        "    code: not_found\n    retry: after_delay\n    retry_after: [{ header: Retry-After }]\n",
    );
    let scenarios = format!(
        "{}    then: [{{ wait: retry_after, request: GET /things/one }}]\n",
        crate::support::TINY_SCENARIOS
    );
    let waiver = WAIVER.replace("\"status\"", "\"retry-after\"");
    let run = |server: &Server, waiver: &str| {
        let folder = waived(server, waiver);
        crate::support::write_pack(folder.path(), "tiny", &contract, &scenarios);
        done(failspec(folder.path()).args(["run", "--packs", "."]))
    };
    run(&limited(false), "").exits(1).says("retry-after");
    let done = run(&limited(false), &waiver).exits(0);
    assert!(done.has_verdict("conforms · 1 waived"), "{}", done.stdout);
    run(&limited(true), "").exits(0);
    // The waiver is stale, and says so, only once its case was judged.
    run(&limited(true), &waiver).exits(1).says("waiver-stale");
    let broken = Server::start(|request| match request.path.as_str() {
        "/things/one" => tiny_failure(500, "internal", request),
        _ => tiny(request),
    });
    run(&broken, &waiver).exits(3).never_says("waiver-stale");
}
