//! FastAPI.

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "fastapi",
    title: "FastAPI",
    specification: "https://fastapi.tiangolo.com/tutorial/handling-errors/",
    media_types: &[],
    members: &[&["/detail/*/loc", "/detail/*/msg", "/detail/*/type"]],
    // Handlers of an application may respond otherwise.
    promises: Promises::NONE,
    contract: r#"
# yaml-language-server: $schema=../contract.schema.json
# The documented failures of NAME, as FastAPI responds without handlers of one's own. All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://fastapi.tiangolo.com/tutorial/handling-errors/
success: { status: 2xx }
envelope:
  media_type: application/json
  schema: { type: object, required: [detail] }
requires:
  # Where a token is needed: `roles: { user: may do what any client may }` here, and `as: user` in the scenarios.
  variables:
    item: { about: the id of an item that exists, default: foo }
operations:
  get_item: GET /items/{item}
  list_items: GET /items
failures:
  - id: not_found
    status: 404
    summary: The item does not exist (an HTTPException)
    match: { /detail: { type: string } }
  - id: validation_error
    status: 422
    summary: The request does not fit the declared types
    match:
      /detail:
        type: array
        minItems: 1
        items: { type: object, required: [loc, msg, type], properties: { loc: { type: array, items: { type: [string, integer] } }, msg: { type: string }, type: { type: string } } }
    names: /detail/*/loc
"#,
    scenarios: r#"
# yaml-language-server: $schema=../../schemas/scenario.schema.json
# Requests that must fail as the contract says, each with a control. All keys: `failspec schema scenario`
contract: NAME
scenarios:
  read_an_absent_item:
    triggers: not_found
    request: get_item
    path: { item: "absent-${unique}" }
    control: { path: { item: "${item}" } }
  list_with_a_limit_that_is_no_number:
    triggers: validation_error
    request: list_items
    query: { limit: many }
    control: { query: { limit: 1 } }
"#,
    edit: &[
        (0, "/documentation", "the page that documents your errors"),
        (0, "/operations", "the paths of your API"),
        (0, "/failures", "the documented failures"),
        (1, "/scenarios", "a parameter of your API that has a type, and an item that is absent"),
    ],
};
