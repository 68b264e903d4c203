//! The required part that a request lacks.

use std::collections::BTreeSet;

use crate::check::Phase;

use super::super::{CaseReport, MissingPart, RequestReport};

/// Returns the required part that the request under test lacks, in comparison with the control.
pub(super) fn missing_part(case: &CaseReport) -> Option<MissingPart> {
    let of = |phase| case.exchanges.iter().find(|exchange| exchange.phase == phase);
    let tested = &of(Phase::Request)?.request;
    let is_about_body = case.documentation.as_deref().is_some_and(|rule| rule.ends_with("/requestBody"));
    if is_about_body && tested.body.is_none() {
        return Some(MissingPart::Body);
    }
    let control = of(Phase::Control).map(|exchange| &exchange.request)?;
    let (path, query) = path_and_query(tested);
    let (other_path, other_query) = path_and_query(control);
    if tested.method != control.method || path != other_path {
        return None;
    }
    if let [only] = other_query.difference(&query).collect::<Vec<_>>().as_slice() {
        return Some(MissingPart::Query((*only).clone()));
    }
    let headers = |request: &RequestReport| -> BTreeSet<String> {
        request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect()
    };
    match headers(control).difference(&headers(tested)).collect::<Vec<_>>().as_slice() {
        [only] => Some(MissingPart::Header((*only).clone())),
        _ => None,
    }
}

/// Returns the URL of a request without its query, and the names of its query parameters.
fn path_and_query(request: &RequestReport) -> (String, BTreeSet<String>) {
    let url = request.url.to_string();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let names = query.split('&').filter(|pair| !pair.is_empty());
    let names = names.map(|pair| pair.split('=').next().unwrap_or_default().to_owned());
    (path.to_owned(), names.collect())
}
