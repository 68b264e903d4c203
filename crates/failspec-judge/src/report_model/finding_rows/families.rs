//! Families of kinds of faults: those with which a server has one and the same trouble.

use std::collections::BTreeSet;

/// The kind of faults of bodies that the server cannot read: none, and one of another media type.
pub(super) const UNREADABLE: &str = "unreadable_body";

/// Kinds of faults on which a server breaks for one reason, each after the one that names them.
const BREAKING: [&[&str]; 9] = [
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
    // A number is as little the text that is read as an object is.
    &["wrong_type", "wrong_type_alone", "number_for_text"],
    // One that is wrong in the second place is wrong for the same reason.
    &["wrong_item", "wrong_second_item"],
    // Both are escapes that are no text.
    &["malformed_escape", "not_utf8"],
    &["without_credentials", "with_wrong_credentials", "with_unsigned_token", "with_wrong_signature"],
];

/// Kinds of faults that a reader of bodies or parameters notices before anything else sees the values: they do not have the form
/// that it reads.
const READ: [&str; 20] = [
    "wrong_type",
    "wrong_item",
    "map_value_of_wrong_type",
    "not_in_enum",
    "wrong_format",
    "no_alternative",
    "fraction",
    "number_for_text",
    "number_as_text",
    "boolean_as_text",
    "beyond_64_bits",
    "beyond_float",
    "date_out_of_range",
    "without_offset",
    "half_a_character",
    "unknown_field",
    "further_member",
    "unknown_charset",
    "read_only_member",
    "null_item",
];

/// Kinds of faults, by family, of which one is that of the other where it breaks nothing that the other does not break.
const NEIGHBOURS: [[&str; 2]; 4] = [
    // Numbers that are too large.
    ["beyond_float", "beyond_64_bits"],
    ["beyond_64_bits", "beyond_float"],
    // Items that are no right ones.
    ["null_item", "wrong_item"],
    ["wrong_item", "null_item"],
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

/// Returns the kinds of faults that rows of findings know by name. Each of them has to be one that an import writes: another one
/// groups nothing.
pub fn grouped_fault_kinds() -> BTreeSet<&'static str> {
    let families = BREAKING.iter().chain(&ACCEPTED).copied().flatten();
    let others = CONVERTED.iter().chain(&READ).chain(NEIGHBOURS.iter().flatten());
    let names: BTreeSet<&str> = families.chain(others).copied().collect();
    names.into_iter().filter(|name| *name != UNREADABLE).collect()
}

/// Returns the kind of fault that names the family of another with which the server breaks.
pub(super) fn breaking_family(kind: &str) -> &str {
    named(&BREAKING, kind)
}

/// Returns the families of faults that break the server for the same reason where they break it in the same parts.
pub(super) fn neighbours(family: &str) -> impl Iterator<Item = &'static str> {
    NEIGHBOURS.into_iter().filter(move |[one, _]| *one == family).map(|[_, other]| other)
}

/// Returns true for faults that the reader of a body or a parameter notices.
pub(super) fn is_read(family: &str) -> bool {
    READ.contains(&family)
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
