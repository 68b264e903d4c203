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
    /// Names and values.
    pub headers: Vec<(String, String)>,
}

impl Trace {
    /// Returns the headers of one more request. Those that it has already, or is to be sent without, are left out.
    pub fn next(&self, is_taken: impl Fn(&str) -> bool) -> TraceHeaders {
        let mut headers = Vec::new();
        let is_sent = self.is_sent && !is_taken("traceparent");
        if is_sent {
            // A span id must not be zero.
            let span = random().max(1);
            headers.push(("traceparent".to_owned(), format!("00-{}-{span:016x}-01", self.id)));
        }
        if let Some((name, case)) = self.case.as_ref().filter(|(name, _)| !is_taken(name)) {
            headers.push((name.to_string(), case.to_string()));
        }
        TraceHeaders { trace_id: is_sent.then(|| Arc::clone(&self.id)), headers }
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
        let (name, value) = &one.headers[0];
        assert_eq!(name, "traceparent");
        assert!(
            value.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && value.ends_with("-01"),
            "{value}"
        );
        assert_eq!(value.len(), 55);
        assert_eq!(one.headers[1], ("X-Case".to_owned(), "a::b::c".to_owned()));
        // What a scenario sends itself is the fault under test.
        let own = trace.next(|name| name == "traceparent");
        assert_eq!((own.trace_id, own.headers.len()), (None, 1));
        assert!(trace.next(|_| true).headers.is_empty());
    }
}
