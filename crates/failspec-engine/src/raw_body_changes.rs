//! Changes to a body that is a JSON object written as text, such as one with more behind it: what an API was found to require, it
//! requires there, too, and would refuse the body for that.

use failspec_base::template::{JsonTemplate, Template};
use failspec_pack::pack::{BodyTemplate, RequestTemplate};
use serde_json::Value;

use super::body_changes::Change;

/// Returns true if the body of a request is a text that begins like a JSON object with a member.
pub(super) fn is_raw_object(template: &RequestTemplate) -> bool {
    matches!(template.body.as_deref(), Some(BodyTemplate::Text(text)) if begins_with_member(text))
}

/// Returns the request with these changes to its body; `None` if none of them applies.
pub(super) fn changed_raw(template: &RequestTemplate, changes: &[Change]) -> Option<RequestTemplate> {
    let Some(BodyTemplate::Text(text)) = template.body.as_deref() else { return None };
    let mut whole = text.clone();
    for change in changes {
        whole = with_change(&whole, change).unwrap_or(whole);
    }
    let body = Some(Box::new(BodyTemplate::Text(whole.clone())));
    (whole != *text && begins_with_member(text)).then(|| RequestTemplate { body, ..template.clone() })
}

fn begins_with_member(text: &Template) -> bool {
    let begin = Template::literal("{\"");
    text.replaced(&begin, &Template::literal("")).is_some_and(|rest| begin.followed_by(rest) == *text)
}

fn with_change(text: &Template, change: &Change) -> Option<Template> {
    let [name] = change.path.as_slice() else { return None };
    let key = Template::literal(format!("{}:", Value::from(name.as_str())));
    let member = |value: &JsonTemplate| Some(key.clone().followed_by(written(value)?));
    let literal = |text: &str| Template::literal(text);
    match (change.instead_of(), change.value()) {
        (None, Some(value)) => {
            let empty = member(&JsonTemplate::Constant(Value::Array(Vec::new())))?;
            let is_there = text.replaced(&key, &literal("")).is_some();
            match is_there {
                true => text.replaced(&empty, &member(value)?),
                false => {
                    let begin = literal("{").followed_by(member(value)?).followed_by(literal(",\""));
                    text.replaced(&literal("{\""), &begin)
                }
            }
        }
        (Some(own), Some(value)) => text.replaced(&member(own)?, &member(value)?),
        (Some(own), None) => {
            let own = member(own)?;
            let before = literal(",").followed_by(own.clone());
            text.replaced(&before, &literal(""))
                .or_else(|| text.replaced(&own.followed_by(literal(",")), &literal("")))
        }
        (None, None) => None,
    }
}

/// Writes a value as JSON without blanks, as an import writes it.
fn written(value: &JsonTemplate) -> Option<Template> {
    match value {
        JsonTemplate::Constant(value) => Some(Template::literal(value.to_string())),
        JsonTemplate::Text(text) => {
            let quote = || Template::literal("\"");
            Some(quote().followed_by(text.clone()).followed_by(quote()))
        }
        JsonTemplate::List(items) => {
            let mut whole = Template::literal("[");
            for (number, item) in items.iter().enumerate() {
                let separator = if number == 0 { "" } else { "," };
                whole = whole.followed_by(Template::literal(separator)).followed_by(written(item)?);
            }
            Some(whole.followed_by(Template::literal("]")))
        }
        JsonTemplate::Map(members) => {
            let mut whole = Template::literal("{");
            for (number, (name, value)) in members.iter().enumerate() {
                let separator = if number == 0 { "" } else { "," };
                let key = format!("{separator}{}:", Value::from(name.as_str()));
                whole = whole.followed_by(Template::literal(key)).followed_by(written(value)?);
            }
            Some(whole.followed_by(Template::literal("}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_that_is_no_json_gets_what_the_api_requires() {
        let json_of = |value: Value| JsonTemplate::parse(&value).expect("a template");
        let add = |name: &str, value: Value| Change::add(vec![name.to_owned()], json_of(value));
        let replace = |name: &str, own: Value, value: Value| {
            Change::replace(vec![name.to_owned()], json_of(own), json_of(value))
        };
        for (text, change, expected) in [
            (r#"{"a":1}}"#, add("b", json!("x")), Some(r#"{"b":"x","a":1}}"#)),
            (r#"{"a":NaN}"#, add("b", json!(["${unique}"])), Some(r#"{"b":["${unique}"],"a":NaN}"#)),
            (r#"{"a":[]} more"#, add("a", json!([1])), Some(r#"{"a":[1]} more"#)),
            (r#"{"a":2} more"#, add("a", json!(1)), None),
            (
                r#"{"a":"${unique}"}}"#,
                replace("a", json!("${unique}"), json!("wide")),
                Some(r#"{"a":"wide"}}"#),
            ),
            (r#"{"a":"x"}}"#, replace("a", json!("y"), json!("wide")), None),
            (
                r#"{"a":1,"b":{"c":2}}}"#,
                Change::leave_out(vec!["b".to_owned()], json_of(json!({ "c": 2 }))),
                Some(r#"{"a":1}}"#),
            ),
            ("null", add("b", json!(1)), None),
            ("[{\"a\":1}]", add("b", json!(1)), None),
        ] {
            let text = Template::parse(text).expect("a template");
            let changed = Some(&text)
                .filter(|text| begins_with_member(text))
                .and_then(|text| with_change(text, &change));
            let expected = expected.map(|text| Template::parse(text).expect("a template"));
            assert_eq!(changed, expected, "{text:?}");
        }
    }
}
