//! Request methods.

/// The method of the operation that responds: HEAD is GET without the body (RFC 9110, 9.3.2); the server leaves out
/// the body.
#[must_use]
pub fn effective(method: &str) -> &str {
    if method == "HEAD" { "GET" } else { method }
}

/// The value of an `Allow` header for a path; `has` returns true for each method that the path supports. `None` if it
/// supports none.
#[must_use]
pub fn allowed(has: impl Fn(&str) -> bool) -> Option<String> {
    let mut methods: Vec<&str> =
        ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| has(method)).collect();
    if methods.first() == Some(&"GET") {
        methods.insert(1, "HEAD");
    }
    (!methods.is_empty()).then(|| methods.join(", "))
}
