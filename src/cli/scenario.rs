//! `failspec scenario new`.

use std::io::Write as _;

use serde_json::Value;

use failspec_base::template::Template;
use failspec_judge::report_model::exit;
use failspec_pack::pack::writing::{
    BodySource, Commented, Comments, ControlSource, Override, Parameters, RequestSource, ScenarioSource,
    TriggerSource, scenario_entry,
};

use super::{
    arguments::{NewScenarioArguments, ScenarioAction},
    error::CliError,
    parse_curl::CurlRequest,
    stdout::stdout,
};

/// Prints a scenario that sends the request of a curl command line. Credentials are left out: they belong to a role.
///
/// # Errors
/// When the command line cannot be read.
pub fn command(action: &ScenarioAction) -> Result<u8, CliError> {
    let ScenarioAction::New(arguments) = action;
    let request = CurlRequest::parse(&arguments.from_curl)
        .map_err(|error| CliError::usage_hint(error.to_string(), "give one curl command in single quotes"))?;
    let text = scenario_entry(&arguments.name, &scenario(&request, arguments));
    for option in &request.ignored {
        let _ = writeln!(
            failspec_report::terminal::stderr(),
            "notice: {option} has no equivalent in a scenario and is left out"
        );
    }
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

fn scenario(request: &CurlRequest, arguments: &NewScenarioArguments) -> Commented<ScenarioSource> {
    let mut comments = Comments::default();
    if request.credentials {
        comments.beside("/as", "the credentials of the command line belong to a role of the target");
    }
    comments.before("/control/request", "the same request without the fault: it must succeed");
    let parameters = |pairs: &[(String, String)]| -> Parameters {
        pairs.iter().map(|(name, value)| (name.clone(), Template::escape(value))).collect()
    };
    let body = request.body.as_ref().map(|body| match serde_json::from_str::<Value>(body) {
        Ok(json) if request.json => BodySource::Json(literal_json(json)),
        _ => BodySource::Text(Template::escape(body)),
    });
    let faulty = RequestSource {
        line: Some(format!("{} {}", request.method, Template::escape(&request.path))),
        role: request.credentials.then(|| Override::Set("role".to_owned())),
        path: Parameters::default(),
        query: parameters(&request.query),
        headers: parameters(&request.headers),
        body,
    };
    let control = ControlSource {
        request: RequestSource::to(format!("{} /…", request.method)),
        ..ControlSource::default()
    };
    let value = ScenarioSource {
        triggers: Some(TriggerSource::parse(&arguments.triggers)),
        request: faulty,
        control: Some(Box::new(control)),
        ..ScenarioSource::default()
    };
    Commented { value, comments }
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
