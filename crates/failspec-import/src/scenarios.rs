//! Stubs of scenarios: templates for the scenarios that are still to be written.

use std::fmt::Write as _;

use super::{
    draft::{Draft, DraftFailure},
    yaml,
};

impl Draft {
    /// Returns the text of the scenario file: one complete scenario, if there is a failure that it may trigger, and a
    /// stub for each other failure and cause. A stub is a comment: text that tests nothing must not look like a test.
    pub fn scenarios(&self) -> String {
        let mut text = String::from(
            "# Each scenario sends a request that must fail as the contract says. Its control is the same\n\
             # request without the fault and must succeed. Write a scenario for each failure and each cause:\n\
             # uncomment its stub and replace every `…`.\n\
             # yaml-language-server: $schema=../../schemas/scenario.schema.json\n",
        );
        let _ = writeln!(text, "contract: {}", self.name);
        let usable: Vec<&DraftFailure> = self.failures.iter().filter(|it| !it.statuses.is_empty()).collect();
        let ready = usable.iter().copied().find(|it| it.statuses.contains(&404) && it.causes.is_empty());
        match ready {
            Some(failure) => {
                let _ = writeln!(
                    text,
                    "scenarios:\n  # Inferred: unknown paths probably fail this way. A difference is a warning.\n  \
                     request_an_absent_path:\n    triggers: {}\n    source: inferred\n    \
                     request: GET /failspec-no-such-path\n    no_control: no existing path is known yet",
                    yaml::text(&failure.id)
                );
            }
            None => text.push_str("scenarios: {}\n"),
        }
        for failure in usable.into_iter().filter(|it| ready.is_none_or(|ready| ready.id != it.id)) {
            let status = failure.statuses.first().copied().unwrap_or_default();
            if failure.causes.is_empty() {
                stub(&mut text, [&failure.id, &failure.id], &failure.summary, status);
            }
            for (cause, about) in &failure.causes {
                let names = [format!("{}_{cause}", failure.id), format!("{}/{cause}", failure.id)];
                stub(&mut text, [&names[0], &names[1]], about, status);
            }
        }
        text
    }
}

/// Returns the lines of a request that usually triggers a status, and of its control. The author must replace every
/// `…`.
fn request(status: u16) -> &'static [&'static str] {
    match status {
        400 | 422 => &["request: POST /…", "json: { …: wrong }", "control: { json: { …: right } }"],
        401 => &["request: GET /…", "control: { as: … }   # a role from `requires` in contract.yaml"],
        403 => &["request: GET /…", "as: …   # a role without permission", "control: { as: … }"],
        405 => &["request: DELETE /…", "control: { request: GET /… }"],
        406 => &[
            "request: GET /…",
            "headers: { Accept: text/csv }",
            "control: { headers: { Accept: application/json } }",
        ],
        415 => &[
            "request: POST /…",
            "headers: { Content-Type: text/plain }",
            "text: \"{}\"",
            "control: { headers: { Content-Type: application/json } }",
        ],
        429 => &[
            "request: GET /…",
            "repeat: { times: … }   # or write `excluded: <reason>` in contract.yaml instead",
        ],
        500.. => &[
            "request: GET /…",
            "condition: …   # a state that no request can cause; or `excluded: <reason>` in contract.yaml",
        ],
        _ => &["request: GET /…", "control: { path: … }"],
    }
}

fn stub(text: &mut String, [name, triggers]: [&str; 2], about: &str, status: u16) {
    let _ = writeln!(text, "\n  {}\n  # {name}:\n  #   triggers: {triggers}", yaml::comment(about));
    for line in request(status) {
        let _ = writeln!(text, "  #   {line}");
    }
}
