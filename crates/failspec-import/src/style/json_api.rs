//! JSON:API 1.1.

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "json-api",
    title: "JSON:API",
    specification: "https://jsonapi.org/format/1.1/",
    media_types: &["application/vnd.api+json"],
    members: &[
        &["/errors/*/title", "/errors/*/status"],
        &["/errors/*/detail", "/errors/*/status"],
        &["/errors/*/source/pointer"],
        &["/errors/*/source/parameter"],
    ],
    // Every member of an error object may be absent.
    promises: Promises::NONE,
    contract: r##"
# yaml-language-server: $schema=../contract.schema.json
# The documented failures of NAME, in the style of JSON:API 1.1. All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://jsonapi.org/format/1.1/
success: { status: 2xx }
envelope:
  media_type: application/vnd.api+json
  # JSON:API demands no body of an error. Take this out if your API always has one.
  body: optional
  # Nor does it demand any one member of an error object. Uncomment what your API promises.
  # code: /errors/*/code
  # message: /errors/*/title
  # status: /errors/*/status
  schema:
    type: object
    required: [errors]
    not: { required: [data] }
    properties:
      errors: { type: array, minItems: 1, items: { $ref: "#/$defs/error" } }
    $defs:
      error:
        type: object
        anyOf: [{ required: [id] }, { required: [links] }, { required: [status] }, { required: [code] }, { required: [title] }, { required: [detail] }, { required: [source] }, { required: [meta] }]
        properties:
          id: { type: string }
          links: { type: object }
          status: { type: string, pattern: "^[1-5][0-9][0-9]$" }
          code: { type: string }
          title: { type: string }
          detail: { type: string }
          source: { type: object, properties: { pointer: { type: string }, parameter: { type: string }, header: { type: string } } }
          meta: { type: object }
requires:
  # Where a token is needed: `roles: { user: may do what any client may }` here, and `as: user` in the scenarios.
  variables:
    thing: { about: the id of a resource that exists, default: "1" }
operations:
  get_thing: GET /things/{thing}
  list_things: GET /things
failures:
  - id: not_found
    status: 404
    documentation: https://jsonapi.org/format/1.1/#fetching-resources-responses-404
    summary: A single resource that does not exist
  - id: bad_parameter
    status: 400
    documentation: https://jsonapi.org/format/1.1/#fetching-includes
    summary: A path in `include` that the server does not know
    # names: /errors/*/source/parameter
"##,
    scenarios: r#"
# yaml-language-server: $schema=../../schemas/scenario.schema.json
# Requests that must fail as the contract says, each with a control. All keys: `failspec schema scenario`
contract: NAME
scenarios:
  read_an_absent_thing:
    triggers: not_found
    request: get_thing
    headers: { Accept: application/vnd.api+json }
    path: { thing: "absent-${unique}" }
    control: { path: { thing: "${thing}" } }
  include_what_does_not_exist:
    triggers: bad_parameter
    request: list_things
    headers: { Accept: application/vnd.api+json }
    query: { include: failspecNoSuchRelationship }
    control: { query: null }
"#,
    edit: &[
        (0, "/documentation", "the page that documents your errors"),
        (0, "/operations", "the paths of your API"),
        (0, "/failures", "the documented failures"),
        (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
    ],
};
