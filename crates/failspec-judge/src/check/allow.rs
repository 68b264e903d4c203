//! `Allow` on 405.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
};

pub(super) static CHECK: Check = Check {
    id: "allow",
    summary: "a 405 response lists the supported methods in Allow",
    source: "RFC 9110, section 15.5.6; a warning unless the contract documents the header",
    text: "A server that responds with 405 must send Allow with the methods that the resource supports. An \
Allow that lists the rejected method is reported too.",
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
            Some(_) => return Vec::new(),
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
