//! The token endpoint of OAuth 2.0 (RFC 6749, section 5.2).

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "oauth2",
    title: "OAuth 2.0 (RFC 6749)",
    specification: "https://www.rfc-editor.org/rfc/rfc6749#section-5.2",
    media_types: &[],
    members: &[&["/error", "/error_description"], &["/error", "/error_uri"]],
    // `error` is required; the texts are not.
    promises: Promises { code: Some("/error"), ..Promises::NONE },
    contract: r#"
# yaml-language-server: $schema=../contract.schema.json
# The errors of a token endpoint (RFC 6749, section 5.2). All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
success: { status: 200, match: { /access_token: { type: string }, /token_type: { type: string } } }
secrets: [/access_token, /refresh_token]
envelope:
  media_type: application/json
  code: /error
  # message: /error_description
  schema:
    type: object
    required: [error]
    properties:
      # The characters that RFC 6749 allows.
      error: { type: string, pattern: '^[\x20-\x21\x23-\x5B\x5D-\x7E]+$' }
      error_description: { type: string, pattern: '^[\x20-\x21\x23-\x5B\x5D-\x7E]*$' }
      error_uri: { type: string, format: uri-reference }
requires:
  roles:
    client: a confidential client that may use the grant `client_credentials`, by HTTP Basic
operations:
  token: POST /token
failures:
  - id: unsupported_grant_type
    status: 400
    code: unsupported_grant_type
    summary: The grant type is not supported by the authorization server
  - id: invalid_request
    status: 400
    code: invalid_request
    summary: A required parameter is missing
  - id: invalid_client
    # 401 with `WWW-Authenticate`, because the client used the header `Authorization`
    status: 401
    code: invalid_client
    headers: { WWW-Authenticate: { type: string, pattern: "(?i)basic" } }
    summary: Client authentication failed
"#,
    scenarios: r#"
# yaml-language-server: $schema=../../schemas/scenario.schema.json
# Requests that must fail as the contract says, each with a control. All keys: `failspec schema scenario`
contract: NAME
scenarios:
  get_a_token:
    as: client
    request: token
    form: { grant_type: client_credentials }
    # RFC 6749, section 5.1: a response with a token is not stored.
    expect: { success: true, headers: { Cache-Control: { type: string, pattern: "(?i)no-store" } } }
  ask_for_an_unknown_grant:
    triggers: unsupported_grant_type
    as: client
    request: token
    form: { grant_type: failspec_no_such_grant }
    control: &granted { form: { grant_type: client_credentials } }
  ask_without_a_grant:
    triggers: invalid_request
    as: client
    request: token
    form: { scope: "" }
    control: *granted
  authenticate_with_a_wrong_secret:
    triggers: invalid_client
    request: token
    headers: { Authorization: Basic ZmFpbHNwZWM6d3Jvbmc= }
    form: { grant_type: client_credentials }
    control: { as: client, headers: { Authorization: null } }
"#,
    edit: &[
        (0, "/operations", "the path of your token endpoint"),
        (0, "/failures", "the errors that your server documents"),
        (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
    ],
};
