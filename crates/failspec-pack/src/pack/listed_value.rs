//! Values of members that the API itself lists.

use failspec_base::syntax::{Field, MappingSchema, Node, ValueType};
use serde_json::Value;

use super::{
    pointer::Pointer,
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
    step::check_parameters,
};

/// A request that lists things, and the places of a value in one of them.
#[derive(Debug, Clone)]
pub struct ListedValue {
    /// The request, which changes nothing.
    pub list: RequestTemplate,
    /// Pointer to the list in the response.
    pub items: Pointer,
    /// Pointers to the value in an item, in order.
    pub values: Vec<Pointer>,
    /// The value that is tried first if it is listed, such as the author's example.
    pub prefer: Option<Value>,
    /// True if the member says from what a new thing is made, and the name of the new one is elsewhere.
    pub is_origin: bool,
}

pub(super) static LISTED_VALUE: MappingSchema = MappingSchema {
    name: "listed value",
    about: "a safe request that lists things, and where the value is in one of them",
    fields: &[
        Field::optional(
            "items",
            ValueType::Pointer,
            "pointer to the list in the response (default: the response is the list)",
        ),
        Field::required(
            "values",
            ValueType::List(&ValueType::Pointer),
            "pointers to the value in an item; the first one with a value is used (`\"\"`: the item is the value)",
        ),
        Field::optional("prefer", ValueType::Any, "the value that is tried first if it is listed"),
        Field::optional(
            "origin",
            ValueType::Bool,
            "the member says from what a new thing is made: its values are all of the same item",
        ),
    ],
    also: request::KEYS,
};

impl ListedValue {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let fields = names.reader.fields(node, &LISTED_VALUE)?;
        if !fields.has("request") {
            names.reader.error_hint(node.span, "`request` is missing", "give `request: GET /path`");
        }
        let list = RequestPatch::read(&fields, names).into_request()?;
        check_parameters(&list, names, node);
        if !list.is_safe() {
            let hint = "use GET, HEAD or OPTIONS";
            names.reader.error_hint(node.span, "a request that lists things must not change anything", hint);
        }
        let items = match fields.get("items") {
            Some(node) => Pointer::read(node, names.reader)?,
            None => Pointer::parse("")?,
        };
        let values = fields.get("values").map(|node| names.reader.list(node)).unwrap_or_default();
        let values = values.iter().filter_map(|node| Pointer::read(node, names.reader)).collect();
        let is_origin = fields.get("origin").and_then(|node| names.reader.bool(node)).unwrap_or(false);
        Some(Self { list, items, values, prefer: fields.get("prefer").map(Node::to_json), is_origin })
    }
}
