//! Things that are there already, for requests that only read: in place of those that the API refused to create.

use failspec_base::syntax::{Field, MappingSchema, Node, ValueType};

use super::{pointer::Pointer, read_context::ReadContext};

/// The place of the id of a thing that is there already, in place of one that an operation should have created.
#[derive(Debug, Clone)]
pub struct ExistingThing {
    /// The variable with the id, which a target may give.
    pub variable: String,
    /// Pointer to the list in the response to the collection in which the operation creates.
    pub items: Pointer,
    /// Pointers to the id in an item, in order; empty if the collection cannot be listed.
    pub values: Vec<Pointer>,
}

pub(super) static EXISTING_THING: MappingSchema = MappingSchema {
    name: "existing thing",
    about: "where the id of a thing is that is there already",
    fields: &[
        Field::required(
            "variable",
            ValueType::Name,
            "the variable with the id; without a value, the first thing is taken that a GET of the collection lists",
        ),
        Field::optional(
            "items",
            ValueType::Pointer,
            "pointer to the list in the response of the collection (default: the response is the list)",
        ),
        Field::optional(
            "values",
            ValueType::List(&ValueType::Pointer),
            "pointers to the id in an item; the first one with a value is used (`\"\"`: the item is the id), and of a \
             name such as `pets/17` the last segment. Without them, nothing is listed",
        ),
    ],
    also: &[],
};

impl ExistingThing {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &EXISTING_THING)?;
        let name = fields.get("variable")?;
        let variable = reader.text(name)?.to_owned();
        if !names.contract.variables.contains_key(&variable) {
            let known = names.contract.variables.keys().map(String::as_str);
            reader.unknown(name.span, "variable", &variable, known.collect::<Vec<_>>());
        }
        let items = match fields.get("items") {
            Some(node) => Pointer::read(node, reader)?,
            None => Pointer::parse("")?,
        };
        let values = fields.get("values").map(|node| reader.list(node)).unwrap_or_default();
        let values = values.iter().filter_map(|node| Pointer::read(node, reader)).collect();
        Some(Self { variable, items, values })
    }
}
