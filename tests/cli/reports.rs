//! Reports: every format from real runs, with the same facts in all of them.

use std::{fs, path::Path};

use crate::report_readers::{
    EVERY, FILES, OTHER_FILES, between, embedded, is_harmless, is_self_contained, json, junit, outcomes,
    said, suite, text, without_scripts,
};
use crate::support::{
    Background, KUBEGLASS_FAILURES, Reply, Server, TINY_CONTRACT, done, failspec, of_kubeglass, pack_with,
    run, tiny_failure, tiny_pack, tiny_server, write_pack,
};
use serde_json::Value;

/// Runs KubeGlass with every report against its served reference implementation with a mutant.
fn kubeglass(folder: &Path, mutant: &str, code: i32) -> crate::support::Done {
    let serve = ["serve", "kubeglass", "--mutant", mutant, "--target-file", "t.toml"];
    let mut serve = Background::start(failspec(folder).args(serve));
    serve.first_line();
    done(failspec(folder).args(["run", "kubeglass", "--config", "t.toml"]).args(EVERY)).exits(code)
}

fn count(report: &Value, outcome: &str) -> usize {
    report["cases"].as_array().unwrap().iter().filter(|it| it["outcome"] == outcome).count()
}

#[test]
fn all_formats_show_the_violations_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let done = kubeglass(folder.path(), "code-padded", 1);
    assert!(done.has_verdict("violations"), "{}", done.last_line());
    let report = json(folder.path());
    let failed = count(&report, "failed");
    let unconfirmed = count(&report, "unconfirmed");
    assert!(failed > 30 && unconfirmed > 0, "{failed} {unconfirmed}");
    let digest = report["packs"][0]["digest"].as_str().unwrap();

    let xml = text(folder.path(), "r.xml");
    let document = junit(&xml);
    let all = suite(&document, "kubeglass");
    assert_eq!(outcomes(all), [failed, 0, unconfirmed, count(&report, "passed")]);
    assert_eq!((all.failures, all.errors, all.tests), (failed, 0, all.test_cases.len()));
    assert_eq!(document.failures, failed + 1, "the verdict as well");
    let one =
        all.test_cases.iter().find(|it| it.name.as_str().contains("update_with_stale_version")).unwrap();
    assert_eq!(one.classname.as_ref().unwrap().as_str(), "kubeglass.conflict");
    assert!(said(one).contains("got \"conflict \"") && said(one).contains("curl -i"), "{}", said(one));
    let verdict = &suite(&document, "failspec").test_cases[0];
    assert_eq!(verdict.name.as_str(), "verdict");
    let exercised = format!("{} documented failures", of_kubeglass(0));
    for fact in ["violations", digest, "erratum", exercised.as_str()] {
        assert!(said(verdict).contains(fact), "{fact}: {}", said(verdict));
    }

    let markdown = text(folder.path(), "r.md");
    assert!(markdown.starts_with("## ❌ failspec: violations\n"), "{markdown}");
    assert!(markdown.contains(&digest[..12]) && markdown.len() < 65_536);
    assert!(markdown.contains(&format!("### ❌ Violations in {failed} cases")));
    assert!(markdown.contains("contradictions and gaps in the documentation itself"));
    assert_eq!(markdown, text(folder.path(), "summary.md"));

    let html = text(folder.path(), "r.html");
    is_self_contained(&html);
    let page = without_scripts(&html);
    assert_eq!(page.matches("<details class=\"case failed").count(), failed);
    assert_eq!(embedded(&html).len(), report["cases"].as_array().unwrap().len());
    for fact in
        ["<span>violations</span></h1>", digest, "Coverage exceptions", "id=\"errata\"", "id=\"times\""]
    {
        assert!(page.contains(fact), "{fact}");
    }
    assert_eq!(
        page.matches("<tr id=\"kubeglass::").count(),
        KUBEGLASS_FAILURES,
        "the matrix has every failure"
    );
}

#[test]
fn annotations_are_at_the_lines_of_the_scenarios() {
    let folder = tempfile::tempdir().unwrap();
    let done = kubeglass(folder.path(), "message-missing", 1);
    let report = json(folder.path());
    let errors: Vec<&str> = done.stdout.lines().filter(|line| line.starts_with("::error file=")).collect();
    // All cases have the same two findings: one annotation for each, at the line of an example.
    assert_eq!(errors.len(), 2, "{}", done.stdout);
    let message = format!("in {} cases", count(&report, "failed"));
    assert!(errors.iter().all(|line| line.contains(&message)), "{errors:?}");
    for line in errors {
        // The scenario of this name begins at this line of this file in the repository.
        let file = between(line, "file=", ",")[0];
        let number: usize = between(line, "line=", ",")[0].parse().unwrap();
        let name = between(line, "title=", "::")[0].replace("%3A", ":");
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let scenario = name.split("::").nth(2).unwrap();
        let found = source.lines().nth(number - 1).unwrap_or_default();
        assert!(found.trim_start().starts_with(&format!("{scenario}:")), "{name} {file}:{number} {found}");
    }
    assert!(done.stdout.contains("::error title=failspec%3A violations::"), "{}", done.stdout);
}

#[test]
fn paths_of_annotations_begin_at_the_checkout_and_summaries_are_appended() {
    let root = tempfile::tempdir().unwrap();
    let below = root.path().join("api tests");
    fs::create_dir(&below).unwrap();
    write_pack(&below, "tiny", TINY_CONTRACT, crate::support::TINY_SCENARIOS);
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        _ => tiny_failure(410, "not_found", request),
    });
    let summary = root.path().join("summary.md");
    fs::write(&summary, "an earlier step\n").unwrap();
    let mut command = failspec(&below);
    command.env("GITHUB_WORKSPACE", root.path().canonicalize().unwrap());
    command.env("GITHUB_STEP_SUMMARY", &summary);
    let done =
        done(command.args(["run", "--packs", ".", "--url", &server.url, "--report", "github"])).exits(1);
    assert!(
        done.stdout.contains("::error file=api tests/scenarios/tiny/all.yaml,line=3,"),
        "{}",
        done.stdout
    );
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("an earlier step\n## ❌ failspec: violations"), "{summary}");
}

#[test]
fn all_formats_show_the_reference_and_the_selection() {
    let folder = tempfile::tempdir().unwrap();
    let run = ["run", "--reference", "kubeglass::conflict", "kubeglass::forbidden"];
    let done = done(failspec(folder.path()).args(run).args(EVERY)).exits(0);
    for name in FILES.iter().filter(|name| **name != "r.json") {
        let text = text(folder.path(), name).replace("&apos;", "'").replace("&#39;", "'");
        assert!(text.contains("says nothing about a real API"), "{name}\n{text}");
        assert!(
            text.contains(&format!("{} documented failures selected", of_kubeglass(2))),
            "{name}\n{text}"
        );
        assert!(text.contains("conforms"), "{name}\n{text}");
    }
    assert!(done.stdout.contains("::notice title=failspec%3A conforms::"), "{}", done.stdout);
    let xml = text(folder.path(), "r.xml");
    assert_eq!(junit(&xml).failures + junit(&xml).errors, 0);
    assert!(done.last_line().contains("conforms") && done.last_line().contains(&of_kubeglass(2)));
}

/// Creates a pack and a target with one of each condition that keeps a run from passing.
fn of_everything(server: &Server) -> tempfile::TempDir {
    let failure = |id: &str, more: &str| {
        format!("  - id: {id}\n    status: 409\n    code: {id}\n    summary: It is {id}\n{more}")
    };
    let contract = [
        TINY_CONTRACT.to_owned(),
        failure("taken", ""),
        failure("broken", ""),
        failure("far", ""),
        failure("private", ""),
        failure("left_out", "    excluded: nobody can trigger it\n"),
        "errata:\n  - { about: \"409 is <everything>\", links: [ \"https://tiny.example/409\" ] }\n"
            .to_owned(),
    ];
    let scenario = |name: &str, failure: &str, more: &str| {
        format!(
            "  {name}:\n    triggers: {failure}\n    request: GET /{name}\n{more}    \
             control: {{ request: GET /things/one }}\n"
        )
    };
    let scenarios = [
        "contract: tiny\nscenarios:\n".to_owned(),
        scenario("fine", "not_found", ""),
        scenario("wrong", "taken", ""),
        scenario("known", "broken", ""),
        scenario("secret", "private", "    as: user\n"),
    ];
    let folder = pack_with(&contract.concat(), &scenarios.concat());
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\n[[target.t.out_of_reach]]\n\
         failures = [\"tiny::far\"]\nreason = \"it is on the moon\"\n[[waivers]]\nscenario = \"tiny::broken::*\"\n\
         check = \"status\"\nreason = \"the old gateway\"\nissue = \"https://tiny.example/1\"\n\
         expires = 2999-01-31\n[[waivers]]\nscenario = \"tiny::taken::*\"\ncheck = \"allow\"\nreason = \"x\"\n\
         expires = 2999-01-31\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    folder
}

fn responses_of_everything(request: &crate::support::Received) -> Reply {
    match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        "/wrong" => tiny_failure(409, "token", request),
        "/known" => tiny_failure(410, "broken", request),
        _ => tiny_failure(404, "not_found", request),
    }
}

#[test]
fn all_formats_show_everything_that_needs_attention() {
    let server = Server::start(responses_of_everything);
    let folder = of_everything(&server);
    let done = done(failspec(folder.path()).args(["run", "--packs", "."]).args(EVERY)).exits(1);
    for name in ["r.xml", "r.html", "r.md", "summary.md"] {
        let text = text(folder.path(), name);
        let facts = [
            "it is on the moon",
            "out of reach",
            "nobody can trigger it",
            "excluded",
            "the old gateway",
            "2999-01-31",
            "waiver-stale",
            "no longer matches a violation",
            "may read things",
            "not exercised",
            "409 is &lt;everything",
        ];
        for fact in facts {
            assert!(text.contains(fact), "{name}: {fact}\n{text}");
        }
    }
    let xml = text(folder.path(), "r.xml");
    let document = junit(&xml);
    // One violation, one waived, one skipped, one passed; and the verdict and the stale waiver.
    assert_eq!(outcomes(suite(&document, "tiny")), [1, 0, 2, 1]);
    assert_eq!(outcomes(suite(&document, "failspec")), [2, 0, 0, 0]);
    for annotation in [
        "title=failspec%3A waiver-stale::",
        "::warning title=failspec%3A missing role user::",
        "::notice file=",
    ] {
        assert!(done.stdout.contains(annotation), "{annotation}\n{}", done.stdout);
    }
    let page = without_scripts(&text(folder.path(), "r.html"));
    for outcome in ["failed", "waived", "skipped", "passed"] {
        assert_eq!(page.matches(&format!("class=\"case {outcome}\"")).count(), 1, "{outcome}");
    }
}

#[test]
fn a_diagnosis_and_an_incomplete_run_are_red_in_every_format() {
    let folder = tiny_pack();
    let url = ["run", "--packs", ".", "--url", "http://127.0.0.1:9"];
    done(failspec(folder.path()).args(url).args(EVERY)).exits(3);
    let xml = text(folder.path(), "r.xml");
    assert!(junit(&xml).errors >= 1, "{xml}");
    for name in FILES {
        assert!(text(folder.path(), name).contains("inconclusive"), "{name}");
    }
    // One scenario is skipped because a role is missing: nothing failed, but the run is not successful.
    let server = tiny_server();
    let skipped = crate::support::TINY_SCENARIOS
        .replace("request: GET /things/none", "request: GET /things/none\n    as: user");
    let both = format!(
        "{}{}",
        crate::support::TINY_SCENARIOS,
        skipped.split("scenarios:\n").nth(1).unwrap().replace("read_a", "b")
    );
    let contract =
        TINY_CONTRACT.replace("summary: There is no such thing", "summary: s\n    causes: [one, two]");
    let both = both.replacen("triggers: not_found", "triggers: not_found/one", 1);
    let at = both.rfind("triggers: not_found\n").unwrap();
    let both = format!("{}triggers: not_found/two\n{}", &both[..at], &both[at + 20..]);
    let folder = pack_with(&contract, &both);
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]).args(EVERY)).exits(4);
    let xml = text(folder.path(), "r.xml");
    assert_eq!(outcomes(suite(&junit(&xml), "failspec")), [1, 0, 0, 0], "{xml}");
    assert!(text(folder.path(), "r.md").starts_with("## ⚠️ failspec: incomplete"));
}

#[test]
fn bodies_can_be_left_out() {
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, r#"{"name":"CONTROL-BODY"}"#),
        path => {
            let code = if path.contains("wrong") { "gone" } else { "not_found" };
            let body = format!(
                r#"{{"error":"{code}","message":"BODY-OF{}","requestId":"{}"}}"#,
                path, request.number
            );
            Reply::json(404, &body)
        }
    });
    let mut scenarios = "contract: tiny\nscenarios:\n".to_owned();
    for name in ["right", "wrong"] {
        scenarios.push_str(&format!(
            "  {name}:\n    triggers: not_found\n    request: POST /{name}\n    json: {{ sent: SENT-{name} }}\n    \
             control: {{ request: GET /things/one, text: null }}\n"
        ));
    }
    let folder = pack_with(TINY_CONTRACT, &scenarios);
    for (bodies, right, wrong) in [
        (None, true, true),
        (Some("all"), true, true),
        (Some("violations"), false, true),
        (Some("none"), false, false),
    ] {
        let mut command = failspec(folder.path());
        command.args(["run", "--packs", ".", "--url", &server.url]).args(EVERY);
        done(command.args(bodies.map(|which| ["--report-bodies", which]).into_iter().flatten())).exits(1);
        for name in ["r.json", "r.html", "r.xml", "r.md"] {
            let text = text(folder.path(), name);
            let has = |marker: &str| text.contains(marker);
            assert_eq!(has("BODY-OF/wrong"), wrong, "{bodies:?} {name}");
            assert_eq!(has("SENT-wrong"), wrong, "{bodies:?} {name}");
            if ["r.json", "r.html"].contains(&name) {
                // The other two reports show no bodies of passed cases.
                assert_eq!(has("BODY-OF/right"), right, "{bodies:?} {name}");
                assert_eq!(has("SENT-right"), right, "{bodies:?} {name}");
            }
            // Violations are reported even without bodies.
            assert!(has("gone"), "{bodies:?} {name}");
        }
    }
}

#[test]
fn invalid_report_option_is_reported_before_anything_is_sent() {
    let server = tiny_server();
    let folder = tiny_pack();
    fs::write(folder.path().join("r.json"), "earlier").unwrap();
    let wrong: [(&[&str], &str); 7] = [
        (&["--report", "xml=r.xml"], "there is no report format `xml`"),
        (&["--report", "hmtl=r.html"], "did you mean `html`?"),
        (&["--report", "junit"], "--report junit=PATH"),
        (&["--report", "html="], "names no file"),
        (&["--report", "json=r.json", "--report", "html=/no/such/folder/r.html"], "/no/such/folder/r.html"),
        (&["--report", "junit=r.x", "--report", "markdown=r.x"], "two reports have the same file"),
        (&["--report-bodies", "some"], "violations"),
    ];
    for (options, told) in wrong {
        done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]).args(options))
            .exits(2)
            .says(told);
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(text(folder.path(), "r.json"), "earlier", "the report of an earlier run outlives a mistake");
    let summary = ["run", "--reference", "kubeglass::conflict", "--report", "github"];
    done(failspec(folder.path()).env("GITHUB_STEP_SUMMARY", "/no/such/folder/s").args(summary)).exits(2);
    done(failspec(folder.path()).env_remove("GITHUB_STEP_SUMMARY").args(summary)).exits(0).says("::notice ");
    assert!(run(&["run", "--help"]).stdout.contains("--report-bodies"));
}

#[test]
fn all_formats_show_how_a_response_differs_from_the_approved_one() {
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        _ if request.number < 2 => tiny_failure(404, "not_found", request),
        _ => Reply::json(404, r#"{"error":"not_found","message":"m","requestId":"r","added":"SINCE"}"#),
    });
    let folder = tiny_pack();
    let config =
        format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\nsnapshots = \"approved\"\n", server.url);
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    let run = || {
        let mut command = failspec(folder.path());
        command.args(["run", "--packs", "."]);
        command
    };
    done(run().args(["--snapshots", "update"])).exits(0);
    let log = done(run().args(EVERY)).exits(0);
    let html = text(folder.path(), "r.html");
    assert!(html.contains("response differs</button>") && html.contains(" data-changed>"), "{html}");
    let diff = embedded(&html)[0]["snapshot"]["diff"].as_str().unwrap().to_owned();
    assert!(diff.lines().any(|line| line.starts_with('+') && line.contains("SINCE")), "{diff}");
    let xml = text(folder.path(), "r.xml");
    assert!(said(&suite(&junit(&xml), "tiny").test_cases[0]).contains(r#""added": "SINCE""#), "{xml}");
    let markdown = text(folder.path(), "r.md");
    assert!(
        markdown.contains("1 differ from the approved response") && markdown.contains("- differ: `tiny::")
    );
    assert!(log.stdout.contains("the response differs from the approved one"), "{}", log.stdout);
    // In mode `check` it decides the verdict, and every report explains why the run failed without a failed case.
    done(run().args(["--snapshots", "check"]).args(EVERY)).exits(1);
    let xml = text(folder.path(), "r.xml");
    assert_eq!(outcomes(suite(&junit(&xml), "failspec")), [1, 0, 0, 0], "{xml}");
    assert!(text(folder.path(), "r.md").contains("counts warnings or changed responses as violations"));
}

/// Removes what differs between runs from a report: times, the date, and values computed from them.
fn timeless(text: &str) -> String {
    let patterns = [
        (r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)", "TIME"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME"),
        (r"\b[0-9a-f]{32}\b", "TRACE"),
        (r#"time="[0-9.]+""#, "time=N"),
        (r"[0-9.]+ m?s\b", "N ms"),
        (r#""(ms|duration_ms|time|wait)": ?[0-9.]+"#, "ms: N"),
        (r#"(?s)<section class="wide" id="times">.*?</section>"#, ""),
        (r"r-\d+", "r-N"),
    ];
    patterns.iter().fold(text.to_owned(), |text, (pattern, with)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    })
}

#[test]
fn reports_of_equal_responses_differ_only_in_times_and_ids() {
    // Request ids of equal length: otherwise the lengths of responses would differ.
    let server = Server::start(|request| {
        let number = request.number + 100_000;
        responses_of_everything(&crate::support::Received { number, ..request.clone() })
    });
    let folder = of_everything(&server);
    let reports = || {
        done(failspec(folder.path()).args(["run", "--packs", "."]).args(EVERY)).exits(1);
        let names: Vec<_> = FILES.into_iter().chain(["r.sarif", "r.har"]).collect();
        names.iter().map(|name| timeless(&text(folder.path(), name))).collect::<Vec<_>>()
    };
    for (first, second) in reports().iter().zip(reports()) {
        assert_same(first, &second);
    }
}

#[track_caller]
fn assert_same(first: &str, second: &str) {
    let differs = first.lines().zip(second.lines()).find(|(first, second)| first != second);
    assert!(differs.is_none() && first.len() == second.len(), "{differs:#?}");
}

#[test]
fn nothing_in_a_report_is_a_raw_control_character() {
    let folder = tempfile::tempdir().unwrap();
    kubeglass(folder.path(), "body-html", 1);
    for name in FILES.into_iter().chain(OTHER_FILES) {
        is_harmless(name, &text(folder.path(), name));
    }
}
