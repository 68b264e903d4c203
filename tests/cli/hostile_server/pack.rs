//! The pack of these tests, and the target file for the hostile server.

use std::{fs, path::Path};

/// A token with every kind of character that some encoding escapes.
pub const TOKEN: &str = "Tok/En+Of=The~Tests&<0815>%2F'Q";

const CONTRACT: &str = "\
contract: hostile
as_of: 2026-01-31
documentation: https://hostile.example/errors
success: { status: 2xx }
envelope:
  schema: envelope.schema.json
  media_type: application/json
  code: /error
  message: /message
  request_id: /requestId
codes: open
requires:
  roles:
    user: may read things
failures:
  - id: not_found
    status: 404
    code: not_found
    summary: There is no such thing
    leaks: forbidden
";

const ENVELOPE: &str = r#"{
  "type": "object",
  "required": ["error", "message"],
  "properties": { "error": { "type": "string" }, "message": { "type": "string" } }
}
"#;

const SCENARIOS: &str = "\
contract: hostile
scenarios:
  read_a_missing_thing:
    triggers: not_found
    as: user
    setup:
      - request: POST /things/made-${unique}
    request: GET /tested
    control: { request: GET /fine }
    teardown:
      - request: DELETE /things/made-${unique}
";

/// Timeout until a response begins. Correct responses arrive within milliseconds; the rest is a margin for a busy
/// machine.
const FIRST_BYTE: &str = "3s";

/// Timeout until a response ends.
const TOTAL: &str = "4s";

/// Writes the pack and a `failspec.toml` for the server at `url`.
pub fn write(folder: &Path, url: &str) {
    let (schemas, scenarios) = (folder.join("schemas/hostile"), folder.join("scenarios/hostile"));
    fs::create_dir_all(&schemas).expect("a folder");
    fs::create_dir_all(&scenarios).expect("a folder");
    fs::write(schemas.join("contract.yaml"), CONTRACT).expect("a contract");
    fs::write(schemas.join("envelope.schema.json"), ENVELOPE).expect("a schema");
    fs::write(scenarios.join("all.yaml"), SCENARIOS).expect("scenarios");
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{url}\"\nsnapshots = \"approved\"\n\
         timeouts = {{ first_byte = \"{FIRST_BYTE}\", total = \"{TOTAL}\" }}\n\
         roles.user = {{ bearer = \"${{env:HOSTILE_TOKEN}}\" }}\n"
    );
    fs::write(folder.join("failspec.toml"), config).expect("a target");
}
