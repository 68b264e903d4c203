//! Stubs of scenarios: templates for the scenarios that are still to be written.

use serde_json::{Value, json};

use failspec_pack::pack::{
    Provenance,
    writing::{
        BodySource, Commented, Comments, ControlSource, FailureSource, Note, Override, ParameterValue,
        Parameters, RepeatSource, RequestSource, ScenarioFileSource, ScenarioSource, TriggerSource,
    },
};

use super::draft::{Draft, DraftFailure};

/// The part of a scenario that its author must replace.
const GAP: &str = "…";

impl Draft {
    /// Returns the scenario file: one complete scenario, if there is a failure that it may trigger, and a stub for each
    /// other failure and cause. A stub is a comment: text that tests nothing must not look like a test.
    pub fn scenarios(&self) -> Commented<ScenarioFileSource> {
        let mut comments = Comments::default();
        for line in [
            "Each scenario sends a request that must fail as the contract says. Its control is the same",
            "request without the fault and must succeed. Write a scenario for each failure and each cause:",
            "uncomment its stub and replace every `…`.",
            "yaml-language-server: $schema=../../schemas/scenario.schema.json",
        ] {
            comments.head(line);
        }
        let usable: Vec<&DraftFailure> =
            self.failures.iter().filter(|it| !it.statuses().is_empty()).collect();
        let is_ready = |it: &&DraftFailure| it.statuses().contains(&404) && it.causes.is_empty();
        let ready = || usable.iter().copied().filter(is_ready);
        // Of several failures, the one about the path itself is meant.
        let ready = ready().find(|it| is_about_paths(&it.source)).or_else(|| ready().next());
        let mut value = ScenarioFileSource { contract: self.name.clone(), ..ScenarioFileSource::default() };
        if let Some(failure) = ready {
            comments.before(
                "/scenarios/request_an_absent_path",
                "Inferred: unknown paths probably fail this way. A difference is a warning.",
            );
            let scenario = ScenarioSource {
                triggers: Some(TriggerSource::of(&failure.source.id)),
                source: Some(Provenance::Inferred),
                request: RequestSource::to("GET /failspec-no-such-path"),
                no_control: Some("no existing path is known yet".to_owned()),
                ..ScenarioSource::default()
            };
            value.scenarios.push(("request_an_absent_path".to_owned(), scenario));
        }
        for failure in
            usable.into_iter().filter(|it| ready.is_none_or(|ready| ready.source.id != it.source.id))
        {
            let id = &failure.source.id;
            if failure.causes.is_empty() {
                let triggers = TriggerSource::of(id);
                stub(&mut comments, id, triggers, &failure.source.summary, &failure.statuses());
            }
            for (cause, about) in failure.source.causes.iter().zip(&failure.causes) {
                let triggers =
                    TriggerSource { failure: id.clone(), cause: Some(cause.clone()), or: Vec::new() };
                stub(&mut comments, &format!("{id}_{cause}"), triggers, about, &failure.statuses());
            }
        }
        Commented { value, comments }
    }
}

/// Adds the comment with a stub to the end of the file.
fn stub(file: &mut Comments, name: &str, triggers: TriggerSource, about: &str, statuses: &[u16]) {
    let (scenario, hints) = outline(statuses.first().copied().unwrap_or_default());
    let scenario = ScenarioSource { triggers: Some(triggers), ..scenario };
    let mut comments = Comments::default();
    for (key, hint) in hints {
        comments.beside(format!("/{name}/{key}"), *hint);
    }
    file.after("/scenarios", Note::Blank);
    file.after("/scenarios", about);
    file.after("/scenarios", Note::key(name, &scenario, comments));
}

/// Returns a request that usually triggers a status, and its control, with hints about some of their keys. The author
/// must replace every `…`.
fn outline(status: u16) -> (ScenarioSource, &'static [(&'static str, &'static str)]) {
    let request = |method: &str| RequestSource::to(format!("{method} /{GAP}"));
    let role = || Some(Override::Set(GAP.to_owned()));
    let header = |name: &str, value: &str| Parameters::from_iter([(name, value)]);
    let mut faulty = request("GET");
    let mut control = RequestSource::default();
    let mut scenario = ScenarioSource::default();
    let hints: &[(&str, &str)] = match status {
        400 | 422 => {
            faulty = request("POST");
            faulty.body = Some(BodySource::Json(json!({ GAP: "wrong" })));
            control.body = Some(BodySource::Json(json!({ GAP: "right" })));
            &[]
        }
        401 => {
            control.role = role();
            &[("control/as", "a role from `requires` in contract.yaml")]
        }
        403 => {
            faulty.role = role();
            control.role = role();
            &[("as", "a role without permission")]
        }
        405 => {
            faulty = request("DELETE");
            control = request("GET");
            &[]
        }
        406 => {
            faulty.headers = header("Accept", "text/csv");
            control.headers = header("Accept", "application/json");
            &[]
        }
        415 => {
            faulty = request("POST");
            faulty.headers = header("Content-Type", "text/plain");
            faulty.body = Some(BodySource::Text("{}".to_owned()));
            control.headers = header("Content-Type", "application/json");
            &[]
        }
        429 => {
            scenario.repeat = Some(RepeatSource { times: GAP.into(), until_triggered: false });
            &[("repeat", "or write `excluded: <reason>` in contract.yaml instead")]
        }
        500.. => {
            scenario.condition = Some(GAP.to_owned());
            &[("condition", "a state that no request can cause; or `excluded: <reason>` in contract.yaml")]
        }
        _ => {
            let gap = ParameterValue::One(GAP.into());
            control.path = Parameters::Named(vec![(GAP.to_owned(), gap)]);
            &[]
        }
    };
    let has_control = control != RequestSource::default();
    scenario.request = faulty;
    scenario.control =
        has_control.then(|| Box::new(ControlSource { request: control, ..ControlSource::default() }));
    (scenario, hints)
}

/// Returns true if a failure is about the path of a request, and not about what is there.
fn is_about_paths(failure: &FailureSource) -> bool {
    let code = failure.code.as_ref().and_then(Value::as_str).unwrap_or_default();
    let text = format!("{code} {}", failure.summary).to_lowercase();
    let mut words = text.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| ["route", "endpoint", "path", "url"].contains(&word))
}
