//! Headers that a server may ignore, and on which it must not break: a charset that does not exist, a
//! validator that is none.

use failspec_pack::openapi::Operation;

use super::{
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    reach::Reach,
    request_spec::{Body, RequestSpec},
    valid_request::ValidRequest,
};

impl Generator<'_> {
    /// Adds requests with headers that a server may ignore.
    pub(super) fn odd_headers(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let mut add = |what: &str, rule: String, faulty: RequestSpec| {
            let fault = Fault::new(FaultKind::Unusual, what.to_owned(), rule, faulty);
            faults.push(Fault { tolerated: true, ..fault });
        };
        if matches!(right.ask.body, Some(Body::Json(_))) && self.removes_what_it_accepts(operation, right) {
            let own = right.ask.headers.iter().find(|(name, _)| name == "Content-Type");
            let own = own.map_or("application/json", |(_, value)| value.as_str());
            let rule = format!("{}/requestBody", operation.pointer);
            add(
                "unknown_charset",
                rule,
                with_header(right, "Content-Type", &format!("{own}; charset=failspec")),
            );
        }
        let has_validator = declares(operation, 304)
            || declares(operation, 412)
            || operation.responses.iter().any(|response| {
                response.headers.iter().any(|header| header.name.eq_ignore_ascii_case("ETag"))
            });
        if has_validator && right.reach != Reach::Foreign {
            let rule = format!("{}/responses", operation.pointer);
            let header = if operation.is_safe() { "If-None-Match" } else { "If-Match" };
            add("validator_that_is_none", rule, with_header(right, header, "failspec"));
        }
    }
}

/// Returns the valid request with another header.
fn with_header(right: &ValidRequest, name: &str, value: &str) -> RequestSpec {
    let mut faulty = right.ask.clone();
    faulty.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    faulty.headers.push((name.to_owned(), value.to_owned()));
    faulty
}
