//! `failspec scenario new`.

use std::{fmt::Write as _, io::Write as _};

use serde_json::Value;

use failspec_judge::report_model::exit;

use super::{arguments::ScenarioAction, error::CliError, parse_curl::CurlRequest};

/// Prints a scenario that sends the request of a curl command line. Credentials are left out: they belong to a role.
///
/// # Errors
/// When the command line cannot be read.
pub fn command(action: &ScenarioAction) -> Result<u8, CliError> {
    let ScenarioAction::New(arguments) = action;
    let request = CurlRequest::parse(&arguments.from_curl)
        .map_err(|error| CliError::usage_hint(error.to_string(), "give one curl command in single quotes"))?;
    let text = scenario(&request, &arguments.name, &arguments.triggers);
    for option in &request.ignored {
        let _ =
            writeln!(anstream::stderr(), "notice: {option} has no equivalent in a scenario and is left out");
    }
    // A closed pipe is not an error: the reader needs no more output.
    let _ = anstream::stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

fn scenario(request: &CurlRequest, name: &str, triggers: &str) -> String {
    let mut text = format!("  {name}:\n    triggers: {triggers}\n");
    if request.credentials {
        text.push_str("    as: role                # the credentials of the command line belong to a role of the target\n");
    }
    let _ = writeln!(text, "    request: {} {}", request.method, request.path.replace("${", "$${"));
    let quoted = |value: &str| Value::from(value.replace("${", "$${")).to_string();
    let block = |text: &mut String, key: &str, pairs: &[(String, String)]| {
        if !pairs.is_empty() {
            let _ = writeln!(text, "    {key}:");
        }
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in pairs {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        for name in names {
            let values: Vec<String> =
                pairs.iter().filter(|(other, _)| other == name).map(|(_, value)| quoted(value)).collect();
            let value = if values.len() == 1 { values.concat() } else { format!("[{}]", values.join(", ")) };
            let _ = writeln!(text, "      {}: {value}", quoted(name));
        }
    };
    block(&mut text, "query", &request.query);
    block(&mut text, "headers", &request.headers);
    if let Some(body) = &request.body {
        match serde_json::from_str::<Value>(body) {
            Ok(json) if request.json => {
                let _ = writeln!(text, "    json: {}", json.to_string().replace("${", "$${"));
            }
            _ => {
                let _ = writeln!(text, "    text: {}", quoted(body));
            }
        }
    }
    text.push_str("    control:\n      # the same request without the fault: it must succeed\n      ");
    let _ = writeln!(text, "request: {} /…", request.method);
    text
}
