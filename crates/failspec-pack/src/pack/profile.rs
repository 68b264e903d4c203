//! Parts of a contract that an API can be certified for.

use failspec_base::syntax::{Decoder, Entry, Field, Location, MappingSchema, ValueType, closest};

use super::{Failure, Provenance, triggers::split_trigger};

/// The requirements of a certificate for a part of a contract.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Required failures, and causes as `failure/cause`, in the order of the contract file.
    pub required: Vec<String>,
    /// The location of its declaration.
    pub place: Location,
}

pub(super) static PROFILE: MappingSchema = MappingSchema {
    name: "profile",
    about: "a part of the contract that an API can be certified for",
    fields: &[
        Field::optional("about", ValueType::Text, "what an API with this profile can do"),
        Field::required(
            "required",
            ValueType::List(&ValueType::Text),
            "the failures, and causes as `failure/cause`, that must be covered",
        ),
    ],
    also: &[],
};

/// The profiles that every contract has.
pub const BUILT_IN: [&str; 2] = ["core", "full"];

impl Profile {
    /// Reads one entry of `profiles`. Only failures that the publisher of the API has stated can be required.
    pub(super) fn read(entry: &Entry, failures: &[Failure], reader: &Decoder) -> Option<Self> {
        if BUILT_IN.contains(&entry.key.as_str()) {
            reader.error_hint(
                entry.key_span,
                format!("the profile `{}` is built in", entry.key),
                "choose another name (`core`: failures without a condition; `full`: also those with one)",
            );
            return None;
        }
        let fields = reader.fields(&entry.value, &PROFILE)?;
        if let Some(node) = fields.get("about") {
            reader.text(node);
        }
        let node = fields.get("required")?;
        let mut required: Vec<String> = Vec::new();
        for node in reader.list(node) {
            let Some(name) = reader.text(node) else { continue };
            let (id, cause) = split_trigger(name);
            let Some(failure) = failures.iter().find(|failure| failure.id == id) else {
                reader.unknown(node.span, "failure", id, failures.iter().map(|failure| failure.id.as_str()));
                continue;
            };
            if let Some(cause) = cause.filter(|cause| failure.causes.iter().all(|known| known != cause)) {
                let hint = closest(cause, failure.causes.iter().map(String::as_str)).map_or_else(
                    || "add it to the `causes` of the failure, or remove it here".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                reader.error_hint(node.span, format!("`{id}` has no cause `{cause}`"), hint);
            } else if failure.source == Provenance::Inferred {
                reader.error_hint(
                    node.span,
                    format!("`{id}` is inferred, not documented"),
                    "a certificate can require only what the publisher of the API has stated",
                );
            } else if let Some(why) = &failure.excluded {
                let hint = format!("the contract excludes it: {why}");
                reader.error_hint(node.span, format!("`{id}` cannot be covered"), hint);
            } else if required.iter().any(|known| known == name) {
                reader.error(node.span, format!("`{name}` appears twice"));
            } else {
                required.push(name.to_owned());
            }
        }
        if reader.list(node).is_empty() {
            reader.error(node.span, "a profile must require at least one failure");
        }
        Some(Self { name: entry.key.clone(), required, place: reader.place(entry.key_span) })
    }
}
