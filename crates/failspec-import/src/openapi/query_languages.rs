//! Parameters whose texts a server reads as a language of its own: filters, orders, lists of fields, pages. A document seldom
//! says more of them than that they are texts.

use serde_json::{Value, json};

use failspec_pack::{
    openapi::{Operation, Parameter, ParameterLocation},
    pack::text_matching,
};

use super::{invalid_value::core, unusual::snake, value_generator::ValueGenerator};

/// A language that servers read from a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    /// Conditions on what is listed.
    Filter,
    /// The order of what is listed.
    Order,
    /// The parts of it that are shown.
    Fields,
    /// The page that is shown.
    Page,
}

/// Words in the names of parameters with a language; the last word that is one decides.
const WORDS: [(&str, Language); 33] = [
    ("where", Language::Filter),
    ("filter", Language::Filter),
    ("filters", Language::Filter),
    ("query", Language::Filter),
    ("q", Language::Filter),
    ("search", Language::Filter),
    ("expression", Language::Filter),
    ("expr", Language::Filter),
    ("condition", Language::Filter),
    ("sort", Language::Order),
    ("sorting", Language::Order),
    ("order", Language::Order),
    ("orderby", Language::Order),
    ("ordering", Language::Order),
    ("fields", Language::Fields),
    ("select", Language::Fields),
    ("include", Language::Fields),
    ("includes", Language::Fields),
    ("expand", Language::Fields),
    ("embed", Language::Fields),
    ("columns", Language::Fields),
    ("attributes", Language::Fields),
    ("page", Language::Page),
    ("cursor", Language::Page),
    ("limit", Language::Page),
    ("offset", Language::Page),
    ("marker", Language::Page),
    ("continue", Language::Page),
    ("continuation", Language::Page),
    ("token", Language::Page),
    ("after", Language::Page),
    ("before", Language::Page),
    ("skip", Language::Page),
];

/// Returns the language that a parameter has by its name.
fn language(name: &str) -> Option<Language> {
    let snake = snake(name);
    let words = snake.split('_').rev();
    words
        .filter_map(|word| WORDS.iter().find(|(known, _)| *known == word))
        .map(|(_, language)| *language)
        .next()
}

/// Returns true if the name of a parameter says that its values are made by the API alone, such as the token of a page.
pub(super) fn is_opaque(name: &str) -> bool {
    const WORDS: [&str; 6] = ["token", "cursor", "marker", "continue", "continuation", "etag"];
    snake(name).split('_').any(|word| WORDS.contains(&word))
}

/// Returns texts in the language of a parameter of the query that are wrong, each with its kind; none if its name is of no
/// language.
pub(super) fn wrong_texts(
    operation: &Operation,
    parameter: &Parameter,
) -> &'static [(&'static str, &'static str)] {
    if parameter.place != ParameterLocation::Query || !operation.is_safe() {
        return &[];
    }
    match language(&parameter.name) {
        Some(Language::Filter) => &[
            ("filter_cut_off", "{\"failspec\": "),
            ("filter_of_unknown_field", "{\"failspec\": {\"failspec\": 1}}"),
            ("filter_without_operand", "failspec==,(failspec eq"),
        ],
        Some(Language::Order) => &[
            ("order_of_unknown_field", "-failspec"),
            ("order_of_unknown_direction", "failspec:sideways"),
            ("order_of_nothing", ","),
        ],
        Some(Language::Fields) => {
            &[("unknown_field_shown", "failspec.failspec"), ("fields_of_nothing", ",,")]
        }
        Some(Language::Page) => &[
            ("page_that_decodes_to_nothing", "ZmFpbHNwZWM="),
            ("page_below_zero", "-1"),
            ("page_beyond_64_bits", "99999999999999999999"),
        ],
        None => &[],
    }
}

/// Operands that are none, for an operator that a document shows: a name that nothing has, and a date that does not exist.
const OPERANDS: [(&str, &str); 2] = [("unknown_operand", "failspec"), ("impossible_operand", "9999-99-99")];

/// Returns texts for a parameter of the query with an operator that the document shows by an example or a pattern, such as
/// `IS:draft`, and an operand that is none.
pub(super) fn wrong_operands(
    sampler: &ValueGenerator<'_>,
    operation: &Operation,
    parameter: &Parameter,
) -> Vec<(&'static str, String)> {
    if parameter.place != ParameterLocation::Query || !operation.is_safe() {
        return Vec::new();
    }
    let schema = parameter.schema.as_ref().map(|schema| core(&sampler.declared.api.bundle, schema));
    let in_schema = ["example", "default"].into_iter().filter_map(|key| schema?.get(key));
    let shown = parameter.examples.iter().chain(in_schema).filter_map(Value::as_str).map(str::to_owned);
    let pattern = schema.and_then(|schema| text_matching(schema.get("pattern")?.as_str()?, None));
    let Some(operator) = shown.chain(pattern).find_map(|text| operator(&text).map(str::to_owned)) else {
        return Vec::new();
    };
    OPERANDS.map(|(what, operand)| (what, format!("{operator}{operand}"))).to_vec()
}

/// Returns the operator at the beginning of a text, with what separates it from the operand: `IS_BEFORE:`.
fn operator(text: &str) -> Option<&str> {
    let (operator, _) = text.split_once(':')?;
    let is_word =
        operator.len() > 1 && operator.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    // What begins with a lower-case word may be an address (`https:`), or a name with a namespace.
    let is_upper = operator.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    (is_word && is_upper).then(|| &text[..=operator.len()])
}

/// Returns objects for a parameter that is JSON, each with its kind: conditions with fields, operators and operands that no
/// thing has. Schemas of filters seldom forbid them.
pub(super) fn wrong_objects() -> [(&'static str, Value); 9] {
    [
        ("filter_of_unknown_field", json!({ "failspec": 1 })),
        ("filter_of_unknown_operator", json!({ "id": { "failspec": 1 } })),
        ("filter_without_operand", json!({ "and": 1 })),
        ("filter_of_unknown_field", json!({ "where": { "failspec": 1 } })),
        ("filter_of_unknown_operator", json!({ "where": { "id": { "failspec": 1 } } })),
        ("filter_without_operand", json!({ "where": { "id": { "inq": "failspec" } } })),
        ("order_of_unknown_direction", json!({ "order": "failspec sideways" })),
        ("page_below_zero", json!({ "limit": -1, "skip": -1 })),
        ("unknown_relation", json!({ "include": ["failspec"] })),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_a_word_in_capitals_before_a_colon() {
        for (text, expected) in [
            ("IS_BEFORE:2024-01-31", Some("IS_BEFORE:")),
            ("IS:", Some("IS:")),
            ("https://example.com", None),
            ("name:asc", None),
            ("12:00", None),
            ("IS", None),
        ] {
            assert_eq!(operator(text), expected, "{text}");
        }
    }

    #[test]
    fn a_parameter_has_a_language_by_the_last_word_of_its_name_that_is_one() {
        for (name, expected) in [
            ("filter", Some(Language::Filter)),
            ("q", Some(Language::Filter)),
            ("orderBy", Some(Language::Order)),
            ("sort_order", Some(Language::Order)),
            ("filter[where]", Some(Language::Filter)),
            ("page_token", Some(Language::Page)),
            ("_sort", Some(Language::Order)),
            ("$select", Some(Language::Fields)),
            ("colour", None),
            ("reordered", None),
        ] {
            assert_eq!(language(name), expected, "{name}");
        }
    }
}
