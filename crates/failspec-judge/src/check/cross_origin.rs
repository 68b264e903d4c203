//! Headers that let scripts of a page read a response.

use failspec_base::message::{Request, Response};
use failspec_pack::pack::Provenance;

use super::{
    case_log::Phase,
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "cross-origin",
    summary: "a page that can read a success can read the failure too",
    source: "the Fetch standard (CORS); a warning",
    text: "The requests carry `Origin` (`origin` of the target), as a browser sends them for a page of another site. \
The control's response allows the page to read it, and the failure does not: the browser then shows the page a \
network error in place of the failure. Often the headers are added by code that an error never reaches, or by a \
server that adds them to successes only. Compared are Access-Control-Allow-Origin, Access-Control-Allow-Credentials \
and Access-Control-Expose-Headers, of the control's response and of the failure; headers that belong to a preflight \
only are not. `*` and the origin itself are the same.",
    when: When::Refused,
    run,
};

const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";
const ALLOW_CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const EXPOSE_HEADERS: &str = "Access-Control-Expose-Headers";

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(origin) = origin(&subject.exchange.request) else { return Vec::new() };
    // A scenario about the origin itself sends another one than its control.
    let control = subject.observed.of(Phase::Control).last();
    let control = control.filter(|record| self::origin(&record.exchange.request) == Some(origin));
    let Some(success) = control.and_then(|record| record.exchange.result.as_ref().ok()) else {
        return Vec::new();
    };
    let response = subject.response();
    if !allows(success, origin) {
        return Vec::new();
    }
    let mut missing = Vec::new();
    if !allows(response, origin) {
        missing.push(ALLOW_ORIGIN);
    }
    if allows_credentials(success) && !allows_credentials(response) {
        missing.push(ALLOW_CREDENTIALS);
    }
    if exposes_what_is_there(success, response) && response.header(EXPOSE_HEADERS).is_none() {
        missing.push(EXPOSE_HEADERS);
    }
    missing.into_iter().map(|name| finding(name, success, response, origin)).collect()
}

fn finding(name: &'static str, success: &Response, response: &Response, origin: &str) -> Finding {
    let value = |response: &Response| response.combined_header(name).map(|value| value.into_owned());
    let expected = format!("the header {name}: {}", value(success).unwrap_or_default());
    let actual = value(response).unwrap_or_else(|| "none".to_owned());
    let effect = match name {
        ALLOW_ORIGIN => format!("a page of {origin} cannot read this failure, although it can read the control's response"),
        ALLOW_CREDENTIALS => {
            "a page that sends credentials cannot read this failure, although it can read the control's response".to_owned()
        }
        _ => {
            "a page cannot read headers of this failure, although it can read those of the control's response".to_owned()
        }
    };
    let message = format!("{name}: {effect}");
    Finding::new(CHECK.id, Provenance::Standard, expected, actual).saying(message)
}

/// Returns the origin that a request names.
fn origin(request: &Request) -> Option<&str> {
    let header = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("origin"));
    header.map(|header| header.value.as_str())
}

/// Returns true if scripts of a page of this origin may read a response.
fn allows(response: &Response, origin: &str) -> bool {
    let lines = response.header_lines(ALLOW_ORIGIN);
    // Browsers refuse two values.
    matches!(lines.as_slice(), [only] if matches!(only.trim(), "*") || only.trim() == origin)
}

/// Returns true if the success exposes a header that the failure has, too: of others there is nothing to read.
fn exposes_what_is_there(success: &Response, failure: &Response) -> bool {
    let Some(exposed) = success.combined_header(EXPOSE_HEADERS) else { return false };
    let mut names = exposed.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.any(|name| name == "*" || failure.header(name).is_some())
}

fn allows_credentials(response: &Response) -> bool {
    response.header(ALLOW_CREDENTIALS).is_some_and(|value| value.trim() == "true")
}
