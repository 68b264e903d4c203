//! SARIF 2.1.0, as code scanning reads it: the checks are its rules, and the findings its results.
//!
//! A result is at the line of its scenario. The files of an embedded pack are not in the checkout of the user: there it
//! is at the page that documents the failure.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use failspec_base::sanitize::{one_line, visible};
use failspec_judge::{
    check::{Finding, RUN_CHECKS, find},
    report_model::{CaseReport, Outcome, RunFinding, RunReport, Verdict, WaivedFinding},
};

use crate::{
    case_text::sentence,
    github::Checkout,
    recording,
    summary::{MOCK, REFERENCE, because, selection, unexercised, verdict_in_words},
};

/// Maximum number of results: code scanning rejects a file with more.
const MAX_RESULTS: usize = 25_000;

/// Maximum number of notifications of one kind; the JSON report has all.
const MAX_NOTIFICATIONS: usize = 100;

/// Writes the report. `checkout` is where the files of the scenarios are.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, checkout: &Checkout, out: impl Write) -> io::Result<()> {
    let mut rules = Rules::default();
    let mut results = Vec::new();
    for finding in &report.run_findings {
        results.push(of_run(finding, &mut rules));
    }
    let mut left_out = 0;
    for case in &report.cases {
        let open = case.violations.iter().chain(&case.warnings).map(|finding| (finding, None));
        let waived = case.waived.iter().map(|waived| (&waived.finding, Some(waived)));
        for (finding, waived) in open.chain(waived) {
            if results.len() < MAX_RESULTS {
                results.push(of_case(report, case, finding, waived, &mut rules, checkout));
            } else {
                left_out += 1;
            }
        }
    }
    let document = Document {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": "failspec",
                "version": report.failspec,
                "semanticVersion": report.failspec,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.list,
            }}),
            invocations: [invocation(report, left_out)],
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}

#[derive(Serialize)]
struct Document {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Value,
    invocations: [Value; 1],
    column_kind: &'static str,
    results: Vec<Value>,
}

/// The checks that occur, in the order in which they do.
#[derive(Default)]
struct Rules {
    list: Vec<Value>,
    known: BTreeMap<String, usize>,
}

impl Rules {
    /// Returns the position of a check.
    fn index(&mut self, id: &str) -> usize {
        if let Some(index) = self.known.get(id) {
            return *index;
        }
        let mut rule = json!({ "id": id });
        if let Some(check) = find(id) {
            rule["shortDescription"] = text(check.summary);
            rule["fullDescription"] = text(check.text);
            rule["help"] = text(&format!("failspec explain {id}\n\n{}", check.text));
        } else if let Some((_, summary)) = RUN_CHECKS.iter().find(|(known, _)| *known == id) {
            rule["shortDescription"] = text(summary);
        }
        self.list.push(rule);
        self.known.insert(id.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

fn text(text: &str) -> Value {
    json!({ "text": visible(text) })
}

fn level(violation: bool) -> &'static str {
    if violation { "error" } else { "warning" }
}

/// Returns what was run, and what keeps it from being a proof: neither is a finding about a line.
fn invocation(report: &RunReport, left_out: usize) -> Value {
    let mut notes = Vec::new();
    let mut note = |level: &str, message: &str| {
        notes.push(json!({ "level": level, "message": text(message) }));
    };
    let verdict_level = if report.verdict.exit_code() == 0 { "note" } else { "error" };
    note(verdict_level, &format!("{}: {}", verdict_in_words(report), because(report)));
    if report.reference {
        note("note", &format!("This ran on {REFERENCE}."));
    }
    if report.is_of_mock() {
        note("note", &format!("This ran on {MOCK}."));
    }
    if let Some(selection) = selection(report) {
        note("note", &selection);
    }
    if let Some(diagnosis) = &report.diagnosis {
        note("error", diagnosis);
    }
    for failure in unexercised(report).iter().filter(|failure| failure.missing).take(MAX_NOTIFICATIONS) {
        note("warning", &format!("not covered: {}::{} — {}", failure.pack, failure.name, failure.why));
    }
    for (label, text) in recording::lines(report).into_iter().take(MAX_NOTIFICATIONS) {
        note("note", format!("{label} {text}").trim());
    }
    let inconclusive = report.cases.iter().filter(|case| case.outcome == Outcome::Inconclusive);
    for case in inconclusive.take(MAX_NOTIFICATIONS) {
        note("warning", &format!("inconclusive: {}: {}", case.name, sentence(case)));
    }
    if left_out > 0 {
        note("warning", &format!("{left_out} more results are in the JSON report only"));
    }
    json!({
        "executionSuccessful": !matches!(report.verdict, Verdict::Inconclusive | Verdict::Interrupted),
        "exitCode": report.verdict.exit_code(),
        "exitCodeDescription": report.verdict.as_str(),
        "startTimeUtc": report.started,
        "toolExecutionNotifications": notes,
    })
}

fn of_run(finding: &RunFinding, rules: &mut Rules) -> Value {
    let logical: Vec<Value> = finding
        .cases
        .iter()
        .take(MAX_NOTIFICATIONS)
        .map(|case| json!({ "fullyQualifiedName": one_line(case) }))
        .collect();
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": rules.index(&finding.check),
        "level": level(finding.violation),
        "message": text(&finding.message),
    });
    if !logical.is_empty() {
        result["locations"] = json!([{ "logicalLocations": logical }]);
    }
    result
}

fn of_case(
    report: &RunReport,
    case: &CaseReport,
    finding: &Finding,
    waived: Option<&WaivedFinding>,
    rules: &mut Rules,
    checkout: &Checkout,
) -> Value {
    let embedded =
        report.packs.iter().any(|pack| *pack.header.name == *case.pack && pack.header.origin == "embedded");
    let documented = case.documented.link.as_deref().filter(|link| link.contains("://"));
    let page = documented.map(|link| json!({ "artifactLocation": { "uri": uri(link) } }));
    let scenario = json!({
        "artifactLocation": { "uri": uri(&checkout.path(&case.location.file)) },
        "region": { "startLine": case.location.line.max(1) },
    });
    let (physical, related) = match page {
        Some(page) if embedded => (page, None),
        page => (scenario, page),
    };
    // Code scanning shows the message and nothing else.
    let logs = case.logs.as_ref().map(|logs| format!("\n\nLogs: {logs}")).unwrap_or_default();
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": rules.index(finding.check),
        "level": level(finding.is_violation()),
        "message": text(&format!("{}{logs}", finding.message)),
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": one_line(&case.name) }],
        }],
        "partialFingerprints": { "failspecFinding/v1": fingerprint(&case.name, finding.check) },
    });
    if let Some(related) = related {
        result["relatedLocations"] =
            json!([{ "physicalLocation": related, "message": text(&case.documented.summary) }]);
    }
    if let Some(logs) = &case.logs {
        result["properties"] = json!(logs);
    }
    if let Some(waived) = waived {
        let until = format!("{} (until {})", waived.reason, waived.expires);
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": visible(&until) }]);
    }
    result
}

/// Returns a name of the finding that stays the same when lines move.
fn fingerprint(case: &str, check: &str) -> String {
    let digest = Sha256::digest(format!("{case}\n{check}"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Encodes what may not be in a URI; what is encoded already stays.
fn uri(path: &str) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:?#[]@!$&'()*+,;=%".contains(&byte);
    let encode = |byte: u8| if allowed(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uri_has_only_what_a_uri_may_have() {
        assert_eq!(uri("scenarios/my pack/ü.yaml"), "scenarios/my%20pack/%C3%BC.yaml");
        assert_eq!(uri("https://example.com/a?b=c#d%20e"), "https://example.com/a?b=c#d%20e");
    }

    #[test]
    fn fingerprint_depends_on_case_and_check() {
        let one = fingerprint("a::b::c", "status");
        assert_eq!(one.len(), 32);
        assert_eq!(one, fingerprint("a::b::c", "status"));
        assert_ne!(one, fingerprint("a::b::c", "code"));
    }
}
