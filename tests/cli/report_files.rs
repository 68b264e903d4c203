//! The files of reports: nobody reads half of one, or one of an earlier run in place of this one's.

use std::{
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{
    Background, Done, Reply, Server, done, failspec, tiny, tiny_failure, tiny_pack, tiny_server,
};

const EVERY: [&str; 8] = [
    "--report",
    "json=r.json",
    "--report",
    "junit=r.xml",
    "--report",
    "html=r.html",
    "--report",
    "markdown=r.md",
];

fn run(folder: &Path, server: &Server, more: &[&str]) -> Done {
    done(failspec(folder).args(["run", "--packs", ".", "--url", &server.url]).args(more))
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// A server that breaks the contract, slowly.
fn wrong() -> Server {
    Server::start(|request| {
        thread::sleep(Duration::from_millis(60));
        match request.path.as_str() {
            "/things/one" => tiny(request),
            _ => tiny_failure(404, "odd", request),
        }
    })
}

/// Returns the names of the reports in which something says that the API conforms.
fn green(folder: &Path) -> Vec<&'static str> {
    let json: Value = serde_json::from_str(&text(folder, "r.json")).unwrap();
    let (xml, html, markdown) = (text(folder, "r.xml"), text(folder, "r.html"), text(folder, "r.md"));
    assert!(xml.ends_with("</testsuites>\n") || xml.trim_end().ends_with("</testsuites>"), "{xml}");
    assert!(html.ends_with("</html>\n"), "{html}");
    let is_red = xml.contains("<error") || xml.contains("<failure");
    [
        ("r.json", json["verdict"] == "conforms"),
        ("r.xml", !is_red),
        ("r.html", html.contains("class=\"verdict good\"")),
        ("r.md", markdown.contains("conforms") || markdown.is_empty()),
    ]
    .into_iter()
    .filter(|(_, is_green)| *is_green)
    .map(|(name, _)| name)
    .collect()
}

#[test]
fn security_killed_run_leaves_no_report_that_says_green() {
    let folder = tiny_pack();
    let at = folder.path();
    let good = tiny_server();
    run(at, &good, &EVERY).exits(0);
    assert_eq!(green(at).len(), 4, "the reports of yesterday");
    let yesterday: Vec<_> = ["r.json", "r.xml", "r.html", "r.md"]
        .into_iter()
        .map(|name| (name, fs::read(at.join(name)).unwrap()))
        .collect();
    let bad = wrong();
    let began = Instant::now();
    run(at, &bad, &EVERY).exits(1);
    let took = began.elapsed();
    let mut interrupted = 0;
    // A fixed sequence of numbers, so that a failure can be reproduced.
    let mut state: u64 = 20;
    for _ in 0..10 {
        yesterday.iter().for_each(|(name, bytes)| fs::write(at.join(name), bytes).unwrap());
        let server = wrong();
        let mut command = failspec(at);
        command.args(["run", "--packs", ".", "--url", &server.url]).args(EVERY);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while server.connections() == 0 && process.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(took.mul_f64((state >> 33) as f64 / f64::from(1_u32 << 31)));
        // SIGKILL.
        let _ = process.kill();
        process.wait().unwrap();
        assert!(green(at).is_empty(), "{state}: {:?}", green(at));
        let json: Value = serde_json::from_str(&text(at, "r.json")).unwrap();
        if json["verdict"] == "interrupted" {
            interrupted += 1;
            assert!(json["diagnosis"].as_str().unwrap().contains("written when the run began"), "{json}");
            // The files are written one after the other: the process may end in between.
            let markdown = text(at, "r.md");
            let ended = markdown.contains("violated the documentation");
            assert!(ended || markdown.contains("The run has not ended"), "{markdown}");
        }
    }
    assert!(interrupted > 0);
    // Harmless: a run that ends has its own reports, and nothing else is left in the folder.
    run(at, &good, &EVERY).exits(0);
    assert_eq!(green(at).len(), 4);
}

#[test]
fn security_drift_that_does_not_end_leaves_no_earlier_report() {
    let folder = tiny_pack();
    let at = folder.path();
    fs::write(at.join("d.json"), "{\"groups\":[]}").unwrap();
    let page = Server::start(|_| {
        thread::sleep(Duration::from_secs(60));
        Reply::html(200, "")
    });
    let mut command = failspec(at);
    command.args(["drift", "tiny", "--packs", ".", "--docs", &page.url, "--report", "json=d.json"]);
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while page.connections() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let _ = process.kill();
    process.wait().unwrap();
    let report: Value = serde_json::from_str(&text(at, "d.json")).unwrap();
    assert_eq!(report["groups"][0]["title"], "unfinished", "{report}");
    // Harmless: one that ends.
    let page =
        "# Errors\n\n| Code | HTTP | Description |\n|---|---|---|\n| `not_found` | 404 | No such thing |\n";
    fs::write(at.join("page.md"), page).unwrap();
    done(failspec(at).args([
        "drift",
        "tiny",
        "--packs",
        ".",
        "--docs",
        "page.md",
        "--report",
        "json=d.json",
    ]));
    assert!(!text(at, "d.json").contains("unfinished"), "{}", text(at, "d.json"));
}

#[test]
fn security_report_of_a_killed_shard_is_not_merged() {
    let folder = tiny_pack();
    let at = folder.path();
    let server = wrong();
    let mut command = failspec(at);
    command.args(["run", "--packs", ".", "--url", &server.url, "--shard", "1/1", "--report", "json=s.json"]);
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while server.connections() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let _ = process.kill();
    process.wait().unwrap();
    done(failspec(at).args(["merge", "s.json"])).exits(2).says("cannot be the report of a shard");
}

#[test]
fn security_merge_and_diff_say_first_that_a_run_was_interrupted() {
    let folder = tiny_pack();
    let at = folder.path();
    let server = tiny_server();
    run(at, &server, &["--shard", "1/1", "--report", "json=whole.json"]).exits(0);
    run(at, &server, &["--report", "json=old.json"]).exits(0);
    // The reports of runs that a signal stopped, and of one that has just begun.
    let report = text(at, "whole.json").replace("\"conforms\"", "\"interrupted\"");
    fs::write(at.join("shard.json"), report).unwrap();
    let mut begun: Value = serde_json::from_str(&text(at, "old.json")).unwrap();
    begun["verdict"] = "interrupted".into();
    begun["cases"] = Value::Array(Vec::new());
    fs::write(at.join("begun.json"), begun.to_string()).unwrap();
    for quiet in [&[][..], &["--quiet"]] {
        let merged = done(failspec(at).args(["merge", "shard.json"]).args(quiet));
        assert_eq!(merged.code, 130, "{}", merged.all());
        assert!(merged.stdout.starts_with("interrupted shard.json is the report of"), "{}", merged.stdout);
    }
    let merged = done(failspec(at).args(["merge", "begun.json"]));
    merged.exits(2).says("begun.json is the report of a run that was interrupted");
    let compared = done(failspec(at).args(["diff", "old.json", "begun.json"]));
    assert_eq!(compared.code, 1, "{}", compared.all());
    let second = compared.stdout.lines().nth(1).unwrap_or_default();
    assert!(second.starts_with("begun.json is the report of a run that was"), "{}", compared.stdout);
    // Harmless: runs that ended, and an interrupted one before.
    let merged = done(failspec(at).args(["merge", "whole.json"]));
    assert!(merged.code == 0 && !merged.stdout.contains("interrupted"), "{}", merged.all());
    let compared = done(failspec(at).args(["diff", "old.json", "whole.json"]));
    assert!(compared.code == 0 && !compared.stdout.contains("interrupted"), "{}", compared.all());
    let compared = done(failspec(at).args(["diff", "begun.json", "old.json"]));
    assert!(compared.code == 0 && compared.stdout.contains("begun.json is the report"), "{}", compared.all());
}

#[test]
fn security_two_reports_never_share_a_file() {
    let folder = tiny_pack();
    let at = folder.path();
    let server = tiny_server();
    fs::create_dir(at.join("sub")).unwrap();
    for other in ["./a", "sub/../a", &at.join("a").display().to_string()] {
        let html = format!("html={other}");
        run(at, &server, &["--report", "json=a", "--report", &html])
            .exits(2)
            .says("two reports have the same file");
    }
    assert_eq!(server.connections(), 0);
    let diff = ["diff", "kubeglass", "kubeglass", "--report", "json=d", "--report", "markdown=./d"];
    done(failspec(at).args(diff)).exits(2).says("two reports have the same file");
    // Harmless: files of one name in two folders.
    run(at, &server, &["--report", "json=a", "--report", "html=sub/a"]).exits(0);
    #[cfg(unix)]
    {
        // A link is replaced: the file that it leads to is not written.
        fs::write(at.join("precious"), "mine").unwrap();
        std::os::unix::fs::symlink("precious", at.join("link")).unwrap();
        fs::hard_link(at.join("precious"), at.join("hard")).unwrap();
        let reports = ["--report", "json=link", "--report", "html=hard", "--report", "junit=sub/a"];
        run(at, &server, &reports).exits(0);
        assert_eq!(text(at, "precious"), "mine");
        assert!(text(at, "link").starts_with('{') && text(at, "hard").starts_with("<!doctype"));
    }
}

#[cfg(unix)]
#[test]
fn security_report_that_cannot_be_written_is_said() {
    let folder = tiny_pack();
    let at = folder.path();
    let (good, bad) = (tiny_server(), wrong());
    let full = ["--report", "json=/dev/full", "--report", "html=/dev/full"];
    run(at, &good, &full).exits(2).says("two reports have the same file");
    let full = ["--report", "json=/dev/full", "--report", "html=r.html"];
    // The verdict stays, the failure is said, and the other report is written.
    run(at, &bad, &full).exits(1).says("cannot write /dev/full: No space left");
    assert!(text(at, "r.html").contains("class=\"verdict bad\""));
    run(at, &good, &full).exits(3).says("cannot write /dev/full: No space left");
    assert!(text(at, "r.html").contains("class=\"verdict good\""));
    let diff = ["diff", "kubeglass", "kubeglass", "--report", "json=/dev/full", "--report", "markdown=d.md"];
    done(failspec(at).args(diff)).exits(3).says("cannot write /dev/full");
    assert!(text(at, "d.md").contains("no difference") || !text(at, "d.md").is_empty());
}

#[cfg(unix)]
#[test]
fn security_output_that_is_lost_is_said() {
    let folder = tiny_pack();
    let at = folder.path();
    let (good, bad) = (tiny_server(), wrong());
    run(at, &bad, &["--report", "json=r.json"]).exits(1);
    let lost = |arguments: &[&str]| {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = failspec(at).args(arguments).stdout(full).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("standard output cannot be written: No space left"), "{arguments:?}: {error}");
        output.status.code().unwrap()
    };
    let everything: [&[&str]; 11] = [
        &["waive", "r.json"],
        &["list", "--packs", "."],
        &["coverage", "--packs", "."],
        &["explain"],
        &["run", "--help"],
        &["--version"],
        &["schema", "report"],
        &["completions", "bash"],
        &["init", "mine"],
        &["diff", "kubeglass", "kubeglass"],
        &["run", "tiny", "--packs", ".", "--url", &good.url],
    ];
    for arguments in everything {
        assert_eq!(lost(arguments), 3, "{arguments:?}");
    }
    // A verdict that is worse stays.
    assert_eq!(lost(&["run", "tiny", "--packs", ".", "--url", &bad.url]), 1);
    // Harmless: a reader that needs no more.
    let mut listing = Background::start(failspec(at).args(["explain"]));
    drop(listing.0.stdout.take());
    assert!(matches!(listing.0.wait().unwrap().code(), Some(0)));
}

#[cfg(unix)]
#[test]
fn report_file_keeps_its_permissions_and_pipes_are_written_directly() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tiny_pack();
    let at = folder.path();
    let server = tiny_server();
    let mode = |name: &str| fs::metadata(at.join(name)).unwrap().permissions().mode() & 0o777;
    fs::write(at.join("other"), "").unwrap();
    run(at, &server, &["--report", "json=r.json"]).exits(0);
    assert_eq!(mode("r.json"), mode("other"), "that of any new file");
    fs::set_permissions(at.join("r.json"), fs::Permissions::from_mode(0o640)).unwrap();
    run(at, &server, &["--report", "json=r.json"]).exits(0);
    assert_eq!(mode("r.json"), 0o640);
    assert!(std::process::Command::new("mkfifo").arg(at.join("pipe")).status().unwrap().success());
    let pipe = at.join("pipe");
    let reader = thread::spawn(move || fs::read_to_string(pipe).unwrap());
    run(at, &server, &["--report", "json=pipe"]).exits(0);
    let read: Value = serde_json::from_str(&reader.join().unwrap()).unwrap();
    assert_eq!(read["verdict"], "conforms");
    let printed = run(at, &server, &["--quiet", "--report", "json=/dev/stdout"]).exits(0);
    assert!(printed.stdout.contains("\"verdict\": \"conforms\""), "{}", printed.stdout);
    // A step summary is appended to, once.
    fs::write(at.join("summary"), "before\n").unwrap();
    let github = ["run", "--packs", ".", "--url", &server.url, "--report", "github"];
    done(failspec(at).env("GITHUB_STEP_SUMMARY", at.join("summary")).args(github)).exits(0);
    let summary = text(at, "summary");
    assert!(summary.starts_with("before\n") && !summary.contains("has not ended"), "{summary}");
    let left: Vec<_> =
        fs::read_dir(at).unwrap().filter_map(|it| it.unwrap().file_name().into_string().ok()).collect();
    assert!(!left.iter().any(|name| name.contains(".tmp")), "{left:?}");
}
