//! The trace that a request belongs to (W3C Trace Context, level 1).

use std::sync::Arc;

use crate::random::random;

/// The trace of the requests of a case: what servers log of all of them has one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits, not all of them zero.
    pub id: Arc<str>,
    /// True if the requests carry `traceparent`.
    pub is_sent: bool,
    /// A header with the name of the case, and that name.
    pub case: Option<(Arc<str>, Arc<str>)>,
}

/// The headers of one request of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceHeaders {
    /// The id of the trace; `None` if the request does not carry it.
    pub trace_id: Option<Arc<str>>,
    /// The value of `traceparent`.
    pub traceparent: Option<String>,
    /// The header with the name of the case, and that name.
    pub case: Option<(Arc<str>, Arc<str>)>,
}

impl TraceHeaders {
    /// Returns names and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let traceparent = self.traceparent.iter().map(|value| ("traceparent", value.as_str()));
        traceparent.chain(self.case.iter().map(|(name, case)| (&**name, &**case)))
    }
}

impl Trace {
    /// Returns the headers of one more request. Those that it has already, or is to be sent without, are left out.
    pub fn next(&self, is_taken: impl Fn(&str) -> bool) -> TraceHeaders {
        let is_sent = self.is_sent && !is_taken("traceparent");
        TraceHeaders {
            trace_id: is_sent.then(|| Arc::clone(&self.id)),
            // A span id must not be zero.
            traceparent: is_sent.then(|| format!("00-{}-{:016x}-01", self.id, random().max(1))),
            case: self.case.clone().filter(|(name, _)| !is_taken(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_has_a_span_of_its_own_in_the_trace_of_its_case() {
        let trace = Trace {
            id: "4bf92f3577b34da6a3ce929d0e0e4736".into(),
            is_sent: true,
            case: Some(("X-Case".into(), "a::b::c".into())),
        };
        let (one, other) = (trace.next(|_| false), trace.next(|_| false));
        assert_ne!(one, other);
        let headers: Vec<(&str, &str)> = one.headers().collect();
        let (name, value) = headers[0];
        assert_eq!(name, "traceparent");
        assert!(
            value.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && value.ends_with("-01"),
            "{value}"
        );
        assert_eq!(value.len(), 55);
        assert_eq!(headers[1], ("X-Case", "a::b::c"));
        // What a scenario sends itself is the fault under test.
        let own = trace.next(|name| name == "traceparent");
        assert_eq!((own.headers().count(), own.trace_id), (1, None));
        assert_eq!(trace.next(|_| true).headers().count(), 0);
    }
}
