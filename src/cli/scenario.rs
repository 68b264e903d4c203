//! `failspec scenario new`.

use std::io::Write as _;

use serde_json::Value;

use failspec_base::template::Template;
use failspec_judge::report_model::exit;
use failspec_pack::pack::writing::{
    BodySource, Commented, Comments, ControlSource, Override, ParameterValue, Parameters, RequestSource,
    ScenarioSource, TriggerSource, scenario_entry,
};

use super::{
    arguments::ScenarioAction,
    error::CliError,
    new_scenario,
    parse_curl::{CurlBody, CurlError, CurlNotice, CurlRequest},
    shell_words::ShellError,
    stdout::stdout,
};

/// Prints a scenario that sends the request of a curl command line. Credentials are left out: they belong to a role.
///
/// # Errors
/// When the command line cannot be read.
pub fn command(action: &ScenarioAction) -> Result<u8, CliError> {
    let ScenarioAction::New(arguments) = action;
    let mut request = CurlRequest::parse(&arguments.from_curl)
        .map_err(|error| CliError::usage_hint(error.to_string(), advice(&error)))?;
    let pack = new_scenario::pack(arguments)?;
    let triggers = new_scenario::triggers(arguments, pack.as_deref())?;
    if let Some((base, path)) = pack.as_deref().and_then(|pack| new_scenario::below_base(pack, &request.path))
    {
        request.notices.push(CurlNotice::BasePath(base));
        request.path = path;
    }
    let role = pack.as_deref().and_then(new_scenario::only_role).unwrap_or("role");
    let text = scenario_entry(&arguments.name, &scenario(&request, &triggers, role));
    for notice in &request.notices {
        let _ = writeln!(failspec_report::terminal::stderr(), "notice: {notice}");
    }
    if arguments.triggers.is_none()
        && let Some(pack) = &pack
    {
        let failures = new_scenario::failures(pack);
        let _ = writeln!(
            failspec_report::terminal::stderr(),
            "notice: it triggers {triggers}; --triggers takes each failure of {}: {failures}",
            pack.name
        );
    }
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Returns what to do about a command line that cannot be read.
fn advice(error: &CurlError) -> &'static str {
    match error {
        CurlError::Shell(ShellError::CommandPrompt | ShellError::PowerShell) => {
            "copy the request as cURL (bash), not as cURL (cmd) or PowerShell"
        }
        CurlError::File(..) => "for example -d '{\"name\": \"x\"}' in place of -d @body.json",
        CurlError::Multipart(_) => {
            "write the request by hand: `text` with the body and a Content-Type header"
        }
        _ => "give one curl command in single quotes",
    }
}

fn scenario(request: &CurlRequest, triggers: &str, role: &str) -> Commented<ScenarioSource> {
    let mut comments = Comments::default();
    if request.credentials {
        comments.beside("/as", "the credentials of the command line belong to a role of the target");
    }
    comments.before("/control/request", "the same request without the fault: it must succeed");
    let query = request.query.iter().map(|(name, value)| (name.clone(), Template::escape(value)));
    let body = request.body.as_ref().map(|body| match body {
        CurlBody::Json(json) => BodySource::Json(literal_json(json.clone())),
        CurlBody::Form(fields) => BodySource::Form(
            fields.iter().map(|(name, value)| (name.clone(), Template::escape(value).into())).collect(),
        ),
        CurlBody::Text(text) => BodySource::Text(Template::escape(text)),
    });
    let faulty = RequestSource {
        line: Some(format!("{} {}", request.method, Template::escape(&request.path))),
        role: request.credentials.then(|| Override::Set(role.to_owned())),
        path: Parameters::default(),
        query: query.collect(),
        headers: headers(&request.headers),
        body,
    };
    let control = ControlSource {
        request: RequestSource::to(format!("{} /…", request.method)),
        ..ControlSource::default()
    };
    let value = ScenarioSource {
        triggers: Some(TriggerSource::parse(triggers)),
        request: faulty,
        control: Some(Box::new(control)),
        ..ScenarioSource::default()
    };
    Commented { value, comments }
}

/// A header without a value is one that is not sent.
fn headers(headers: &[(String, Option<String>)]) -> Parameters {
    let sent =
        headers.iter().filter_map(|(name, value)| Some((name.clone(), Template::escape(value.as_ref()?))));
    let mut parameters: Parameters = sent.collect();
    if let Parameters::Named(named) = &mut parameters {
        let removed = headers.iter().filter(|(_, value)| value.is_none());
        named.extend(removed.map(|(name, _)| (name.clone(), ParameterValue::Removed)));
    }
    parameters
}

/// Escapes all texts in a value.
fn literal_json(value: Value) -> Value {
    match value {
        Value::String(text) => Template::escape(&text).into(),
        Value::Array(items) => items.into_iter().map(literal_json).collect(),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, literal_json(value))).collect())
        }
        other => other,
    }
}
