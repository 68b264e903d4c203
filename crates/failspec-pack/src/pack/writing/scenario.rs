//! Scenario files.

use serde_json::Value;

use failspec_base::syntax::{Decoder, Node, NodeValue};

use super::{
    super::{
        Pointer, Provenance,
        concurrent::{CONCURRENT, OTHER},
        control::CONTROL,
        fixture::FIXTURE,
        in_time::SLOW_BODY,
        indistinguishable::INDISTINGUISHABLE_FROM,
        later::LATER,
        scenario::{SCENARIO, SCENARIOS},
        triggers::split_trigger,
    },
    CaptureSource,
    expect::{AtSource, ExpectSource, RepeatSource, ScenarioExpectSource},
    file_value::{FileDocument, FileValue, Tree},
    mappings::file_mappings,
    request::RequestSource,
    step::StepSource,
    values::Override,
};

file_mappings! {
    /// A scenario file.
    #[derive(Default)]
    block struct ScenarioFileSource: SCENARIOS, {
        /// The name of the contract.
        contract: String = "contract",
        /// The fixtures by name.
        fixtures: Vec<(String, FixtureSource)> = "fixtures",
        /// The scenarios by name.
        scenarios: Vec<(String, ScenarioSource)> = ["scenarios" always],
    }

    /// The requests that should trigger one failure, or one cause of it.
    #[derive(Default)]
    block struct ScenarioSource: SCENARIO, {
        /// The failure, or the cause of it; none if the request must succeed.
        triggers: Option<TriggerSource> = "triggers",
        /// The failure whose fault the request has as well.
        second_fault: Option<String> = "second_fault",
        /// The page or line with the rule that the request breaks.
        documentation: Option<String> = "documentation",
        /// The kind of the fault.
        fault: Option<String> = "fault",
        /// The part of the request that the fault is in.
        part: Option<String> = "part",
        /// The origin of the scenario.
        source: Option<Provenance> = "source",
        /// The condition that must be active.
        condition: Option<String> = "condition",
        /// The names of its locks.
        locks: Vec<String> = "locks",
        /// Its tags.
        tags: Vec<String> = ["tags" inline],
        /// The rows, or the file that they are in.
        each: RowsSource = "each",
        /// The names of its fixtures.
        fixtures: Vec<String> = ["fixtures" inline],
        /// The steps before the request.
        setup: Vec<StepSource> = "setup",
        /// The request with the fault.
        request: RequestSource = [flat],
        /// How long the response may take, as a time span.
        first_byte: Option<String> = "first_byte",
        /// The repetition of the request.
        repeat: Option<RepeatSource> = "repeat",
        /// The pause while the body is sent.
        slow_body: Option<SlowBodySource> = "slow_body",
        /// The requests that are sent at the same time.
        concurrent: Option<ConcurrentSource> = "concurrent",
        /// The job that the request starts.
        later: Option<Box<LaterSource>> = "later",
        /// Values taken from a success, for the teardown.
        capture: Vec<(String, CaptureSource)> = ["capture" inline],
        /// The item of a bulk response that is checked.
        at: Option<AtSource> = "at",
        /// Expectations in addition to those of the contract, or a success.
        expect: Option<ScenarioExpectSource> = "expect",
        /// Inferred expectations.
        inferred: Option<ExpectSource> = "inferred",
        /// A comparison request that must get the same response.
        indistinguishable_from: Option<IndistinguishableFromSource> = "indistinguishable_from",
        /// The changes that remove the fault.
        control: Option<Box<ControlSource>> = "control",
        /// The reason why no control is possible.
        no_control: Option<String> = "no_control",
        /// The steps after the failure.
        then: Vec<StepSource> = "then",
        /// The steps that remove what the scenario created.
        teardown: Vec<StepSource> = "teardown",
    }

    /// A pause while the body of a request is sent.
    #[derive(Default)]
    inline struct SlowBodySource: SLOW_BODY, {
        /// Its length, as a time span.
        pause: String = "pause",
        /// The number of bytes that are sent before it.
        after: Option<Value> = "after",
        /// True if the rest is never sent.
        cut: bool = "cut",
    }

    /// Requests that are sent at the same time.
    #[derive(Default)]
    block struct ConcurrentSource: CONCURRENT, {
        /// How often the request is sent at once.
        times: Option<Value> = "times",
        /// Changes of the request, one for each other request.
        others: Vec<OtherRequestSource> = "others",
        /// How many of all succeed.
        succeed: Option<Value> = "succeed",
        /// The result when they are processed one after the other.
        in_turn: Option<String> = "in_turn",
    }

    /// Another request that is sent at the same time.
    #[derive(Default)]
    block struct OtherRequestSource: OTHER, {
        /// The changes of the request.
        request: RequestSource = [flat],
    }

    /// A job that the request starts, and that fails.
    #[derive(Default)]
    block struct LaterSource: LATER, {
        /// Values taken from the response that accepted the request.
        capture: Vec<(String, CaptureSource)> = ["capture" inline],
        /// The request that asks for the job.
        request: RequestSource = [flat],
        /// The response that says that the job has ended.
        until: Option<ExpectSource> = "until",
        /// How long the job may take.
        within: Option<String> = "within",
        /// The pause between two requests.
        every: Option<String> = "every",
        /// The place of the error in the response.
        error: Option<Pointer> = "error",
    }

    /// Setup steps that several scenarios share.
    #[derive(Default)]
    block struct FixtureSource: FIXTURE, {
        /// The names of the fixtures that it needs.
        fixtures: Vec<String> = ["fixtures" inline],
        /// The steps.
        setup: Vec<StepSource> = "setup",
        /// The steps that remove what it created.
        teardown: Vec<StepSource> = "teardown",
    }

    /// The changes that turn the flow with the fault into the one without it.
    #[derive(Default)]
    block struct ControlSource: CONTROL, {
        /// The fixtures that replace those of the scenario.
        fixtures: Option<Override<Vec<String>>> = ["fixtures" inline],
        /// The steps that replace the setup.
        setup: Option<Override<Vec<StepSource>>> = "setup",
        /// The changes of the request.
        request: RequestSource = [flat],
        /// The repetition of the request.
        repeat: Option<Override<RepeatSource>> = "repeat",
        /// Values taken from a success, for the teardown.
        capture: Vec<(String, CaptureSource)> = ["capture" inline],
        /// The item of a bulk response that is checked.
        at: Option<Override<AtSource>> = "at",
        /// The expected response.
        expect: Option<Override<ExpectSource>> = "expect",
    }

    /// A comparison request that must get the same response.
    #[derive(Default)]
    block struct IndistinguishableFromSource: INDISTINGUISHABLE_FROM, {
        /// The changes of the request under test.
        request: RequestSource = [flat],
        /// The origin of the statement that the responses are the same.
        source: Option<Provenance> = "source",
    }
}

impl FileDocument for ScenarioFileSource {
    const SPACED: bool = false;
}

impl ScenarioSource {
    /// Returns the id of the failure that it triggers.
    pub fn failure(&self) -> Option<&str> {
        self.triggers.as_ref().map(|triggers| triggers.failure.as_str())
    }

    /// Returns every request that it contains: its own, and those of its control and of its steps.
    pub fn requests(&self) -> impl Iterator<Item = &RequestSource> {
        let control = self.control.as_deref();
        let replaced = control.and_then(|control| match &control.setup {
            Some(Override::Set(steps)) => Some(steps),
            _ => None,
        });
        let steps = [Some(&self.setup), replaced, Some(&self.then), Some(&self.teardown)];
        let steps = steps.into_iter().flatten().flatten().map(|step| &step.request);
        let compared = self.indistinguishable_from.as_ref().map(|other| &other.request);
        [&self.request]
            .into_iter()
            .chain(control.map(|control| &control.request))
            .chain(steps)
            .chain(compared)
    }

    /// Returns the roles that its requests have.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.requests().filter_map(|request| match &request.role {
            Some(Override::Set(role)) => Some(role.as_str()),
            _ => None,
        })
    }
}

/// The rows of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub enum RowsSource {
    /// Rows by name: the values by name.
    Inline(Vec<(String, Vec<(String, Value)>)>),
    /// The name of the file with the rows.
    File(String),
}

impl Default for RowsSource {
    fn default() -> Self {
        Self::Inline(Vec::new())
    }
}

impl FileValue for RowsSource {
    fn tree(&self) -> Tree {
        match self {
            Self::Inline(rows) => rows.tree(),
            Self::File(name) => name.tree(),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        match node.as_text() {
            Some(name) => Some(Self::File(name.to_owned())),
            None => FileValue::read(node, reader).map(Self::Inline),
        }
    }

    fn entry(&self) -> Option<Tree> {
        match self {
            Self::Inline(rows) => rows.entry(),
            Self::File(name) => name.entry(),
        }
    }

    fn missing() -> Option<Self> {
        Some(Self::default())
    }
}

/// The failure that a scenario triggers, or one cause of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TriggerSource {
    /// The id of the failure.
    pub failure: String,
    /// The name of the cause.
    pub cause: Option<String>,
    /// Its other names, for versions of the contract that do not have it.
    pub or: Vec<Self>,
}

impl TriggerSource {
    /// Returns the trigger of a failure.
    pub fn of(failure: impl Into<String>) -> Self {
        Self { failure: failure.into(), ..Self::default() }
    }

    /// Parses `failure` or `failure/cause`.
    pub fn parse(text: &str) -> Self {
        let (failure, cause) = split_trigger(text);
        Self { failure: failure.to_owned(), cause: cause.map(str::to_owned), or: Vec::new() }
    }

    fn text(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{}/{cause}", self.failure),
            None => self.failure.clone(),
        }
    }
}

impl FileValue for TriggerSource {
    fn tree(&self) -> Tree {
        if self.or.is_empty() {
            return self.text().tree();
        }
        Tree::Inline([self].into_iter().chain(&self.or).map(Self::text).collect())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let NodeValue::List(items) = &node.value else {
            return reader.text(node).map(Self::parse);
        };
        let mut all = items.iter().map(|item| reader.text(item).map(Self::parse));
        let first = all.next()??;
        Some(Self { or: all.collect::<Option<_>>()?, ..first })
    }
}
