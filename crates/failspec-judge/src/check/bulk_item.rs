//! The item of a bulk response.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    response_view::Item,
};

pub(super) static CHECK: Check = Check {
    id: "bulk-item",
    summary: "a bulk response has exactly one item for the resource that failed",
    source: "`at` of the scenario",
    text: "The scenario looks for the failure in one item of a bulk response, which `where` selects. No item \
matches, or several do, so a client cannot tell what happened to the resource.",
    when: When::Always,
    run: |subject| {
        let Item::Unpicked(count) = subject.view.item else {
            return Vec::new();
        };
        let actual = if count == 0 { "none".to_owned() } else { count.to_string() };
        vec![
            subject
                .cause_finding(
                    CHECK.id,
                    Provenance::Documented,
                    "exactly one item that matches `where`",
                    &actual,
                )
                .saying(format!(
                    "expected exactly one item for this resource in the bulk response, got {actual}"
                )),
        ]
    },
};
