//! `Allow` on 405.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "allow",
    summary: "a 405 response lists the supported methods in Allow",
    source: "RFC 9110, section 15.5.6; a warning unless the contract documents the header",
    text: "A server that responds with 405 must send Allow with the methods that the resource supports. An \
Allow that lists the rejected method is reported too, and one without a method that the OpenAPI document has for the path.",
    when: When::Refused,
    run: |subject| {
        if subject.response().status != 405 {
            return Vec::new();
        }
        let method = &subject.exchange.request.method;
        let actual = match subject.response().combined_header("allow") {
            None => "none".to_owned(),
            Some(methods) if methods.split(',').any(|known| known.trim() == method) => {
                format!("{methods}, which includes the rejected {method}")
            }
            Some(methods) => match lacking(subject, &methods) {
                lacking if lacking.is_empty() => return Vec::new(),
                lacking => format!("{methods}, without {}", lacking.join(", ")),
            },
        };
        vec![
            Finding::new(
                CHECK.id,
                Provenance::Standard,
                "the header Allow with the supported methods",
                &actual,
            )
            .saying(format!(
                "expected Allow with the supported methods (RFC 9110, section 15.5.6), got {actual}"
            )),
        ]
    },
};

/// Returns the methods that the OpenAPI document has for the path and `Allow` has not.
fn lacking(subject: &Subject<'_>, allow: &str) -> Vec<String> {
    let Some(against) = &subject.observed.against else { return Vec::new() };
    let path = subject.exchange.request.url.path();
    let below = path.strip_prefix(against.base.trim_end_matches('/')).unwrap_or(path);
    let listed: Vec<&str> = allow.split(',').map(str::trim).collect();
    let declared = against.declared.methods(below).into_iter();
    // A server may answer OPTIONS and HEAD by itself, and need not name them.
    let declared = declared.filter(|method| !matches!(*method, "OPTIONS" | "HEAD"));
    declared.filter(|method| !listed.contains(method)).map(str::to_owned).collect()
}
