//! The item of a bulk response.

use crate::pack::Provenance;

use super::{
    rule::{Check, When},
    view::Item,
};

pub(super) static CHECK: Check = Check {
    id: "bulk-item",
    summary: "a bulk response has exactly one item for the resource that failed",
    source: "`at` of the scenario",
    text: "The scenario looks for the failure in one item of a bulk response, picked by what the item must fit \
(`where`). No item fits, or several do, so that a client could not tell what became of the resource.",
    when: When::Always,
    run: |subject| {
        let Item::Unpicked(count) = subject.view.item else {
            return Vec::new();
        };
        let actual = if count == 0 { "none".to_owned() } else { format!("{count} of them") };
        vec![
            subject
                .finding(CHECK.id, Provenance::Documented, "exactly one item that fits `where`", &actual)
                .saying(format!(
                    "the bulk response should have exactly one item for this resource, and has {actual}"
                )),
        ]
    },
};
