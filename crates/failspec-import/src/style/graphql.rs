//! GraphQL over HTTP.

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "graphql",
    title: "GraphQL over HTTP",
    specification: "https://graphql.github.io/graphql-over-http/draft/",
    media_types: &["application/graphql-response+json"],
    members: &[&["/errors/*/message", "/errors/*/locations"], &["/errors/*/message", "/errors/*/extensions"]],
    // GraphQL, section 7.1.2: every error has a message.
    promises: Promises { message: Some("/errors/*/message"), ..Promises::NONE },
    contract: r#"
# yaml-language-server: $schema=../contract.schema.json
# The documented failures of NAME, as in GraphQL over HTTP. All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://graphql.github.io/graphql-over-http/draft/
# Errors of single fields stand beside the data of a success.
success: { status: 2xx, match: { /data: { type: object } } }
envelope:
  # An older server responds with `application/json` and status 200 to these requests.
  media_type: application/graphql-response+json
  message: /errors/*/message
  # code: /errors/*/extensions/code
  schema:
    type: object
    required: [errors]
    not: { required: [data] }
    properties:
      errors:
        type: array
        minItems: 1
        items:
          type: object
          required: [message]
          properties:
            message: { type: string }
            locations: { type: array, minItems: 1, items: { type: object, required: [line, column], properties: { line: { type: integer, minimum: 1 }, column: { type: integer, minimum: 1 } } } }
            path: { type: array, items: { type: [string, integer] } }
            extensions: { type: object }
# Where a token is needed: `requires: { roles: { user: may read } }` here, and `as: user` in the scenarios.
operations:
  query: POST /graphql
failures:
  - id: invalid_document
    status: 400
    summary: The document cannot be parsed, or is not valid against the schema of the service
    causes: [syntax, validation]
"#,
    scenarios: r#"
# yaml-language-server: $schema=../../schemas/scenario.schema.json
# Requests that must fail as the contract says, each with a control. All keys: `failspec schema scenario`
contract: NAME
scenarios:
  send_half_a_document:
    triggers: invalid_document/syntax
    request: query
    headers: { Accept: application/graphql-response+json }
    json: { query: "{" }
    control: &valid { json: { query: "{ __typename }" } }
  ask_for_an_unknown_field:
    triggers: invalid_document/validation
    request: query
    headers: { Accept: application/graphql-response+json }
    json: { query: "{ failspecNoSuchField }" }
    control: *valid
"#,
    edit: &[
        (0, "/operations", "the path of your endpoint"),
        (0, "/failures", "the documented failures, such as those of your own mutations"),
        (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
    ],
};
