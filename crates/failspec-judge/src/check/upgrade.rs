//! `Upgrade` on 426.

use super::{
    definition::{Check, When},
    mandatory_header::missing,
};

pub(super) static CHECK: Check = Check {
    id: "upgrade",
    summary: "a 426 response names the protocols in Upgrade",
    source: "RFC 9110, section 15.5.22; a warning unless the contract documents the header",
    text: "A server that responds with 426 must send Upgrade with the protocols that it requires, since clients cannot \
guess them.",
    when: When::Refused,
    run: |subject| missing(subject, CHECK.id, 426, "Upgrade", "15.5.22"),
};
