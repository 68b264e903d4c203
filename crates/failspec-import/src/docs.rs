//! Creation of a draft from a documentation page.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use failspec_base::message::phrase;
use failspec_pack::pack::{
    Erratum, StatusPattern,
    writing::{FailureSource, SchemaSource, SuccessSource},
};

use crate::docs_scraper::{FailureMention, Findings, Role, Scope, UnclassifiedReason};

use super::{
    body_path::{BodyPath, scalars},
    draft::{Draft, DraftFailure},
    envelope::{self, DraftEnvelope},
    names::{Unique, slug},
    style::Evidence,
};

/// A page from which a draft is created.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Its address, for people: its URL, or the name of its file.
    pub address: &'a str,
    /// Its digest.
    pub digest: &'a str,
    /// The day on which it was read.
    pub read: Date,
    /// The media types in it that only one style of errors has.
    pub media_types: &'a [&'static str],
}

/// Creates a draft from the findings on a page.
pub fn from_page(name: &str, findings: &Findings, page: Page<'_>) -> Draft {
    let link = |line: usize| format!("{}, line {line}", page.address);
    let mut envelope = read_envelope(findings, &link);
    let examples = findings.examples.iter().filter(|example| example.scope != Scope::Success);
    let examples = examples.map(|example| &example.body).collect();
    let style = Evidence { media_types: page.media_types.to_vec(), examples, schemas: Vec::new() }.style();
    if let Some(style) = style {
        style.complete(&mut envelope);
    }
    let zero = findings.successes.iter().find_map(|stated| stated.code.clone());
    let (status, matches) = match (findings.status_of_all, zero, &envelope.code) {
        (Some((status, _)), Some(zero), Some((pointer, _))) => {
            let zero = SchemaSource::Inline(json!({ "const": zero }));
            (StatusPattern::Exactly(status), vec![(pointer.clone(), zero)])
        }
        (Some((status, _)), ..) => (StatusPattern::Exactly(status), Vec::new()),
        _ => (StatusPattern::Class(2), Vec::new()),
    };
    let failures = read_failures(findings, &link, envelope.code.is_some() || envelope.code_header.is_some());
    Draft {
        name: name.to_owned(),
        as_of: page.read,
        documentation: page.address.to_owned(),
        digest: Some(page.digest.to_owned()),
        title: findings.title.clone(),
        style,
        success: SuccessSource { status: vec![status].into(), matches },
        envelope,
        failures,
        errata: contradictions(findings, &link),
        ..Draft::default()
    }
}

/// Returns the contradictions of the page itself: codes with more than one status.
fn contradictions(findings: &Findings, link: &dyn Fn(usize) -> String) -> Vec<Erratum> {
    let several =
        findings.unplaced.iter().filter(|it| matches!(it.why, UnclassifiedReason::SeveralStatuses(_)));
    several
        .map(|it| Erratum { about: format!("{}: {}", it.text, it.why), links: vec![link(it.line)] })
        .collect()
}

fn read_failures(
    findings: &Findings,
    link: &dyn Fn(usize) -> String,
    codes_have_a_place: bool,
) -> Vec<DraftFailure> {
    let mut names = Unique::default();
    let mut failures: Vec<DraftFailure> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for stated in &findings.failures {
        if let Some(code) = &stated.code
            && let Some(failure) = known.get(&code.to_string()).and_then(|at| failures.get_mut(*at))
        {
            let known = &mut failure.source.status.0;
            let status = stated.status.map(StatusPattern::from);
            known.extend(status.filter(|status| !known.contains(status)));
            continue;
        }
        if let Some(code) = &stated.code {
            known.insert(code.to_string(), failures.len());
        }
        let id = names.name(&id(stated), &addition(stated));
        let mut causes = Unique::default();
        let source = FailureSource {
            id,
            status: stated.status.into_iter().collect::<Vec<_>>().into(),
            code: stated.code.clone(),
            summary: summary(stated),
            documentation: Some(link(stated.line)),
            causes: stated.causes.iter().map(|cause| causes.name(&slug(cause), "")).collect(),
            retry: stated.retry,
            ..FailureSource::default()
        };
        let mut failure = DraftFailure {
            source,
            causes: stated.causes.clone(),
            guess: stated.guess.clone(),
            proposed_headers: Vec::new(),
        };
        if stated.code.is_some() && !codes_have_a_place {
            let why = "the page does not show where the code is; /code is assumed";
            failure.guess.get_or_insert_with(|| why.to_owned());
        }
        failures.push(failure);
    }
    failures.iter_mut().for_each(|failure| headers(findings, failure));
    failures
}

fn id(stated: &FailureMention) -> String {
    let of_summary = || {
        let words: Vec<&str> = stated
            .summary
            .split(['.', ';', '(', '—', '–'])
            .next()
            .unwrap_or_default()
            .split(' ')
            .take(6)
            .collect();
        slug(&words.join(" "))
    };
    let reason = stated.status.and_then(phrase).map(slug).unwrap_or_default();
    let id = match &stated.code {
        Some(Value::String(code)) if code.contains("://") => {
            slug(code.trim_end_matches('/').rsplit('/').next().unwrap_or(code))
        }
        Some(Value::String(code)) => slug(code),
        Some(code) if of_summary().is_empty() => slug(&format!("code_{code}")),
        Some(_) => of_summary(),
        None if reason.is_empty() => slug(&format!("status_{}", stated.status.unwrap_or_default())),
        None => reason,
    };
    if id.is_empty() { "failure".to_owned() } else { id }
}

fn addition(stated: &FailureMention) -> String {
    match (&stated.code, stated.status) {
        (Some(code), _) => slug(&code.to_string()),
        (None, status) => status.map(|it| it.to_string()).unwrap_or_default(),
    }
}

fn summary(stated: &FailureMention) -> String {
    let fallback = || {
        let code =
            stated.code.as_ref().map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
        code.or_else(|| stated.status.and_then(phrase).map(str::to_owned))
            .unwrap_or_else(|| "not described".to_owned())
    };
    if stated.summary.is_empty() { fallback() } else { stated.summary.clone() }
}

/// Adds the headers of a failure: those that the page promises, and proposals for the others.
fn headers(findings: &Findings, failure: &mut DraftFailure) {
    for header in &findings.headers {
        let is_its = match &header.scope {
            Scope::Status(status) => failure.statuses().contains(status),
            Scope::Code(code) => failure.source.code.as_ref() == Some(code),
            Scope::Failures => true,
            Scope::Success | Scope::Unknown => false,
        };
        // A header that every response has is not specific to this failure.
        let everywhere = ["content-type", "content-length", "date", "connection", "server"];
        let usable = header.name.len() < MAX_LEN
            && header.name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
        let promised = failure.source.headers.iter().map(|(name, _)| name);
        let proposed = failure.proposed_headers.iter().map(|(name, _)| name);
        let known = promised.chain(proposed).any(|name| name.eq_ignore_ascii_case(&header.name));
        if !is_its || known || !usable || everywhere.contains(&header.name.to_ascii_lowercase().as_str()) {
            continue;
        }
        let about = header.about.to_lowercase();
        let maybe = [" may ", " might ", " can ", "if ", "when present", "optional"]
            .iter()
            .any(|it| about.contains(it));
        if maybe {
            failure.proposed_headers.push((header.name.clone(), header.about.clone()));
            continue;
        }
        let numeric = header.example.as_ref().is_some_and(|it| it.parse::<u64>().is_ok());
        let schema = if numeric { json!({ "type": "integer" }) } else { json!({}) };
        failure.source.headers.push((header.name.clone(), SchemaSource::Inline(schema)));
    }
}

/// Maximum length of the names of headers that are used, in bytes.
const MAX_LEN: usize = 200;

/// Names of fields that contain a text for people, the most likely first.
const MESSAGES: [&str; 9] = [
    "message",
    "error_description",
    "errorMessage",
    "error_message",
    "detail",
    "description",
    "msg",
    "title",
    "reason",
];

/// Names of fields that contain a request id.
const REQUEST_IDS: [&str; 7] =
    ["requestId", "request_id", "requestID", "traceId", "trace_id", "correlationId", "correlation_id"];

fn read_envelope(findings: &Findings, link: &dyn Fn(usize) -> String) -> DraftEnvelope {
    let codes: Vec<&Value> = findings.failures.iter().filter_map(|stated| stated.code.as_ref()).collect();
    let holds_code = |body: &Value| scalars(body).iter().any(|(_, value)| codes.contains(value));
    let examples: Vec<_> = findings
        .examples
        .iter()
        .filter(|example| match &example.scope {
            Scope::Success => false,
            Scope::Unknown => holds_code(&example.body),
            _ => true,
        })
        .collect();
    let seen = |path: BodyPath| {
        let example = examples.iter().find(|example| path.find(&example.body).is_some())?;
        Some((path, format!("from the example in {}", link(example.line))))
    };
    let said = |role: Role| {
        let fields = findings.fields.iter().filter(|field| field.role == role);
        // The longest path gives the most precise location.
        let field = fields.max_by_key(|field| field.path.len())?;
        let own = BodyPath::of_field(&field.path);
        // A path with only a name may be that of a nested field.
        let within = examples.iter().find_map(|example| {
            let mut places = scalars(&example.body).into_iter().map(|(path, _)| path);
            places.find(|path| path.ends_with(&own))
        });
        let path = within.unwrap_or(own);
        // A field of list items has several values; of them, only the code can belong to the response.
        let fits = !path.is_of_each() || role == Role::Code;
        fits.then(|| (path, format!("described in {}", link(field.line))))
    };
    let named = |names: &[&str]| {
        names.iter().find_map(|name| {
            let places = examples.iter().flat_map(|example| scalars(&example.body));
            let fitting = places
                .filter(|(path, value)| path.name() == Some(name) && value.is_string() && !path.is_of_each());
            fitting.map(|(path, _)| path).min_by_key(BodyPath::depth).and_then(&seen)
        })
    };
    let shown = |in_list: bool| {
        examples.iter().find_map(|example| {
            let mut found = scalars(&example.body).into_iter();
            let place = found.find(|(at, value)| codes.contains(value) && at.is_of_each() == in_list)?;
            seen(place.0)
        })
    };
    let shown_code = shown(false).or_else(|| shown(true));
    let mut code_header = None;
    let code = match (codes.is_empty(), shown_code, &findings.code_header) {
        (true, ..) => None,
        (false, Some(shown), _) => Some(shown),
        (false, None, Some((name, line))) => {
            code_header = Some((name.clone(), format!("described in {}", link(*line))));
            None
        }
        (false, None, None) => said(Role::Code).or_else(|| {
            let guess = "guessed: the page does not show where the code is; correct it before the first run";
            Some((BodyPath::root().member("code"), guess.to_owned()))
        }),
    };
    let message = said(Role::Message)
        .or_else(|| named(&MESSAGES))
        .filter(|(path, _)| code.as_ref().is_none_or(|code| code.0 != *path));
    let request_id = said(Role::RequestId).or_else(|| named(&REQUEST_IDS));
    let status = repeated_status(findings, code.as_ref().map(|(path, _)| path)).and_then(seen);
    let sure: Vec<BodyPath> =
        [&code, &message, &request_id, &status].into_iter().flatten().map(|(path, _)| path.clone()).collect();
    // Repaired examples may be fragments, which say nothing about the whole body.
    let whole: Vec<&Value> = examples.iter().filter(|it| it.guess.is_none()).map(|it| &it.body).collect();
    let place = |part: Option<(BodyPath, String)>| part.map(|(path, seen)| (path.pointer(), seen));
    DraftEnvelope {
        json: !findings.examples.is_empty(),
        schema: (!whole.is_empty()).then(|| envelope::schema(&whole, &sure)),
        named: false,
        code: place(code),
        code_header,
        message: place(message),
        request_id: place(request_id),
        status: place(status),
    }
}

/// Finds the location at which every example with a known status repeats it.
fn repeated_status(findings: &Findings, code: Option<&BodyPath>) -> Option<BodyPath> {
    let known: Vec<(&Value, u16)> = findings
        .examples
        .iter()
        .filter_map(|example| match example.scope {
            Scope::Status(status) => Some((&example.body, status)),
            _ => None,
        })
        .collect();
    let (first, status) = known.first()?;
    let (path, _) = scalars(first)
        .into_iter()
        .find(|(path, value)| value.as_u64() == Some(u64::from(*status)) && Some(path) != code)?;
    known.iter().all(|(body, status)| path.find(body) == Some(&Value::from(*status))).then_some(path)
}
