//! Optional parameters of the query without which the API refuses a request: they are added once a request without a fault was refused
//! without them, and accepted with them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use failspec_base::{message::Response, template::Template};
use failspec_judge::{
    check::{CompletedBody, Record, View, show},
    report_model::Rerun,
};
use failspec_pack::{
    openapi::{Declared, Direction, Operation, Parameter, ParameterLocation, typical_text},
    pack::RequestTemplate,
};
use serde_json::{Value, json};

use super::{
    error::Unjudged,
    optional_members::is_unmet,
    refusal_hints::{Wish, hints, value_of},
    refusal_names::members_in,
    sending::Outgoing,
    session::Session,
    steps::response_of,
};

/// Maximum number of times that a request is sent with more parameters.
const MAX_TRIES: usize = 4;

/// Parameters with their values.
type Parameters = Vec<(String, Template)>;

/// The parameters that operations need although they are optional; none if none that was tried helps.
#[derive(Debug, Default)]
pub struct OptionalParameters {
    known: Mutex<HashMap<String, Arc<Parameters>>>,
    /// One case at a time finds out about an operation.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl OptionalParameters {
    fn known(&self, operation: &str) -> Option<Arc<Parameters>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned()
    }

    fn turn(&self, operation: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(operation.to_owned()).or_default())
    }

    fn learn(&self, operation: String, parameters: Parameters) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(operation, Arc::new(parameters));
    }
}

impl Session {
    /// Sends a request like [`Session::send_with_members`]. The optional parameters that the API was found to require are added to its
    /// query; if a request without a fault is refused, it is found out whether there are any.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send_completed(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let Outgoing { template, context, .. } = outgoing;
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let against = self.against.as_ref();
        let operation = against.and_then(|it| it.declared.operation(&template.line.method, written));
        let operation = operation.filter(|operation| operation.parameters.iter().any(is_optional));
        let Some(operation) = operation else {
            return Box::pin(self.send_with_members(outgoing, records)).await;
        };
        let known = self.optional_parameters.known(&operation.name());
        if let Some(known) = known {
            return Box::pin(self.send_with_parameters(outgoing, &known, records)).await;
        }
        let index = Box::pin(self.send_with_members(outgoing, records)).await?;
        if !context.is_sound || !refusal_at(records, index).is_some_and(|it| is_unmet(it.status)) {
            return Ok(index);
        }
        let turn = self.optional_parameters.turn(&operation.name());
        let _turn = turn.lock().await;
        if let Some(known) = self.optional_parameters.known(&operation.name()) {
            // Another case found it out meanwhile.
            if !known.is_empty() {
                records.remove(index);
                return Box::pin(self.send_with_parameters(outgoing, &known, records)).await;
            }
            return Ok(index);
        }
        let Some(refused) = refusal_at(records, index) else { return Ok(index) };
        let found = Box::pin(self.with_parameters(outgoing, operation, index, records)).await?;
        let parameters = found.unwrap_or_default();
        if !parameters.is_empty() {
            let said = String::from_utf8_lossy(&refused.body).into_owned();
            self.completions.note(CompletedBody {
                operation: operation.name(),
                members: parameters.iter().map(|(name, _)| format!("the query parameter {name}")).collect(),
                values: Vec::new(),
                removed: Vec::new(),
                by_example: false,
                refusal: format!("HTTP {}: {}", refused.status, show(&Value::from(said))),
                broke: refused.status == 500,
            });
            // The exchange that succeeded takes the place of the one that did not.
            records.remove(index);
            records[index].rerun = Some(Rerun::ParametersAdded);
        }
        self.optional_parameters.learn(operation.name(), parameters);
        Ok(index)
    }

    async fn send_with_parameters(
        &self,
        outgoing: Outgoing<'_>,
        parameters: &Parameters,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let whole = with(outgoing.template, parameters);
        self.send_with_members(Outgoing { template: &whole, ..outgoing }, records).await
    }

    /// Sends a refused request with the optional parameters that each refusal names. If it names none, and the request only reads, with
    /// one after the other. Returns those with which it was accepted: then its exchange is the last one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    async fn with_parameters(
        &self,
        outgoing: Outgoing<'_>,
        operation: &Operation,
        refused: usize,
        records: &mut Vec<Record>,
    ) -> Result<Option<Parameters>, Unjudged> {
        let Some(against) = &self.against else { return Ok(None) };
        let Some(first) = refusal_at(records, refused) else { return Ok(None) };
        let declared = &against.declared;
        let template = outgoing.template;
        // What the role carries, and what the user gives, is there already.
        let sent: Vec<String> =
            records[refused].exchange.request.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let lacking = operation.parameters.iter().filter(|it| {
            is_optional(it) && !sent.contains(&it.name) && !template.suppressed_query.contains(&it.name)
        });
        let lacking: Vec<&Parameter> = lacking.collect();
        let mut added: Parameters = Vec::new();
        let mut last = first.clone();
        for _ in 0..MAX_TRIES {
            let more = named(declared, &lacking, &last.body, &added);
            if more.is_empty() {
                break;
            }
            added.extend(more);
            match self.accepted_with(outgoing, &added, records).await? {
                Ok(()) => return Ok(Some(added)),
                Err(Some(again)) if is_unmet(again.status) => last = again,
                Err(_) => break,
            }
        }
        // A parameter that is tried without a reason might change something.
        if !added.is_empty() || !operation.is_safe() || first.status == 500 {
            return Ok(None);
        }
        for parameter in lacking.into_iter().take(MAX_TRIES) {
            let Some(value) = value(declared, parameter, None) else { continue };
            let alone = vec![(parameter.name.clone(), value)];
            if self.accepted_with(outgoing, &alone, records).await?.is_ok() {
                return Ok(Some(alone));
            }
        }
        Ok(None)
    }

    /// Sends a request with more parameters; returns the response if it is no success, and forgets the exchange then.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    async fn accepted_with(
        &self,
        outgoing: Outgoing<'_>,
        parameters: &Parameters,
        records: &mut Vec<Record>,
    ) -> Result<Result<(), Option<Response>>, Unjudged> {
        let whole = with(outgoing.template, parameters);
        let response = self.send_changed(Outgoing { template: &whole, ..outgoing }, records).await?;
        let is_accepted = response.as_ref().is_some_and(|it| self.succeeded(View::new(it, None)));
        Ok(if is_accepted { Ok(()) } else { Err(response) })
    }
}

/// Returns the response of a record, if it is a refusal or an error.
fn refusal_at(records: &[Record], index: usize) -> Option<Response> {
    response_of(records, index).filter(|response| response.status >= 400)
}

fn is_optional(parameter: &Parameter) -> bool {
    parameter.place == ParameterLocation::Query && !parameter.required
}

/// Returns the request with more parameters; what it has itself stays, as it may be the fault.
fn with(template: &RequestTemplate, parameters: &Parameters) -> RequestTemplate {
    let is_own = |name: &String| {
        template.query.iter().any(|(own, _)| own == name)
            || template.suppressed_query.contains(name)
            || template.line.path.query_names().any(|own| own == name)
    };
    let more = parameters.iter().filter(|(name, _)| !is_own(name)).cloned();
    RequestTemplate { query: template.query.iter().cloned().chain(more).collect(), ..template.clone() }
}

/// Returns the parameters that a refusal names, each with a value.
fn named(declared: &Declared, lacking: &[&Parameter], refusal: &[u8], added: &Parameters) -> Parameters {
    let names: Vec<String> = lacking.iter().map(|parameter| parameter.name.clone()).collect();
    let spoken_of = members_in(refusal, &names);
    let said = hints(refusal, &names);
    let named = lacking.iter().filter(|parameter| {
        spoken_of.contains(&&parameter.name) && !added.iter().any(|(name, _)| *name == parameter.name)
    });
    let wish = |name: &str| {
        said.iter().find(|hint| hint.path.last().is_some_and(|last| last == name)).map(|hint| &hint.wish)
    };
    named
        .filter_map(|parameter| {
            Some((parameter.name.clone(), value(declared, parameter, wish(&parameter.name))?))
        })
        .collect()
}

/// Returns a value that the document allows for a parameter: one of the author's, or one of its form. `None` if there is none.
fn value(declared: &Declared, parameter: &Parameter, wish: Option<&Wish>) -> Option<Template> {
    let any = Value::Bool(true);
    let written = parameter.schema.as_ref().unwrap_or(&any);
    let schema = declared.api.bundle.resolve(written);
    let of_schema = ["example", "default", "const"].iter().filter_map(|key| schema.get(*key));
    let listed = ["examples", "enum"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    let wished = wish.filter(|wish| **wish != Wish::Required).map(|wish| value_of(&parameter.name, wish));
    let given = wished.into_iter().chain(parameter.examples.iter().chain(of_schema).chain(listed).cloned());
    let compiled = declared.schema(written, Direction::Request)?;
    let is_allowed = |value: &Value| !value.is_null() && compiled.fits_with_formats(value);
    let found = given.chain(made(declared, schema, &parameter.name)).find(is_allowed)?;
    let text = match &found {
        Value::String(text) if text == "${unique}" => return Template::parse(text).ok(),
        Value::Array(items) => items.first().map(text)?,
        Value::Object(_) => return None,
        scalar => text(scalar),
    };
    Template::parse(&Template::escape(&text)).ok()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns values of the form of a schema.
fn made(declared: &Declared, schema: &Value, name: &str) -> Vec<Value> {
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().find(|kind| *kind != "null"),
        other => other,
    };
    match kind.and_then(Value::as_str) {
        Some("integer" | "number") => {
            let least = schema.get("minimum").cloned();
            vec![json!(1), least.unwrap_or_else(|| json!(0))]
        }
        Some("boolean") => vec![json!(true)],
        Some("array") => {
            let items = schema.get("items").map(|items| declared.api.bundle.resolve(items));
            let any = Value::Bool(true);
            let items = items.unwrap_or(&any);
            let listed = items.get("enum").and_then(Value::as_array).into_iter().flatten().cloned();
            listed.chain(made(declared, items, name)).map(|item| json!([item])).collect()
        }
        Some("object") => Vec::new(),
        _ => {
            let format = schema.get("format").and_then(Value::as_str);
            let form = match format {
                Some("date-time") => Some("datetime"),
                other => other,
            };
            let texts = [form.and_then(typical_text), typical_text(name), Some("failspec")];
            texts.into_iter().flatten().map(Value::from).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;

    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Things, version: "1" }
paths:
  /things:
    get:
      parameters:
        - { name: key, in: query, schema: { type: string } }
        - { name: max, in: query, schema: { type: integer, minimum: 5 } }
        - { name: sure, in: query, schema: { type: boolean } }
        - { name: kind, in: query, schema: { type: string, enum: [wide, narrow] } }
        - { name: keys, in: query, schema: { type: array, items: { type: string, enum: [a, b] } } }
        - { name: since, in: query, schema: { type: string, format: date-time } }
        - { name: zone, in: query, example: CET, schema: { type: string } }
        - { name: filter, in: query, schema: { type: object } }
        - { name: ref, in: query, required: true, schema: { type: string } }
      responses: { '200': { description: all } }
"#;

    #[test]
    fn the_optional_parameters_that_a_refusal_names_get_values_that_the_document_allows() {
        let declared = Declared::new(Api::parse("things.yaml", DOCUMENT).unwrap());
        let operation = declared.operation("GET", "/things").unwrap();
        let lacking: Vec<&Parameter> = operation.parameters.iter().filter(|it| is_optional(it)).collect();
        let none = Vec::new();
        for (said, expected) in [
            (r#"{"message":"the parameter 'key' is required"}"#, &[("key", "failspec")][..]),
            (r#"{"message":"missing query parameter: max"}"#, &[("max", "5")]),
            ("not confirmed: sure must be true", &[("sure", "true")]),
            (r#"{"detail":[{"loc":["query","kind"],"msg":"Field required"}]}"#, &[("kind", "wide")]),
            (
                r#"{"detail":[{"loc":["query","kind"],"msg":"must be one of 'narrow', 'none'"}]}"#,
                &[("kind", "narrow")],
            ),
            ("keys and zone are needed", &[("keys", "a"), ("zone", "CET")]),
            ("since is missing", &[("since", "2024-01-31T12:00:00Z")]),
            // No value is known, it is there, or nothing is named.
            ("filter is missing", &[]),
            ("ref is wrong", &[]),
            ("refused", &[]),
        ] {
            let found = named(&declared, &lacking, said.as_bytes(), &none);
            let found: Vec<(&str, String)> =
                found.iter().map(|(name, value)| (name.as_str(), value.written())).collect();
            let expected: Vec<(&str, String)> =
                expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            assert_eq!(found, expected, "{said}");
        }
    }
}
