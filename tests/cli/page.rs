//! Documentation pages: every documented code and status is extracted, from every format of the page, and nothing
//! else. The pages were written for the tests; their codes, statuses and structures are those of the pages of the
//! built-in contracts.

use crate::support::KUBEGLASS_FAILURES;
use std::{collections::BTreeSet, fs, path::Path};

use failspec_import::docs_scraper::{Findings, Format, PageError, Role, Scope, read};
use failspec_pack::pack::{Pack, Provenance};
use serde_json::Value;

fn page(name: &str) -> Findings {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages").join(name);
    let text = fs::read(&path).unwrap();
    read(&text, Format::of(&path, &text)).unwrap()
}

fn markdown(text: &str) -> Findings {
    read(text.as_bytes(), Format::Markdown).unwrap()
}

/// Formats status and code as text: `404 not_found`, `404 -`.
fn pair(status: Option<u16>, code: Option<&Value>) -> String {
    let code = code
        .map_or_else(|| "-".to_owned(), |code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
    format!("{} {code}", status.map_or_else(|| "?".to_owned(), |status| status.to_string()))
}

fn found(findings: &Findings) -> BTreeSet<String> {
    findings.failures.iter().map(|stated| pair(stated.status, stated.code.as_ref())).collect()
}

/// Returns the documented failures of a built-in contract, each status and code once.
fn documented(pack: &str) -> BTreeSet<String> {
    let pack = Pack::load(&failspec::builtin::built_in(), pack).unwrap();
    let failures = pack.contract.failures.iter().filter(|failure| failure.source == Provenance::Documented);
    failures
        .map(|failure| pair(failure.statuses().first().and_then(|it| it.exactly()), failure.code()))
        .collect()
}

#[track_caller]
fn assert_found(pages: &[&str], pack: &str, count: usize) {
    let wanted = documented(pack);
    for name in pages {
        let findings = page(name);
        assert_eq!(found(&findings), wanted, "{name}");
        assert_eq!(findings.failures.len(), count, "{name}: each once");
    }
}

#[test]
fn rows_of_code_status_and_description() {
    assert_found(&["rows.txt", "rows.md", "rows.html", "rows.csv"], "kubeglass", KUBEGLASS_FAILURES);
}

#[test]
fn integer_codes_with_one_status_for_all() {
    assert_found(&["integers.txt", "integers.md", "integers.html"], "kubevision@2026-03", 18);
    let findings = page("integers.md");
    assert_eq!(findings.status_of_all.map(|(status, _)| status), Some(200));
    assert_eq!(findings.successes.len(), 1, "0 is success: {:?}", findings.successes);
}

#[test]
fn statuses_without_codes() {
    // Three of the ten failures of the contract are documented on other lines: each status is one failure of the
    // page.
    for name in ["statuses.txt", "statuses.md", "statuses.html"] {
        let wanted: BTreeSet<String> = [400, 401, 403, 404, 422, 429, 500].map(|it| format!("{it} -")).into();
        let findings = page(name);
        assert_eq!(found(&findings), wanted, "{name}");
        let documented: BTreeSet<String> = documented("kubeadapt");
        assert_eq!(documented.iter().map(|it| it[..3].to_owned()).collect::<BTreeSet<_>>().len(), 7);
        let headers: BTreeSet<&str> = findings
            .headers
            .iter()
            .filter(|header| header.scope == Scope::Status(429))
            .map(|header| header.name.as_str())
            .collect();
        let wanted = ["Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];
        assert_eq!(headers, BTreeSet::from(wanted), "{name}");
        let of_401 = findings.examples.iter().filter(|example| example.scope == Scope::Status(401)).count();
        assert_eq!(of_401, 2, "{name}: {:?}", findings.examples);
    }
}

#[test]
fn table_of_statuses_next_to_a_table_of_codes() {
    assert_found(&["two-tables.txt", "two-tables.md", "two-tables.html"], "k0rdent", 13);
    let codes: Vec<_> =
        page("two-tables.md").fields.into_iter().filter(|field| field.role == Role::Code).collect();
    assert_eq!(codes[0].path, ["error", "code"]);
}

#[test]
fn lists_of_codes_below_statuses() {
    assert_found(&["lists.txt", "lists.md", "lists.html"], "apinizer", 14);
}

#[test]
fn only_guesses_are_marked() {
    let guessed = |name: &str| -> Vec<String> {
        let failures = page(name).failures;
        failures.iter().filter(|it| it.guess.is_some()).map(|it| pair(None, it.code.as_ref())).collect()
    };
    assert_eq!(guessed("rows.txt"), ["? helm_error"]);
    assert_eq!(guessed("lists.txt").len(), 8, "all but the first of each list");
    for name in
        ["rows.md", "rows.html", "rows.csv", "lists.md", "lists.html", "two-tables.txt", "integers.txt"]
    {
        assert_eq!(guessed(name), [""; 0], "{name}");
    }
}

#[test]
fn every_statement_has_its_line() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages/rows.html")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for stated in page("rows.html").failures {
        let code = stated.code.unwrap();
        assert!(lines[stated.line - 1].contains(code.as_str().unwrap()), "line {} has {code}", stated.line);
    }
}

/// Structures of the pages of other products, with texts written for the tests.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn shapes_of_other_pages() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "codes in bold items with the status in words",
            "# Common errors\n\n- **ThrottlingException** - Too many at once. HTTP Status Code: 400\n- **AccessGone** - Away. HTTP Status Code: 403\n",
            &["400 ThrottlingException", "403 AccessGone"],
        ),
        (
            "a heading for each code, the status below it",
            "# Errors\n\n## `card_lost`\n\nHTTP status 402. The card is gone.\n\n## `too_fast`\n\nStatus: 429\n\nSlow down.\n",
            &["402 card_lost", "429 too_fast"],
        ),
        (
            "status first, then code and meaning",
            "## Errors\n\n| HTTP | RPC | Description |\n|---|---|---|\n| 400 | INVALID_ARGUMENT | Wrong |\n| 409 | ABORTED | Gone |\n| 409 | ALREADY_EXISTS | There |\n",
            &["400 INVALID_ARGUMENT", "409 ABORTED", "409 ALREADY_EXISTS"],
        ),
        (
            "statuses in a list",
            "# Status codes\n\n- `200` - Fine.\n- `400` - Invalid data.\n- `503` - Sealed.\n",
            &["400 -", "503 -"],
        ),
        (
            "statuses with their names in one cell",
            "# Status codes\n\n| Return values | Description |\n|---|---|\n| `200 OK` | Fine |\n| `412 Precondition Failed` | Not so |\n",
            &["412 -"],
        ),
        (
            "camel case codes, a column with status and name",
            "# Error responses\n\n| Error code | Description | HTTP status code |\n|---|---|---|\n| AccessDenied | No | 403 Forbidden |\n| NoSuchKey | Away | 404 Not Found |\n",
            &["403 AccessDenied", "404 NoSuchKey"],
        ),
        (
            "several statuses in a cell",
            "# Errors\n\n| Code | HTTP status | Meaning |\n|---|---|---|\n| `odd_input` | 400 / 422 | Odd |\n",
            &["400 odd_input", "422 odd_input"],
        ),
        (
            "HTML within Markdown",
            "# Errors\n\n<table>\n<tr><th>Status</th><th>Error</th></tr>\n\n<tr><td>404</td><td><code>lost_it</code></td></tr>\n</table>\n",
            &["404 lost_it"],
        ),
        (
            "small integer codes beside statuses",
            "# Error codes\n\n| HTTP Status Code | Code | Message |\n|---|---|---|\n| 500 | 0 | Unknown error |\n| 400 | 1 | A field is missing |\n",
            &["500 0", "400 1"],
        ),
        (
            "rows that are numbered",
            "# Error codes\n\n| ID | Code | Description |\n|---|---|---|\n| row-1 | `SHIP_LOST` | Away |\n| row-2 | `DENIED` | No |\n",
            &["? SHIP_LOST", "? DENIED"],
        ),
        (
            "names of errors in a table without heads, and another table like it",
            "How to go on:\n\n<table><tr><td>TRY_LATER</td><td>Later.</td></tr></table>\n\nNames of errors:\n\n<table><tr><td>CARD_LOST</td><td>It is away.</td></tr><tr><td>CARD_OLD</td><td>No.</td></tr></table>\n",
            &["? CARD_LOST", "? CARD_OLD"],
        ),
        (
            "a head with HTML in it, and statuses among codes",
            "# Errors\n\n<div style=\"width:9px\">Error Code</div> | Meaning\n---------- | -------\n400 | Bad Request -- It is odd.\n70001| No name\n70002 | No <b>date</b>\n",
            &["400 -", "? 70001", "? 70002"],
        ),
        (
            "a heading right below a tag",
            "<Anchor id=\"e\" />\n## Error codes\n\n| Code | Status | Meaning |\n|---|---|---|\n| `far_away` | 404 | Away |\n",
            &["404 far_away"],
        ),
        (
            "members of the body in a list",
            "# Error codes\n\n```json\n{ \"code\": \"gone_by\", \"details\": { /* what */ } }\n```\n\n- `gone_by`: It is away (410).\n\n## For clients\n\n- `code` is stable.\n- `details` may be empty.\n",
            &["410 gone_by"],
        ),
        (
            "statuses that the API made up, below headings",
            "# Error codes\n\n### 441 Name Missing\n\nThere is none.\n\n### 500 Unknown Trouble\n\nSorry.\n\n## Limits\n\n### 404 pages\n\nAt most.\n",
            &["441 -", "500 -"],
        ),
        (
            "small numbers that the head calls error codes",
            "A page.\n\n| Error code | Message |\n|---|---|\n| 1 | No key |\n| 27 | No name |\n",
            &["? 1", "? 27"],
        ),
        (
            "codes with colons, and several in a cell",
            "# Errors\n\n| HTTP | Error code |\n|---|---|\n| 400 | AB1<br>E0007 |\n| 401 | TokenLost: |\n",
            &["400 AB1", "400 E0007", "401 TokenLost"],
        ),
        (
            "the status in the body below the heading of a code, and a list of its members",
            "# Errores\n\n## Recursos (404, 410)\n\n### `not-there`\n\n```json\n{ \"type\": \"not-there\", \"status\": 410 }\n```\n\n- `missingFields`: list\n",
            &["410 not-there"],
        ),
        (
            "a response in a fence, its headers, then its codes",
            "# Methods\n\n#### On Failure: Odd Name\n\n```\n400 Bad Request\nContent-Type: application/json\n```\n\nThe following headers will be returned:\n\n|Name|Description|\n|---|---|\n|`X-Odd-Name`|It.|\n\nThe error codes are:\n\n|Code|Message|\n|---|---|\n|`NAME_ODD`|no|\n",
            &["400 NAME_ODD"],
        ),
        (
            "another language",
            "# Ошибки\n\n| Тип ошибки | Описание |\n|---|---|\n| `NO_DATA` | нет |\n",
            &["? NO_DATA"],
        ),
        (
            "statuses with the names of constants",
            "#### Error codes\n\n* `400 StatusBadRequest`\n  * It is odd.\n* `410 StatusGone`\n",
            &["400 -", "410 -"],
        ),
        (
            "a status that running text names",
            "# Limits\n\nWhoever asks too often gets 429 Too Many Requests.\n",
            &["429 -"],
        ),
    ];
    for (about, text, wanted) in cases {
        let wanted: BTreeSet<String> = wanted.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(found(&markdown(text)), wanted, "{about}");
    }
}

#[test]
fn other_content_is_not_an_error() {
    for text in [
        "# Parameters\n\n| Name | Type | Description |\n|---|---|---|\n| user_id | string | Who |\n| page_size | integer | 100 at most |\n",
        "# Prices\n\nIt costs 404 or 500 a month; 429 people pay.\n",
        "# Setup\n\n- `make_all` - builds\n- `run_it` - runs\n",
        "# Ports\n\n| Port | Service |\n|---|---|\n| 8080 | web |\n| 5432 | database |\n",
    ] {
        assert_eq!(found(&markdown(text)), BTreeSet::new(), "{text}");
    }
}

#[test]
fn contradiction_is_listed() {
    let findings =
        markdown("# Errors\n\n| Code | HTTP |\n|---|---|\n| gone_away | 404 |\n| gone_away | 410 |\n");
    assert_eq!(found(&findings), BTreeSet::from(["404 gone_away".to_owned(), "410 gone_away".to_owned()]));
    assert!(
        findings.unplaced.iter().any(|it| it.why.to_string().contains("more than one status")),
        "{:?}",
        findings.unplaced
    );
}

#[test]
fn code_without_a_status_is_kept() {
    let findings =
        markdown("# Error codes\n\n| Error code | Meaning |\n|---|---|\n| lost_it | It is lost |\n");
    assert_eq!(found(&findings), BTreeSet::from(["? lost_it".to_owned()]));
}

/// Hostile pages: any content is parsed in linear time and without a panic.
#[test]
fn hostile_pages() {
    let deep = format!("{}x{}", "<table><tr><td>".repeat(20_000), "</td></tr></table>".repeat(20_000));
    let wide = format!("# Errors\n\n| Code | HTTP |\n|---|---|\n{}", "| a_b | 404 |\n".repeat(20_000));
    let braces = "{\n".repeat(20_000);
    let glued = "not_found404 ".repeat(20_000);
    let ticks = "`".repeat(50_000);
    let dashes = format!("ab_c{}", "- d_e".repeat(20_000));
    let spans = "<table><tr><td colspan=99999999>404</td></tr></table>".repeat(100);
    let odd = "\u{0}\u{feff}|\u{202e}|404\u{7f}|\n|---|\n<script><!--<script>".to_owned();
    for text in [deep, wide, braces, glued, ticks, dashes, spans, odd] {
        for format in [Format::Markdown, Format::Html, Format::Csv, Format::Text] {
            let _ = read(text.as_bytes(), format);
        }
    }
    assert_eq!(read(&[0xff, 0xfe], Format::Text), Err(PageError::Encoding(0)));
}

/// Every page, truncated anywhere or with any byte replaced, is still parsed.
#[test]
fn broken_pages() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for step in 0..60 {
            let cut = text.floor_char_boundary(text.len() * step / 60);
            let _ = read(&text.as_bytes()[..cut], Format::of(&path, text.as_bytes()));
            for put in ["|", "{", "404", "é", "\n", "<td>"] {
                let broken = format!("{}{put}{}", &text[..cut], &text[cut..]);
                let _ = read(broken.as_bytes(), Format::of(&path, broken.as_bytes()));
            }
        }
    }
}

/// Each page says its failures in a way that simple tables do not.
#[test]
fn unusual_pages_give_every_code_its_status() {
    let html = |body: &str| read(format!("<h1>Error codes</h1>{body}").as_bytes(), Format::Html).unwrap();
    let table = |rows: &str| {
        html(&format!(
            "<table><tr><th>Error code</th><th>HTTP status</th><th>Meaning</th><th>Solution</th></tr>{rows}</table>"
        ))
    };
    for (findings, failures) in [
        (
            table(
                "<tr><td rowspan=2>Late</td><td>409</td><td>x</td><td>y</td></tr><tr><td>410</td><td>x</td><td>y</td></tr>",
            ),
            &["409 Late", "410 Late"][..],
        ),
        (
            table("<tr><td>Late</td><td rowspan=2>409</td><td>x</td></tr><tr><td>Early</td><td>x</td></tr>"),
            &["409 Early", "409 Late"],
        ),
        (
            table(
                "<tr><td>Late</td><td>Conflict (409)</td><td>x</td></tr><tr><td>Gone</td><td>Not Found</td><td>x</td></tr>",
            ),
            &["404 Gone", "409 Late"],
        ),
        (
            html("<ul><li>3 – Too late. HTTP status 409.</li><li>4: Not here (404)</li></ul>"),
            &["404 4", "409 3"],
        ),
        (
            markdown(
                "# Error codes\n\nHandlers return HTTP 200 with a code.\n\n| Error code | Meaning |\n|---|---|\n| `too_late` | x |\n",
            ),
            &["200 too_late"],
        ),
        (
            markdown(
                "# Error codes\n\nErrors are returned as HTTP 400 with a code.\n\n| Error code | Meaning |\n|---|---|\n| `too_late` | x |\n",
            ),
            &["400 too_late"],
        ),
        (
            markdown(
                "# Error codes\n\n| Error code | HTTP status | Meaning |\n|---|---|---|\n| 0 | 401 | The token was revoked |\n| 7 | 404 | Not here |\n",
            ),
            &["401 0", "404 7"],
        ),
    ] {
        assert_eq!(found(&findings), failures.iter().map(|&it| it.to_owned()).collect(), "{findings:?}");
    }
    // A list that only counts its items has no codes, and 0 with a success is none.
    assert!(html("<ol><li>1 – Open the page.</li><li>2 – Read it.</li></ol>").failures.is_empty());
    let zero = markdown(
        "# Error codes\n\n| Error code | HTTP status | Meaning |\n|---|---|---|\n| 0 | 200 | OK |\n| 7 | 404 | Not here |\n",
    );
    assert_eq!(found(&zero), BTreeSet::from(["404 7".to_owned()]));
}

#[test]
fn columns_and_tables_that_are_not_used_are_named() {
    let unplaced = |text: &str| {
        let findings = markdown(text);
        findings.unplaced.iter().map(|it| format!("{}: {}", it.text, it.why)).collect::<Vec<_>>()
    };
    let table = "# Errors\n\n| Code | HTTP | Meaning | What to do | Since |\n|---|---|---|---|---|\n| `too_late` | 409 | It is too late | Hurry up | v2 |\n";
    assert_eq!(
        unplaced(table),
        ["What to do: this column of the table is not used", "Since: this column of the table is not used"]
    );
    let second = format!("{table}\n## Of clients\n\n| Code | HTTP |\n|---|---|\n| `too_late` | 400 |\n");
    assert!(
        unplaced(&second)[2].contains("gives every code another status than line 5"),
        "{:?}",
        unplaced(&second)
    );
    // A second table with the same statuses, or with a code of its own, says more of the failures.
    let same = format!("{table}\n## Again\n\n| Code | HTTP |\n|---|---|\n| `too_late` | 409 |\n");
    assert_eq!(unplaced(&same).len(), 2);
    // Advice is read whatever its column is called, and a header that a row names belongs to its code.
    let advice = "# Errors\n\n| Code | HTTP | Meaning | What to do |\n|---|---|---|---|\n| `too_late` | 409 | It is too late | Fix the request. |\n| `too_fast` | 429 | `Retry-After` says how long to wait. | Wait, then retry. |\n";
    let findings = markdown(advice);
    assert!(findings.unplaced.is_empty(), "{:?}", findings.unplaced);
    assert_eq!(findings.failures[1].retry, Some(failspec_pack::pack::Retry::AfterDelay));
    assert_eq!(findings.headers[0].scope, Scope::Code("too_fast".into()));
    let retry = "# Errors\n\n| Code | HTTP | Retry |\n|---|---|---|\n| `too_late` | 409 | no |\n";
    assert_eq!(unplaced(retry), [""; 0]);
}
