//! A pack of any size: its scenarios, its approved responses, and the same requests for hurl.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// The name of the pack.
pub const CONTRACT: &str = "things";

/// How many scenarios one file holds.
pub const PER_FILE: usize = 250;

/// The failures in turn: id, HTTP status, code, summary.
const FAILURES: [(&str, u16, &str, &str); 3] = [
    ("missing", 404, "not_found", "there is no such thing"),
    ("stranger", 401, "unauthenticated", "nobody knows who asks"),
    ("refused", 400, "invalid", "the request makes no sense"),
];

const CONTRACT_FILE: &str = "contract: things
as_of: 2026-11-20
documentation: https://things.example.com/errors
success: { status: 2xx }
envelope:
  schema: envelope.schema.json
  media_type: application/json
  code: /error
  message: /message
  request_id: /requestId
codes: open
failures:
";

const ENVELOPE: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["error", "message", "requestId"],
  "properties": {
    "error": { "type": "string", "pattern": "^[a-z_]+$" },
    "message": { "type": "string", "minLength": 1 },
    "requestId": { "type": "string", "pattern": "^req-[0-9a-f]{16}$" },
    "details": {
      "type": "object",
      "required": ["kind", "path"],
      "properties": { "kind": { "enum": ["thing"] }, "path": { "type": "string" } }
    }
  }
}
"#;

/// The failures of the workload: the API and the pack agree by this alone.
pub fn failure(number: usize) -> (&'static str, u16, &'static str) {
    let (id, status, code, _) = FAILURES[number % FAILURES.len()];
    (id, status, code)
}

/// The body of the response to the request of one scenario. Message and request id vary from response to respond.
pub fn body(number: usize, message: &str, request_id: &str) -> String {
    let (_, _, code) = failure(number);
    format!(
        r#"{{"error":"{code}","message":"{message}","requestId":"{request_id}","details":{{"kind":"thing","path":"/things/{number}"}}}}"#
    )
}

/// Writes a pack of `count` scenarios with their approved responses and a `failspec.toml` below `folder`, and one hurl
/// file for each scenario below `folder/hurl`; gives the hurl files.
///
/// # Errors
/// When the file system refuses.
pub fn write(folder: &Path, url: &str, count: usize) -> io::Result<Vec<PathBuf>> {
    let (schemas, scenarios) =
        (folder.join("schemas").join(CONTRACT), folder.join("scenarios").join(CONTRACT));
    let (snapshots, hurl) = (folder.join("approved").join(CONTRACT), folder.join("hurl"));
    for folder in [&schemas, &scenarios, &hurl] {
        fs::create_dir_all(folder)?;
    }
    let mut contract = CONTRACT_FILE.to_owned();
    // What no scenario shows would make the run incomplete.
    for (id, status, code, summary) in FAILURES.iter().take(count) {
        let _ = writeln!(contract, "  - {{ id: {id}, status: {status}, code: {code}, summary: {summary} }}");
    }
    fs::write(schemas.join("contract.yaml"), contract)?;
    fs::write(schemas.join("envelope.schema.json"), ENVELOPE)?;
    fs::write(
        folder.join("failspec.toml"),
        format!("default_target = \"local\"\n[target.local]\nurl = \"{url}\"\nsnapshots = \"approved\"\n"),
    )?;
    let mut files = Vec::with_capacity(count);
    for first in (0..count).step_by(PER_FILE) {
        let name = format!("part_{:05}.yaml", first / PER_FILE);
        let mut text = format!("contract: {CONTRACT}\nscenarios:\n");
        for number in first..count.min(first + PER_FILE) {
            scenario(&mut text, number);
            snapshot(&snapshots, &name, number)?;
            let file = hurl.join(format!("{number:06}.hurl"));
            fs::write(&file, hurl_file(url, number))?;
            files.push(file);
        }
        fs::write(scenarios.join(name), text)?;
    }
    Ok(files)
}

fn scenario(text: &mut String, number: usize) {
    let (id, _, _) = failure(number);
    let _ = write!(
        text,
        "  thing_{number}:
    triggers: {id}
    request: GET /things/{number}
    headers: {{ X-Trace: \"${{unique}}\" }}
    no_control: the API of the bench knows failures alone
"
    );
}

fn snapshot(folder: &Path, file: &str, number: usize) -> io::Result<()> {
    let (id, status, code) = failure(number);
    let folder = folder.join(id);
    if number < FAILURES.len() {
        fs::create_dir_all(&folder)?;
    }
    fs::write(
        folder.join(format!("thing_{number}.snap")),
        format!(
            r#"---
source: scenarios/{CONTRACT}/{file}
expression: "{CONTRACT}::{id}::thing_{number}"
---
HTTP {status}
content-type: application/json

{{
  "error": "{code}",
  "message": "[message]",
  "requestId": "[request-id]",
  "details": {{
    "kind": "thing",
    "path": "/things/{number}"
  }}
}}
"#
        ),
    )
}

/// The same request, with status, code and request id checked. hurl validates no JSON Schema and has no snapshots.
fn hurl_file(url: &str, number: usize) -> String {
    let (_, status, code) = failure(number);
    format!(
        "GET {url}/things/{number}\nX-Trace: trace-{number}\nHTTP {status}\n[Asserts]\njsonpath \"$.error\" == \"{code}\"\njsonpath \"$.requestId\" matches /^req-[0-9a-f]{{16}}$/\n"
    )
}
