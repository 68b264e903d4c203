//! Optional members that a refused body may need although the refusal names none: `please pick some of them, or grant access to all`.

use failspec_base::{message::Response, template::JsonTemplate};
use failspec_judge::check::{Record, View};
use failspec_pack::{
    openapi::{Declared, Operation},
    pack::RequestTemplate,
};
use serde_json::Value;

use super::{
    body_changes::{Change, at, changed, way_to_members},
    error::Unjudged,
    sending::Outgoing,
    session::Session,
};

/// Maximum number of listed values of members that are tried, each alone.
const MAX_CHOICES: usize = 6;

/// Maximum number of references that are tried, each alone.
const MAX_REFERENCES: usize = 3;

/// Maximum depth of the combinations in which a member is searched.
const MAX_PARTS: usize = 5;

/// Words in the name of a switch that is not turned on without a reason: it may reach somebody, or undo something.
const RISKY: [&str; 18] = [
    "delete",
    "remove",
    "purge",
    "wipe",
    "reset",
    "force",
    "drop",
    "overwrite",
    "replace",
    "notify",
    "send",
    "mail",
    "message",
    "invite",
    "publish",
    "shutdown",
    "restart",
    "archive",
];

/// Keywords of a schema that say which values a member takes.
const TELLING: [&str; 6] = ["enum", "const", "example", "examples", "default", "format"];

impl Session {
    /// Sends a refused request with all switches turned on, with all optional members whose values the document tells, with each
    /// value that it lists for one: what a `type` selects need not be there for another; and with each reference to something that the API lists. Returns the changes with which it was accepted, if it was: then its exchange is the
    /// last one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn with_unnamed(
        &self,
        outgoing: Outgoing<'_>,
        operation: &str,
        members: &[(String, JsonTemplate)],
        records: &mut Vec<Record>,
    ) -> Result<Option<Vec<Change>>, Unjudged> {
        let template = outgoing.template;
        let mut tries = vec![switches_on(template, members), self.told_members(template, members)];
        tries.extend(self.choices(template, members).into_iter().map(|choice| vec![choice]));
        for (name, value) in self.listed_members(operation).await.into_iter().take(MAX_REFERENCES) {
            let is_list = members.iter().any(|(own, made)| {
                *own == name
                    && matches!(made, JsonTemplate::List(_) | JsonTemplate::Constant(Value::Array(_)))
            });
            let (value, list) = value;
            let value = if is_list { Value::Array(vec![value]) } else { value };
            if lacks(template, &name) {
                let change = Change::add(path_of(template, &name), JsonTemplate::Constant(value));
                tries.push(vec![change.listed_by(list)]);
            }
        }
        let mut seen: Vec<Vec<Change>> = Vec::new();
        for changes in tries {
            if changes.is_empty() || seen.contains(&changes) {
                continue;
            }
            let Some(whole) = changed(template, &changes) else { continue };
            let response: Option<Response> =
                self.send_changed(Outgoing { template: &whole, ..outgoing }, records).await?;
            if response.is_some_and(|it| self.succeeded(View::new(&it, None))) {
                return Ok(Some(changes));
            }
            seen.push(changes);
        }
        Ok(None)
    }

    /// Returns the changes that each add a member with one of the values that the document lists for it.
    fn choices(&self, template: &RequestTemplate, members: &[(String, JsonTemplate)]) -> Vec<Change> {
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let declared = self.against.as_ref().map(|against| &against.declared);
        let operation = declared.and_then(|declared| declared.operation(&template.line.method, written));
        let (Some(declared), Some(operation)) = (declared, operation) else { return Vec::new() };
        let content = operation.body.iter().find(|content| content.is_json());
        let Some(schema) = content.and_then(|content| content.schema.as_ref()) else { return Vec::new() };
        let lacking = members.iter().filter(|(name, _)| lacks(template, name) && !is_risky(name));
        let listed = lacking.flat_map(|(name, _)| {
            let values = member(declared, schema, name, 0).and_then(|schema| schema.get("enum"));
            let values = values.and_then(Value::as_array).into_iter().flatten();
            values.filter(|value| !value.is_null()).map(move |value| (name, value))
        });
        let change = |(name, value): (&String, &Value)| {
            Change::add(path_of(template, name), JsonTemplate::Constant(value.clone()))
        };
        listed.take(MAX_CHOICES).map(change).collect()
    }

    /// Returns the changes that add the optional members whose values the document tells.
    fn told_members(&self, template: &RequestTemplate, members: &[(String, JsonTemplate)]) -> Vec<Change> {
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let declared = self.against.as_ref().map(|against| &against.declared);
        let operation = declared.and_then(|declared| declared.operation(&template.line.method, written));
        let (Some(declared), Some(operation)) = (declared, operation) else { return Vec::new() };
        let is_told = |name: &str| tells(declared, operation, name) && !is_risky(name);
        let told = members.iter().filter(|(name, _)| lacks(template, name) && is_told(name));
        told.map(|(name, value)| Change::add(path_of(template, name), value.clone())).collect()
    }
}

/// Returns the changes that turn on all switches that a body lacks, but for risky ones.
fn switches_on(template: &RequestTemplate, members: &[(String, JsonTemplate)]) -> Vec<Change> {
    let switches = members.iter().filter(|(name, value)| {
        matches!(value, JsonTemplate::Constant(Value::Bool(_))) && !is_risky(name) && lacks(template, name)
    });
    let on = |name: &String| Change::add(path_of(template, name), JsonTemplate::Constant(Value::Bool(true)));
    switches.map(|(name, _)| on(name)).collect()
}

pub(super) fn is_risky(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RISKY.iter().any(|word| name.contains(word))
}

fn path_of(template: &RequestTemplate, name: &str) -> Vec<String> {
    [way_to_members(template).as_slice(), &[name.to_owned()]].concat()
}

fn lacks(template: &RequestTemplate, name: &str) -> bool {
    at(template, &path_of(template, name)).is_none()
}

/// Returns true if the document says of a member of the body which values it takes.
fn tells(declared: &Declared, operation: &Operation, name: &str) -> bool {
    let content = operation.body.iter().find(|content| content.is_json());
    let schema = content.and_then(|content| content.schema.as_ref());
    schema.and_then(|schema| member(declared, schema, name, 0)).is_some_and(|schema| {
        let is_boolean = schema.get("type").and_then(Value::as_str) == Some("boolean");
        is_boolean || TELLING.iter().any(|key| schema.get(*key).is_some())
    })
}

/// Returns the schema of a member of an object, or of the items of a list of objects.
fn member<'s>(declared: &'s Declared, schema: &'s Value, name: &str, depth: usize) -> Option<&'s Value> {
    let bundle = &declared.api.bundle;
    let schema = bundle.resolve(schema);
    let own = schema.get("properties").and_then(|members| members.get(name));
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let mut inner = parts.chain(schema.get("items")).filter(|_| depth < MAX_PARTS);
    own.map(|own| bundle.resolve(own)).or_else(|| inner.find_map(|it| member(declared, it, name, depth + 1)))
}

#[cfg(test)]
mod tests {
    use super::is_risky;

    #[test]
    fn a_switch_that_may_reach_somebody_or_undo_something_is_risky() {
        for (name, expected) in [
            ("all_events", false),
            ("isReviewer", false),
            ("force_hide_names", true),
            ("notifyUsers", true),
            ("deleteExisting", true),
            ("sendEmail", true),
        ] {
            assert_eq!(is_risky(name), expected, "{name}");
        }
    }
}
