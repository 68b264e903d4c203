//! The author's example of a body that contradicts its own schema. Where the API refuses the body that the schema allows, whatever is
//! added to it, the example may be what it takes.

use failspec_base::template::{JsonTemplate, Template};
use failspec_judge::check::{CompletedBody, Phase, Record, View, show};
use failspec_pack::{
    openapi::{Declared, Direction, Operation, ResponseStatus},
    pack::{BodyTemplate, RequestTemplate},
};
use serde_json::{Map, Value};

use super::{
    error::Unjudged,
    sending::{Outgoing, SendContext},
    session::Session,
    steps::response_of,
};

/// Members by which an API may know a thing.
const NAMES: [&str; 8] = ["name", "id", "key", "slug", "title", "username", "identifier", "label"];

impl Session {
    /// Sends a refused request with the author's example that its schema forbids, if there is one. Returns it if it was accepted: then
    /// its exchange is the last one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn with_example(
        &self,
        outgoing: Outgoing<'_>,
        operation: &str,
        refused: usize,
        records: &mut Vec<Record>,
    ) -> Result<Option<BodyTemplate>, Unjudged> {
        let Outgoing { template, context, .. } = outgoing;
        if !context.is_sound {
            return Ok(None);
        }
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let against = self.against.as_ref();
        let declared = against.map(|against| &against.declared);
        let declaring = declared.and_then(|declared| declared.operation(&template.line.method, written));
        let example = declared.zip(declaring).and_then(|(declared, operation)| example(declared, operation));
        let (Some(example), Some(refusal)) = (example, response_of(records, refused)) else {
            return Ok(None);
        };
        let whole = with_body(template, example.clone());
        let response = self.send_changed(Outgoing { template: &whole, ..outgoing }, records).await?;
        if !response.is_some_and(|it| self.succeeded(View::new(&it, None))) {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&refusal.body).into_owned();
        self.completions.note(CompletedBody {
            operation: operation.to_owned(),
            members: Vec::new(),
            values: Vec::new(),
            removed: Vec::new(),
            by_example: true,
            refusal: format!("HTTP {}: {}", refusal.status, show(&Value::from(said))),
            broke: refusal.status == 500,
        });
        Ok(Some(example))
    }
}

/// Returns a request to an operation that takes nothing but the author's example, with that in place of the body that the schema
/// allows.
///
/// # Errors
/// The reason why the request shows nothing: its fault is in a body that the API refuses without it.
pub(super) fn in_place(
    template: &RequestTemplate,
    valid: Option<&BodyTemplate>,
    example: &BodyTemplate,
    context: SendContext<'_>,
) -> Result<RequestTemplate, Unjudged> {
    let is_valid = template.body.as_deref() == valid;
    if context.is_sound || is_valid {
        // A second thing in the same case has another name.
        let is_second = context.phase == Phase::Request && !is_valid && template.line.method == "POST";
        return Ok(with_body(template, if is_second { renamed(example) } else { example.clone() }));
    }
    let is_object = match template.body.as_deref() {
        Some(BodyTemplate::Json(JsonTemplate::Constant(body))) => body.is_object(),
        Some(BodyTemplate::Json(JsonTemplate::Map(_))) => true,
        _ => false,
    };
    if context.phase == Phase::Request && is_object {
        return Err("the API takes the author's example, which the schema of the body forbids, and refuses what the schema allows: a fault \
                    in that shows nothing"
            .into());
    }
    Ok(template.clone())
}

fn with_body(template: &RequestTemplate, body: BodyTemplate) -> RequestTemplate {
    let mut whole = RequestTemplate { body: Some(Box::new(body)), ..template.clone() };
    let is_named = |name: &String| name.eq_ignore_ascii_case("content-type");
    if !whole.headers.iter().any(|(name, _)| is_named(name)) && !whole.suppressed.iter().any(is_named) {
        let json = Template::parse("application/json").ok().map(|json| ("Content-Type".to_owned(), json));
        whole.headers.extend(json);
    }
    whole
}

fn renamed(body: &BodyTemplate) -> BodyTemplate {
    match body {
        BodyTemplate::Text(text) => {
            let other = text.written().replace("${unique}", "${unique}-added");
            Template::parse(&other).map_or_else(|_| body.clone(), BodyTemplate::Text)
        }
        other => other.clone(),
    }
}

/// Returns the first example of a JSON body that its schema forbids, with names of the run. `None` if what a creation makes of it might
/// be what is there already.
fn example(declared: &Declared, operation: &Operation) -> Option<BodyTemplate> {
    let content = operation.body.iter().find(|content| content.is_json())?;
    let schema = declared.content(content, Direction::Request)?;
    let example = content.examples.iter().find(|example| example.is_object() && !schema.fits(example))?;
    let (own, is_own) = with_own_names(example.as_object()?);
    let says_created = operation.responses.iter().any(|it| it.status == ResponseStatus::Exactly(201));
    if operation.method == "POST" && !is_own && !says_created {
        return None;
    }
    Template::parse(&own).ok().map(BodyTemplate::Text)
}

/// Writes an example with names of the run: that of the only thing in a map of things, or those of its members. Also returns whether it
/// has any.
fn with_own_names(example: &Map<String, Value>) -> (String, bool) {
    const OWN: &str = "\u{e0f6}";
    let mut own = Map::new();
    for (name, value) in example {
        let is_map = example.len() == 1 && value.is_object();
        let is_name = value.is_string() && NAMES.contains(&name.as_str());
        let name = if is_map { OWN.to_owned() } else { name.clone() };
        own.insert(name, if is_name { OWN.into() } else { value.clone() });
    }
    let written = Template::escape(&Value::Object(own).to_string());
    (written.replace(OWN, "${unique}"), written.contains(OWN))
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::*;

    fn declared(schema: &Value, example: &Value, status: &str) -> Declared {
        let document = json!({
            "openapi": "3.0.3", "info": { "title": "Things", "version": "1" },
            "paths": { "/things": { "post": {
                "requestBody": { "content": { "application/json": { "schema": schema, "example": example } } },
                "responses": { status: { "description": "made" } }
            } } }
        });
        Declared::new(Api::parse("things.json", &document.to_string()).unwrap())
    }

    #[test]
    fn an_giventhat_its_schema_forbids_gets_names_of_the_run() {
        let schema =
            json!({ "type": "object", "required": ["kind"], "properties": { "kind": { "type": "string" } } });
        for (given, status, expected) in [
            (json!({ "new-thing": { "kind": "wide" } }), "200", Some(r#"{"${unique}":{"kind":"wide"}}"#)),
            (json!({ "name": "one", "size": 1 }), "200", Some(r#"{"name":"${unique}","size":1}"#)),
            // What it makes is new all the same, or may be what is there.
            (json!({ "size": 1 }), "201", Some(r#"{"size":1}"#)),
            (json!({ "size": 1 }), "200", None),
            // It is no example of what the schema forbids.
            (json!({ "kind": "wide" }), "201", None),
        ] {
            let declared = declared(&schema, &given, status);
            let operation = declared.operation("POST", "/things").unwrap();
            let found = example(&declared, operation);
            let found = found.and_then(|found| match found {
                BodyTemplate::Text(text) => Some(text.written()),
                _ => None,
            });
            assert_eq!(found.as_deref(), expected, "{given}");
        }
    }
}
