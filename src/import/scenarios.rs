//! Stubs of scenarios: what is still to be written, in the form in which it will be written.

use std::fmt::Write as _;

use super::{
    draft::{Draft, DraftFailure},
    yaml,
};

impl Draft {
    /// The text of the scenario file: one request that can be sent as it is, if there is a failure that it may bring,
    /// and a stub for each other failure and cause. A stub is a comment: what tests nothing must not look like a test.
    pub fn scenarios(&self) -> String {
        let mut text = String::from(
            "# Requests that must fail as the contract says, each with a control: the same request without the fault, which\n\
             # must succeed. Every failure and every cause wants one: take the `# ` away and say what to send.\n\
             # yaml-language-server: $schema=../../schemas/scenario.schema.json\n",
        );
        let _ = writeln!(text, "contract: {}", self.name);
        let usable: Vec<&DraftFailure> = self.failures.iter().filter(|it| !it.statuses.is_empty()).collect();
        let ready = usable.iter().copied().find(|it| it.statuses.contains(&404) && it.causes.is_empty());
        match ready {
            Some(failure) => {
                let _ = writeln!(
                    text,
                    "scenarios:\n  # Whether a path that nobody knows is this failure is our guess: a difference is a warning.\n  \
                     ask_for_what_is_not_there:\n    triggers: {}\n    source: ours\n    \
                     request: GET /failspec-no-such-path\n    no_control: a path that exists is not known yet",
                    yaml::text(&failure.id)
                );
            }
            None => text.push_str("scenarios: {}\n"),
        }
        for failure in usable.into_iter().filter(|it| ready.is_none_or(|ready| ready.id != it.id)) {
            if failure.causes.is_empty() {
                stub(&mut text, &failure.id, &failure.id, &failure.summary);
            }
            for (cause, about) in &failure.causes {
                stub(
                    &mut text,
                    &format!("{}_{cause}", failure.id),
                    &format!("{}/{cause}", failure.id),
                    about,
                );
            }
        }
        text
    }
}

fn stub(text: &mut String, name: &str, triggers: &str, about: &str) {
    let _ = writeln!(
        text,
        "\n  {}\n  # {name}:\n  #   triggers: {triggers}\n  #   request: GET /…\n  #   control: {{ path: … }}",
        yaml::comment(about)
    );
}
