//! Families of kinds of faults: those with which a server has one and the same trouble.

/// The kind of faults of bodies that the server cannot read: none, and one of another media type.
pub(super) const UNREADABLE: &str = "unreadable_body";

/// Kinds of faults on which a server breaks for one reason, each after the one that names them.
const BREAKING: [&[&str]; 5] = [
    &[
        UNREADABLE,
        "wrong_body",
        "list_for_object",
        "plain_text",
        "unknown_media_type",
        "without_media_type",
        "without_body",
        "empty",
        "invalid_utf8",
        "malformed_json",
        "followed_by_more",
    ],
    &["beyond_float", "not_a_number", "huge"],
    &[
        "beyond_64_bits",
        "most_of_64_bits",
        "least_of_64_bits",
        "beyond_32_bits",
        "page_beyond_64_bits",
        "many_digits",
        "huge_integer",
    ],
    // What is not there, and what is null, is null in most languages.
    &["missing", "null"],
    &["null_item", "null_item_alone", "map_value_null", "map_value_null_alone"],
];

/// Kinds of faults that a server accepts for one reason, each after the one that names them.
const ACCEPTED: [&[&str]; 1] =
    [&["null", "null_item", "null_item_alone", "map_value_null", "map_value_null_alone"]];

/// Kinds of faults that many servers take for something else.
const CONVERTED: [&str; 15] = [
    "null",
    "null_item",
    "null_item_alone",
    "map_value_null",
    "map_value_null_alone",
    "fraction",
    "number_as_text",
    "boolean_as_text",
    "number_for_text",
    "wrong_format",
    "plain_text",
    "followed_by_more",
    "not_a_number",
    "unknown_media_type",
    "empty",
];

/// Returns the kind of fault that names the family of another with which the server breaks.
pub(super) fn breaking_family(kind: &str) -> &str {
    named(&BREAKING, kind)
}

/// Returns the kind of fault that names the family of another which the server accepts.
pub(super) fn accepted_family(kind: &str) -> &str {
    named(&ACCEPTED, kind)
}

/// Returns true for faults that many servers convert, or take for a value that is absent.
pub(super) fn is_converted(kind: &str) -> bool {
    CONVERTED.contains(&kind)
}

fn named<'a>(families: &[&[&'static str]], kind: &'a str) -> &'a str {
    families.iter().find(|family| family.contains(&kind)).map_or(kind, |family| family[0])
}
