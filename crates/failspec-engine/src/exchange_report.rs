//! Builds the report of an exchange: secrets masked, bodies truncated.

use failspec_base::{
    message::{Request, Response},
    secret::Mask,
};
use failspec_judge::{
    check::Record,
    report_model::{ExchangeReport, RequestReport, ResponseReport},
};

use super::judge::fractional_millis;

/// Maximum size of a body in a report, in bytes: 64 KiB.
pub(super) const MAX_BODY_LEN: usize = 64 << 10;

/// Builds the report of an exchange. Masks before truncating: a truncated secret would no longer be recognised.
pub(super) fn exchange_report(record: &Record, mask: &Mask) -> ExchangeReport {
    let exchange = &record.exchange;
    ExchangeReport {
        phase: record.phase,
        role: record.role.clone(),
        request: request_report(&exchange.request, mask),
        response: exchange.result.as_ref().ok().map(|response| response_report(response, mask)),
        error: exchange.result.as_ref().err().map(|error| mask.text(&error.to_string()).into_owned()),
        ms: fractional_millis(exchange.elapsed),
        same_as: record.same_as.clone(),
        trace_id: exchange.request.trace.as_ref().and_then(|trace| trace.trace_id.clone()),
    }
}

fn request_report(request: &Request, mask: &Mask) -> RequestReport {
    let headers = request.headers.iter();
    RequestReport {
        method: request.method.clone(),
        url: mask.redact(&request.shown_url),
        headers: headers.map(|header| (header.name.clone(), mask.redact(&header.shown))).collect(),
        body: request.body.as_ref().map(|body| mask.redact(&body.shown)),
    }
}

fn response_report(response: &Response, mask: &Mask) -> ResponseReport {
    // Kept until the end of the run: reserve no more capacity than there are headers.
    let mut headers = Vec::with_capacity(response.headers.len());
    headers.extend(response.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (mask.text(name.as_str()).into_owned(), mask.text(&value).into_owned())
    }));
    ResponseReport {
        status: response.status,
        headers,
        body: cut(mask.text(&response.text_lossy()).into_owned(), MAX_BODY_LEN),
        length: response.body.len() as u64,
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
