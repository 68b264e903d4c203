//! Reports: no hostile text and no secret in any of them, their cost, and the display in a browser.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::report_readers::{
    EVERY, FILES, OTHER_FILES, embedded, is_harmless, is_self_contained, junit, tags, text, without_scripts,
};
use crate::support::{Reply, Server, TINY_CONTRACT, done, failspec, pack_with, tiny_pack};
use base64::Engine as _;
use failspec_engine::RunOptions;
use failspec_judge::report_model::{
    CaseReport, Outcome, Reason, RunFinding, RunReport, SnapshotReport, SnapshotState,
};
use failspec_mutants as proof;
use failspec_pack::pack::Pack;
use failspec_reference as reference;
use failspec_reference::mutants_of;
use failspec_report::{github, html, junit as junit_report, markdown, terminal};
use serde_json::Value;

/// A text with special characters and markup for every format.
const EVIL: &str = "</script></style></details><img src=x onerror=alert(1)><!-- ]]> & \"'` ``` ${7*7} {{7*7}} \n::error::owned\n\
                    ##[error]owned\n| a | b |\n# head\n@everyone #1 [x](javascript:alert(1)) :tada:\r\
                    \u{0}\u{1b}[31m\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{2066}\u{2028}\u{feff}\u{fffe}\u{ffff}\u{7f}\u{e0041}";

async fn violations() -> RunReport {
    let pack = Arc::new(Pack::load(&failspec::builtin::built_in(), "kubeglass").unwrap());
    let mutants = mutants_of(&*reference::api("kubeglass").unwrap());
    let mutant = mutants.into_iter().find(|mutant| mutant.id == "code-padded");
    proof::run_on(&pack, mutant, RunOptions::default()).await.unwrap()
}

fn spoil(text: &mut String) {
    text.push_str(EVIL);
}

/// Puts hostile text into every field that does not come from failspec itself.
fn spoil_case(case: &mut CaseReport) {
    let evil = || Some(EVIL.to_owned());
    case.name = format!("{}{EVIL}", case.name).into();
    spoil(&mut case.location.file);
    case.reason = evil().map(|cause| Reason::Unjudged { cause });
    let documented = Arc::make_mut(&mut case.documented);
    spoil(&mut documented.summary);
    documented.code = Some(Value::from(EVIL));
    documented.link = evil();
    case.left_behind.push(EVIL.to_owned());
    let diff = Some(format!("-{EVIL}\n+{EVIL}"));
    case.snapshot = Some(SnapshotReport { file: EVIL.to_owned(), state: SnapshotState::Changed, diff });
    if let Some(observed) = &mut case.observed {
        observed.code = Some(serde_json::json!({ EVIL: [EVIL] }));
        observed.request_id = Some(EVIL.into());
    }
    for finding in case.violations.iter_mut().chain(&mut case.warnings) {
        for text in [&mut finding.expected, &mut finding.actual, &mut finding.message] {
            spoil(text);
        }
    }
    for exchange in &mut case.exchanges {
        let request = &mut exchange.request;
        spoil(&mut request.method);
        request.url = request.url.clone().with(EVIL);
        request.headers.push((EVIL.to_owned(), EVIL.into()));
        (request.body, exchange.role) = (Some(EVIL.into()), evil());
        if let Some(response) = &mut exchange.response {
            response.headers.push((EVIL.to_owned(), EVIL.to_owned()));
            response.body = format!("{{\"a\":{}}}", Value::from(EVIL));
        }
    }
}

async fn evil() -> RunReport {
    let mut report = violations().await;
    let outcomes = [Outcome::Failed, Outcome::Inconclusive, Outcome::Skipped, Outcome::Passed];
    for (at, case) in report.cases.iter_mut().enumerate() {
        spoil_case(case);
        case.outcome = outcomes[at % outcomes.len()];
    }
    report.diagnosis = Some(EVIL.to_owned());
    report.selectors = vec![EVIL.to_owned()];
    report.run_findings.push(RunFinding {
        check: "waiver-stale".to_owned(),
        message: EVIL.to_owned(),
        cases: vec![EVIL.to_owned()],
        violation: true,
    });
    for erratum in &mut report.errata {
        spoil(&mut erratum.about);
        erratum.links = vec![EVIL.to_owned(), "javascript:alert(1)".to_owned()];
    }
    for pack in &mut report.packs {
        pack.errata.clone_from(&report.errata);
        pack.header.failures_selected = 1;
        for text in [&mut pack.header.origin, &mut pack.header.target] {
            spoil(text);
        }
        (pack.header.documentation, pack.header.as_of) = (Some(EVIL.to_owned()), Some(EVIL.to_owned()));
        for failure in &mut pack.coverage.failures {
            spoil(&mut failure.failure);
        }
    }
    report
}

fn written(write: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_in_every_field_are_only_texts() {
    let report = evil().await;
    let page = written(|out| html::write(&report, out));
    is_self_contained(&page);
    is_harmless("html", &page);
    let markup = without_scripts(&page);
    for broken in ["<img", "alert(1)>", "</style></details>", "href=\"javascript", "<!-- ]]"] {
        assert!(!markup.contains(broken), "{broken}");
    }
    // Every opened element is closed, and the values for the script are unchanged.
    let tags = tags(&page);
    for element in ["details", "section", "ul", "li", "div", "table", "span", "summary", "svg", "code"] {
        let opened = tags.iter().filter(|tag| tag.split(' ').next() == Some(element)).count();
        let closed = tags.iter().filter(|tag| tag.strip_prefix('/') == Some(element)).count();
        assert_eq!(opened, closed, "{element}");
    }
    let values = embedded(&page);
    assert_eq!(values.len(), report.cases.len());
    assert!(values.iter().all(|value| value["snapshot"]["file"] == EVIL));
    // What the page itself shows is not embedded once more.
    let links = || values.iter().map(|value| &value["documented"]["link"]);
    assert!(links().all(|link| link.is_null() || link == EVIL) && links().any(serde_json::Value::is_null));

    let xml = written(|out| junit_report::write(&report, junit_report::Dialect::default(), out));
    is_harmless("junit", &xml);
    assert_eq!(junit(&xml).tests, report.cases.len() + 2);

    let comment = written(|out| markdown::write(&report, out));
    is_harmless("markdown", &comment);
    assert!(comment.len() < 65_536, "{}", comment.len());
    markdown_is_tame(&comment);

    let log = github::annotations(&report, &github::Checkout::default());
    is_harmless("github", &log);
    for line in log.lines() {
        let (properties, _) = line.trim_start_matches("::").split_once("::").expect("a command");
        assert!(["error ", "warning ", "notice "].iter().any(|word| properties.starts_with(word)), "{line}");
        assert!(!properties.contains(['\n', '\r']));
    }
    assert!(!log.contains("\n::error::owned"));

    // On a terminal, a text that is not on a line of its own ends with its line.
    for verbose in [false, true] {
        let shown = terminal::end(&report, terminal::View { verbose, ..Default::default() });
        let forged = shown.lines().find(|line| line.starts_with("::error::owned"));
        assert_eq!(forged, None, "{verbose}: {shown}");
    }
}

/// Asserts that outside of code, no text from a server is markup, a mention or a link.
#[track_caller]
fn markdown_is_tame(comment: &str) {
    let (mut outside, mut fence) = (String::new(), None::<String>);
    for line in comment.lines() {
        let ticks: String = line.chars().take_while(|character| *character == '`').collect();
        match &fence {
            Some(open) if ticks.len() >= open.len() && line.len() == ticks.len() => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 && line.ends_with("text") => fence = Some(ticks),
            None => outside.push_str(&format!("{line}\n")),
        }
    }
    assert!(fence.is_none(), "a block is open at the end");
    // An escaped character is only that character.
    let outside = regex::Regex::new(r"\\.").unwrap().replace_all(&outside, "_").into_owned();
    for line in outside.lines() {
        // Such a line is HTML, not Markdown; text inside `code` contains no mentions.
        if let Some(rest) = line.strip_prefix("<details><summary>") {
            let tags: Vec<&str> = rest.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()).collect();
            let ours = ["code", "/code", "/summary"];
            assert!(tags.iter().all(|tag| ours.contains(tag)), "{tags:?}");
            continue;
        }
        // Code spans: everything up to the same number of backticks.
        let (mut rest, mut plain) = (line, String::new());
        while let Some(at) = rest.find('`') {
            plain.push_str(&rest[..at]);
            let ticks: String = rest[at..].chars().take_while(|character| *character == '`').collect();
            let after = &rest[at + ticks.len()..];
            let end = after.find(&ticks).unwrap_or_else(|| panic!("an open code span in {line}"));
            rest = &after[end + ticks.len()..];
        }
        plain.push_str(rest);
        for broken in ["<img", "<script", "@everyone", "](javascript", " #1 ", "<javascript"] {
            assert!(!plain.contains(broken), "{broken} in {plain}");
        }
    }
}

#[test]
fn response_cannot_inject_github_workflow_commands() {
    let folder = tiny_pack();
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        _ => Reply::new(404, "text/plain", "no\n::add-mask::a\n  ::error::owned\n##[error]owned"),
    });
    let run = ["run", "--packs", ".", "--url", &server.url, "--report", "github"];
    let done = done(failspec(folder.path()).env("GITHUB_ACTIONS", "true").args(run)).exits(1);
    let lines: Vec<&str> = done.stdout.lines().collect();
    let owned = lines.iter().position(|line| line.contains("::add-mask::")).expect("the body is shown");
    let stop = lines[..owned].iter().rposition(|line| line.starts_with("::stop-commands::")).expect("a stop");
    let token = lines[stop].trim_start_matches("::stop-commands::");
    assert!(token.len() >= 32, "{token}");
    let go = lines.iter().position(|line| *line == format!("::{token}::")).expect("commands work again");
    assert!(stop < owned && owned < go && lines.iter().rposition(|it| it.contains("owned")).unwrap() < go);
    // The annotations of failspec are outside.
    assert!(lines[..stop].iter().any(|line| line.starts_with("::error file=")), "{}", done.stdout);
}

const TOKEN: &str = "tok/en+of=the <tests> & \"0815\"";
const CAPTURED: &str = "session-secret-4711";

/// Returns every encoding of a secret that must not be visible; HTML and Markdown have their own.
fn forms(secret: &str) -> Vec<String> {
    let engine = base64::engine::general_purpose::STANDARD;
    let escaped = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    vec![
        secret.to_owned(),
        percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string(),
        engine.encode(secret),
        engine.encode(format!("Bearer {secret}")),
        Value::from(secret).to_string().trim_matches('"').to_owned(),
        escaped.replace('"', "&quot;"),
        escaped,
    ]
}

#[test]
fn a_secret_of_a_role_and_one_captured_at_login_are_in_no_output() {
    let scenarios = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    as: user
    request: GET /things/none
    control: { request: GET /things/one }
  with_a_session:
    triggers: not_found
    setup:
      - request: POST /sessions
        capture: { token: { body: /token, secret: true } }
    request: POST /things/none
    headers: { X-Session: \"${token}\" }
    json: { session: \"${token}\" }
    no_control: it is about secrets
";
    let server = Server::start(|request| {
        let sent =
            |name: &str| request.header(name).unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        let (token, session) = (sent("authorization"), sent("x-session"));
        let body = |code: &str| {
            let echo = serde_json::json!({
                "error": [code, token, session], "message": forms(&token).join(" "), "requestId": forms(&session), token.clone(): session,
            });
            Reply::json(418, echo.to_string())
        };
        match request.path.as_str() {
            "/things/one" => Reply::json(200, "{}"),
            "/sessions" => Reply::json(201, serde_json::json!({ "token": CAPTURED }).to_string()),
            _ if token.is_empty() => body("x").with("X-Echo", &session),
            _ => body("y").with("X-Echo", &token),
        }
    });
    for bodies in ["all", "violations", "none"] {
        let folder = pack_with(TINY_CONTRACT, scenarios);
        let mut command = failspec(folder.path());
        command.env("TINY", TOKEN).args(["run", "--packs", ".", "-v", "--url", &server.url]);
        command.args(["--role", "user=bearer:env:TINY", "--report-bodies", bodies]).args(EVERY);
        let done = done(&mut command).exits(1);
        assert!(server.received().iter().any(|it| it.header("x-session") == Some(CAPTURED)), "it was sent");
        let outputs: Vec<_> =
            FILES.iter().chain(&OTHER_FILES).map(|name| (*name, text(folder.path(), name))).collect();
        for (name, output) in
            outputs.iter().map(|(name, text)| (*name, text)).chain([("output", &done.all())])
        {
            for secret in [TOKEN, CAPTURED] {
                for form in forms(secret) {
                    assert!(!output.contains(&form), "{bodies} {name}: {form} is in\n{output}");
                }
            }
            // It is masked and not just missing: even without bodies the requests are shown.
            assert!(
                output.contains("[secret:")
                    || output.contains("\\[secret:")
                    || name == "r.sarif"
                    || (name == "r.ndjson" && output.contains("{\"secret\":")),
                "{bodies} {name}\n{output}"
            );
        }
    }
}

/// Creates a report of `count` scenarios, some of them with violations.
async fn many(count: usize) -> RunReport {
    let mut report = violations().await;
    let known = std::mem::take(&mut report.cases);
    for number in 0..count {
        let mut case = known[number % known.len()].clone();
        case.name = format!("{}_{number}", case.name).into();
        report.cases.push(case);
    }
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn html_of_three_thousand_failed_cases_is_small_and_needs_no_script() {
    let mut report = many(3_000).await;
    let failed = report.cases.iter().find(|case| case.outcome == Outcome::Failed).unwrap().clone();
    for (number, case) in report.cases.iter_mut().enumerate() {
        *case = failed.clone();
        case.name = format!("{}_{number}", failed.name).into();
        // What a case sends besides is not what the page grows by.
        case.exchanges.retain(|exchange| exchange.phase == failspec_judge::check::Phase::Request);
        case.left_behind.clear();
        (case.snapshot, case.rerun) = (None, None);
    }
    let page = written(|out| html::write(&report, out));
    let rows: Vec<&str> = page.split("<details class=\"case ").collect();
    assert!(page.len() < 5_000_000, "{} bytes, each as {}", page.len(), rows[7]);
    // The first failed case is open, and only that one.
    assert_eq!(page.matches("data-warned open>").count() + page.matches("\" open><summary><span").count(), 1);
    let readable = without_scripts(&page);
    assert_eq!(readable.matches("<pre class=\"curl\">").count(), 3_000);
    assert!(!page.contains("<script type=\"application/json\">"), "nothing is embedded twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_ten_thousand_scenarios_are_written_in_linear_time() {
    let report = many(10_000).await;
    let began = Instant::now();
    let page = written(|out| html::write(&report, out));
    assert_eq!(page.matches("<details class=\"case ").count(), 10_000);
    // Rows are in chunks that are laid out only near the viewport.
    assert_eq!(
        page.matches("<div class=\"chunk\">").count(),
        page.matches("</div>\n<div class=\"chunk\">").count() + 2
    );
    let comment = written(|out| markdown::write(&report, out));
    assert!(comment.len() < 65_536 && comment.contains("more: the other reports have them all"));
    assert_eq!(
        junit(&written(|out| junit_report::write(&report, junit_report::Dialect::default(), out))).tests,
        10_001
    );
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn reports_less_than_double_the_duration_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let time = |reports: &[&str]| {
        let began = Instant::now();
        done(failspec(folder.path()).args(["run", "--reference", "-q"]).args(reports)).exits(0);
        began.elapsed()
    };
    // The best of three: other tests run at the same time.
    let best = |reports: &[&str]| (0..3).map(|_| time(reports)).min().unwrap();
    let (without, with) = (best(&[]), best(&EVERY));
    println!("all packs: {without:?} without reports, {with:?} with every report");
    assert!(with < without * 2, "{without:?} without reports, {with:?} with all");
}

/// Opens a page in a headless browser; returns the document after its script ran, and the log.
fn browser(page: &Path, fragment: &str) -> (String, String) {
    let profile = tempfile::tempdir().unwrap();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let program =
        names.iter().find(|name| Command::new(name).arg("--version").output().is_ok()).expect("chromium");
    let Output { stdout, stderr, .. } = Command::new(program)
        // Without a sandbox, because CI runs as root; the page is from this test.
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--window-size=375,800",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("file://{}{fragment}", page.display()))
        .output()
        .expect("chromium starts");
    (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn browser_shows_the_page_without_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let plain = violations().await;
    let mut hostile = violations().await;
    // The names are kept: links refer to them.
    let names: Vec<Arc<str>> = hostile.cases.iter().map(|case| case.name.clone()).collect();
    hostile.cases.iter_mut().for_each(spoil_case);
    for (case, name) in hostile.cases.iter_mut().zip(&names) {
        case.name.clone_from(name);
    }
    for (kind, report) in [("plain", plain), ("hostile", hostile), ("many", many(10_000).await)] {
        let page = folder.path().join(format!("{kind}.html"));
        html::write(&report, fs::File::create(&page).unwrap()).unwrap();
        let name = &report.cases.iter().find(|it| it.outcome == Outcome::Failed).unwrap().name;
        let (document, log) = browser(&page, &format!("#{name}"));
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}");
        let count = report.cases.len();
        assert_eq!(document.matches("<details class=\"case ").count(), count, "{kind}");
        // The script ran: it shows the filters and counts, and has opened the scenario of the link.
        assert!(document.contains(&format!("All {count} cases")), "{kind}");
        assert!(document.contains("<div class=\"pair\">") && document.contains(">Reproduce<"), "{kind}");
        assert!(document.contains("data-opened=\"\""), "{kind}");
        assert!(!document.contains("<img"), "{kind}: text became markup");
        if kind == "hostile" {
            assert!(
                document.contains("\\u{202e}") && !document.contains('\u{202e}'),
                "what turns the direction is shown"
            );
        }
    }
}
