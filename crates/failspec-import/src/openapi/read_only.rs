//! Members that the server alone sets (`readOnly`), and that a request sends all the same.

use serde_json::{Value, json};

use crate::names::slug;
use failspec_pack::openapi::{Bundle, Operation};

use super::{
    body::with,
    effects::only_reads,
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::core,
    nonexistent_id::{NO_SUCH_NUMBER, OTHER_NO_SUCH_UUID},
    path_values::names,
    reach::Reach,
    request_spec::Body,
    unusual::snake,
    valid_request::{ValidRequest, json_body},
    value_generator::kind,
};

/// Maximum number of such members that an operation is asked about.
const MAX_MEMBERS: usize = 5;

/// Maximum depth of combined schemas in which they are searched.
const MAX_DEPTH: usize = 3;

/// A time and a date at which the run did not take place.
const LONG_AGO: [(&str, &str); 2] = [("date-time", "2001-02-03T04:05:06Z"), ("date", "2001-02-03")];

/// A number that no server gives, and that is not the one of what does not exist.
const OTHER_NO_SUCH_NUMBER: i64 = NO_SUCH_NUMBER - 1;

/// A value for a member that the server alone sets.
struct Foreign {
    value: Value,
    /// True if the server would hardly have this value by itself.
    is_unmistakable: bool,
}

impl Generator<'_> {
    /// Adds requests that send one member which the server alone sets. A server may ignore or refuse it.
    pub(super) fn read_only_members(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else { return };
        let Some(body) = right.body.as_ref().filter(|body| body.is_object()) else { return };
        if only_reads(operation) || !self.removes_what_it_accepts(operation, right) {
            return;
        }
        let members = read_only(&self.declared.api.bundle, schema, 0);
        let mut asked = 0;
        for (name, property) in members.iter().filter(|(name, _)| body.get(name).is_none()) {
            // Under another id, what the scenario created could not be removed.
            if right.reach == Reach::Own && identifies(operation, name) {
                let why = "a thing of the run could not be removed under another id";
                self.leave_out(why, operation, &format!("{name} read only member"));
                continue;
            }
            let Some(Foreign { value, is_unmistakable }) = self.foreign(property, name) else { continue };
            let Some(bad) = with(body, std::slice::from_ref(name), Some(&value)) else { continue };
            if asked == MAX_MEMBERS || !self.sampler.is_allowed(schema, &bad) {
                continue;
            }
            asked += 1;
            let mut faulty = right.ask.clone();
            faulty.body = Some(Body::Json(self.linked(&bad, body, &right.around.made)));
            let rule = format!("{}/requestBody", operation.pointer);
            let what = format!("{}_read_only_member", slug(name));
            // That a response has a value which the server could have by itself says nothing.
            let kind = if is_unmistakable { "read_only_member" } else { "read_only_value" };
            let fault = Fault::new(FaultKind::Unusual, what, rule, faulty).of_kind(kind, name);
            faults.push(Fault { tolerated: true, ..fault });
        }
    }

    /// Returns a value for a member that differs from the one that the server sets. It names nothing that is there.
    fn foreign(&self, schema: &Value, name: &str) -> Option<Foreign> {
        let inner = core(&self.declared.api.bundle, schema);
        let format = inner.get("format").and_then(Value::as_str);
        // What an object or a list names may be there.
        if matches!(inner.as_object().and_then(kind), Some("object" | "array") | None) {
            return None;
        }
        let is_listed = inner.get("enum").is_some() || inner.get("const").is_some();
        let time = LONG_AGO.iter().find(|(known, _)| Some(*known) == format).map(|(_, time)| json!(time));
        let own = match inner.as_object().and_then(kind) {
            _ if is_listed => None,
            Some("integer" | "number") => Some(json!(OTHER_NO_SUCH_NUMBER)),
            Some("string") if time.is_some() => time,
            Some("string") if format == Some("uuid") => Some(json!(OTHER_NO_SUCH_UUID)),
            Some("string") => self.no_such(inner, name),
            _ => None,
        };
        let own = own.filter(|value| self.sampler.is_allowed(schema, value));
        if let Some(value) = own {
            return Some(Foreign { value, is_unmistakable: true });
        }
        // An example may name a thing of others.
        let is_name = is_id(name) || self.creators.refers(name, inner);
        let value = self.sampler.value(schema, name).filter(|_| !is_name || is_listed)?;
        Some(Foreign { value, is_unmistakable: false })
    }
}

/// Returns the members of an object that only the server sets.
fn read_only(bundle: &Bundle, schema: &Value, depth: usize) -> Vec<(String, Value)> {
    let schema = core(bundle, schema);
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let is_it = |property: &Value| bundle.resolve(property).get("readOnly") == Some(&Value::Bool(true));
    let mut found: Vec<(String, Value)> = properties
        .filter(|(_, property)| is_it(property))
        .map(|(name, property)| (name.clone(), property.clone()))
        .collect();
    if depth < MAX_DEPTH {
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        found.extend(parts.flat_map(|part| read_only(bundle, part, depth + 1)));
    }
    found
}

/// Returns true if the name of a member says that its value identifies a thing.
fn is_id(name: &str) -> bool {
    const WORDS: [&str; 9] = ["id", "ids", "uuid", "guid", "key", "slug", "name", "pk", "uri"];
    snake(name).split('_').any(|word| WORDS.contains(&word))
}

/// Returns true if a server may know the thing that a path names by a member.
fn identifies(operation: &Operation, name: &str) -> bool {
    is_id(name) || names(&operation.path).contains(&name)
}
