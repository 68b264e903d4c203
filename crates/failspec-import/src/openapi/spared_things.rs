//! Faults of requests that name what they act on in their query or body: only those are sent that cannot touch what the run did not
//! create.

use failspec_pack::{
    openapi::Operation,
    pack::fault_kind::{PLAIN_TEXT, UNKNOWN_CHARSET, WITHOUT_MEDIA_TYPE},
};
use serde_json::Value;

use super::{
    body::Members,
    fault_kind::FaultKind,
    faults::Fault,
    fixtures::Fixtures,
    generate::Generator,
    named_things::{Named, is_text_of_nothing},
    odd_bodies::HALF_A_CHARACTER,
    reach::Reach,
    request_spec::Body,
    valid_request::{ValidRequest, json_body},
    value_generator::UNIQUE,
};

impl Generator<'_> {
    /// Keeps the faults of a request that cannot touch what the run did not create: those that name something name what the run made,
    /// or nothing. Without any name, a server may do it to all.
    pub(super) fn sparing_others(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        faults: Vec<Fault>,
    ) -> Vec<Fault> {
        let Some(named) = &right.named else { return faults };
        let mut kept = Vec::new();
        for mut fault in faults {
            let why = if !self.spares_others(operation, named, &fault) {
                Some(
                    "without what it names, or with another value, it might touch what the run did not create",
                )
            } else if right.reach == Reach::OfNothing && is_about_acceptance(&fault) {
                Some("most servers accept it, and what it names does not exist")
            } else {
                None
            };
            if let Some(why) = why {
                self.leave_out(why, operation, &fault.what.replace('_', " "));
                continue;
            }
            fault.faulty = named.with_own(fault.faulty);
            kept.push(fault);
        }
        kept
    }

    fn spares_others(&self, operation: &Operation, named: &Named, fault: &Fault) -> bool {
        let faulty = &fault.faulty;
        for parameter in self.naming_parameters(operation) {
            let sent = faulty.query.iter().find(|(name, _)| *name == parameter.name);
            let is_needed = parameter.name == named.part;
            let spares = match sent {
                Some((_, text)) => is_text_of_nothing(text) || named.is_own(text),
                // The document forbids it.
                None if is_needed && operation.method != "DELETE" => parameter.required,
                None => !is_needed,
            };
            if !spares {
                return false;
            }
        }
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else {
            return true;
        };
        let names_itself = operation.parameters.iter().any(|it| it.name == named.part);
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        let naming: Vec<&str> = members
            .iter()
            .filter(|(name, property)| self.names_things(name, property))
            .map(|(name, _)| name.as_str())
            .collect();
        let is_named = |value: &Value| {
            let has_name = !value.is_object() || names_itself || members_name(value, &naming);
            has_name && self.is_of_nothing(schema, "", value)
        };
        // Some servers remove all if they cannot read which.
        let is_read = |value: &Value| {
            let part = value.get(&named.part);
            names_itself || part.is_some_and(|it| it.is_string() || it.is_number() || it.is_array())
        };
        let is_malformed = |fault: &Fault| fault.class == FaultKind::Malformed;
        match &faulty.body {
            Some(Body::Json(value)) if operation.method == "DELETE" => is_read(value) && is_named(value),
            _ if operation.method == "DELETE" && !names_itself => false,
            Some(Body::Json(value)) => is_named(value),
            Some(Body::Text(text)) => match serde_json::from_str::<Value>(text) {
                Ok(value) if value.is_object() => is_named(&value),
                // It has a text of the run in it, or is no JSON.
                _ => !fault.tolerated || text.contains(UNIQUE) || is_malformed(fault) && !text.is_empty(),
            },
            Some(Body::Form(_) | Body::Parts(_)) => false,
            Some(Body::Bytes(_)) | None => !fault.tolerated,
        }
    }
}

/// Returns the request without the thing of the run, if a fault does not need it: what names nothing anyway, and must only not break the
/// server, and what lacks the credentials. So it is asked also where such a thing cannot be made.
pub(super) fn of_nothing(right: &ValidRequest, fault: &mut Fault) -> Option<ValidRequest> {
    let named = right.named.as_ref().filter(|named| named.has_own())?;
    match fault.class {
        // What a change names is the run's.
        FaultKind::Credentials if !matches!(right.ask.method.as_str(), "PUT" | "PATCH") => {
            fault.faulty = named.without_own(fault.faulty.clone());
            fault.class = FaultKind::CredentialsForUnknown;
        }
        class if class.is_allowed() && !named.is_in(&fault.faulty) => {}
        _ => return None,
    }
    let ask = named.without_own(right.ask.clone());
    Some(ValidRequest { ask, around: Fixtures::default(), reach: Reach::OfNothing, ..right.clone() })
}

/// Returns true for a fault that most servers accept, and that breaks them more seldom: if what is named does not exist, the refusal
/// would be about that.
fn is_about_acceptance(fault: &Fault) -> bool {
    const KINDS: [&str; 4] = [WITHOUT_MEDIA_TYPE, PLAIN_TEXT, UNKNOWN_CHARSET, HALF_A_CHARACTER];
    let is_refused = matches!(fault.class, FaultKind::Invalid | FaultKind::Malformed);
    fault.tolerated && (is_refused || KINDS.contains(&fault.kind.as_str()))
}

/// Returns true if one of these members is there, and is not `null` or an empty list.
fn members_name(value: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| {
        value.get(*name).is_some_and(|it| !it.is_null() && it.as_array().is_none_or(|it| !it.is_empty()))
    })
}
