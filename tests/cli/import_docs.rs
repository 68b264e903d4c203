//! `failspec import docs` and `failspec drift`: generate a pack from a page that runs, and compare the pack with the
//! page.

use std::{fs, path::Path};

use crate::support::{Done, done, failspec, tiny_server};
use failspec_base::syntax::Source;
use failspec_import::{
    Page,
    docs_scraper::{Example, FailureMention, Field, Findings, Header, Role, Scope},
    from_page,
};
use failspec_pack::pack::{
    Files, Pack,
    writing::{ContractSource, FileDocument, ScenarioFileSource},
};
use serde_json::{Value, json};

const PAGE: &str = "\
# Errors of things

Every error has this shape:

```json
{ \"error\": \"not_found\", \"message\": \"No such thing\", \"requestId\": \"r-1\" }
```

| Code | HTTP | Description |
|---|---|---|
| `not_found` | 404 | There is no such thing |
| `bad_name` | 400 | That is not a valid name |
| `too_fast` | 429 | Slow down |

## 429 Too Many Requests

```json
{ \"error\": \"too_fast\", \"message\": \"Slow down\", \"requestId\": \"r-2\" }
```

The response has a `Retry-After` header.
";

fn imported(page: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("errors.md"), page).unwrap();
    failspec_in(folder.path(), &["import", "docs", "errors.md", "--name", "things"]).exits(0);
    folder
}

fn failspec_in(folder: &Path, arguments: &[&str]) -> Done {
    done(failspec(folder).args(arguments))
}

#[test]
fn import_docs_creates_a_pack_that_runs() {
    let folder = imported(PAGE);
    let contract = fs::read_to_string(folder.path().join("schemas/things/contract.yaml")).unwrap();
    for line in [
        "  code: /error",
        "  message: /message",
        "  request_id: /requestId",
        "    documentation: errors.md, line 11",
        "      Retry-After: {}",
        "documentation_digest: sha256:",
    ] {
        assert!(contract.contains(line), "{line}:\n{contract}");
    }
    let pack = Pack::load(&Files::Directory(folder.path().to_owned()), "things").unwrap();
    let pairs: Vec<_> = pack
        .contract
        .failures
        .iter()
        .map(|it| (it.statuses()[0].exactly().unwrap(), it.code().unwrap().clone()))
        .collect();
    assert_eq!(pairs, [(404, json!("not_found")), (400, json!("bad_name")), (429, json!("too_fast"))]);
    // One scenario can be sent as generated; a stub is no test, so its failure is reported as missing.
    let server = tiny_server();
    failspec_in(folder.path(), &["run", "things", "--packs", ".", "--url", &server.url])
        .exits(4)
        .says("1 of 3")
        .says("bad_name")
        .says("too_fast");
    assert_eq!(server.lines().last().map(String::as_str), Some("GET /failspec-no-such-path"));
    // The pack is in this folder, but `--packs` is not given.
    for command in [["run", "things", "--url"], ["drift", "things", "--docs"]] {
        let last = if command[0] == "run" { server.url.as_str() } else { "errors.md" };
        failspec_in(folder.path(), &[command.as_slice(), &[last]].concat()).exits(2).says("add --packs .");
    }
    // A stub becomes a scenario if the comment signs are removed.
    let path = folder.path().join("scenarios/things/things.yaml");
    let stubs = fs::read_to_string(&path).unwrap();
    assert!(stubs.contains("  # bad_name:\n  #   triggers: bad_name\n"), "{stubs}");
    let filled = stubs.replace(
        "  # bad_name:\n  #   triggers: bad_name\n  #   request: POST /…\n  #   json: { …: wrong }\n  #   control:\n  #     json: { …: right }",
        "  bad_name:\n    triggers: bad_name\n    request: GET /things/!\n    no_control: a test",
    );
    fs::write(&path, filled).unwrap();
    failspec_in(folder.path(), &["list", "things", "--packs", "."]).exits(0).says("bad_name");
}

#[test]
fn import_docs_never_overwrites_and_refuses_pages_without_failures() {
    let folder = imported(PAGE);
    failspec_in(folder.path(), &["import", "docs", "errors.md", "--name", "things"])
        .exits(2)
        .says("exists already");
    fs::write(folder.path().join("empty.md"), "# Welcome\n\nNothing to see.\n").unwrap();
    failspec_in(folder.path(), &["import", "docs", "empty.md", "--name", "other"])
        .exits(2)
        .says("was recognised");
    assert!(!folder.path().join("schemas/other").exists());
    fs::write(
        folder.path().join("codes.md"),
        "# Error codes\n\n| Error code | Meaning |\n|---|---|\n| lost_it | Lost |\n",
    )
    .unwrap();
    failspec_in(folder.path(), &["import", "docs", "codes.md", "--name", "other"])
        .exits(2)
        .says("gives no status");
    fs::write(folder.path().join("latin.md"), [b'#', 0xe9]).unwrap();
    failspec_in(folder.path(), &["import", "docs", "latin.md", "--name", "other"]).exits(2).says("not UTF-8");
    failspec_in(folder.path(), &["import", "docs", "nowhere.md", "--name", "other"])
        .exits(2)
        .says("nowhere.md");
    failspec_in(folder.path(), &["import", "docs", "errors.md", "--name", "No Name"])
        .exits(2)
        .says("is not a valid name");
}

#[test]
fn import_docs_reports_guesses_and_contradictions() {
    let folder = tempfile::tempdir().unwrap();
    let page =
        "# Errors\n\n| Code | HTTP |\n|---|---|\n| lost_it | 404 |\n| gone_it | 404 |\n| gone_it | 410 |\n";
    fs::write(folder.path().join("errors.md"), page).unwrap();
    failspec_in(folder.path(), &["import", "docs", "errors.md", "--name", "things"])
        .exits(0)
        .says("guessed: the page does not show where the code is")
        .says("more than one status");
    let pack = Pack::load(&Files::Directory(folder.path().to_owned()), "things").unwrap();
    assert!(pack.contract.failures[1].allows_status(404) && pack.contract.failures[1].allows_status(410));
    assert_eq!(pack.contract.errata.len(), 1);
}

/// A text of a page that looks like the end of a comment, and then like keys, stays in the comment.
#[test]
fn text_of_a_page_never_leaves_its_comment() {
    for end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"] {
        let text = format!("first{end}failures: []{end}  evil: {{ triggers: lost }}");
        let stated = |status, code: &str| FailureMention {
            status,
            code: Some(code.into()),
            summary: text.clone(),
            causes: Vec::new(),
            retry: None,
            line: 1,
            guess: Some(text.clone()),
        };
        let header = Header {
            name: "X-Wait".to_owned(),
            about: format!("{text} may be there"),
            example: None,
            scope: Scope::Failures,
            line: 1,
        };
        let findings = Findings {
            title: Some(text.clone()),
            failures: vec![stated(None, "no_status"), stated(Some(409), "lost"), stated(None, "no_status_2")],
            headers: vec![header],
            ..Findings::default()
        };
        let page = Page {
            address: &text,
            digest: "sha256:00",
            read: "2026-11-23".parse().unwrap(),
            media_types: &[],
        };
        let draft = from_page("things", &findings, page);
        for text in [draft.contract().to_yaml(), draft.scenarios().to_yaml()] {
            let own = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
            let mut own = own.map(str::trim_start).filter(|line| !line.starts_with('#'));
            assert!(own.all(|line| !line.starts_with("evil") && !line.starts_with("failures: []")), "{text}");
        }
        let contract = draft.contract();
        assert_eq!(contract.value.failures.len(), 1);
        assert!(contract.to_yaml().contains("  # - id: no_status\n  #   status:   # not documented\n"));
        assert!(contract.to_yaml().contains("    # headers:\n    #   X-Wait: {}   # first "));
    }
}

/// The pack generated from any page can be loaded, and its texts are those of the page.
#[test]
fn hostile_pages_become_packs_that_load() {
    let texts = [
        "",
        " ",
        "a: b",
        "- x",
        "# c",
        "\"q\" 'r'",
        "${name}",
        "{{x}}",
        "{a: 1}",
        "[1]",
        "*a",
        "&b",
        "!c",
        "%d",
        "@e",
        "`f`",
        "yes",
        "null",
        "404",
        "1.10",
        "\u{0}\u{1b}[31m",
        "\u{202e}abc",
        "é\u{2028}ü",
        "line\nline",
        "\\",
        "x".repeat(5_000).leak(),
        "https://example.com/a/b",
        "/",
        "|",
        ">",
        "key: [",
        "\t",
    ];
    for (index, text) in texts.iter().enumerate() {
        for code in [Value::from(*text), Value::from(i64::try_from(index).unwrap()), Value::Null] {
            let stated = |line| FailureMention {
                status: Some(400 + u16::try_from(index).unwrap()),
                code: (!code.is_null()).then(|| code.clone()),
                summary: (*text).to_owned(),
                causes: vec![(*text).to_owned(), (*text).to_owned()],
                retry: None,
                line,
                guess: Some((*text).to_owned()),
            };
            let findings = Findings {
                title: Some((*text).to_owned()),
                failures: vec![
                    stated(1),
                    stated(2),
                    FailureMention { status: Some(404), code: Some("other".into()), ..stated(3) },
                ],
                examples: vec![Example {
                    body: json!({ *text: code, "message": *text, "a": [{ *text: 1 }] }),
                    scope: Scope::Failures,
                    line: 1,
                    guess: None,
                }],
                headers: vec![Header {
                    name: (*text).to_owned(),
                    about: (*text).to_owned(),
                    example: None,
                    scope: Scope::Failures,
                    line: 1,
                }],
                fields: vec![Field { path: vec!["message".into()], role: Role::Message, line: 1 }],
                ..Findings::default()
            };
            let draft = from_page(
                "things",
                &findings,
                Page {
                    address: text,
                    digest: "sha256:00",
                    read: "2026-11-23".parse().unwrap(),
                    media_types: &[],
                },
            );
            let mut files = vec![
                ("schemas/things/contract.yaml".to_owned(), draft.contract().to_yaml()),
                ("scenarios/things/things.yaml".to_owned(), draft.scenarios().to_yaml()),
            ];
            if let Some(schema) = &draft.envelope.schema {
                files.push(("schemas/things/envelope.schema.json".to_owned(), schema.to_string()));
            }
            let (contract, scenarios) = (draft.contract(), draft.scenarios());
            let read = ContractSource::parse(&Source::new("contract.yaml", contract.to_yaml())).unwrap();
            assert_eq!(read, contract.value, "{text:?}");
            let read = ScenarioFileSource::parse(&Source::new("things.yaml", scenarios.to_yaml())).unwrap();
            assert_eq!(read, scenarios.value, "{text:?}");
            let pack = Pack::from_texts(&failspec::builtin::built_in(), "things", files)
                .unwrap_or_else(|error| panic!("{text:?}: {error}\n{}", draft.contract().to_yaml()));
            assert!(!pack.contract.failures.is_empty());
        }
    }
}

fn drift(from: &str, to: &str) -> Done {
    let folder = imported(PAGE);
    assert!(PAGE.contains(from), "{from}");
    fs::write(folder.path().join("errors.md"), PAGE.replace(from, to)).unwrap();
    failspec_in(folder.path(), &["drift", "things", "--packs", ".", "--docs", "errors.md"])
}

#[test]
fn drift_reports_differences() {
    for (from, to, message) in [
        (
            "| `bad_name` | 400 | That is not a valid name |\n",
            "",
            "bad_name: the code bad_name is not on the page",
        ),
        ("| `too_fast`", "| `quota_spent` | 403 | Enough |\n| `too_fast`", "quota_spent (403): Enough"),
        ("`bad_name` | 400", "`bad_name` | 422", "bad_name has status 422 on the page, 400 in the contract"),
        ("`bad_name`", "`wrong_name`", "wrong_name (400)"),
        ("\"error\":", "\"code\":", "an example has no code at /error"),
        ("\"message\":", "\"text\":", "an example has no message at /message"),
        ("\"requestId\":", "\"id\":", "an example has no request id at /requestId"),
        (
            "# Errors of things\n",
            "# Errors of things\n\n## 451 Unavailable For Legal Reasons\n\nThe law.\n",
            "451",
        ),
    ] {
        drift(from, to).exits(1).says(message).says("has changed since");
    }
}

#[test]
fn drift_reports_nothing_without_differences() {
    for (from, to) in [
        ("There is no such thing", "Nothing is there"),
        (
            "| `bad_name` | 400 | That is not a valid name |\n| `too_fast` | 429 | Slow down |\n",
            "| `too_fast` | 429 | Slow down |\n| `bad_name` | 400 | That is not a valid name |\n",
        ),
        ("| `not_found` |", "| `fine` | 200 | It worked |\n| `not_found` |"),
        ("Every error", "Some words more.\n\nEvery error"),
        ("\"requestId\": \"r-1\"", "\"requestId\": \"r-1\", \"hint\": \"look again\""),
        ("`Retry-After`", "`retry-after`"),
    ] {
        drift(from, to).exits(0).says("no difference").says("has changed since");
    }
    drift("#", "#").exits(0).says("has not changed since");
}

#[test]
fn drift_page_without_failures_is_no_proof() {
    let folder = imported(PAGE);
    fs::write(folder.path().join("errors.md"), "<html><body><div id=root></div></body></html>").unwrap();
    failspec_in(folder.path(), &["drift", "things", "--packs", ".", "--docs", "errors.md"])
        .exits(2)
        .says("was recognised");
    failspec_in(folder.path(), &["drift", "things", "--packs", "."]).exits(2);
    failspec_in(folder.path(), &["drift", "nonesuch", "--docs", "errors.md"]).exits(2).says("nonesuch");
}

#[test]
fn drift_ignores_failures_documented_on_another_page() {
    let folder = imported(PAGE);
    let path = folder.path().join("schemas/things/contract.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let more = "  - { id: away, status: 503, code: away, summary: We are away, source: published }\n";
    let text = text.replace("failures:\n", &format!("failures:\n{more}"));
    fs::write(&path, text).unwrap();
    failspec_in(folder.path(), &["drift", "things", "--packs", ".", "--docs", "errors.md"])
        .exits(0)
        .says("no difference");
    // Both pages together: the failures of the second page are in the contract, too.
    fs::write(folder.path().join("more.md"), "# Errors\n\n| Code | HTTP |\n|---|---|\n| away | 503 |\n")
        .unwrap();
    failspec_in(
        folder.path(),
        &["drift", "things", "--packs", ".", "--docs", "errors.md", "--docs", "more.md"],
    )
    .exits(0);
}

#[test]
fn drift_reports_locations_for_a_scheduled_job() {
    let folder = imported(PAGE);
    fs::write(folder.path().join("errors.md"), PAGE.replace("`bad_name` | 400", "`bad_name` | 422")).unwrap();
    failspec_in(
        folder.path(),
        &[
            "drift",
            "things",
            "--packs",
            ".",
            "--docs",
            "errors.md",
            "--report",
            "github",
            "--report",
            "markdown=drift.md",
        ],
    )
    .exits(1)
    .says("::error file=errors.md,line=12,title=failspec%3A documented differently::");
    let markdown = fs::read_to_string(folder.path().join("drift.md")).unwrap();
    assert!(markdown.contains("`errors.md:12`"), "{markdown}");
}
