//! Plain text: the status says everything.

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "plain",
    title: "plain text",
    specification: "https://www.rfc-editor.org/rfc/rfc9110#section-15",
    media_types: &["text/plain"],
    members: &[],
    promises: Promises::NONE,
    contract: r#"
# yaml-language-server: $schema=../contract.schema.json
# The documented failures of NAME: a status and a text. All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://www.rfc-editor.org/rfc/rfc9110#section-15
success: { status: 2xx }
envelope:
  media_type: text/plain
  # Where the text begins with a code: `code: { text: '^(E[0-9]+)' }`, and `code: E42` in the failures.
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
    summary: There is no such thing
  - id: bad_parameter
    status: 400
    summary: A query parameter is wrong
"#,
    scenarios: super::table::THINGS,
    edit: &[
        (0, "/documentation", "the page that documents your errors"),
        (0, "/operations", "the paths of your API"),
        (0, "/failures", "the documented failures"),
        (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
    ],
};
