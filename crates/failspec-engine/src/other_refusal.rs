//! Refusals that are about another member of a body than the one with the fault, where no control shows that the API takes the request
//! without it: they prove nothing about the fault.

use failspec_base::message::Response;
use failspec_pack::pack::Control;
use serde_json::Value;

use super::{case_runner::CaseRunner, refusal_hints::hints, refusal_members::speaks_of};

impl CaseRunner<'_> {
    /// Returns why a refusal is not that of the fault: the names of the members that it is about. `None` if it may be, or if the
    /// control was the request without the fault.
    pub(super) fn refused_for_another(&self, response: &Response) -> Option<String> {
        let scenario = &self.case.scenario;
        let part = scenario.part.as_deref()?;
        let is_in_body = scenario.documentation.as_deref().is_some_and(|rule| rule.ends_with("/requestBody"));
        let asked = &scenario.faulty.request;
        let is_in_control = match &scenario.control {
            Control::Flow(control) => control.request.line == asked.line,
            _ => false,
        };
        let mut made = scenario.faulty.setup.iter().filter_map(|step| step.request.as_ref());
        let is_proven = is_in_control || made.any(|request| request.line == asked.line);
        if !is_in_body || is_proven || !(400..500).contains(&response.status) {
            return None;
        }
        let written = asked.line.path.written.split('?').next().unwrap_or_default();
        let against = self.session.against.as_ref()?;
        let operation = against.declared.operation(&asked.line.method, written)?;
        let schema = operation.body.iter().find(|content| content.is_json())?.schema.as_ref()?;
        let schema = against.declared.api.bundle.resolve(schema);
        let members: Vec<String> =
            schema.get("properties").and_then(Value::as_object)?.keys().cloned().collect();
        let others = about_others(&response.body, part, &members);
        (!others.is_empty()).then(|| {
            format!(
                "the refusal is about {}, and not about {part}, where the fault is; no request without the fault showed \
                 that the API takes the rest",
                others.join(", ")
            )
        })
    }
}

/// Returns the members that a refusal is about, if none of them is the one with the fault, and it does not speak of that at all.
fn about_others(refusal: &[u8], part: &str, members: &[String]) -> Vec<String> {
    // The part of a nested member has the names of those that it is in before it.
    let mut words = part.split('_');
    if speaks_of(refusal, part) || words.any(|word| speaks_of(refusal, word)) {
        return Vec::new();
    }
    let is_own = |step: &String| {
        let (step, part) = (step.to_ascii_lowercase(), part.to_ascii_lowercase());
        step == part || part.ends_with(&format!("_{step}")) || part.starts_with(&format!("{step}_"))
    };
    let found = hints(refusal, &[]);
    if found.iter().any(|hint| hint.path.iter().any(is_own)) {
        return Vec::new();
    }
    let named = found.iter().filter_map(|hint| hint.path.last());
    let known = named.filter(|name| members.iter().any(|member| member.eq_ignore_ascii_case(name)));
    let known: Vec<String> = known.cloned().collect();
    if !known.is_empty() {
        return known;
    }
    named_alone(refusal, part, members).into_iter().collect()
}

/// Returns the only member that a refusal names which says in no form that can be read what is wrong with it: `Invalid name`.
fn named_alone(refusal: &[u8], part: &str, members: &[String]) -> Option<String> {
    const FAULTY: [&str; 6] = ["invalid", "missing", "required", "empty", "wrong", "bad"];
    if !FAULTY.iter().any(|word| speaks_of(refusal, word)) {
        return None;
    }
    let said = fold(&String::from_utf8_lossy(refusal));
    // `Reply-To` and `Message ID` name `ReplyTo` and `messageId`, and not `To` and `id`.
    let is_spelt = |name: &str| has_several_words(name) && said.contains(&fold(name));
    let longer: Vec<String> = members.iter().filter(|name| is_spelt(name)).map(|name| fold(name)).collect();
    let is_within = |name: &str| longer.iter().any(|long| *long != fold(name) && long.contains(&fold(name)));
    let mut named =
        members.iter().filter(|name| (speaks_of(refusal, name) || is_spelt(name)) && !is_within(name));
    let only = named.next().filter(|only| !is_spelt(part) && fold(only) != fold(part))?;
    named.next().is_none().then(|| only.clone())
}

fn fold(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn has_several_words(name: &str) -> bool {
    name.contains(['_', '-']) || name.chars().skip(1).any(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::about_others;

    #[test]
    fn a_refusal_that_names_another_member_alone_is_not_about_the_fault() {
        let members = ["name", "ownerEmail", "tasks"].map(str::to_owned);
        for (refusal, part, expected) in [
            (
                r#"{"validationErrors":[{"path":"ownerEmail","message":"ownerEmail cannot be empty"}]}"#,
                "name",
                &["ownerEmail"][..],
            ),
            (r#"{"message":"'ownerEmail' is required"}"#, "tasks_name", &["ownerEmail"]),
            // It is about the fault, alone or beside others.
            (
                r#"{"errors":[{"path":"ownerEmail","message":"is required"},{"path":"name","message":"is required"}]}"#,
                "name",
                &[],
            ),
            (r#"{"message":"name must be a string"}"#, "name", &[]),
            (r#"{"errors":[{"path":"/tasks/0/name","message":"is required"}]}"#, "tasks_name", &[]),
            (r#"{"message":"Invalid name"}"#, "tasks", &["name"]),
            (r#"{"message":"Missing field(s): name"}"#, "tasks", &["name"]),
            (r#"{"message":"Invalid length for name."}"#, "tasks", &["name"]),
            (r#"{"message":"Invalid name"}"#, "name", &[]),
            (r#"{"message":"Invalid name or tasks"}"#, "ownerEmail", &[]),
            (r#"{"message":"no such name"}"#, "tasks", &[]),
            (r#"{"message":"Owner email is required"}"#, "tasks", &["ownerEmail"]),
            (r#"{"message":"invalid Owner-Email address"}"#, "ownerEmail", &[]),
            (r#"{"message":"invalid owner-email name"}"#, "tasks", &[]),
            // It says nothing of any member.
            (r#"{"message":"Bad Request"}"#, "name", &[]),
            (r#"{"errors":[{"path":"elsewhere","message":"is required"}]}"#, "name", &[]),
            ("", "name", &[]),
        ] {
            assert_eq!(about_others(refusal.as_bytes(), part, &members), expected, "{refusal} · {part}");
        }
    }

    #[test]
    fn a_member_within_the_name_of_another_is_not_named() {
        let members = ["to", "ReplyTo", "id", "messageId", "text"].map(str::to_owned);
        for (said, part, expected) in [
            ("invalid Reply-To address", "text", &["ReplyTo"][..]),
            ("Message ID is required", "text", &["messageId"]),
            ("invalid Reply-To address", "ReplyTo", &[]),
            ("invalid to", "text", &["to"]),
        ] {
            assert_eq!(about_others(said.as_bytes(), part, &members), expected, "{said} · {part}");
        }
    }
}
