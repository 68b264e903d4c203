//! Things that an API names by an id with their version, `main@4f2a`: it refuses to change one without. The version stands beside the id in
//! the responses about the thing.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use failspec_base::{
    encoding::percent_encode,
    template::{Scope, VariableValue},
};
use failspec_judge::check::{Record, View};
use failspec_pack::{
    openapi::{Operation, ParameterLocation},
    pack::{PathTemplate, RequestTemplate},
};
use serde_json::Value;

use super::{
    error::Unjudged, refusal_names::speaks_of, sending::Outgoing, session::Session, steps::response_of,
};

/// The character between an id and the version.
const BETWEEN: char = '@';

/// The operations that want the version of a thing, each with the name of the member that has it.
#[derive(Debug, Default)]
pub struct VersionedIds(Mutex<HashSet<(String, String)>>);

/// A request with the version of the thing behind its id.
#[derive(Debug)]
pub(super) struct Versioned {
    pub template: RequestTemplate,
    pub scope: Scope,
    /// The name of the member that has the version.
    member: String,
}

impl VersionedIds {
    fn member(&self, operation: &str) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(own, _)| own == operation).map(|(_, member)| member.clone())
    }

    fn learn(&self, operation: String, member: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((operation, member));
    }
}

impl Session {
    /// Returns a request with the version behind the id of the thing, if its operation is known to want that.
    pub(super) fn with_known_version(
        &self,
        template: &RequestTemplate,
        scope: &Scope,
        records: &[Record],
    ) -> Option<Versioned> {
        let member = self.versioned_ids.member(&self.operation_of_template(template)?)?;
        with_version(template, scope, records, |name| name == member)
    }

    /// Sends a refused request again with the version behind the id of the thing, if the document says that it may stand there, and the
    /// refusal speaks of it. Returns true if it is accepted then: its exchange takes the place of the other one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn sent_with_version(
        &self,
        outgoing: Outgoing<'_>,
        index: usize,
        records: &mut Vec<Record>,
    ) -> Result<bool, Unjudged> {
        let Outgoing { template, scope, .. } = outgoing;
        let is_refusal = |it: &failspec_base::message::Response| {
            self.imported && matches!(it.status, 400 | 409 | 422 | 428)
        };
        let refused = response_of(records, index).filter(is_refusal);
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let against = self.against.as_ref();
        let operation = against.and_then(|it| it.declared.operation(&template.line.method, written));
        let (Some(refused), Some(operation)) = (refused, operation.filter(|it| takes_version(it))) else {
            return Ok(false);
        };
        let found = with_version(template, scope, records, |name| speaks_of(&refused.body, name));
        let Some(Versioned { template, scope, member }) = found else { return Ok(false) };
        let versioned = Outgoing { template: &template, scope: &scope, ..outgoing };
        let again = self.send_completed(versioned, records).await?;
        let is_taken =
            response_of(records, again).is_some_and(|response| self.succeeded(View::new(&response, None)));
        if is_taken {
            self.versioned_ids.learn(operation.name(), member);
            records.remove(index);
        } else {
            records.pop();
        }
        Ok(is_taken)
    }
}

/// Returns true if the document shows in an example or a pattern of a parameter of the path that a version may stand behind the id.
fn takes_version(operation: &Operation) -> bool {
    let of_path = operation.parameters.iter().filter(|it| it.place == ParameterLocation::Path);
    of_path.into_iter().any(|parameter| {
        let schema = parameter.schema.as_ref();
        let told = ["pattern", "example"].iter().filter_map(|key| schema?.get(*key)?.as_str());
        let shown = parameter.examples.iter().filter_map(Value::as_str);
        told.chain(shown).any(|text| text.contains(BETWEEN))
    })
}

/// Returns a request with the version behind the id of what the run created: the last one that a response has beside the id. The id was
/// captured, or is the name of the run itself.
fn with_version(
    template: &RequestTemplate,
    scope: &Scope,
    records: &[Record],
    is_meant: impl Fn(&str) -> bool,
) -> Option<Versioned> {
    let captured = template.names_in_path().filter(|name| scope.is_captured(name)).last();
    let written = &template.line.path.written;
    let own = written.rsplit('/').next().filter(|own| own.starts_with("${unique}") && !own.contains('?'));
    let id = match captured {
        // A thing of others stays as it is.
        Some(name) => scope.get(name).filter(|_| !scope.is_existing(name))?.value.as_str()?.to_owned(),
        None => own?.replace("${unique}", scope.unique()),
    };
    let responses = records.iter().rev().filter_map(|record| {
        let response = record.exchange.result.as_ref().ok()?;
        (200..300).contains(&response.status).then(|| response.document().value.clone())?
    });
    let (member, version) = responses.into_iter().find_map(|body| beside(&body, &id, &is_meant, 0))?;
    let (mut template, mut scope) = (template.clone(), scope.clone());
    match captured {
        Some(name) => scope.capture(name, VariableValue::open(format!("{id}{BETWEEN}{version}"))),
        None => {
            let path = format!("{}{BETWEEN}{}", template.line.path.written, percent_encode(&version));
            template.line.path = PathTemplate::parse(&path).ok()?.into();
        }
    }
    Some(Versioned { template, scope, member })
}

/// Maximum depth of a response in which an id is searched.
const MAX_DEPTH: usize = 6;

/// Returns the name and the text of the member that is meant in the first object that has the id as well.
fn beside(
    body: &Value,
    id: &str,
    is_meant: &impl Fn(&str) -> bool,
    depth: usize,
) -> Option<(String, String)> {
    if depth > MAX_DEPTH {
        return None;
    }
    match body {
        Value::Array(items) => items.iter().find_map(|item| beside(item, id, is_meant, depth + 1)),
        Value::Object(members) => {
            let has_id = members.values().any(|value| value.as_str() == Some(id));
            let mut texts = members.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
            let own = texts.find(|(name, text)| has_id && *text != id && !text.is_empty() && is_meant(name));
            own.map(|(name, text)| (name.clone(), text.to_owned()))
                .or_else(|| members.values().find_map(|inner| beside(inner, id, is_meant, depth + 1)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::beside;

    #[test]
    fn the_version_stands_beside_the_id() {
        let is_meant = |name: &str| name == "hash";
        for (body, expected) in [
            (json!({ "reference": { "type": "BRANCH", "name": "x", "hash": "4f" } }), Some("4f")),
            (json!({ "all": [{ "name": "y", "hash": "1" }, { "name": "x", "hash": "2" }] }), Some("2")),
            (json!({ "name": "x", "hash": "" }), None),
            (json!({ "name": "x", "size": 1 }), None),
            // It is another's.
            (json!({ "name": "x", "parent": { "name": "y", "hash": "3" } }), None),
        ] {
            let found = beside(&body, "x", &is_meant, 0);
            assert_eq!(found.as_ref().map(|(_, text)| text.as_str()), expected, "{body}");
        }
    }
}
