//! The requests that should trigger one failure.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use failspec_base::{
    message::BodyPause,
    syntax::{Decoder, Entry, Field, Fields, Location, MappingSchema, Node, Span, ValueType},
    template::Placeholder,
};

use super::{
    Contract,
    body_file::BodyFiles,
    concurrent::{CONCURRENT, Concurrent},
    control::{BeforeSetup, CONTROL, Control},
    expect::{EXPECT, Expect},
    fault_parts::{inferred_fault, scenario_source},
    fixture::{FIXTURE, FIXTURES, FixtureSteps, Fixtures},
    in_time::{SLOW_BODY, in_time, slow_body},
    indistinguishable::{INDISTINGUISHABLE_FROM, IndistinguishableFrom},
    later::{LATER, Later},
    provenance::{Provenance, WORDS},
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
    request_flow::{AT, At, Flow, REPEAT, Repeat},
    row::Row,
    row_file::{Each, RowFiles},
    schema::SchemaRegistry,
    step::{CAPTURES, Capture, STEP, Step, check_parameters},
    triggers::{Goal, NO_SERVER_ERROR_ID, SUCCESS, SUCCESS_ID, SecondFault, Trigger, is_of_another_version},
};

/// The longest time that a scenario can give a response: one hour, as for a target.
const MAX_FIRST_BYTE: Duration = Duration::from_secs(3600);

/// The requests that should trigger one failure, or one cause of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name in the pack.
    pub name: String,
    /// The failure under test, by its index in the contract; `None` if the request has no fault.
    pub failure: Option<usize>,
    /// The failure whose fault the request has as well.
    pub second_fault: Option<SecondFault>,
    /// True if the request may succeed or be refused, and must only not break the server.
    pub may_be_refused: bool,
    /// True if a refusal of such a request is a warning: nothing that is documented forbids it.
    pub should_be_accepted: bool,
    /// The cause under test, by its index in the failure.
    pub cause: Option<usize>,
    /// The origin of the scenario: `Inferred` if the documentation does not say that this fault causes this failure.
    pub source: Provenance,
    /// The page or line with the rule that its request breaks.
    pub documentation: Option<Arc<str>>,
    /// The kind of the fault, by which reports group what several operations do with it.
    pub fault: Option<Arc<str>>,
    /// The part of the request that the fault is in, such as the name of a member.
    pub part: Option<Arc<str>>,
    /// The flow with the fault.
    pub faulty: Flow,
    /// The control: the flow without the fault.
    pub control: Control,
    /// Steps that remove what the scenario created.
    pub teardown: Vec<Step>,
    /// The rows, one case for each; without rows there is one case.
    pub rows: Vec<Row>,
    /// The pause while the body of the request under test is sent.
    pub slow_body: Option<BodyPause>,
    /// The requests that are sent at the same time as the request under test.
    pub concurrent: Option<Box<Concurrent>>,
    /// The job that the request starts, and that fails.
    pub later: Option<Box<Later>>,
    /// The steps after the failure.
    pub then: Vec<Step>,
    /// A comparison request that must get the same response.
    pub indistinguishable_from: Option<Box<IndistinguishableFrom>>,
    /// The names of its locks; scenarios that share a lock never overlap.
    pub locks: Vec<String>,
    /// Its tags and those of its failure, sorted: a run selects cases by them.
    pub tags: Vec<String>,
    /// The condition that must be active while the request is sent.
    pub condition: Option<String>,
    /// How long the response to the request may take at least, if the limit of the target is shorter.
    pub first_byte: Option<Duration>,
    /// Inferred expectations, in addition to the contract.
    pub expect_inferred: Option<Box<Expect>>,
    /// Its location in the file.
    pub place: Location,
    /// The names of the other files that it is read from: those of its rows, of its bodies and of its fixtures.
    pub other_files: BTreeSet<Arc<str>>,
}

/// The parts that the scenarios of a pack share: files with rows, files that requests send, and fixtures.
#[derive(Debug)]
pub(super) struct Shared<'p> {
    pub row_files: RowFiles<'p>,
    pub body_files: BodyFiles<'p>,
    pub fixtures: Fixtures,
}

/// The roles and names that a scenario requires.
#[derive(Debug, Default)]
pub struct Needs<'a> {
    /// Names of roles.
    pub roles: BTreeSet<&'a str>,
    /// Names of variables, and of captures and row values, which the scenario provides itself.
    pub names: BTreeSet<&'a str>,
}

/// The keys of a scenario file.
pub static SCENARIOS: MappingSchema = MappingSchema {
    name: "scenario file",
    about: "the scenarios of a contract",
    fields: &[
        Field::required("contract", ValueType::Name, "the name of the contract that the scenarios belong to"),
        Field::optional(
            "scenarios",
            ValueType::Map(&ValueType::MappingSchema(&SCENARIO)),
            "the scenarios by name; a file with fixtures needs none",
        ),
        Field::optional(
            "fixtures",
            ValueType::Map(&ValueType::MappingSchema(&FIXTURE)),
            "setup steps that scenarios of all files share, by name",
        ),
    ],
    also: &[],
};

pub(super) static SCENARIO: MappingSchema = MappingSchema {
    name: "scenario",
    about: "the requests that should trigger one failure, or one cause of it",
    fields: &[
        Field::optional(
            "triggers",
            ValueType::Either(&[ValueType::Text, ValueType::List(&ValueType::Text)]),
            "the failure, or failure/cause; of a list, the first that the version of the contract has; without it, `expect: success` says that the request must succeed, and \
             `expect: no_server_error` that it must not break the server",
        ),
        Field::optional(
            "second_fault",
            ValueType::Name,
            "a failure whose fault the request has as well. Where the contract says that `triggers` precedes it, it must not \
             come; where it says nothing, either may come, and then nothing is shown",
        ),
        Field::optional(
            "source",
            ValueType::Words(WORDS),
            "`inferred` if the documentation does not say that this request causes this failure",
        ),
        Field::optional(
            "documentation",
            ValueType::Text,
            "the page or line with the rule that the request breaks; reports show it",
        ),
        Field::optional("fixtures", FIXTURES, "fixtures whose steps come before those of `setup`"),
        Field::optional(
            "fault",
            ValueType::Text,
            "the kind of the fault, such as `missing`: reports group what several operations do with it",
        ),
        Field::optional(
            "part",
            ValueType::Text,
            "the part of the request that the fault is in, such as the name of a member",
        ),
        Field::optional(
            "setup",
            ValueType::List(&ValueType::MappingSchema(&STEP)),
            "steps before the request",
        ),
        Field::optional(
            "expect",
            ValueType::Either(&[ValueType::Words(SUCCESS), ValueType::MappingSchema(&EXPECT)]),
            "expectations in addition to those of the contract; `success` in place of `triggers`: the request \
             must succeed (with more to expect: `{ success: true, … }`); `no_server_error`: it may succeed or be refused; \
             `accepted`: the same, and a refusal is a warning",
        ),
        Field::optional(
            "inferred",
            ValueType::MappingSchema(&EXPECT),
            "inferred expectations (not documented): breaking one is a warning",
        ),
        Field::optional(
            "first_byte",
            ValueType::Duration,
            "how long the response may take: the documented deadline of a 504 and a little more; a longer \
             `first_byte` of the target counts (at most 1h)",
        ),
        Field::optional("at", ValueType::MappingSchema(&AT), "the item of a bulk response that is checked"),
        Field::optional("repeat", ValueType::MappingSchema(&REPEAT), "how often the request is sent"),
        Field::optional(
            "slow_body",
            ValueType::MappingSchema(&SLOW_BODY),
            "a pause while the body of the request is sent: longer than the server waits for it",
        ),
        Field::optional(
            "concurrent",
            ValueType::MappingSchema(&CONCURRENT),
            "requests that are sent at the same time as this one",
        ),
        Field::optional(
            "later",
            ValueType::MappingSchema(&LATER),
            "the request is accepted, and the job that it started fails",
        ),
        Field::optional(
            "capture",
            CAPTURES,
            "values taken from the response to the control, and from that to the request with the fault if it is not \
             rejected, for the teardown",
        ),
        Field::optional(
            "control",
            ValueType::MappingSchema(&CONTROL),
            "overrides that remove the fault; the control must succeed",
        ),
        Field::optional("no_control", ValueType::Text, "the reason why no control is possible"),
        Field::optional(
            "then",
            ValueType::List(&ValueType::MappingSchema(&STEP)),
            "steps after the failure, or after the success of a request without a fault",
        ),
        Field::optional(
            "indistinguishable_from",
            ValueType::MappingSchema(&INDISTINGUISHABLE_FROM),
            "a comparison request that must get the same response, except for the parts that vary",
        ),
        Field::optional(
            "each",
            ValueType::Either(&[ValueType::Text, ValueType::Map(&ValueType::Map(&ValueType::Any))]),
            "row name → variables: one case for each row; or a CSV or JSON file with the rows, in the folder of the \
             scenarios",
        ),
        Field::optional(
            "locks",
            ValueType::List(&ValueType::Name),
            "scenarios that share a lock never overlap",
        ),
        Field::optional(
            "tags",
            ValueType::List(&ValueType::Name),
            "names by which a run selects cases (`--only tag=slow`), in addition to those of the failure",
        ),
        Field::optional(
            "condition",
            ValueType::Name,
            "the condition that must be active while the request is sent",
        ),
        Field::optional(
            "teardown",
            ValueType::List(&ValueType::MappingSchema(&STEP)),
            "steps that remove what the scenario created; they always run",
        ),
    ],
    also: request::KEYS,
};

impl Scenario {
    /// Reads all scenarios of one file, which may be that of a pack that this one extends.
    pub(super) fn read_file(
        node: &Node,
        reader: &Decoder,
        contract: &Contract,
        library: &SchemaRegistry,
        inherited_from: Option<&str>,
        shared: &Shared<'_>,
    ) -> Vec<Self> {
        let Some(fields) = reader.fields(node, &SCENARIOS) else {
            return Vec::new();
        };
        if let Some(node) = fields.get("contract")
            && let Some(name) = reader.text(node)
            && name != contract.name
            && Some(name) != inherited_from
        {
            reader.unknown(node.span, "contract", name, [contract.name.as_str()]);
        }
        match fields.get("fixtures") {
            Some(node) => shared.fixtures.check(node, reader),
            None if !fields.has("scenarios") => {
                let hint = "give `scenarios`, or `fixtures` for those of other files";
                reader.error_hint(first_key(node), "the file has no scenarios", hint);
            }
            None => {}
        }
        let files = Some(&shared.body_files);
        let names = ReadContext { reader, contract, library, files, known: BTreeSet::new() };
        fields
            .get("scenarios")
            .into_iter()
            .flat_map(|node| reader.named(node))
            .filter(|entry| !is_of_another_version(entry, contract))
            .filter_map(|entry| Self::read(entry, names.clone(), shared))
            .collect()
    }

    fn read(entry: &Entry, mut names: ReadContext<'_>, shared: &Shared<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(&entry.value, &SCENARIO)?;
        let (each, rows) = Each::read_with_rows(fields.get("each"), reader, &shared.row_files)?;
        for row in &rows {
            names.known.extend(row.values.iter().map(|(name, _)| name.clone()));
        }
        // The fixtures and the setup of the control may capture other names than those of the scenario.
        let before_fixtures = names.clone();
        let mut fixtures = match fields.get("fixtures") {
            Some(node) => shared.fixtures.set_up(node, &mut names, &entry.key),
            None => FixtureSteps::default(),
        };
        let before_setup = names.clone();
        let mut setup = fixtures.setup.clone();
        setup.extend(fields.get("setup").into_iter().flat_map(|node| Step::read_all(node, &mut names, None)));
        let patch = RequestPatch::read(&fields, &names);
        check_request(&fields, entry, reader);
        let goal = Goal::read(entry, &fields, &names)?;
        let request = patch.into_request()?;
        check_parameters(&request, &names, &entry.value);
        let mut faulty = Flow {
            setup,
            request,
            expect: fields
                .get("expect")
                .and_then(|node| Expect::read_of_scenario(node, &names))
                .map(Box::new),
            at: fields.get("at").and_then(|node| At::read(node, &names)).map(Box::new),
            repeat: fields.get("repeat").and_then(|node| Repeat::read(node, &names)).map(Box::new),
            capture: Capture::read_all(&fields, &mut names.clone()).into(),
        };
        let (concurrent, later) = in_time(&fields, &names, &faulty);
        let slow_body = slow_body(&fields, &faulty, reader);
        let condition = Self::condition(&fields, &names, goal.trigger());
        let control = match goal {
            Goal::Success | Goal::NoServerError | Goal::Accepted => Control::Impossible(NO_FAULT.to_owned()),
            Goal::Failure(_) => {
                let before = BeforeSetup { before_fixtures, before_setup, scenario: &entry.key, shared };
                // The fault is what happens at that time: the same request alone, and at once, has none.
                let beside = condition.is_some() || fields.has("slow_body") || fields.has("concurrent");
                Control::read(&fields, before, &names, &faulty, beside, &mut fixtures)
            }
        };
        let source =
            scenario_source(&fields, reader, inferred_fault(&faulty.request, &control, &rows).as_ref());
        let then = fields
            .get("then")
            .map(|node| Step::read_all(node, &mut names.clone(), Some(&faulty.request)))
            .unwrap_or_default();
        let indistinguishable_from = fields
            .get("indistinguishable_from")
            .and_then(|node| IndistinguishableFrom::read(node, &names, &faulty.request))
            .map(Box::new);
        if let Control::Flow(control) = &control
            && faulty.capture.is_empty()
        {
            // A fault that is not rejected creates what the control creates.
            faulty.capture.clone_from(&control.capture);
        }
        let mut at_teardown = names.clone();
        at_teardown.known.extend(captures_of(&faulty, &control));
        let teardown = read_teardown(&fields, at_teardown, &entry.key, &fixtures, shared);
        let other_files = shared.fixtures.files(&fixtures.names).chain(each.iter().filter_map(Each::file));
        let other_files = other_files.map(Arc::from).collect();
        let mut scenario = Self {
            name: entry.key.clone(),
            first_byte: fields.get("first_byte").and_then(|node| first_byte(node, reader)),
            cause: goal.trigger().and_then(|trigger| trigger.cause),
            second_fault: SecondFault::read(&fields, goal.trigger(), &names),
            source,
            documentation: fields.get("documentation").and_then(|node| reader.text(node)).map(Arc::from),
            fault: fields.get("fault").and_then(|node| reader.text(node)).map(Arc::from),
            part: fields.get("part").and_then(|node| reader.text(node)).map(Arc::from),
            faulty,
            control,
            teardown,
            rows,
            slow_body,
            concurrent,
            later,
            then,
            indistinguishable_from,
            locks: fields.get("locks").map(|node| sorted_names(node, reader)).unwrap_or_default(),
            tags: tags(&fields, goal.trigger(), reader),
            condition,
            expect_inferred: fields
                .get("inferred")
                .and_then(|node| Expect::read_inferred(node, &names))
                .map(Box::new),
            place: reader.place(entry.key_span),
            other_files,
            // Last: a scenario for a failure that is not documented on the day of this version is read like all
            // others, so that its errors are reported, and is then left out.
            may_be_refused: matches!(goal, Goal::NoServerError | Goal::Accepted),
            should_be_accepted: matches!(goal, Goal::Accepted),
            failure: match goal {
                Goal::Failure(trigger) => Some(trigger.index?),
                Goal::Success | Goal::NoServerError | Goal::Accepted => None,
            },
        };
        scenario.note_sent_files(shared);
        if let Some(each) = &each {
            each.check(reader, |rows, reader| scenario.check_rows(rows, reader, names.contract));
        }
        Some(scenario)
    }

    /// Adds the files that its requests send to those that it is read from.
    fn note_sent_files(&mut self, shared: &Shared<'_>) {
        let sent = self.requests().flat_map(RequestTemplate::files);
        let sent: BTreeSet<Arc<str>> = sent.map(|file| Arc::from(shared.body_files.shown(file))).collect();
        self.other_files.extend(sent);
    }

    fn check_rows(&self, each: &Node, reader: &Decoder, contract: &Contract) {
        self.check_nulls(each, reader);
        self.check_same_names(each, reader, contract);
    }

    /// Reports rows in which a value is `null` that is a part of a longer text. Alone it leaves out the parameter or the
    /// header that it is the value of.
    fn check_nulls(&self, each: &Node, reader: &Decoder) {
        let in_text: BTreeSet<&str> = self.requests().flat_map(RequestTemplate::names_in_text).collect();
        let values = reader.entries(each).iter().flat_map(|row| reader.entries(&row.value));
        for entry in values.filter(|entry| entry.value.is_null() && in_text.contains(entry.key.as_str())) {
            reader.error_hint(
                entry.value.span,
                format!(
                    "`{}` is null in this row, but a request of `{}` has it as a part of a path or a text",
                    entry.key, self.name
                ),
                "`null` leaves out a whole parameter, header or field; for a part, give \"\"",
            );
        }
    }

    /// Reports rows without a value that others have and a request uses: its cases could not be sent.
    fn check_same_names(&self, each: &Node, reader: &Decoder, contract: &Contract) {
        let used = self.needs().names;
        let values = |row: &Entry| -> BTreeSet<String> {
            reader.entries(&row.value).iter().map(|value| value.key.clone()).collect()
        };
        let all: BTreeSet<String> = reader.entries(each).iter().flat_map(values).collect();
        let needed = |name: &&String| used.contains(name.as_str()) && !contract.variables.contains_key(*name);
        let needed: BTreeSet<&String> = all.iter().filter(needed).collect();
        for row in reader.entries(each) {
            let own = values(row);
            for name in needed.iter().filter(|name| !own.contains(**name)) {
                let title = format!("the row `{}` has no `{name}`, which other rows have", row.key);
                let hint = format!("a request of `{}` uses it: give it a value in each row", self.name);
                reader.error_hint(row.key_span, title, hint);
            }
        }
    }

    /// Returns the scenario's own condition, or the one that its failure always needs.
    fn condition(
        fields: &Fields<'_>,
        names: &ReadContext<'_>,
        trigger: Option<&Trigger<'_>>,
    ) -> Option<String> {
        let Some(node) = fields.get("condition") else {
            return trigger?.failure.condition.clone();
        };
        let name = names.reader.text(node)?;
        if !names.contract.conditions.contains_key(name) {
            let known = names.contract.conditions.keys().map(String::as_str);
            names.reader.unknown(node.span, "condition", name, known);
        }
        Some(name.to_owned())
    }

    /// Returns the id of the failure under test; [`SUCCESS_ID`] if the request must succeed, [`NO_SERVER_ERROR_ID`] if it
    /// must only not break the server.
    pub fn failure_id<'c>(&self, contract: &'c Contract) -> &'c str {
        match self.failure {
            Some(index) => contract.failures[index].id.as_str(),
            None if self.may_be_refused => NO_SERVER_ERROR_ID,
            None => SUCCESS_ID,
        }
    }

    /// Returns the roles and names that its requests use, including controls and steps.
    pub fn needs(&self) -> Needs<'_> {
        let mut needs = Needs::default();
        for request in self.requests() {
            needs.roles.extend(request.role.as_deref());
            needs.names.extend(request.names());
        }
        for flow in self.flows() {
            let times = flow.repeat.iter().flat_map(|repeat| repeat.times.holes());
            needs.names.extend(times.filter_map(Placeholder::name));
        }
        needs
    }

    /// Returns every request that it may send.
    pub fn requests(&self) -> impl Iterator<Item = &RequestTemplate> {
        let flows = self.flows().into_iter().map(|flow| &flow.request);
        let steps = self.steps().filter_map(|(_, step)| step.request.as_ref());
        let at_once = self.concurrent.iter().flat_map(|concurrent| &concurrent.others);
        flows.chain(steps).chain(at_once).chain(
            self.indistinguishable_from.iter().map(|indistinguishable_from| &indistinguishable_from.request),
        )
    }

    /// Returns the flow with the fault, and the one without it if there is one.
    fn flows(&self) -> Vec<&Flow> {
        match &self.control {
            Control::Flow(control) => vec![&self.faulty, control],
            _ => vec![&self.faulty],
        }
    }

    /// Returns the steps of all its parts, each with the name of its part.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, &Step)> {
        let control = match &self.control {
            Control::Flow(flow) => flow.setup.as_slice(),
            _ => &[],
        };
        let parts = [
            ("setup", self.faulty.setup.as_slice()),
            ("control setup", control),
            ("later", self.later.as_ref().map_or(&[], |later| std::slice::from_ref(&later.poll))),
            ("then", self.then.as_slice()),
            ("teardown", self.teardown.as_slice()),
        ];
        parts.into_iter().flat_map(|(part, steps)| steps.iter().map(move |step| (part, step)))
    }
}

/// Reports a scenario that sends nothing.
fn check_request(fields: &Fields<'_>, entry: &Entry, reader: &Decoder) {
    if !fields.has("request") {
        reader.error_hint(
            entry.key_span,
            format!("`{}` has no request", entry.key),
            "give `request: METHOD /path` or the name of an operation",
        );
    }
}

/// The reason why a scenario without a fault has no control.
const NO_FAULT: &str = "the request has no fault";

/// Reads the steps of the teardown, and those of its fixtures.
fn read_teardown(
    fields: &Fields<'_>,
    mut names: ReadContext<'_>,
    scenario: &str,
    fixtures: &FixtureSteps,
    shared: &Shared<'_>,
) -> Vec<Step> {
    let own = fields.get("teardown").map(|node| Step::read_all(node, &mut names, None));
    let mut steps = own.unwrap_or_default();
    steps.extend(shared.fixtures.tear_down(&fixtures.names, &mut names, scenario));
    steps
}

/// Returns the names of what the control and its setup capture, and of what the request with the fault does.
fn captures_of<'f>(faulty: &'f Flow, control: &'f Control) -> impl Iterator<Item = String> + 'f {
    let of_control = match control {
        Control::Flow(control) => Some(control),
        _ => None,
    };
    let of_control = of_control
        .into_iter()
        .flat_map(|control| control.setup.iter().flat_map(|step| &step.capture).chain(&control.capture));
    of_control.chain(&faulty.capture).map(|capture| capture.name.clone())
}

/// Returns the place of the first key of a mapping.
fn first_key(node: &Node) -> Span {
    node.as_map().and_then(|entries| entries.first()).map_or(node.span, |entry| entry.key_span)
}

/// Reads how long a response may take.
fn first_byte(node: &Node, reader: &Decoder) -> Option<Duration> {
    let time = reader.duration(node)?;
    if time.is_zero() || time > MAX_FIRST_BYTE {
        let hint = "write a time span of up to one hour, such as 70s";
        reader.error_hint(node.span, "`first_byte` is out of range", hint);
        return None;
    }
    Some(time)
}

/// Reads the tags of a scenario, and adds those of its failure.
fn tags(fields: &Fields<'_>, trigger: Option<&Trigger<'_>>, reader: &Decoder) -> Vec<String> {
    let own = fields.get("tags").map(|node| sorted_names(node, reader)).unwrap_or_default();
    let of_failure = trigger.into_iter().flat_map(|trigger| trigger.failure.tags.iter().cloned());
    own.into_iter().chain(of_failure).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Reads a list of names, sorted and each once.
fn sorted_names(node: &Node, reader: &Decoder) -> Vec<String> {
    let names = reader.list(node).iter().filter_map(|item| {
        let name = reader.text(item)?;
        reader.check_name(name, item.span).then(|| name.to_owned())
    });
    // Sorted and without duplicates: locks are always taken in the same order, so that no two cases wait for each
    // other.
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
