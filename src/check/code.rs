//! The code in the body.

use serde_json::Value;

use crate::pack::{CodeRule, Contract, Failure, Provenance, Scenario};

use super::{
    finding::Finding,
    identity::{Identity, is_anothers, is_item, is_usable},
    observed::{Observed, Phase},
    rule::{Check, When},
    subject::Subject,
    view::{View, show},
};

pub(super) static CHECK: Check = Check {
    id: "code",
    summary: "the response has the documented code",
    source: "`code` (and `codes`) of the failure in the contract",
    text: "The code is what clients branch on. It is compared exactly: type, case and surrounding space count. \
Found are: another documented failure's code, a code that the contract does not list (also in contracts with \
`codes: open`, since the condition itself is documented), no code, and a code of the wrong type. Where the \
documentation allows several codes (`codes`), each of them passes; the report tells which was seen. Under \
`codes: closed` a code that the contract does not list is found in every response of the scenario, those to its setup \
and its control included.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let failure = subject.triggered;
    let Some(rule) = &failure.rules.code else {
        return Vec::new();
    };
    // Without a JSON body there is nothing to look for a code in: the check `document` says so.
    if subject.view.judged().is_none() {
        return Vec::new();
    }
    let code = subject.view.code_of(failure);
    let wrong = |actual: String| {
        vec![
            subject
                .finding(CHECK.id, rule.source, expected(failure), actual.clone())
                .saying(format!("code: expected {}, got {actual}", expected(failure))),
        ]
    };
    let Some(code) = code else {
        let at = failure.envelope.code.as_ref().map(|at| at.rule.to_string()).unwrap_or_default();
        return wrong(format!("none at {at}"));
    };
    match &rule.rule {
        CodeRule::Exactly(_) if failure.accepts(code) => Vec::new(),
        CodeRule::Any if !is_usable(code) => wrong(format!("{}, which says nothing", show(code))),
        CodeRule::Any if is_anothers(code, subject.contract) && !is_item(subject.view) => {
            wrong(format!("{}, the code of another documented failure", show(code)))
        }
        CodeRule::Any => Vec::new(),
        CodeRule::Exactly(own) => wrong(describe(code, own, subject)),
    }
}

/// The codes that no failure of a closed contract has, in all responses of a scenario but those that [`CHECK`] judges.
///
/// Whose scenario it is does not matter: a closed list holds everywhere.
pub fn undocumented(contract: &Contract, scenario: &Scenario, observed: &Observed) -> Vec<Finding> {
    if contract.codes_open {
        return Vec::new();
    }
    let wants_a_code = contract.failures[scenario.failure].rules.code.is_some();
    let mut found: Vec<Finding> = Vec::new();
    for record in &observed.records {
        let Ok(response) = &record.exchange.result else { continue };
        if record.phase == Phase::Request && wants_a_code {
            continue;
        }
        let Identity::Undocumented(code) = Identity::of_any(View::new(response, None), contract) else {
            continue;
        };
        let actual = format!("{} in the response to the {}", show(&code), record.phase.name());
        let finding =
            Finding::new(CHECK.id, Provenance::Documented, "a code that the contract lists", &actual)
                .saying(format!("the list of codes is closed, and it does not have {actual}"));
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    found
}

fn expected(failure: &Failure) -> String {
    match failure.code() {
        None => "a code that is not another failure's".to_owned(),
        Some(own) if failure.rules.codes.is_empty() => show(own),
        Some(_) => {
            let codes: Vec<String> = failure.rules.codes.iter().map(show).collect();
            format!("one of {}", codes.join(", "))
        }
    }
}

/// The code that was there, and what is known about it.
fn describe(code: &Value, own: &Value, subject: &Subject<'_>) -> String {
    let about = match (code, own) {
        (Value::String(text), Value::String(own)) if text.trim() == own => "with space around it",
        (Value::String(text), Value::String(own)) if text.eq_ignore_ascii_case(own) => "in another case",
        (Value::String(text), Value::Number(own)) if *text == own.to_string() => "text instead of a number",
        (Value::Number(number), Value::String(own)) if number.to_string() == *own => {
            "a number instead of text"
        }
        _ => match &subject.identity {
            Identity::Other(_) => "another documented failure's",
            Identity::Undocumented(_) if code.is_string() || code.is_number() => "which is not documented",
            _ => return show(code),
        },
    };
    format!("{}, {about}", show(code))
}
