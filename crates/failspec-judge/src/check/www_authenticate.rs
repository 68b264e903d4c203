//! `WWW-Authenticate` on 401.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
};

pub(super) static CHECK: Check = Check {
    id: "www-authenticate",
    summary: "a 401 response has WWW-Authenticate",
    source: "RFC 9110, section 11.6.1; a warning unless the contract documents the header",
    text: "A server that responds with 401 must send WWW-Authenticate with at least one challenge, so that \
generic clients know how to authenticate. Most JSON APIs omit it; nothing breaks, but the standard requires \
it.",
    when: When::Refused,
    run: |subject| {
        if subject.response().status != 401 || subject.response().header("www-authenticate").is_some() {
            return Vec::new();
        }
        vec![
            Finding::new(CHECK.id, Provenance::Standard, "the header WWW-Authenticate", "none")
                .saying("the 401 response has no WWW-Authenticate (RFC 9110, section 11.6.1)"),
        ]
    },
};
