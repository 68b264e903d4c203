//! Generated scenarios.

use std::fmt::Write as _;

use crate::yaml;

use super::{fixtures::Fixtures, request_spec::RequestSpec};

/// The request without the fault, or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Control {
    Request(Box<RequestSpec>),
    None(&'static str),
}

/// A generated scenario.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub name: String,
    /// The id of the failure that it triggers.
    pub failure: String,
    /// The location of the rule that the request violates.
    pub rule: String,
    /// True if the rejection of such a request is inferred, not documented.
    pub inferred: bool,
    pub around: Fixtures,
    pub faulty: RequestSpec,
    pub control: Control,
}

impl Scenario {
    /// Returns its entry in a scenario file.
    pub fn yaml(&self) -> String {
        let mut text = format!("  {}:\n    triggers: {}\n", self.name, yaml::text(&self.failure));
        let _ = writeln!(text, "    documentation: {}", yaml::quoted(&self.rule));
        if self.inferred {
            text.push_str("    source: inferred\n");
        }
        let (setup, teardown) = self.around.yaml();
        text.push_str(&setup);
        text.push_str(&self.faulty.yaml("    "));
        let _ = match &self.control {
            Control::None(reason) => writeln!(text, "    no_control: {reason}"),
            Control::Request(ask) => {
                let overrides = ask.overrides(&self.faulty, "      ");
                // If the fault is not visible in a request, there are no overrides: the control sends the same
                // request.
                write!(text, "    control:\n{overrides}")
            }
        };
        text.push_str(&teardown);
        text
    }
}

/// Formats a request as a step of a list. `capture` is the name of a capture and its JSON Pointer.
pub(super) fn step(ask: &RequestSpec, capture: Option<(&str, &str)>) -> String {
    let mut text = ask.yaml("        ");
    text.replace_range(..8, "      - ");
    if let Some((name, pointer)) = capture {
        let _ = writeln!(text, "        capture: {{ {name}: {} }}", yaml::quoted(pointer));
    }
    text
}
