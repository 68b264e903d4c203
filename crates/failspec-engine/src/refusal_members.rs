//! The members that a refusal names: those that are missing, and those of which one is enough.

use std::sync::LazyLock;

use regex::Regex;

/// Returns the names of members that a message says are missing.
pub(super) fn missing_names(message: &str) -> Vec<String> {
    static MISSING: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        [
            r#"(?i)missing (?:required )?(?:field|property|parameter|key|argument|member|attribute)(?:s|\(s\))?:? [`'"]?([A-Za-z_][\w.-]*)"#,
            r#"[`'"]([A-Za-z_][\w.-]*)[`'"] (?i:is|was|are|must|field|property|parameter)\b"#,
            r#"(?i)(?:field|property|parameter|key|member|attribute) [`'"]?([A-Za-z_][\w.-]*)[`'"]? (?:is|was|must be)"#,
            r#"(?i)required (?:field|property|parameter|key|member|attribute)s?:? [`'"]([A-Za-z_][\w.-]*)"#,
            r#"(?i)field validation for '([A-Za-z_]\w*)' failed on the 'required' tag"#,
            r#"^([a-z_][A-Za-z0-9_]*) (?i:(?:can|may|must|should) ?not be (?:empty|blank|null))"#,
            r#"^([a-z_][A-Za-z0-9_]*) (?i:is required|is missing|must be (?:set|provided|specified)|is mandatory)"#,
            r#"(?i)\b(?:missing|required)\b[^:.,;]{0,60}: ?[`'"]?([A-Za-z_][\w.-]*)[`'"]?[.!]?$"#,
        ]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
    });
    let found = MISSING.iter().flat_map(|pattern| pattern.captures_iter(message));
    let mut names: Vec<String> = Vec::new();
    for found in found.filter_map(|captures| captures.get(1)) {
        let name = found.as_str().trim_end_matches(['.', '-']).to_owned();
        let is_word = ["field", "this", "value", "it", "property", "parameter", "which", "that"];
        if !names.contains(&name)
            && !is_word.contains(&name.to_ascii_lowercase().as_str())
            && !is_of_sentence(message, &name, found.start())
        {
            names.push(name);
        }
    }
    names
}

/// Words that join the parts of a sentence. A member may have such a name, too.
const JOINING: [&str; 22] = [
    "in", "to", "is", "of", "for", "from", "by", "on", "at", "as", "with", "within", "and", "or", "not",
    "was", "are", "be", "the", "a", "an", "your",
];

/// Returns true if a word of a message joins parts of its sentence, and names nothing: `missing field in JSON data: path`. It names
/// something at the beginning, in quotes, and behind a colon.
fn is_of_sentence(message: &str, word: &str, start: usize) -> bool {
    let before = message.get(..start).unwrap_or_default().trim_end();
    let is_marked = before.is_empty() || before.ends_with(['`', '\'', '"', ':', '[', '(']);
    !is_marked && JOINING.contains(&word.to_ascii_lowercase().as_str())
}

/// Returns the names of members of which a message says that one is enough: `"username" or "email" is required`, `must contain at least
/// one of [username, email]`.
pub(super) fn either_of(message: &str) -> Vec<String> {
    const NAME: &str = r#"[`'"\[(]?([A-Za-z_][\w.-]*)[`'"\])]?"#;
    static EITHER: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        let verb = "(?:specify|provide|set|give|supply|include|contain|have|pass|need|needs|requires?)";
        [
            format!(r"(?i)\b{verb} (?:either )?(?:an? |the )?{NAME},? or (?:an? |the )?{NAME}(?:[\s.,;:!]|$)"),
            format!(r"(?i)\beither (?:an? |the )?{NAME},? or (?:an? |the )?{NAME}"),
            format!(r"(?i)^\W*{NAME} or {NAME} (?:is|are|must be) (?:required|missing|mandatory|provided|set|specified)"),
            format!(r"(?i)at least one of:? {NAME},? (?:and |or )?{NAME}"),
        ]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
    });
    let found = EITHER.iter().find_map(|pattern| pattern.captures(message));
    let names = found.iter().flat_map(|captures| captures.iter().skip(1).flatten());
    let names: Vec<String> =
        names.map(|name| name.as_str().trim_end_matches(['.', '-']).to_owned()).collect();
    let is_word = |name: &String| ["a", "an", "the", "one", "it", "this", "be"].contains(&name.as_str());
    if names.iter().any(is_word) { Vec::new() } else { names }
}

#[cfg(test)]
mod tests {
    use super::{either_of, missing_names};

    #[test]
    fn the_words_that_join_a_sentence_are_no_missing_members() {
        for (message, expected) in [
            ("Missing field in JSON data: path", &["path"][..]),
            ("Missing field in JSON data: type.", &["type"]),
            ("Missing required field in the body: 'kind'", &["kind"]),
            ("Missing field: in", &["in"]),
            ("Missing field `to`", &["to"]),
            ("to is required", &["to"]),
            ("Missing field(s): mode", &["mode"]),
            ("missing field of the thing", &[]),
            ("a thing is missing: see the documentation", &[]),
            ("The job failed: a thing", &[]),
        ] {
            assert_eq!(missing_names(message), expected, "{message}");
        }
    }

    #[test]
    fn one_of_several_members_is_enough_where_a_refusal_says_so() {
        for (message, expected) in [
            ("You must specify username or email", &["username", "email"][..]),
            ("\"username\" or \"email\" is required", &["username", "email"]),
            ("username or email is required", &["username", "email"]),
            ("Either `username` or `email` must be set", &["username", "email"]),
            ("\"value\" must contain at least one of [username, email]", &["username", "email"]),
            ("provide either a username or an email.", &["username", "email"]),
            ("username is required", &[]),
            ("username must be a or b", &[]),
            ("the thing is missing or broken", &[]),
            ("set it or leave it", &[]),
            ("", &[]),
        ] {
            assert_eq!(either_of(message), expected, "{message}");
        }
    }
}
