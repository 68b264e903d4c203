//! The common envelope of error responses, as far as examples and descriptions show it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::body_path::BodyPath;
use failspec_pack::pack::{
    BodyRule, Pointer,
    writing::{
        CodeLocationSource, Comments, EnvelopeSource, InferredEnvelopeSource, Override, RequestIdSource,
        SchemaSource,
    },
};

/// The common envelope of error responses. Each pointer has a note about its origin.
#[derive(Debug, Clone, Default)]
pub struct DraftEnvelope {
    /// True if responses are JSON.
    pub json: bool,
    /// The location of the code.
    pub code: Option<(Pointer, String)>,
    /// The header with the code, if it is not in the body.
    pub code_header: Option<(String, String)>,
    /// The location of the text for people.
    pub message: Option<(Pointer, String)>,
    /// The location of the request id.
    pub request_id: Option<(Pointer, String)>,
    /// The location at which the body repeats the status.
    pub status: Option<(Pointer, String)>,
    /// True if message, request id and status were recognised only by the names of properties, and are therefore
    /// inferred.
    pub named: bool,
    /// The JSON Schema of the body.
    pub schema: Option<Value>,
}

impl DraftEnvelope {
    /// Returns the overrides for a failure without this envelope.
    pub(super) fn nothing_of_it(&self) -> EnvelopeSource {
        fn gone<T, S>(part: &Option<S>) -> Option<Override<T>> {
            part.as_ref().map(|_| Override::Removed)
        }
        EnvelopeSource {
            schema: gone(&self.schema),
            media_type: self.json.then_some(Override::Removed),
            code: gone(&self.code).or_else(|| gone(&self.code_header)),
            message: gone(&self.message),
            request_id: gone(&self.request_id),
            status: gone(&self.status),
            body: Some(BodyRule::Optional),
            inferred: None,
        }
    }

    /// Returns its entry in the contract, if there is anything in it, and adds the comments on it.
    pub(super) fn source(&self, comments: &mut Comments) -> Option<EnvelopeSource> {
        let pointer = |part: &Option<(Pointer, String)>| part.as_ref().map(|(pointer, _)| pointer.clone());
        let (message, request_id, status) =
            (pointer(&self.message), pointer(&self.request_id), pointer(&self.status));
        let known = message.is_some() || request_id.is_some() || status.is_some();
        if !known && self.code.is_none() && self.code_header.is_none() && !self.json && self.schema.is_none()
        {
            return None;
        }
        let whole = "/envelope";
        let inner = if self.named { "/envelope/inferred" } else { whole };
        let places = [
            (whole, "code", &self.code),
            (inner, "message", &self.message),
            (inner, "request_id", &self.request_id),
            (inner, "status", &self.status),
        ];
        for (outer, key, part) in places {
            if let Some((_, seen)) = part {
                comments.beside(format!("{outer}/{key}"), seen.clone());
            }
        }
        if let Some((_, seen)) = &self.code_header {
            comments.beside("/envelope/code", seen.clone());
        }
        let in_header = self.code_header.as_ref().map(|(name, _)| CodeLocationSource::header(name));
        let code = in_header.or_else(|| pointer(&self.code).map(CodeLocationSource::from));
        let mut envelope = EnvelopeSource {
            // A page with such a header that shows no body does not promise one.
            body: (self.code_header.is_some() && !self.json).then_some(BodyRule::Optional),
            schema: self
                .schema
                .as_ref()
                .map(|_| Override::Set(SchemaSource::File("envelope.schema.json".to_owned()))),
            media_type: self.json.then(|| Override::Set("application/json".to_owned().into())),
            code: code.map(Override::Set),
            ..EnvelopeSource::default()
        };
        let request_id = request_id.map(RequestIdSource::from);
        if !self.named {
            envelope.message = message.map(Override::Set);
            envelope.request_id = request_id.map(Override::Set);
            envelope.status = status.map(Override::Set);
        } else if known {
            comments.beside(inner, "recognised by name only");
            envelope.inferred = Some(InferredEnvelopeSource {
                message,
                request_id,
                status,
                ..InferredEnvelopeSource::default()
            });
        }
        Some(envelope)
    }
}

/// Infers a JSON Schema that all bodies match. Of several bodies, the members that all of them have are required; of
/// a single one, only those that `sure` names, because an example shows more than it guarantees.
pub(super) fn schema(bodies: &[&Value], sure: &[BodyPath]) -> Value {
    let mut schema = infer(bodies, sure, &BodyPath::root());
    if let Some(entries) = schema.as_object_mut() {
        let mut whole = Map::new();
        whole.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        whole.append(entries);
        return Value::Object(whole);
    }
    schema
}

fn infer(values: &[&Value], sure: &[BodyPath], at: &BodyPath) -> Value {
    let mut types: Vec<&str> = Vec::new();
    for value in values {
        let name = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !types.contains(&name) {
            types.push(name);
        }
    }
    let mut schema = Map::new();
    match types.as_slice() {
        [] => return json!({}),
        [one] => schema.insert("type".to_owned(), (*one).into()),
        several => schema.insert("type".to_owned(), json!(several)),
    };
    let objects: Vec<&Map<String, Value>> = values.iter().filter_map(|value| value.as_object()).collect();
    if !objects.is_empty() {
        let mut members: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (name, value) in objects.iter().flat_map(|object| object.iter()) {
            members.entry(name).or_default().push(value);
        }
        let is_sure = |name: &str| {
            let own = at.member(name);
            sure.iter().any(|known| own.contains(known))
        };
        let required: Vec<&str> = members
            .iter()
            .filter(|(name, seen)| seen.len() == values.len() && (values.len() > 1 || is_sure(name)))
            .map(|(name, _)| *name)
            .collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        let properties: Map<String, Value> = members
            .iter()
            .map(|(name, seen)| ((*name).to_owned(), infer(seen, sure, &at.member(name))))
            .collect();
        schema.insert("properties".to_owned(), properties.into());
    }
    let items: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
    if !items.is_empty() {
        schema.insert("items".to_owned(), infer(&items, &[], &at.each_item()));
    }
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_examples_promise_what_they_share() {
        let (one, other) = (json!({ "error": "gone", "id": 7 }), json!({ "error": "lost", "hint": "look" }));
        let shared = schema(&[&one, &other], &[]);
        assert_eq!(shared["required"], json!(["error"]));
        let single = schema(&[&one], &[BodyPath::root().member("error")]);
        assert_eq!(single["required"], json!(["error"]));
        assert_eq!(single["properties"]["id"], json!({ "type": "integer" }));
    }
}
