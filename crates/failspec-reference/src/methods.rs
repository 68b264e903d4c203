//! Request methods.

/// The method whose operation responds: HEAD is GET without the body (RFC 9110, 9.3.2), and leaving out the body is
/// the server's business.
#[must_use]
pub fn effective(method: &str) -> &str {
    if method == "HEAD" { "GET" } else { method }
}

/// The value of an `Allow` header for a path that `has` some methods; `None` if it has none.
#[must_use]
pub fn allowed(has: impl Fn(&str) -> bool) -> Option<String> {
    let mut methods: Vec<&str> =
        ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| has(method)).collect();
    if methods.first() == Some(&"GET") {
        methods.insert(1, "HEAD");
    }
    (!methods.is_empty()).then(|| methods.join(", "))
}
