//! Path items and operations.

use serde_json::{Map, Value, json};

use super::{At, Conversion, texts};

/// The methods of a path item in Swagger 2.0.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

impl<'a> Conversion<'a> {
    pub(super) fn path_item(&mut self, item: &At<'a>, root: &At<'a>) {
        if !self.done.insert(item.key()) {
            return;
        }
        let shared: Vec<At<'a>> = self.parameters(item);
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let Ok(operation) = self.document.resolve(operation) else { continue };
            self.operation(&operation, &shared, root);
        }
    }

    fn operation(&mut self, operation: &At<'a>, shared: &[At<'a>], root: &At<'a>) {
        if !operation.value.is_object() || !self.done.insert(operation.key()) {
            return;
        }
        let own = self.parameters(operation);
        let same = |one: &At<'_>, other: &At<'_>| {
            one.text("in") == other.text("in")
                && (one.text("name") == other.text("name") || one.text("in") == Some("body"))
        };
        let inherited = shared.iter().filter(|one| !own.iter().any(|other| same(one, other)));
        let all: Vec<At<'a>> = inherited.chain(&own).cloned().collect();
        let list = |key: &str| texts(operation.get(key).or_else(|| root.get(key)));
        if let Some(body) = self.body(operation, &all, &list("consumes"))
            && operation.value.get("requestBody").is_none()
        {
            self.edit(operation, "requestBody", body);
        }
        let produces = list("produces");
        let responses = operation.get("responses").and_then(|at| self.document.resolve(at).ok());
        for (status, at) in
            responses.iter().flat_map(At::entries).filter(|(status, _)| !status.starts_with("x-"))
        {
            self.response(status, &at, &produces);
        }
        let schemes = texts(operation.get("schemes"));
        if !schemes.is_empty() && !schemes.iter().any(|scheme| scheme == "http" || scheme == "https") {
            self.lost(
                operation,
                "`schemes`: the operation has neither `http` nor `https`; it is read as if it had",
            );
        }
    }

    /// Converts the parameters of a path item or an operation, and returns them.
    fn parameters(&mut self, at: &At<'a>) -> Vec<At<'a>> {
        let mut found = Vec::new();
        let list = at.get("parameters");
        for item in list.iter().flat_map(At::items) {
            // A reference that leads nowhere is reported when the converted document is read.
            let Ok(parameter) = self.document.resolve(item) else { continue };
            if self.done.insert(parameter.key()) {
                self.parameter(&parameter);
            }
            found.push(parameter);
        }
        found
    }

    /// Returns the body of a request: from its parameter `in: body`, or from those `in: formData`.
    fn body(&mut self, operation: &At<'a>, parameters: &[At<'a>], consumes: &[String]) -> Option<Value> {
        let of = |place: &str| {
            parameters.iter().filter(move |at| at.text("in") == Some(place)).collect::<Vec<_>>()
        };
        let (bodies, fields) = (of("body"), of("formData"));
        if let Some(body) = bodies.first() {
            if bodies.len() > 1 || !fields.is_empty() {
                self.lost(operation, "the request has several bodies; only the first one is used");
            }
            return Some(self.whole_body(operation, body, consumes));
        }
        if fields.is_empty() {
            return None;
        }
        Some(self.form(operation, &fields, consumes))
    }

    fn whole_body(&mut self, operation: &At<'a>, body: &At<'a>, consumes: &[String]) -> Value {
        let schema = match body.get("schema") {
            Some(schema) => self.schema_of(operation, &schema),
            None => {
                self.lost(body, "the body has no schema; any value is accepted");
                json!({})
            }
        };
        let mut media_type = Map::new();
        media_type.insert("schema".to_owned(), schema);
        for key in ["example", "x-example"] {
            media_type.extend(body.value.get(key).map(|value| ("example".to_owned(), value.clone())));
        }
        let types = if consumes.is_empty() { vec!["application/json".to_owned()] } else { consumes.to_vec() };
        let content: Map<String, Value> =
            types.into_iter().map(|name| (name, Value::Object(media_type.clone()))).collect();
        json!({ "required": is_required(body), "content": content })
    }

    fn form(&mut self, operation: &At<'a>, fields: &[&At<'a>], consumes: &[String]) -> Value {
        let has_file = fields.iter().any(|at| at.text("type") == Some("file"));
        let form = |name: &String| {
            name.starts_with("multipart/")
                || !has_file && name.starts_with("application/x-www-form-urlencoded")
        };
        let mut types: Vec<String> = consumes.iter().filter(|name| form(name)).cloned().collect();
        if types.is_empty() {
            let name = if has_file { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
            types.push(name.to_owned());
        }
        let (mut properties, mut encoding) = (Map::new(), Map::new());
        for field in fields {
            let Some(name) = field.text("name") else { continue };
            let schema = self.reference(operation, &field.pointer_to("schema"), field.file);
            properties.insert(name.to_owned(), json!({ "$ref": schema }));
            if field.text("type") == Some("array") {
                let explode = field.text("collectionFormat") == Some("multi");
                encoding.insert(name.to_owned(), json!({ "style": "form", "explode": explode }));
            }
        }
        let required: Vec<&str> =
            fields.iter().filter(|at| is_required(at)).filter_map(|at| at.text("name")).collect();
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        let media_type = json!({ "schema": schema, "encoding": encoding });
        let content: Map<String, Value> = types.into_iter().map(|name| (name, media_type.clone())).collect();
        json!({ "required": !required.is_empty(), "content": content })
    }
}

fn is_required(at: &At<'_>) -> bool {
    at.value.get("required") == Some(&Value::Bool(true))
}
