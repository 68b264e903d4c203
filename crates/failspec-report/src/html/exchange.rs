//! An exchange, as part of the page and as data for the script.

use serde::{Serialize, Serializer};

use crate::case_text::who;
use failspec_base::secret::RedactedText;
use failspec_judge::{
    check::Phase,
    report_model::{CaseReport, CurlCommand, ExchangeReport, ResponseReport},
};

use super::page::Page;

/// An exchange for the script.
#[derive(Serialize)]
pub(super) struct ExchangeData<'t> {
    /// The credentials that were sent, in words.
    who: String,
    phase: Phase,
    role: Option<&'t str>,
    request: Request<'t>,
    response: Option<&'t ResponseReport>,
    error: Option<&'t str>,
    ms: f64,
    /// The case in whose report it stands, if it was sent once for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<&'t str>,
}

/// A request as the script shows it: in words.
#[derive(Serialize)]
struct Request<'t> {
    method: &'t str,
    url: InWords<'t>,
    headers: Headers<'t>,
    body: Option<InWords<'t>>,
    curl: CurlCommand<'t>,
}

/// Headers with their replacements in words.
struct Headers<'t>(&'t [(String, RedactedText)]);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, value)| (name, InWords(value))))
    }
}

/// A text with its replacements in words.
struct InWords<'t>(&'t RedactedText);

impl Serialize for InWords<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            RedactedText::Plain(text) => serializer.serialize_str(text),
            RedactedText::Parts(_) => serializer.collect_str(self.0),
        }
    }
}

impl<'t> ExchangeData<'t> {
    pub(super) fn of(case: &CaseReport, exchange: &'t ExchangeReport) -> Self {
        let request = &exchange.request;
        Self {
            who: who(case, exchange),
            phase: exchange.phase,
            role: exchange.role.as_deref(),
            request: Request {
                method: &request.method,
                url: InWords(&request.url),
                headers: Headers(&request.headers),
                body: request.body.as_ref().map(InWords),
                curl: request.curl(),
            },
            response: exchange.response.as_ref(),
            error: exchange.error.as_deref(),
            ms: exchange.ms,
            same_as: exchange.same_as.as_deref(),
        }
    }
}

/// Writes the request and the response beside each other, as they were on the wire. The script formats bodies that are
/// JSON.
pub(super) fn pair(page: &mut Page, case: &CaseReport, exchange: &ExchangeReport) {
    let request = &exchange.request;
    page.raw("<div class=\"pair\"><div><h4>Sent ").content(&who(case, exchange));
    if exchange.phase != Phase::Request {
        page.raw(" · ").raw(exchange.phase.as_str());
    }
    if let Some(same_as) = &exchange.same_as {
        page.raw(" · as in ").content(same_as);
    }
    page.raw("</h4><pre><b>").content(&request.method).raw(" ").content(&request.url.to_string()).raw("</b>");
    for (name, value) in &request.headers {
        header(page, name, &value.to_string());
    }
    page.raw("</pre>");
    body(page, &request.body.as_ref().map(ToString::to_string).unwrap_or_default());
    page.raw("</div><div><h4>");
    let time = format!("{:.1} ms", exchange.ms);
    match &exchange.response {
        Some(response) => {
            let length = usize::try_from(response.length).unwrap_or(usize::MAX);
            page.raw("Received · ").content(&time).raw(" · ").content(&crate::count(length, "byte"));
            page.raw("</h4><pre><b>HTTP ").content(&response.status.to_string()).raw("</b>");
            for (name, value) in &response.headers {
                header(page, name, value);
            }
            page.raw("</pre>");
            body(page, &response.body);
        }
        None => {
            page.raw("No response that could be judged · ").content(&time).raw("</h4><pre>");
            page.content(exchange.error.as_deref().unwrap_or_default()).raw("</pre>");
        }
    }
    page.raw("</div></div>");
}

fn header(page: &mut Page, name: &str, value: &str) {
    page.raw("\n").content(name).raw(": ").content(value);
}

fn body(page: &mut Page, body: &str) {
    if !body.is_empty() {
        // The first line break in the element is not part of it.
        page.raw("<pre class=\"body\">\n").content(body).raw("</pre>");
    }
}

/// Writes the command line that sends the request again.
pub(super) fn command(page: &mut Page, exchange: &ExchangeReport) {
    page.raw("<pre class=\"curl\">\n").content(&exchange.request.curl().to_string()).raw("</pre>");
}
