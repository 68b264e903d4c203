//! The requests that should trigger one failure.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    document::{Entry, Field, Fields, Kind, Node, NodeValue, Place, Reader, Shape},
    template::{Hole, Template},
};

use super::{
    Contract,
    expect::{EXPECT, Expect, SchemaTemplate, read_schemas},
    names::Names,
    pointer::Pointer,
    provenance::{Provenance, WORDS},
    request::{self, RequestPatch, RequestTemplate},
    schema::Library,
    step::{STEP, Step, check_parameters},
};

/// The requests that should trigger one failure, or one cause of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name in the pack.
    pub name: String,
    /// The failure under test, by its index in the contract.
    pub failure: usize,
    /// The cause under test, by its index in the failure.
    pub cause: Option<usize>,
    /// `Ours` where the documentation does not say that this fault fails this way.
    pub source: Provenance,
    /// The scenario with its fault.
    pub faulty: Course,
    /// The scenario without its fault.
    pub control: Control,
    /// What removes what the scenario made.
    pub teardown: Vec<Step>,
    /// One trial for each row; without rows there is one trial.
    pub rows: Vec<Row>,
    /// What follows the failure.
    pub then: Vec<Step>,
    /// Another request whose answer must be the same.
    pub twin: Option<Twin>,
    /// Scenarios that share a lock never overlap.
    pub locks: Vec<String>,
    /// The condition that must be in force while the request is sent.
    pub condition: Option<String>,
    /// What is expected besides the contract; ours.
    pub expect_ours: Option<Expect>,
    /// Where it stands.
    pub place: Place,
}

/// One way through a scenario: with the fault or without it.
#[derive(Debug, Clone)]
pub struct Course {
    /// What comes before the request.
    pub setup: Vec<Step>,
    /// The request under test.
    pub request: RequestTemplate,
    /// What is expected besides the contract.
    pub expect: Expect,
    /// Which item of a bulk answer is judged.
    pub at: Option<At>,
    /// How often the request is sent.
    pub repeat: Option<Repeat>,
}

/// The scenario without its fault, or why there is none.
#[derive(Debug, Clone)]
pub enum Control {
    /// It must succeed.
    Course(Box<Course>),
    /// Why there can be none.
    Impossible(String),
    /// Neither a control nor a reason.
    Missing,
}

/// Which item of a bulk answer is judged.
#[derive(Debug, Clone)]
pub struct At {
    /// Where the list is.
    pub items: Pointer,
    /// What the item must fit; exactly one may.
    pub filter: Vec<(Pointer, SchemaTemplate)>,
}

/// How often a request is sent.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// How often at most.
    pub times: Template,
    /// Whether to stop at the first answer that is the failure.
    pub until_triggered: bool,
}

/// One row of a scenario.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<(String, Value)>,
}

/// Another request whose answer must be the same but for what varies.
#[derive(Debug, Clone)]
pub struct Twin {
    /// The request.
    pub request: RequestTemplate,
    /// `Ours` unless the twin says that it is documented.
    pub source: Provenance,
}

/// What a scenario needs of a target.
#[derive(Debug, Default)]
pub struct Needs<'a> {
    /// Roles.
    pub roles: BTreeSet<&'a str>,
    /// Variables, and captures and row values, which the scenario brings itself.
    pub names: BTreeSet<&'a str>,
}

/// The keys of a scenario file.
pub static SCENARIOS: Shape = Shape {
    name: "scenario file",
    about: "scenarios of one contract",
    fields: &[
        Field::required("contract", Kind::Name, "the name of the contract that these belong to"),
        Field::required("scenarios", Kind::Map(&Kind::Shape(&SCENARIO)), "the scenarios by name"),
    ],
};

static SCENARIO: Shape = Shape {
    name: "scenario",
    about: "the requests that should trigger one failure, or one cause of it",
    fields: &[
        Field::required("triggers", Kind::Text, "the failure, or failure/cause"),
        Field::optional(
            "source",
            Kind::Words(WORDS),
            "`ours` where the documentation does not say that this fault fails this way",
        ),
        request::AS,
        Field::optional("setup", Kind::List(&Kind::Shape(&STEP)), "what comes before the request"),
        request::REQUEST,
        request::PATH,
        request::QUERY,
        request::HEADERS,
        request::JSON,
        request::TEXT,
        request::FORM,
        request::BYTES,
        Field::optional(
            "expect",
            Kind::Shape(&EXPECT),
            "what the answer must be besides what the contract says",
        ),
        Field::optional(
            "ours",
            Kind::Shape(&EXPECT),
            "the same, as our own reading: breaking it is a warning",
        ),
        Field::optional("at", Kind::Shape(&AT), "which item of a bulk answer is judged"),
        Field::optional("repeat", Kind::Shape(&REPEAT), "how often the request is sent"),
        Field::optional(
            "control",
            Kind::Shape(&CONTROL),
            "overrides that take the fault away; the control must succeed",
        ),
        Field::optional("no_control", Kind::Text, "why there can be no control"),
        Field::optional("then", Kind::List(&Kind::Shape(&STEP)), "what follows the failure"),
        Field::optional(
            "twin",
            Kind::Shape(&TWIN),
            "another request whose answer must be the same but for what varies",
        ),
        Field::optional(
            "each",
            Kind::Map(&Kind::Map(&Kind::Any)),
            "row name → variables: one trial for each row",
        ),
        Field::optional("locks", Kind::List(&Kind::Name), "scenarios that share a lock never overlap"),
        Field::optional(
            "condition",
            Kind::Name,
            "the condition that must be in force while the request is sent",
        ),
        Field::optional(
            "teardown",
            Kind::List(&Kind::Shape(&STEP)),
            "what removes what the scenario made; runs always",
        ),
    ],
};

static CONTROL: Shape = Shape {
    name: "control",
    about: "overrides that take the fault away",
    fields: &[
        request::REQUEST,
        request::AS,
        Field::optional(
            "setup",
            Kind::Either(&[Kind::List(&Kind::Shape(&STEP)), Kind::Null]),
            "replaces the scenario's setup",
        ),
        request::PATH,
        request::QUERY,
        request::HEADERS,
        request::JSON,
        request::TEXT,
        request::FORM,
        request::BYTES,
        Field::optional(
            "expect",
            Kind::Either(&[Kind::Shape(&EXPECT), Kind::Null]),
            "what the answer must be; by default a success",
        ),
        Field::optional(
            "at",
            Kind::Either(&[Kind::Shape(&AT), Kind::Null]),
            "which item of a bulk answer is judged",
        ),
        Field::optional(
            "repeat",
            Kind::Either(&[Kind::Shape(&REPEAT), Kind::Null]),
            "how often the request is sent",
        ),
    ],
};

static AT: Shape = Shape {
    name: "item",
    about: "an item of a bulk answer",
    fields: &[
        Field::required("items", Kind::Pointer, "where the list is"),
        Field::required(
            "where",
            Kind::Map(&Kind::Schema),
            "what the item fits: pointer → JSON Schema; exactly one item must",
        ),
    ],
};

static REPEAT: Shape = Shape {
    name: "repetition",
    about: "how often a request is sent",
    fields: &[
        Field::required(
            "times",
            Kind::Either(&[Kind::Count, Kind::Text]),
            "how often at most: a number or `${variable}`",
        ),
        Field::optional("until_triggered", Kind::Bool, "stop at the first answer that is the failure"),
    ],
};

static TWIN: Shape = Shape {
    name: "twin",
    about: "another request whose answer must be the same",
    fields: &[
        request::REQUEST,
        request::AS,
        request::PATH,
        request::QUERY,
        request::HEADERS,
        request::JSON,
        request::TEXT,
        request::FORM,
        request::BYTES,
        Field::optional(
            "source",
            Kind::Words(WORDS),
            "whether the documentation says that they are the same (default: ours)",
        ),
    ],
};

impl Scenario {
    /// Reads all scenarios of one file.
    pub(super) fn read_file(
        node: &Node,
        reader: &Reader,
        contract: &Contract,
        library: &Library,
    ) -> Vec<Self> {
        let Some(fields) = reader.fields(node, &SCENARIOS) else {
            return Vec::new();
        };
        if let Some(node) = fields.get("contract")
            && let Some(name) = reader.text(node)
            && name != contract.name
        {
            reader.unknown(node.span, "contract", name, [contract.name.as_str()]);
        }
        let names = Names { reader, contract, library, known: BTreeSet::new() };
        fields
            .get("scenarios")
            .into_iter()
            .flat_map(|node| reader.named(node))
            .filter_map(|entry| Self::read(entry, names.clone()))
            .collect()
    }

    fn read(entry: &Entry, mut names: Names<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(&entry.value, &SCENARIO)?;
        let rows: Vec<Row> = fields
            .get("each")
            .into_iter()
            .flat_map(|node| reader.named(node))
            .map(|row| Row::read(row, reader))
            .collect();
        for row in &rows {
            names.known.extend(row.values.iter().map(|(name, _)| name.clone()));
        }
        // The control's own setup may capture other names than the scenario's.
        let before_setup = names.clone();
        let setup =
            fields.get("setup").map(|node| Step::read_all(node, &mut names, None)).unwrap_or_default();
        let patch = RequestPatch::read(&fields, &names);
        if !fields.has("request") {
            reader.error_hint(
                entry.key_span,
                format!("`{}` has no request", entry.key),
                "give `request: METHOD /path` or the name of an operation",
            );
        }
        let (failure, cause) = fields.get("triggers").and_then(|node| triggers(node, &names))?;
        let request = patch.into_request()?;
        check_parameters(&request, &names, &entry.value);
        let faulty = Course {
            setup,
            request,
            expect: fields.get("expect").and_then(|node| Expect::read(node, &names)).unwrap_or_default(),
            at: fields.get("at").and_then(|node| At::read(node, &names)),
            repeat: fields.get("repeat").and_then(|node| Repeat::read(node, &names)),
        };
        let condition = Self::condition(&fields, &names, failure);
        let control = Control::read(&fields, before_setup, &names, &faulty, condition.is_some());
        let then = fields
            .get("then")
            .map(|node| Step::read_all(node, &mut names.clone(), Some(&faulty.request)))
            .unwrap_or_default();
        let twin = fields.get("twin").and_then(|node| Twin::read(node, &names, &faulty.request));
        let mut at_teardown = names.clone();
        if let Control::Course(control) = &control {
            let captured = control.setup.iter().flat_map(|step| &step.capture);
            at_teardown.known.extend(captured.map(|capture| capture.name.clone()));
        }
        Some(Self {
            name: entry.key.clone(),
            failure,
            cause,
            source: fields
                .get("source")
                .map_or(Provenance::Documented, |node| Provenance::read(node, reader)),
            faulty,
            control,
            teardown: fields
                .get("teardown")
                .map(|node| Step::read_all(node, &mut at_teardown, None))
                .unwrap_or_default(),
            rows,
            then,
            twin,
            locks: fields.get("locks").map(|node| locks(node, reader)).unwrap_or_default(),
            condition,
            expect_ours: fields.get("ours").and_then(|node| Expect::read(node, &names)),
            place: reader.place(entry.key_span),
        })
    }

    /// The scenario's own condition, or the one that its failure always needs.
    fn condition(fields: &Fields<'_>, names: &Names<'_>, failure: usize) -> Option<String> {
        let Some(node) = fields.get("condition") else {
            return names.contract.failures[failure].condition.clone();
        };
        let name = names.reader.text(node)?;
        if !names.contract.conditions.contains_key(name) {
            let known = names.contract.conditions.keys().map(String::as_str);
            names.reader.unknown(node.span, "condition", name, known);
        }
        Some(name.to_owned())
    }

    /// The roles and names that its requests use, controls, steps and all.
    pub fn needs(&self) -> Needs<'_> {
        let mut needs = Needs::default();
        for request in self.requests() {
            needs.roles.extend(request.role.as_deref());
            needs.names.extend(request.names());
        }
        for course in self.courses() {
            let times = course.repeat.iter().flat_map(|repeat| repeat.times.holes());
            needs.names.extend(times.filter_map(Hole::name));
        }
        needs
    }

    /// Every request that it may send.
    pub fn requests(&self) -> impl Iterator<Item = &RequestTemplate> {
        let courses = self.courses().into_iter().map(|course| &course.request);
        let steps = self.steps().filter_map(|(_, step)| step.request.as_ref());
        courses.chain(steps).chain(self.twin.iter().map(|twin| &twin.request))
    }

    /// The course with the fault, and the one without it where there is one.
    fn courses(&self) -> Vec<&Course> {
        match &self.control {
            Control::Course(control) => vec![&self.faulty, control],
            _ => vec![&self.faulty],
        }
    }

    /// The steps of all its parts, with a word for the part.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, &Step)> {
        let control = match &self.control {
            Control::Course(course) => course.setup.as_slice(),
            _ => &[],
        };
        let parts = [
            ("setup", self.faulty.setup.as_slice()),
            ("control setup", control),
            ("then", self.then.as_slice()),
            ("teardown", self.teardown.as_slice()),
        ];
        parts.into_iter().flat_map(|(part, steps)| steps.iter().map(move |step| (part, step)))
    }
}

impl Control {
    fn read<'n>(
        fields: &Fields<'_>,
        mut names: Names<'n>,
        after_setup: &Names<'n>,
        faulty: &Course,
        condition: bool,
    ) -> Self {
        let reader = names.reader;
        let (control, reason) = (fields.get("control"), fields.get("no_control"));
        if let (Some(_), Some(reason)) = (control, reason) {
            reader.error(reason.span, "a scenario has a control or a reason why there is none, not both");
        }
        let Some(node) = control else {
            return match reason {
                Some(reason) => Self::Impossible(reader.text(reason).unwrap_or_default().to_owned()),
                // Where the fault is a condition, the same request without it is the control.
                None if condition => Self::Course(Box::new(faulty.clone().without_expectations())),
                None => Self::Missing,
            };
        };
        let Some(fields) = reader.fields(node, &CONTROL) else {
            return Self::Missing;
        };
        let setup = match fields.get("setup") {
            Some(node) => Step::read_all(node, &mut names, None),
            None => {
                names = after_setup.clone();
                faulty.setup.clone()
            }
        };
        let before = reader.count_mistakes();
        let patch = RequestPatch::read(&fields, &names);
        let request = faulty.request.with(&patch);
        let same = request == faulty.request && !["setup", "repeat", "at"].iter().any(|key| fields.has(key));
        // An override with a mistake in it is missing from the patch, and was meant to change something.
        if same && !condition && reader.count_mistakes() == before {
            reader.error_hint(
                node.span,
                "this control changes nothing, so it cannot take the fault away",
                "override what is wrong with the request",
            );
        }
        check_parameters(&request, &names, node);
        let own = |key: &str| fields.get(key).filter(|node| !node.is_null());
        Self::Course(Box::new(Course {
            setup,
            request,
            expect: own("expect").and_then(|node| Expect::read(node, &names)).unwrap_or_default(),
            at: if fields.has("at") {
                own("at").and_then(|node| At::read(node, &names))
            } else {
                faulty.at.clone()
            },
            repeat: if fields.has("repeat") {
                own("repeat").and_then(|node| Repeat::read(node, &names))
            } else {
                faulty.repeat.clone()
            },
        }))
    }
}

impl Course {
    /// The same course; what is expected of the failure is not expected of the control.
    fn without_expectations(mut self) -> Self {
        self.expect = Expect::default();
        self
    }
}

impl Row {
    fn read(entry: &Entry, reader: &Reader) -> Self {
        let values =
            reader.named(&entry.value).map(|value| (value.key.clone(), value.value.to_json())).collect();
        Self { name: entry.key.clone(), values }
    }
}

impl At {
    fn read(node: &Node, names: &Names<'_>) -> Option<Self> {
        let fields = names.reader.fields(node, &AT)?;
        Some(Self {
            items: Pointer::read(fields.get("items")?, names.reader)?,
            filter: read_schemas(fields.get("where")?, names),
        })
    }
}

impl Repeat {
    fn read(node: &Node, names: &Names<'_>) -> Option<Self> {
        let fields = names.reader.fields(node, &REPEAT)?;
        let times = fields.get("times")?;
        if let NodeValue::Number(_) = times.value {
            names.reader.count(times)?;
        }
        Some(Self {
            times: names.template(times)?,
            until_triggered: fields
                .get("until_triggered")
                .and_then(|node| names.reader.bool(node))
                .unwrap_or(false),
        })
    }
}

impl Twin {
    fn read(node: &Node, names: &Names<'_>, own: &RequestTemplate) -> Option<Self> {
        let fields = names.reader.fields(node, &TWIN)?;
        let request = own.with(&RequestPatch::read(&fields, names));
        check_parameters(&request, names, node);
        let source =
            fields.get("source").map_or(Provenance::Ours, |node| Provenance::read(node, names.reader));
        Some(Self { request, source })
    }
}

/// `failure` or `failure/cause`, by index.
fn triggers(node: &Node, names: &Names<'_>) -> Option<(usize, Option<usize>)> {
    let (reader, contract) = (names.reader, names.contract);
    let text = reader.text(node)?;
    let (id, cause) = text.split_once('/').map_or((text, None), |(id, cause)| (id, Some(cause)));
    let Some(index) = contract.failure(id) else {
        reader.unknown(node.span, "failure", id, contract.failures.iter().map(|failure| failure.id.as_str()));
        return None;
    };
    let causes = &contract.failures[index].causes;
    let Some(cause) = cause else {
        return Some((index, None));
    };
    let found = causes.iter().position(|known| known == cause);
    if found.is_none() {
        let title = format!("`{id}` has no cause `{cause}`");
        reader.unknown_in(node.span, title, "cause", cause, causes.iter().map(String::as_str));
    }
    found.map(|cause| (index, Some(cause)))
}

fn locks(node: &Node, reader: &Reader) -> Vec<String> {
    let names = reader.list(node).iter().filter_map(|item| {
        let name = reader.text(item)?;
        reader.check_name(name, item.span).then(|| name.to_owned())
    });
    // Sorted and once each: locks are taken in one order everywhere, so that no two trials wait for each other.
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
