//! A generated scenario.

use std::fmt::Write as _;

use crate::yaml;

use super::{fixtures::Fixtures, request_spec::RequestSpec};

/// The request without the fault, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Control {
    RequestSpec(Box<RequestSpec>),
    None(&'static str),
}

/// A generated scenario.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub name: String,
    /// The failure that it triggers.
    pub failure: String,
    /// Where the rule stands that the request breaks.
    pub rule: String,
    /// Whether that such a request is refused is our own reading.
    pub inferred: bool,
    pub around: Fixtures,
    pub faulty: RequestSpec,
    pub control: Control,
}

impl Scenario {
    /// Its entry in a file of scenarios.
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
            Control::RequestSpec(ask) => {
                let overrides = ask.overrides(&self.faulty, "      ");
                // Where the fault is nothing that a request shows, such as who sends it, it is sent as it is.
                write!(text, "    control:\n{overrides}")
            }
        };
        text.push_str(&teardown);
        text
    }
}

/// A request as a step of a list.
pub(super) fn step(ask: &RequestSpec, capture: Option<(&str, &str)>) -> String {
    let mut text = ask.yaml("        ");
    text.replace_range(..8, "      - ");
    if let Some((name, pointer)) = capture {
        let _ = writeln!(text, "        capture: {{ {name}: {} }}", yaml::quoted(pointer));
    }
    text
}
