//! The classification of contract changes by their effect on clients.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_base::syntax::{Decoder, Field, MappingSchema, Node, ValueType};

/// The effect of a contract change on clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stability {
    /// A client that relied on the contract has to change.
    Breaking,
    /// A client that tolerates what it must tolerate continues to work.
    NotBreaking,
    /// Only wording changes.
    Documentation,
}

/// A kind of change: its name, its effect on clients, and its description.
#[derive(Debug, Clone, Copy)]
pub struct ChangeKind {
    /// Its name, which is a key of `stability` in a contract.
    pub name: &'static str,
    /// Its effect on clients, unless the contract overrides it.
    pub stability: Stability,
    /// The description of the change.
    pub about: &'static str,
}

const fn kind(name: &'static str, stability: Stability, about: &'static str) -> ChangeKind {
    ChangeKind { name, stability, about }
}

use Stability::{Breaking, Documentation, NotBreaking};

/// The kinds of changes, according to the rules that KubeGlass publishes for its API: removals, renamings and type
/// changes, and another code for a documented condition, break clients; additions do not.
pub static CHANGES: &[ChangeKind] = &[
    kind("failure_removed", Breaking, "a failure is no longer documented"),
    kind("failure_added", NotBreaking, "a failure is added, and codes are open"),
    kind("failure_added_closed", Breaking, "a failure is added, and codes were closed"),
    kind("failure_renamed", Documentation, "a failure has a different id, but the same status and code"),
    kind("status_changed", Breaking, "a failure has a different status"),
    kind("code_changed", Breaking, "a failure has a different code"),
    kind("codes_opened", Breaking, "unlisted codes are now possible"),
    kind("codes_closed", NotBreaking, "unlisted codes are no longer possible"),
    kind("success_changed", Breaking, "the form of a successful response is different"),
    kind("media_type_changed", Breaking, "responses have a different media type"),
    kind("pointer_moved", Breaking, "code, message, request id or status is moved or removed"),
    kind("pointer_added", NotBreaking, "code, message, request id or status is added"),
    kind("header_removed", Breaking, "a header is no longer promised"),
    kind("header_added", NotBreaking, "a header is added"),
    kind("field_removed", Breaking, "a field of the body is no longer documented"),
    kind("field_added", NotBreaking, "a field of the body is added"),
    kind("field_retyped", Breaking, "a field may have a different type"),
    kind("field_optional", Breaking, "a field that was always present may be missing"),
    kind("field_required", NotBreaking, "a field that could be missing is always present"),
    kind("enum_value_added", NotBreaking, "a field may have a value that was not possible before"),
    kind("enum_value_removed", NotBreaking, "a field can no longer have one of its values"),
    kind("schema_changed", Breaking, "a schema differs in any other way"),
    kind("retry_changed", NotBreaking, "the retry advice to clients is different"),
    kind("operation_moved", Breaking, "a documented request has a different method or path"),
    kind("operation_removed", Breaking, "a documented request is removed"),
    kind("operation_added", NotBreaking, "a request is added"),
    kind("order_changed", Breaking, "a failure no longer wins against another one"),
    kind("causes_changed", Documentation, "the list of causes is different"),
    kind("summary_changed", Documentation, "the description of a failure is different"),
    kind("errata_changed", Documentation, "the list of documentation errors is different"),
];

pub(super) const CLASSES: &[&str] = &["breaking", "not_breaking", "documentation"];

/// The key `stability`: overrides for how kinds of changes are classified.
pub(super) static STABILITY: MappingSchema = MappingSchema {
    name: "stability",
    about: "overrides for the classification of changes",
    fields: &[
        class("failure_removed"),
        class("failure_added"),
        class("failure_added_closed"),
        class("failure_renamed"),
        class("status_changed"),
        class("code_changed"),
        class("codes_opened"),
        class("codes_closed"),
        class("success_changed"),
        class("media_type_changed"),
        class("pointer_moved"),
        class("pointer_added"),
        class("header_removed"),
        class("header_added"),
        class("field_removed"),
        class("field_added"),
        class("field_retyped"),
        class("field_optional"),
        class("field_required"),
        class("enum_value_added"),
        class("enum_value_removed"),
        class("schema_changed"),
        class("retry_changed"),
        class("operation_moved"),
        class("operation_removed"),
        class("operation_added"),
        class("order_changed"),
        class("causes_changed"),
        class("summary_changed"),
        class("errata_changed"),
    ],
    also: &[],
};

const fn class(name: &'static str) -> Field {
    Field::optional(name, ValueType::Words(CLASSES), "the effect of such a change on clients")
}

/// Reads the key `stability`.
pub(super) fn read(node: &Node, reader: &Decoder) -> BTreeMap<String, Stability> {
    let Some(fields) = reader.fields(node, &STABILITY) else { return BTreeMap::new() };
    let told = CHANGES.iter().filter_map(|kind| {
        let class = match reader.word(fields.get(kind.name)?, CLASSES)? {
            0 => Breaking,
            1 => NotBreaking,
            _ => Documentation,
        };
        Some((kind.name.to_owned(), class))
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_change_can_be_classed() {
        let keys: Vec<&str> = STABILITY.fields.iter().map(|field| field.name).collect();
        let kinds: Vec<&str> = CHANGES.iter().map(|kind| kind.name).collect();
        assert_eq!(keys, kinds);
    }
}
