//! Refusals of a body in which a member is not what the path of the request says: the name of the thing stands in both.

use failspec_base::{
    encoding::percent_decode,
    template::{JsonTemplate, Template},
};
use failspec_pack::pack::RequestTemplate;
use serde_json::Value;

use super::refusal_names::{fold, members_in, speaks_of, texts_of};

/// Words that say that two values are compared.
const COMPARED: [&str; 15] = [
    "match",
    "matches",
    "matching",
    "matched",
    "mismatch",
    "missmatch",
    "mismatched",
    "mismatches",
    "differ",
    "differs",
    "different",
    "same",
    "equal",
    "equals",
    "identical",
];

/// Words for the place with which a member of a body is compared.
const OF_PATH: [&str; 7] = ["uri", "url", "path", "route", "resource", "parameter", "address"];

/// Words that say of an id alone that it is not that of the path: `User Id mismatch`.
const MISMATCH: [&str; 2] = ["mismatch", "missmatch"];

/// Words of a refusal that compares a value with a rule, and not with another value.
const RULES: [&str; 4] = ["pattern", "regex", "regexp", "expression"];

/// Ends of the names of parameters of a path that are no part of what they name: `pool_name`.
const ENDS: [&str; 6] = ["name", "id", "uuid", "key", "slug", "identifier"];

/// Returns those of these members of which a refusal says that they are not what the path says, or what they themselves are elsewhere:
/// `clientId` in the payload does not match the provided `clientId`.
pub(super) fn mismatched<'n>(refusal: &[u8], members: &'n [String]) -> Vec<&'n String> {
    let says = |words: &[&str]| words.iter().any(|word| speaks_of(refusal, word));
    if !says(&COMPARED) || says(&RULES) {
        return Vec::new();
    }
    let mut named = members_in(refusal, members);
    let is_id = |name: &&String| fold(name).ends_with("id");
    if says(&MISMATCH) && !says(&OF_PATH) && named.iter().all(is_id) && !speaks_of(refusal, "type") {
        return named;
    }
    if !says(&OF_PATH) {
        let said = texts_of(refusal);
        let is_compared =
            |name: &str| said.iter().any(|text| text.to_ascii_lowercase().matches(name).count() > 1);
        named.retain(|name| is_compared(&name.to_ascii_lowercase()));
    }
    // Its words for the place are no members.
    named.into_iter().filter(|name| !OF_PATH.contains(&fold(name).as_str())).collect()
}

/// Returns true if a refusal says that two values are not the same.
pub(super) fn compares(refusal: &[u8]) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| speaks_of(refusal, word));
    says(&COMPARED) && !says(&RULES)
}

/// Returns true if a member has the name of the last parameter of a path: `pool` and `pool_name` of `/pools/{pool_name}`.
pub(super) fn names_the_same(path: &str, member: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let Some(parameter) = last.strip_prefix('{').and_then(|last| last.strip_suffix('}')) else {
        return false;
    };
    let (parameter, member) = (fold(parameter), fold(member));
    parameter == member || ENDS.iter().any(|end| parameter.strip_suffix(end) == Some(member.as_str()))
}

/// Returns true if a refusal says that a value is not that of the path.
pub(super) fn compares_with_path(refusal: &[u8]) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| speaks_of(refusal, word));
    compares(refusal)
        && (says(&OF_PATH) || says(&MISMATCH) && speaks_of(refusal, "id") && !speaks_of(refusal, "type"))
}

/// Returns the id in a segment of the path of a request, counted from the end, as the value of a member of its body. Digits are a number.
pub(super) fn id_in_path(template: &RequestTemplate, segment: usize) -> Option<JsonTemplate> {
    let path = template.line.path.written.split('?').next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').nth(segment).filter(|last| !last.is_empty())?;
    let parameter = last.strip_prefix('{').and_then(|last| last.strip_suffix('}'));
    if let Some(parameter) = parameter.map(|name| name.trim_start_matches('+')) {
        let given = template.path.iter().find(|(name, _)| name == parameter);
        let written = given.map_or_else(|| format!("${{{parameter}}}"), |(_, value)| value.written());
        return JsonTemplate::parse(&Value::from(written)).ok();
    }
    match last.contains("${") {
        true => Template::parse(last).ok().map(JsonTemplate::Text),
        false => {
            let id = percent_decode(last);
            let number = id.parse::<u64>().ok().filter(|number| number.to_string() == *id);
            let value = number.map_or_else(|| Value::from(&*id), Value::from);
            Some(JsonTemplate::Constant(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_that_a_member_is_not_what_the_path_says() {
        let members = ["pool", "slots", "connection_id", "path"].map(str::to_owned);
        for (said, expected) in [
            (
                r#"{"detail":"Invalid body, pool name from request body doesn't match uri parameter"}"#,
                &["pool"][..],
            ),
            (
                r#"{"detail":"The connection_id in the request body does not match the URL parameter"}"#,
                &["connection_id"],
            ),
            ("connection id must be the same as in the path", &["connection_id"]),
            ("slots and pool differ from the route", &["slots", "pool"]),
            // It compares with something else, or with nothing.
            ("slots must match the pattern ^[0-9]+$ of the path", &[]),
            ("pool must be equal to slots", &[]),
            ("the pool of the path is wrong", &[]),
            (r#"{"error":"Field 'pool' in payload does not match the provided 'pool'"}"#, &["pool"]),
            (
                r#"{"pool":["pool must be equal to or less than 10"],"slots":["slots must match one of a"]}"#,
                &[],
            ),
            ("connection id missmatch.", &["connection_id"]),
            ("type mismatch of connection id", &[]),
            ("slots mismatch", &[]),
            ("Bad Request", &[]),
            ("", &[]),
        ] {
            assert_eq!(mismatched(said.as_bytes(), &members), expected, "{said}");
        }
    }

    #[test]
    fn a_member_has_the_name_of_the_parameter_that_ends_the_path() {
        for (path, member, expected) in [
            ("/pools/{pool_name}", "pool", true),
            ("/pools/{pool_name}", "poolName", true),
            ("/connections/{connection_id}", "connection_id", true),
            ("/connections/{connection_id}", "connection", true),
            ("/pools/{pool_name}", "name", false),
            ("/pools/{id}", "pool", false),
            ("/pools/{pool_name}/slots", "pool", false),
            ("/pools", "pool", false),
        ] {
            assert_eq!(names_the_same(path, member), expected, "{path} {member}");
        }
    }
}
