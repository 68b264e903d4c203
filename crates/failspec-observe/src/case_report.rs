//! Parts of the report of a case: its findings by their weight, and its exchange without secrets.

use failspec_base::secret::Mask;
use failspec_judge::{
    check::{Finding, show},
    report_model::{
        CaseReport, ExchangeReport, Outcome, Reason, RequestReport, ResponseReport, WaivedFinding,
    },
};
use failspec_pack::target_config::Waiver;

use crate::{
    exchange::{RecordedBody, RecordedExchange},
    redaction::Shown,
};

/// Maximum length of a text that may quote a response, in bytes: every check that quotes it would repeat it.
pub(super) const MAX_QUOTE_LEN: usize = 2 << 10;

/// Maximum size of a body in a report, in bytes: 64 KiB.
const MAX_BODY_LEN: usize = 64 << 10;

/// The findings of a case by their weight, and what follows from them.
pub(super) struct Sorted {
    pub(super) violations: Vec<Finding>,
    pub(super) warnings: Vec<Finding>,
    pub(super) waived: Vec<WaivedFinding>,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<Reason>,
}

pub(super) fn sorted(
    findings: impl Iterator<Item = Finding>,
    case: &str,
    waivers: &[Waiver],
    today: jiff::civil::Date,
) -> Sorted {
    let (mut violations, mut warnings, mut waived) = (Vec::new(), Vec::new(), Vec::new());
    for finding in findings {
        let waiver = finding.is_violation().then(|| finding.waiver(case, waivers, today)).flatten();
        match waiver {
            Some(waiver) => waived.push(WaivedFinding {
                finding,
                reason: waiver.reason.clone(),
                issue: waiver.issue.clone(),
                expires: waiver.expires.to_string(),
            }),
            None if finding.is_violation() => violations.push(finding),
            None => warnings.push(finding),
        }
    }
    let outcome = match (violations.is_empty(), waived.is_empty()) {
        (false, _) => Outcome::Failed,
        (true, false) => Outcome::Waived,
        (true, true) => Outcome::Seen,
    };
    let reason = waived.first().filter(|_| outcome == Outcome::Waived);
    let reason = reason.map(|it| Reason::Waived { reason: it.reason.clone() });
    Sorted { violations, warnings, waived, outcome, reason }
}

pub(super) fn masked(mut finding: Finding, mask: &Mask) -> Finding {
    let details = finding.details.iter_mut().map(|detail| &mut detail.message);
    for text in [&mut finding.expected, &mut finding.actual, &mut finding.message].into_iter().chain(details)
    {
        *text = cut(mask.text(text).into_owned(), MAX_QUOTE_LEN);
    }
    finding
}

pub(super) fn mask_again(case: &mut CaseReport, mask: &Mask) {
    for exchange in &mut case.exchanges {
        exchange.request.url = mask.redact(&exchange.request.url);
        for (_, value) in &mut exchange.request.headers {
            *value = mask.redact(value);
        }
        exchange.request.body = exchange.request.body.take().map(|body| mask.redact(&body));
        if let Some(response) = &mut exchange.response {
            response.body = mask.text(&response.body).into_owned();
            for (_, value) in &mut response.headers {
                *value = mask.text(value).into_owned();
            }
        }
    }
    let waived = case.waived.iter_mut().map(|waived| &mut waived.finding);
    for finding in case.violations.iter_mut().chain(&mut case.warnings).chain(waived) {
        *finding = masked(finding.clone(), mask);
    }
}

pub(super) fn exchange_report(exchange: &RecordedExchange, shown: Shown) -> ExchangeReport {
    let length = exchange.response.as_ref().map_or(0, |response| match &response.body {
        RecordedBody::Whole(bytes) => bytes.len() as u64,
        _ => 0,
    });
    ExchangeReport {
        phase: failspec_judge::check::Phase::Request,
        role: None,
        request: RequestReport {
            method: exchange.request.method.clone(),
            url: shown.url,
            headers: shown.request_headers,
            body: shown.request_body,
        },
        response: exchange.response.as_ref().map(|response| ResponseReport {
            status: response.status,
            headers: shown.response_headers,
            body: cut(shown.response_body, MAX_BODY_LEN),
            length,
        }),
        error: None,
        ms: exchange.ms,
        same_as: None,
        trace_id: None,
    }
}

/// Truncates a text to at most `longest` bytes. Mask before: a truncated secret would no longer be recognised.
pub(super) fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let length = text.len();
        text.truncate(text.floor_char_boundary(longest));
        text.push_str(&format!("\n[cut: the first {longest} of {length} bytes]"));
    }
    text
}

pub(super) fn plain(code: &serde_json::Value) -> String {
    code.as_str().map_or_else(|| show(code), str::to_owned)
}
