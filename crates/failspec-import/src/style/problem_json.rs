//! Problem details (RFC 9457).

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "problem-json",
    title: "problem details (RFC 9457)",
    specification: "https://www.rfc-editor.org/rfc/rfc9457",
    media_types: &["application/problem+json"],
    members: &[&["/type", "/title", "/status"], &["/type", "/title", "/detail"]],
    // Section 3: each member may be absent.
    promises: Promises::NONE,
    contract: r#"
# yaml-language-server: $schema=../contract.schema.json
# The documented failures of NAME, as problem details (RFC 9457). All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://www.rfc-editor.org/rfc/rfc9457
success: { status: 2xx }
envelope:
  media_type: application/problem+json
  # A problem without `type` is `about:blank`: it says no more than its status.
  code: { pointer: /type, absent: "about:blank" }
  # The RFC promises no member. Uncomment what your API promises.
  # message: /title
  # status: /status
  schema:
    type: object
    properties:
      type: { type: string, format: uri-reference }
      title: { type: string }
      status: { type: integer, minimum: 100, maximum: 599 }
      detail: { type: string }
      instance: { type: string, format: uri-reference }
requires:
  # Where a token is needed: `roles: { user: may do what any client may }` here, and `as: user` in the scenarios.
  variables:
    thing: { about: the id of a thing that exists, default: "1" }
operations:
  get_thing: GET /things/{thing}
  list_things: GET /things
failures:
  - id: not_found
    status: 404
    code: about:blank
    summary: There is no such thing
  - id: bad_parameter
    status: 400
    # `about:blank`, or the URI that your API documents as the type of this problem
    code: about:blank
    summary: A query parameter is wrong
"#,
    scenarios: super::table::THINGS,
    edit: &[
        (0, "/documentation", "the page that documents your errors"),
        (0, "/operations", "the paths of your API"),
        (0, "/failures", "the documented failures, each with its type"),
        (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
    ],
};
