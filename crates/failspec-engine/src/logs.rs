//! The ids that lead from a case to the server's own logs.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use failspec_base::{
    encoding::{hex, percent_encode},
    message::{Request, Response, Trace},
    template::Scope,
};
use failspec_judge::{
    check::Record,
    report_model::{LogReference, ObservedResponse},
};

use super::{case_runner::CaseRunner, exchange_report::cut, session::Session};

/// Headers in which servers and proxies send the id of a request, the most specific first.
const REQUEST_ID_HEADERS: [&str; 5] =
    ["x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "x-ms-request-id"];

/// Maximum length of an id in a report, in bytes: an id of a server may be anything.
const MAX_ID_LEN: usize = 200;

impl Session {
    /// Returns the trace of the requests that one part of the run sends: a case, a health check, a login.
    pub(super) fn trace(&self, part: &str) -> Arc<Trace> {
        // The same in the second run of a case. The run's name differs in each run.
        let digest = Sha256::digest(format!("{}\n{}\n{part}", self.run, self.pack.name));
        let tracing = &self.target.tracing;
        Arc::new(Trace {
            id: hex(&digest[..16]).into(),
            is_sent: tracing.traceparent,
            case: tracing.case_header.as_deref().map(|header| (header.into(), header_value(part).into())),
        })
    }
}

/// Returns the name of a case as the value of a header, where only printable ASCII has one meaning everywhere.
fn header_value(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || ":_-.".contains(character);
    let mut value = String::with_capacity(name.len());
    for character in name.chars() {
        match is_plain(character) {
            true => value.push(character),
            false => value.push_str(&percent_encode(&character.to_string())),
        }
    }
    value
}

/// Returns a request as a part of the trace of its flow.
pub(super) fn traced(mut request: Request, scope: &Scope) -> Request {
    let is_taken = |name: &str| {
        let has = |other: &str| other.eq_ignore_ascii_case(name);
        request.headers.iter().any(|header| has(&header.name))
            || request.suppressed.iter().any(|other| has(other))
    };
    request.trace = scope.trace().map(|trace| Box::new(trace.next(is_taken)));
    request
}

/// Returns what leads to the logs of the judged exchange; if there is none, of the last one, at which the case ended.
pub(super) fn logs(running: &CaseRunner<'_>, observed: Option<&ObservedResponse>) -> Option<LogReference> {
    let (session, records) = (running.session, &running.observed.records);
    let judged = records.get(running.observed.judged).filter(|_| running.answered);
    let last = || records.iter().rfind(|record| !record.phase.is_teardown());
    let record: &Record = judged.or_else(last)?;
    let trace_id = record.exchange.request.trace.as_ref().and_then(|trace| trace.trace_id.clone());
    let documented = observed.and_then(|observed| observed.request_id.clone());
    let response = record.exchange.result.as_ref().ok();
    let request_id = documented.or_else(|| usual_id(response?, session));
    let url = session.target.tracing.log_url.as_ref();
    let url = url.and_then(|url| url.of(request_id.as_deref(), trace_id.as_deref(), &running.case.name));
    (trace_id.is_some() || request_id.is_some()).then_some(LogReference { trace_id, request_id, url })
}

/// Returns the id in a usual header.
fn usual_id(response: &Response, session: &Session) -> Option<Arc<str>> {
    let value = |name: &&str| response.headers.get(*name).and_then(|value| value.to_str().ok());
    let id = REQUEST_ID_HEADERS.iter().find_map(|name| value(name).filter(|id| !id.is_empty()))?;
    Some(cut(session.mask.text(id).into_owned(), MAX_ID_LEN).into())
}
