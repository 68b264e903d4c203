//! `Proxy-Authenticate` on 407.

use super::{
    definition::{Check, When},
    mandatory_header::missing,
};

pub(super) static CHECK: Check = Check {
    id: "proxy-authenticate",
    summary: "a 407 response has Proxy-Authenticate",
    source: "RFC 9110, section 11.7.1; a warning unless the contract documents the header",
    text: "A proxy that responds with 407 must send Proxy-Authenticate with at least one challenge, so that clients \
know how to authenticate to it.",
    when: When::Refused,
    run: |subject| missing(subject, CHECK.id, 407, "Proxy-Authenticate", "11.7.1"),
};
