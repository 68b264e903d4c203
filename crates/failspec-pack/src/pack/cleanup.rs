//! Finding and removing resources that earlier runs left behind.

use failspec_base::syntax::{Field, MappingSchema, Node, ValueType};

use super::{
    pointer::Pointer,
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
    step::check_parameters,
};

/// The name of the item in the request that removes it: `${item}`.
pub const ITEM: &str = "item";

/// The requests that find and remove one kind of resource that earlier runs left behind.
#[derive(Debug, Clone)]
pub struct Cleanup {
    /// The request that lists the resources.
    pub list: RequestTemplate,
    /// Pointer to the list in the response.
    pub items: Pointer,
    /// Pointer to the name in an item.
    pub name: Pointer,
    /// The request that removes the item with the name `${item}`.
    pub delete: RequestTemplate,
}

pub(super) static CLEANUP: MappingSchema = MappingSchema {
    name: "cleanup",
    about: "how to find and remove one kind of resource that earlier runs left behind",
    fields: &[
        Field::required("list", ValueType::MappingSchema(&REQUEST), "the request that lists the resources"),
        Field::required("items", ValueType::Pointer, "pointer to the list in the response"),
        Field::optional(
            "name",
            ValueType::Pointer,
            "pointer to the name in an item (default: the item is the name)",
        ),
        Field::required(
            "delete",
            ValueType::MappingSchema(&REQUEST),
            "the request that removes one resource; `${item}` is its name",
        ),
    ],
    also: &[],
};

pub(super) static REQUEST: MappingSchema = MappingSchema {
    name: "cleanup request",
    about: "a request with a role",
    fields: &[],
    also: request::KEYS,
};

impl Cleanup {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let fields = names.reader.fields(node, &CLEANUP)?;
        let request = |node: &Node, names: &ReadContext<'_>| {
            let fields = names.reader.fields(node, &REQUEST)?;
            if !fields.has("request") {
                names.reader.error_hint(node.span, "`request` is missing", "give `request: METHOD /path`");
            }
            let request = RequestPatch::read(&fields, names).into_request()?;
            check_parameters(&request, names, node);
            Some(request)
        };
        let mut of_item = names.clone();
        of_item.known.insert(ITEM.to_owned());
        let list = request(fields.get("list")?, names);
        let delete = request(fields.get("delete")?, &of_item);
        if let (Some(delete), Some(node)) = (&delete, fields.get("delete"))
            && !delete.names().contains(&ITEM)
        {
            // Without it, the request would remove the same resource for each item.
            names.reader.error_hint(
                node.span,
                "the request does not say which item it removes",
                "use `${item}`",
            );
        }
        Some(Self {
            list: list?,
            items: fields.get("items").and_then(|node| Pointer::read(node, names.reader))?,
            name: match fields.get("name") {
                Some(node) => Pointer::read(node, names.reader)?,
                None => Pointer::parse("")?,
            },
            delete: delete?,
        })
    }
}
