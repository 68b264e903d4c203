//! The error code.

use serde_json::Value;

use failspec_base::message::Response;
use failspec_pack::pack::{CodeRule, Contract, Failure, Provenance, Scenario};

use super::{
    case_log::{Observed, Phase},
    definition::{Check, When},
    finding::Finding,
    identification::{Identity, is_anothers, is_item, is_usable},
    response_view::{Item, Pick, View, show},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "code",
    summary: "the response has the documented code",
    source: "`code` (and `codes`) of the failure in the contract",
    text: "Clients branch on the code, wherever the contract says that it is: in the body, in a header, in a text. It is compared exactly: type, upper and lower case and surrounding \
whitespace count. Reported are: the code of another documented failure, a code that the contract does not \
list (also in contracts with `codes: open`, since the condition itself is documented), a missing code, and a \
code of the wrong type. Where the documentation allows several codes (`codes`), each of them passes; the \
report shows which one was received. Under `codes: closed`, a code that the contract does not list is \
reported for every response of the scenario, including those of its setup and its control.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let failure = subject.triggered;
    let Some(rule) = &failure.rules.code else {
        return Vec::new();
    };
    // Without a JSON body there is nothing to look for a code in: the check `well-formed` reports that.
    let in_json = !subject.is_bare() && subject.view.judged().is_some();
    if !in_json && !subject.view.has_code_outside_json(&failure.envelope) {
        return Vec::new();
    }
    let code = subject.view.code_of(failure);
    let wrong = |actual: String| {
        vec![
            subject
                .cause_finding(CHECK.id, rule.source, expected(failure), actual.clone())
                .saying(format!("code: expected {}, got {actual}", expected(failure))),
        ]
    };
    let Some(code) = code.as_deref() else {
        let at = failure.envelope.code.as_ref().map(|at| at.rule.to_string()).unwrap_or_default();
        return wrong(format!("none at {at}"));
    };
    match &rule.rule {
        CodeRule::Exactly(_) if failure.accepts(code) => Vec::new(),
        CodeRule::Any if !is_usable(code) => wrong(format!("{}, which is not a usable code", show(code))),
        CodeRule::Any if is_anothers(code, subject.contract) && !is_item(subject.view) => {
            wrong(format!("{}, the code of another documented failure", show(code)))
        }
        CodeRule::Any => Vec::new(),
        CodeRule::Exactly(own) => wrong(describe(code, own, subject)),
    }
}

/// Returns findings about codes that no failure of a closed contract has, in all responses of a scenario except those
/// that [`CHECK`] judges.
///
/// The source of the scenario does not matter: a closed list applies everywhere.
pub fn undocumented(contract: &Contract, scenario: &Scenario, observed: &Observed) -> Vec<Finding> {
    if contract.codes_open {
        return Vec::new();
    }
    let wants_a_code = scenario.failure.is_some_and(|index| contract.failures[index].rules.code.is_some());
    let mut found: Vec<Finding> = Vec::new();
    for record in &observed.records {
        let Ok(response) = &record.exchange.result else { continue };
        if record.phase == Phase::Request && wants_a_code {
            continue;
        }
        for view in views(response, observed) {
            let Identity::Undocumented(code) = Identity::of_any(view, contract) else { continue };
            let actual = format!("{} in the response to the {}", show(&code), record.phase.as_str());
            let finding =
                Finding::new(CHECK.id, Provenance::Documented, "a code that the contract lists", &actual)
                    .saying(format!("the closed list of codes does not include {actual}"));
            if !found.contains(&finding) {
                found.push(finding);
            }
        }
    }
    found
}

/// Returns the views of a response in which codes can be: of each item, if the scenario is about items and the
/// response has a list of them, otherwise of the whole.
fn views<'r>(response: &'r Response, observed: &Observed) -> Vec<View<'r>> {
    let whole = View::new(response, None);
    let pick = observed.pick.as_ref();
    let within = pick.map_or(whole.within, Pick::within);
    match pick.and_then(|pick| pick.items(response)) {
        Some(items) => {
            items.into_iter().map(|item| View { item: Item::One(item), within, ..whole }).collect()
        }
        None => vec![whole],
    }
}

fn expected(failure: &Failure) -> String {
    match failure.code() {
        None => "a code that no other failure has".to_owned(),
        Some(own) if failure.rules.codes.is_empty() => show(own),
        Some(_) => {
            let codes: Vec<String> = failure.rules.codes.iter().map(show).collect();
            format!("one of {}", codes.join(", "))
        }
    }
}

/// Describes the code that was received, and what is known about it.
fn describe(code: &Value, own: &Value, subject: &Subject<'_>) -> String {
    let about = match (code, own) {
        (Value::String(text), Value::String(own)) if text.trim() == own => "with whitespace around it",
        (Value::String(text), Value::String(own)) if text.eq_ignore_ascii_case(own) => {
            "in different letter case"
        }
        (Value::String(text), Value::Number(own)) if *text == own.to_string() => {
            "a string instead of a number"
        }
        (Value::Number(number), Value::String(own)) if number.to_string() == *own => {
            "a number instead of a string"
        }
        _ => match &subject.identity {
            Identity::Other(_) => "the code of another documented failure",
            Identity::Undocumented(_) if code.is_string() || code.is_number() => "which is not documented",
            _ => return show(code),
        },
    };
    format!("{}, {about}", show(code))
}
