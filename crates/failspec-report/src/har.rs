//! HAR 1.2: the exchanges of the run, for the viewers that browsers and proxies have. Secrets are masked, as everywhere.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use failspec_judge::report_model::{
    CaseReport, ExchangeReport, LogReference, RequestReport, ResponseReport, RunReport,
};

use crate::case_text::judged;

/// Writes the report. Each case is a page.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, out: impl Write) -> io::Result<()> {
    let mut clock = Clock::new(&report.started);
    let mut log = Log {
        version: "1.2",
        creator: json!({ "name": "failspec", "version": report.failspec }),
        comment: "Only durations were measured: of each request, the time of day is the start of the run and the \
                  durations before it.",
        pages: Vec::new(),
        entries: Vec::new(),
    };
    for case in report.cases.iter().filter(|case| !case.exchanges.is_empty()) {
        log.pages.push(json!({
            "id": case.name,
            "title": format!("{} · {}", case.name, case.outcome.as_str()),
            "startedDateTime": clock.now(),
            "pageTimings": {},
        }));
        let of_judged = judged(case);
        // What was sent once for several cases stands on the page of one.
        for exchange in case.exchanges.iter().filter(|exchange| exchange.same_as.is_none()) {
            let is_judged = of_judged.is_some_and(|judged| std::ptr::eq(judged, exchange));
            let logs = case.logs.as_ref().filter(|_| is_judged);
            log.entries.push(entry(case, exchange, logs, &clock));
            clock.advance(exchange.ms);
        }
    }
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &HashMap::from([("log", log)]))?;
    out.write_all(b"\n")?;
    out.flush()
}

#[derive(Serialize)]
struct Log {
    version: &'static str,
    creator: Value,
    comment: &'static str,
    pages: Vec<Value>,
    entries: Vec<Value>,
}

/// The time of day of an exchange. Viewers sort by it.
struct Clock {
    start: Timestamp,
    passed: SignedDuration,
}

impl Clock {
    fn new(started: &str) -> Self {
        Self { start: started.parse().unwrap_or(Timestamp::UNIX_EPOCH), passed: SignedDuration::ZERO }
    }

    fn now(&self) -> String {
        self.start.checked_add(self.passed).unwrap_or(self.start).to_string()
    }

    fn advance(&mut self, ms: f64) {
        // A report that was read may contain any number.
        let passed = SignedDuration::try_from_secs_f64(ms / 1000.0).unwrap_or_default();
        self.passed = self.passed.checked_add(passed).unwrap_or(self.passed);
    }
}

/// Returns one exchange. `logs` leads to the server's logs of it.
fn entry(case: &CaseReport, exchange: &ExchangeReport, logs: Option<&LogReference>, clock: &Clock) -> Value {
    let role = exchange.role.as_deref().map(|role| format!(" as {role}")).unwrap_or_default();
    let mut entry = json!({
        "pageref": case.name,
        "startedDateTime": clock.now(),
        "time": exchange.ms,
        "request": request(&exchange.request),
        "response": response(exchange.response.as_ref()),
        "cache": {},
        "timings": { "send": 0, "wait": exchange.ms, "receive": 0 },
        "comment": format!("{}{role}", exchange.phase.as_str()),
    });
    if let Some(logs) = logs {
        entry["comment"] = Value::from(format!("{}{role} · logs: {logs}", exchange.phase.as_str()));
        // Members of one's own begin with an underscore.
        entry["_logs"] = json!(logs);
    }
    if let Some(error) = &exchange.error {
        // The name that browsers use.
        entry["response"]["_error"] = Value::from(error.as_str());
    }
    entry
}

fn request(request: &RequestReport) -> Value {
    let url = request.url.to_string();
    let headers: Vec<Value> =
        request.headers.iter().map(|(name, value)| header(name, &value.to_string())).collect();
    let mut written = json!({
        "method": request.method,
        "url": url,
        "httpVersion": "unknown",
        "cookies": [],
        "headers": headers,
        "queryString": query(&url),
        "headersSize": -1,
        "bodySize": -1,
    });
    if let Some(body) = &request.body {
        let media_type = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let media_type = media_type.map(|(_, value)| value.to_string()).unwrap_or_default();
        written["postData"] = json!({ "mimeType": media_type, "text": body.to_string() });
    }
    written
}

/// Returns a response; one that did not come has the status 0.
fn response(response: Option<&ResponseReport>) -> Value {
    let headers = response.map(|response| response.headers.as_slice()).unwrap_or_default();
    let value = |name: &str| {
        headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    };
    json!({
        "status": response.map_or(0, |response| response.status),
        "statusText": "",
        "httpVersion": "unknown",
        "cookies": [],
        "headers": headers.iter().map(|(name, value)| header(name, value)).collect::<Vec<_>>(),
        "content": {
            "size": response.map_or(0, |response| response.length),
            "mimeType": value("content-type"),
            "text": response.map_or("", |response| response.body.as_str()),
        },
        "redirectURL": value("location"),
        "headersSize": -1,
        "bodySize": -1,
    })
}

fn header(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

/// Returns the parameters of a query, as they were sent.
fn query(url: &str) -> Vec<Value> {
    let url = url.split('#').next().unwrap_or_default();
    let Some((_, query)) = url.split_once('?') else { return Vec::new() };
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    parameters
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            header(name, value)
        })
        .collect()
}
