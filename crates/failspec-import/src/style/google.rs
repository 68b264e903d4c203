//! `google.rpc.Status` over HTTP (AIP-193).

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "google",
    title: "google.rpc.Status (AIP-193)",
    specification: "https://google.aip.dev/193",
    media_types: &[],
    members: &[&["/error/code", "/error/message", "/error/status"]],
    // AIP-193, "HTTP/1.1+JSON representation": code, message and status are members of every error.
    promises: Promises {
        code: Some("/error/status"),
        message: Some("/error/message"),
        status: Some("/error/code"),
    },
    contract: r##"
# yaml-language-server: $schema=../contract.schema.json
# The documented failures of NAME, as google.rpc.Status (AIP-193). All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://google.aip.dev/193
success: { status: 2xx }
envelope:
  media_type: application/json
  code: /error/status
  message: /error/message
  status: /error/code
  schema:
    type: object
    required: [error]
    properties:
      error:
        type: object
        required: [code, message, status, details]
        properties:
          code: { type: integer }
          message: { type: string }
          status: { enum: [CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, UNAUTHENTICATED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS] }
          # Every error has an ErrorInfo. Take `contains` out where your API is older than that rule.
          details:
            type: array
            items: { type: object, required: ["@type"], properties: { "@type": { type: string } } }
            contains: { required: ["@type", reason, domain], properties: { "@type": { const: type.googleapis.com/google.rpc.ErrorInfo } } }
requires:
  # Where a token is needed: `roles: { user: may do what any client may }` here, and `as: user` in the scenarios.
  variables:
    thing: { about: the id of a resource that exists, default: "1" }
operations:
  get_thing: GET /v1/things/{thing}
  list_things: GET /v1/things
failures:
  - id: not_found
    status: 404
    code: NOT_FOUND
    summary: The resource does not exist
  - id: invalid_argument
    status: 400
    code: INVALID_ARGUMENT
    documentation: https://google.aip.dev/158
    summary: A negative page size
    # names: /error/details/*/fieldViolations/*/field
"##,
    scenarios: r#"
# yaml-language-server: $schema=../../schemas/scenario.schema.json
# Requests that must fail as the contract says, each with a control. All keys: `failspec schema scenario`
contract: NAME
scenarios:
  read_an_absent_thing:
    triggers: not_found
    request: get_thing
    path: { thing: "absent-${unique}" }
    control: { path: { thing: "${thing}" } }
  list_with_a_negative_page_size:
    triggers: invalid_argument
    request: list_things
    query: { pageSize: -1 }
    control: { query: { pageSize: 1 } }
"#,
    edit: &[
        (0, "/documentation", "the page that documents your errors"),
        (0, "/operations", "the paths of your API"),
        (0, "/failures", "the documented failures"),
        (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
    ],
};
