//! Mutants with messages that expose internals of the API.

use serde_json::{Value, json};

use super::{Mutant, scene::edit_at};

pub(super) fn all() -> Vec<Mutant> {
    vec![
        leak(
            "leaks-go-trace",
            "a Go stack trace",
            "goroutine 41 [running]:\nmain.serve(0xc000)\n\t/srv/api/main.go:88",
        ),
        leak(
            "leaks-java-trace",
            "a Java stack trace",
            "java.lang.IllegalStateException: closed\n\tat io.acme.Pool.take(Pool.java:112)",
        ),
        leak(
            "leaks-python-trace",
            "a Python stack trace",
            "Traceback (most recent call last):\n  File \"/srv/api/views.py\", line 31, in get",
        ),
        leak(
            "leaks-rust-panic",
            "a Rust panic",
            "thread 'main' panicked at src/store.rs:7:9:\nindex out of bounds",
        ),
        leak(
            "leaks-node-trace",
            "a Node.js stack trace",
            "TypeError: x is not a function\n    at read (/srv/api/store.js:12:5)",
        ),
        leak(
            "leaks-sql",
            "an SQL statement",
            "pq: syntax error at or near \"FORM\": SELECT id FORM users WHERE id = 1",
        ),
        leak("leaks-path", "a file path on the server", "open /etc/acme/secrets.yaml: permission denied"),
        leak(
            "leaks-upstream",
            "the address of an internal service",
            "dial tcp 10.4.0.17:5432: connect: connection refused",
        ),
    ]
}

/// Creates a mutant that appends a text to the message. The original message comes first, for clients that look for
/// its wording.
fn leak(id: &'static str, what: &str, text: &'static str) -> Mutant {
    Mutant::harmful(id, format!("the error message ends with {what}"), move |scene, response| {
        edit_at(response, Some(scene.envelope.message), |message| {
            if let Value::String(own) = message {
                *message = json!(format!("{own}: {text}"));
            }
        });
    })
}
