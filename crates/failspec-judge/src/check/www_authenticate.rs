//! `WWW-Authenticate` on 401.

use super::{
    definition::{Check, When},
    mandatory_header::missing,
};

pub(super) static CHECK: Check = Check {
    id: "www-authenticate",
    summary: "a 401 response has WWW-Authenticate",
    source: "RFC 9110, section 11.6.1; a warning unless the contract documents the header",
    text: "A server that responds with 401 must send WWW-Authenticate with at least one challenge, so that \
generic clients know how to authenticate. Most JSON APIs omit it; nothing breaks, but the standard requires \
it.",
    when: When::Refused,
    run: |subject| missing(subject, CHECK.id, 401, "WWW-Authenticate", "11.6.1"),
};
