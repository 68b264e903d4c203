//! The table of all styles.

use super::{Style, fastapi, google, graphql, json_api, kubernetes, oauth2, plain, problem_json};

/// The scenarios of the styles that say nothing about requests.
pub(super) const THINGS: &str = r#"
# yaml-language-server: $schema=../../schemas/scenario.schema.json
# Requests that must fail as the contract says, each with a control. All keys: `failspec schema scenario`
contract: NAME
scenarios:
  read_an_absent_thing:
    triggers: not_found
    request: get_thing
    path: { thing: "absent-${unique}" }
    control: { path: { thing: "${thing}" } }
  list_with_a_limit_that_is_no_number:
    triggers: bad_parameter
    request: list_things
    query: { limit: many }
    control: { query: { limit: 1 } }
"#;

/// All styles. A style that fewer bodies fit comes before one that more bodies fit.
static STYLES: [&Style; 8] = [
    &problem_json::STYLE,
    &json_api::STYLE,
    &google::STYLE,
    &oauth2::STYLE,
    &fastapi::STYLE,
    &kubernetes::STYLE,
    &graphql::STYLE,
    &plain::STYLE,
];

/// Iterates over all styles.
pub fn styles() -> impl Iterator<Item = &'static Style> {
    STYLES.iter().copied()
}

/// Returns the style of a name.
#[must_use]
pub fn style(name: &str) -> Option<&'static Style> {
    styles().find(|style| style.name == name)
}
