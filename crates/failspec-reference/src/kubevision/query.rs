//! Query parameters.

use super::{Failure, Kubevision, quirks, seed};
use crate::{
    names::{LABEL, is_label, is_subdomain, shortened},
    query::Query,
};

/// The default number of items of a page.
const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 500;

/// The requested page of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub limit: usize,
    /// The number of items before the page.
    pub skipped: usize,
}

impl Kubevision {
    /// Returns the namespace, if one was sent.
    pub(super) fn optional_namespace<'q>(&self, query: &'q Query) -> Result<Option<&'q str>, Failure> {
        match get(query, "namespace")? {
            Some(namespace) if is_label(namespace, LABEL) => Ok(Some(namespace)),
            Some(_) if self.quirks.is_on(quirks::MALFORMED_PARAMETER) => Ok(Some(seed::NAMESPACE)),
            Some(namespace) => Err(no_label("namespace", namespace)),
            None => Ok(None),
        }
    }

    /// Returns the namespace, which is required.
    pub(super) fn namespace<'q>(&self, query: &'q Query) -> Result<&'q str, Failure> {
        match self.optional_namespace(query)? {
            Some(namespace) => Ok(namespace),
            None if self.quirks.is_on(quirks::MISSING_PARAMETER) => Ok(seed::NAMESPACE),
            None if self.quirks.is_on(quirks::LOOKUP_FIRST) => {
                Err(Failure::new(super::Code::ResourceNotFound, "the resource does not exist"))
            }
            None => Err(Failure::missing("namespace")),
        }
    }

    /// Reads `limit` (1 to 500) and `page` (from 1).
    pub(super) fn page(&self, query: &Query) -> Result<Page, Failure> {
        let limit = match get(query, "limit")?.map(|text| (text, whole_number(text))) {
            None => DEFAULT_LIMIT,
            Some((_, Some(limit @ 1..=MAX_LIMIT))) => limit,
            Some(_) if self.quirks.is_on(quirks::MALFORMED_PARAMETER) => DEFAULT_LIMIT,
            Some(_) => {
                return Err(Failure::invalid("limit", "must be a whole number from 1 to 500"));
            }
        };
        let page = match get(query, "page")?.map(whole_number) {
            None => 1,
            Some(Some(page @ 1..)) => page,
            Some(_) if self.quirks.is_on(quirks::MALFORMED_PARAMETER) => 1,
            Some(_) => return Err(Failure::invalid("page", "must be a whole number from 1")),
        };
        Ok(Page { limit, skipped: (page - 1).saturating_mul(limit) })
    }
}

/// Returns the value of a parameter; the first one, if it was sent several times. Unknown parameters are ignored.
fn get<'q>(query: &'q Query, name: &str) -> Result<Option<&'q str>, Failure> {
    query.first(name).map_err(|_| Failure::invalid(name, "has an invalid percent-encoding"))
}

/// Parses digits only: no sign, no exponent, no space. A number that is too large to represent becomes the largest
/// one.
fn whole_number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

/// Parses the id of a user or a cluster: a number.
pub(super) fn id(what: &str, text: &str) -> Result<u64, Failure> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| Failure::invalid(what, "must be a number"))
}

/// Checks a path parameter that must be an RFC 1123 label: a namespace.
pub(super) fn check_label(what: &str, name: &str) -> Result<(), Failure> {
    if is_label(name, LABEL) { Ok(()) } else { Err(no_label(what, name)) }
}

/// Checks the name of a Kubernetes object.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), Failure> {
    if is_subdomain(name) {
        return Ok(());
    }
    Err(Failure::invalid(what, &format!("{:?} must be a subdomain of RFC 1123", shortened(name))))
}

fn no_label(what: &str, name: &str) -> Failure {
    Failure::invalid(what, &format!("{:?} must be a label of RFC 1123", shortened(name)))
}
