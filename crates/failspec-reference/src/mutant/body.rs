//! Mutants with bodies that are not the expected JSON.

use serde_json::{Value, json};

use super::{Mutant, scene::edit};

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n";

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful(
            "body-html",
            "the error body is an HTML page, declared as text/html",
            |_, response| {
                response.set_header("Content-Type", "text/html; charset=utf-8");
                response.body = PAGE.as_bytes().to_vec();
            },
        ),
        Mutant::harmful(
            "body-html-as-json",
            "the error body is an HTML page, declared as JSON",
            |_, response| {
                response.body = PAGE.as_bytes().to_vec();
            },
        ),
        Mutant::harmful("body-empty", "the error body is empty", |_, response| response.body.clear()),
        Mutant::harmful("body-empty-object", "the error body is {}", |_, response| {
            response.body = b"{}".to_vec()
        }),
        Mutant::harmful("body-null", "the error body is null", |_, response| {
            response.body = b"null".to_vec()
        }),
        Mutant::harmful("body-text", "the error body is a JSON string", |_, response| {
            response.set_document(&json!("something went wrong"));
        }),
        Mutant::harmful("body-truncated", "the error body is cut in half", |_, response| {
            response.body.truncate(response.body.len() / 2);
        }),
        Mutant::harmful("body-trailing-bytes", "extra bytes follow the JSON of an error", |_, response| {
            response.body.extend_from_slice(b"}\n");
        }),
        Mutant::harmful("body-two-documents", "the error body contains its JSON twice", |_, response| {
            let copy = response.body.clone();
            response.body.extend_from_slice(&copy);
        }),
        Mutant::harmful(
            "body-bom",
            "a byte order mark precedes the JSON of the error body (RFC 8259, 8.1)",
            |_, response| {
                response.body.splice(0..0, *b"\xef\xbb\xbf");
            },
        ),
        Mutant::harmful(
            "body-duplicate-keys",
            "the error body contains its first key twice (RFC 8259, 4)",
            |_, response| {
                let first =
                    response.document().and_then(|document| document.as_object()?.keys().next().cloned());
                if let Some(first) = first {
                    let again = format!("{{{}:null,", Value::from(first));
                    response.body.splice(0..1, again.into_bytes());
                }
            },
        ),
        Mutant::harmful("body-in-array", "the error body is wrapped in an array", |_, response| {
            edit(response, |document| *document = json!([document.take()]));
        }),
        Mutant::harmful("body-not-utf8", "a string in the error body is not UTF-8", |scene, response| {
            // A letter that UTF-8 encodes in two bytes, in Latin-1, at the beginning of the message.
            let name = scene.envelope.message.rsplit('/').next().unwrap_or_default();
            let begin = format!("\"{name}\":\"").into_bytes();
            let at = response.body.windows(begin.len()).position(|window| window == begin.as_slice());
            let at = at.map_or(response.body.len(), |at| at + begin.len());
            response.body.insert(at, 0xe9);
        }),
    ]
}
