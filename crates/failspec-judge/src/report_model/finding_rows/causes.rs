//! The causes of deviations.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use failspec_pack::pack::SUCCESS_ID;

use crate::check::{EXAMPLE_IS_ACCEPTED, Finding};

use super::{
    super::{CaseReport, MissingPart},
    deviation::{Deviation, Kind},
    missing_part::missing_part,
};

/// Maximum number of rules whose breach breaks the server in one operation, each with a row of its own: with more, the
/// operation handles no fault, and that is one cause.
const MAX_BREAKING_RULES: usize = 3;

/// Maximum number of kinds of faults that break the server in one operation, each in one row with other operations.
const MAX_BREAKING_KINDS: usize = 8;

/// Maximum number of faults in parts of a request that an operation accepts, each in one row with other operations.
const MAX_ACCEPTED_FAULTS: usize = 3;

/// The check of faults that are not rejected.
const NOT_REJECTED: &str = "not-rejected";

/// The check of requests that are refused although the document allows them.
pub(super) const UNDECLARED_RESTRICTION: &str = "undeclared-restriction";

/// The check for what an API requires and its document does not.
pub(super) const UNDECLARED_REQUIREMENT: &str = "undeclared-requirement";

/// The kind of fault of a thing that is asked for under another parent than its own.
pub(super) const ANOTHER_PARENT: &str = "another_parent";

/// The check of methods that a path does not have.
pub(super) const UNSUPPORTED_METHOD: &str = "unsupported-method";

/// Checks of bodies that have nothing of what is declared: they say the same.
const VACUOUS: [&str; 2] = ["declared-vacuous", "vacuous"];

/// Checks of the body of an error: by the contract, and by the OpenAPI document.
const ERRORS: [&str; 2] = ["envelope", "declared-schema"];

/// Checks of the media type of a response: by the contract, and by the OpenAPI document.
const MEDIA_TYPE: [&str; 2] = ["media-type", "undeclared-media-type"];

/// A text that a check compares: its id, the expected and the observed value.
pub(super) type Text<'a> = (&'a str, &'a str, &'a str);

/// The cause of a deviation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Cause<'a> {
    /// A request breaks the server: the operation, the failure under test, and the rule that the request breaks.
    ServerError(Option<&'a str>, &'a str, Option<&'a str>),
    /// A value of this parameter breaks the server in several operations.
    ServerErrorByParameter(&'a str),
    /// A kind of fault breaks the server in several operations.
    ServerErrorByFault(BreakingFault<'a>),
    /// A kind of value that the document allows is refused.
    Restriction(&'a str),
    /// Several operations refuse a fault with another status than the one that is due.
    WrongStatus(u16, u16),
    /// Requests without right credentials are accepted.
    Open,
    /// A fault that nothing documents as one is accepted.
    Unclaimed(Weight),
    /// An operation accepts faults that mean one failure.
    Accepts(&'a str, &'a str),
    /// Several operations accept a fault.
    AcceptedByAll(Rule<'a>),
    /// The same operations accept whatever value of several parameters.
    AcceptedParameters(Vec<&'a str>),
    /// Responses have the wrong values that the API accepted in the requests.
    Echo,
    /// A body has a wrong shape, by the index of the shape.
    Shape(usize),
    /// Responses have a media type that is not declared: the media type, and true for responses of errors.
    Media(&'a str, bool),
    /// Operations respond with this status, which they do not declare.
    Undeclared(u16),
    /// The same text.
    Text(Text<'a>),
}

/// The weight of a fault that is accepted although nothing documents its refusal, the least last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Weight {
    /// A thing is under a parent that it does not belong to.
    OtherParent,
    /// There is no such thing, or no such method.
    NothingThere,
    /// The document forbids the value.
    Forbidden,
    /// Many servers convert the value, or take it for one that is absent.
    Converted,
    /// The document does not have the path, and many servers show a page there.
    NoSuchPath,
}

impl Weight {
    /// Kinds of faults that many servers take for something else.
    const CONVERTED: [&str; 12] = [
        "null",
        "null_item",
        "fraction",
        "number_as_text",
        "boolean_as_text",
        "number_for_text",
        "wrong_format",
        "plain_text",
        "followed_by_more",
        "not_a_number",
        "unknown_media_type",
        "empty",
    ];

    fn of(fault: Option<&str>) -> Self {
        match fault {
            Some(ANOTHER_PARENT) => Self::OtherParent,
            Some("unknown_id" | "undeclared_method") => Self::NothingThere,
            Some("no_such_path") => Self::NoSuchPath,
            Some(kind) if Self::CONVERTED.contains(&kind) => Self::Converted,
            _ => Self::Forbidden,
        }
    }
}

/// A kind of fault that breaks the server: the kind, true if it is in a parameter, and the status of the response; none if the
/// connection was closed.
pub(super) type BreakingFault<'a> = (&'a str, bool, Option<u16>);

/// A rule that a request breaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Rule<'a> {
    At(&'a str),
    /// A parameter of this name, which several operations have.
    Parameter(&'a str),
    Missing(MissingPart),
    /// A kind of fault in a part of this name.
    Fault(&'a str, &'a str),
}

/// The facts of all cases together on which the causes of deviations depend.
pub(super) struct Causes<'a> {
    /// The rules that requests to more than one operation broke, and the number of those.
    shared: HashMap<Rule<'a>, usize>,
    /// The operations that accept values of a parameter, by its name, where they accept values of others, too.
    lenient: HashMap<&'a str, Vec<&'a str>>,
    /// The operations, with the failure under test, that break under faults against many rules.
    fragile: HashSet<(Option<&'a str>, &'a str)>,
    /// The operations that break although the request has no fault.
    always: HashSet<Option<&'a str>>,
    /// The parameters, by name, of which a value breaks the server in several operations.
    breaking_parameters: HashSet<&'a str>,
    /// The kinds of faults that break the server in several operations.
    breaking_faults: HashSet<BreakingFault<'a>>,
    /// The operations that break under faults of many kinds.
    breaking_often: HashSet<Option<&'a str>>,
    /// The parts of requests to operations of which a value is accepted that should not be.
    accepted_parts: HashSet<(&'a str, &'a str)>,
    /// The parts of requests to operations that break the server with several kinds of faults.
    breaking_parts: HashSet<(&'a str, &'a str)>,
    /// The operations that accept faults of many kinds.
    accepting_often: HashSet<&'a str>,
    /// The statuses that are due, and the declared ones that come in their place.
    wrong_statuses: HashSet<(u16, u16)>,
    /// The shapes, as a forest: two texts that one exchange shows belong to one shape.
    texts: HashMap<Text<'a>, usize>,
    parents: Vec<usize>,
}

impl<'a> Causes<'a> {
    pub fn of(deviations: &[Deviation<'a>]) -> Self {
        let mut causes = Self {
            shared: HashMap::new(),
            lenient: HashMap::new(),
            fragile: HashSet::new(),
            always: HashSet::new(),
            breaking_parameters: HashSet::new(),
            breaking_faults: HashSet::new(),
            breaking_often: HashSet::new(),
            wrong_statuses: HashSet::new(),
            accepted_parts: HashSet::new(),
            breaking_parts: HashSet::new(),
            accepting_often: HashSet::new(),
            texts: HashMap::new(),
            parents: Vec::new(),
        };
        let mut broken: HashMap<Rule<'a>, HashSet<&'a str>> = HashMap::new();
        let mut breaking: HashMap<(Option<&'a str>, &'a str), BTreeSet<Option<&str>>> = HashMap::new();
        for deviation in deviations {
            let case = deviation.case;
            match deviation.kind {
                Kind::ServerError => {
                    let (operation, failure, rule) = deviation.breaks();
                    // A control, a setup and a teardown have no fault either.
                    if !deviation.is_tested() || &*case.failure == SUCCESS_ID {
                        causes.always.insert(operation);
                    }
                    breaking.entry((operation, failure)).or_default().insert(rule);
                }
                Kind::Shape if is_echo(deviation) => {}
                Kind::Shape => causes.join(deviation),
                Kind::Other if deviation.first.check == NOT_REJECTED => {
                    let Some(operation) = case.operation.as_deref() else { continue };
                    for rule in rules(case) {
                        broken.entry(rule).or_default().insert(operation);
                    }
                }
                Kind::Other => {}
            }
        }
        let accepted =
            deviations.iter().filter(|it| it.kind == Kind::Other && it.first.check == NOT_REJECTED);
        let accepted = accepted.filter(|it| it.first.is_violation());
        causes.accepted_parts = accepted.filter_map(|it| part(it.case)).collect();
        causes.lenient = lenient(&broken);
        // An operation that accepts many kinds of faults checks nothing, and that is one cause.
        let mut accepted: HashMap<&str, usize> = HashMap::new();
        let of_faults = broken.iter().filter(|(rule, _)| matches!(rule, Rule::Fault(..)));
        for operation in of_faults.flat_map(|(_, operations)| operations) {
            *accepted.entry(operation).or_default() += 1;
        }
        accepted.retain(|_, faults| *faults > MAX_ACCEPTED_FAULTS);
        for (_, operations) in broken.iter_mut().filter(|(rule, _)| matches!(rule, Rule::Fault(..))) {
            operations.retain(|operation| !accepted.contains_key(operation));
        }
        causes.accepting_often = accepted.into_keys().collect();
        let shared = broken.into_iter().filter(|(_, operations)| operations.len() > 1);
        causes.shared = shared.map(|(rule, operations)| (rule, operations.len())).collect();
        let many = breaking.into_iter().filter(|(_, rules)| rules.len() > MAX_BREAKING_RULES);
        causes.fragile = many.map(|(place, _)| place).collect();
        causes.breaking_parameters = breaking_parameters(deviations, &causes.always);
        causes.note_breaking_faults(deviations);
        let declared = deviations.iter().filter(|it| it.undeclared_status().is_none());
        causes.wrong_statuses = declared.filter_map(Deviation::wrong_status).collect();
        causes.join_nulls(deviations);
        causes
    }

    /// Finds the kinds of faults that break the server in several operations, and the operations that break under so many that
    /// this is one cause.
    fn note_breaking_faults(&mut self, deviations: &[Deviation<'a>]) {
        let mut kinds: HashMap<Option<&'a str>, BTreeSet<&str>> = HashMap::new();
        let mut places: HashMap<BreakingFault<'a>, BTreeSet<Option<&'a str>>> = HashMap::new();
        let mut parts: HashMap<(&'a str, &'a str), BTreeSet<&str>> = HashMap::new();
        let broken = deviations.iter().filter(|it| it.kind == Kind::ServerError);
        for (deviation, fault) in broken.filter_map(|it| Some((it, it.breaking_fault()?))) {
            let operation = deviation.breaks().0;
            if let Some(part) = part(deviation.case) {
                parts.entry(part).or_default().insert(fault.0);
            }
            if !self.always.contains(&operation) {
                kinds.entry(operation).or_default().insert(fault.0);
                places.entry(fault).or_default().insert(operation);
            }
        }
        let parts = parts.into_iter().filter(|(_, kinds)| kinds.len() > 1);
        self.breaking_parts = parts.map(|(part, _)| part).collect();
        let often = kinds.into_iter().filter(|(_, kinds)| kinds.len() > MAX_BREAKING_KINDS);
        self.breaking_often = often.map(|(operation, _)| operation).collect();
        let several = places.into_iter().filter(|(_, operations)| {
            operations.iter().filter(|operation| !self.breaking_often.contains(*operation)).count() > 1
        });
        self.breaking_faults = several.map(|(fault, _)| fault).collect();
    }

    /// Joins a shape that consists of members which are `null` and must not be to another one with the same members: the API
    /// has one kind of object in several of its responses.
    fn join_nulls(&mut self, deviations: &[Deviation<'a>]) {
        let mut shapes: BTreeMap<usize, (BTreeSet<&str>, bool)> = BTreeMap::new();
        let shapes_of = deviations.iter().filter(|it| it.kind == Kind::Shape && !is_echo(it));
        for (deviation, finding) in shapes_of.flat_map(|it| it.findings().map(move |finding| (it, finding))) {
            let Some(index) = self.texts.get(&text(deviation, finding)) else { continue };
            let (nulls, is_pure) = shapes.entry(self.root(*index)).or_insert((BTreeSet::new(), true));
            nulls.extend(finding.null_member());
            *is_pure &= finding.null_member().is_some();
        }
        let pure = shapes.iter().filter(|(_, (_, is_pure))| *is_pure);
        let joined = pure.filter_map(|(index, (nulls, _))| {
            let mut others =
                shapes.iter().filter(|(other, (others, _))| *other != index && others.is_superset(nulls));
            // Of two with the same members, the first.
            others
                .find(|(other, (others, _))| others.len() > nulls.len() || *other < index)
                .map(|(other, _)| (*index, *other))
        });
        for (index, other) in joined.collect::<Vec<_>>() {
            let (one, other) = (self.root(index), self.root(other));
            self.parents[one.max(other)] = one.min(other);
        }
    }

    /// Joins the texts of a deviation to one shape.
    fn join(&mut self, deviation: &Deviation<'a>) {
        let texts: Vec<usize> = deviation.findings().map(|finding| self.text(deviation, finding)).collect();
        let Some((first, others)) = texts.split_first() else { return };
        for other in others {
            let (one, other) = (self.root(*first), self.root(*other));
            self.parents[one.max(other)] = one.min(other);
        }
    }

    fn text(&mut self, deviation: &Deviation<'a>, finding: &'a Finding) -> usize {
        let next = self.parents.len();
        let index = *self.texts.entry(text(deviation, finding)).or_insert(next);
        if index == next {
            self.parents.push(next);
        }
        index
    }

    fn root(&self, mut index: usize) -> usize {
        while self.parents[index] != index {
            index = self.parents[index];
        }
        index
    }

    /// Returns the rule of a case that the most operations break; of several, the one that says most. `None` if only one
    /// operation breaks it.
    fn widest_rule(&self, case: &'a CaseReport) -> Option<Rule<'a>> {
        let accepts_often =
            case.operation.as_deref().is_some_and(|operation| self.accepting_often.contains(operation));
        let rules = rules(case).filter(|rule| !accepts_often || !matches!(rule, Rule::Fault(..)));
        let shared = rules.filter_map(|rule| Some((*self.shared.get(&rule)?, rule)));
        let widest = shared.reduce(|best, next| if next.0 > best.0 { next } else { best });
        widest.map(|(_, rule)| rule)
    }

    pub fn cause(&self, deviation: &Deviation<'a>) -> Cause<'a> {
        let (case, finding) = (deviation.case, deviation.first);
        match deviation.kind {
            Kind::ServerError => {
                let (operation, failure, rule) = deviation.breaks();
                // What breaks without any fault breaks for one reason.
                if self.always.contains(&operation) {
                    return Cause::ServerError(operation, "", None);
                }
                let parameter = deviation.case.parameter.as_deref().filter(|_| deviation.is_tested());
                if let Some(name) = parameter.filter(|name| self.breaking_parameters.contains(name)) {
                    return Cause::ServerErrorByParameter(name);
                }
                // What breaks under almost every kind of fault has no check at all.
                if deviation.is_tested() && case.fault.is_some() && self.breaking_often.contains(&operation) {
                    return Cause::ServerError(operation, "", Some(""));
                }
                let fault = deviation.breaking_fault();
                if let Some(fault) = fault.filter(|fault| self.breaking_faults.contains(fault)) {
                    return Cause::ServerErrorByFault(fault);
                }
                let part =
                    part(case).filter(|part| deviation.is_tested() && self.breaking_parts.contains(part));
                match (part, self.fragile.contains(&(operation, failure))) {
                    (Some((_, part)), false) => Cause::ServerError(operation, "", Some(part)),
                    (_, is_fragile) => Cause::ServerError(operation, failure, rule.filter(|_| !is_fragile)),
                }
            }
            Kind::Shape if is_echo(deviation) => Cause::Echo,
            Kind::Shape => match self.texts.get(&text(deviation, finding)) {
                Some(index) => Cause::Shape(self.root(*index)),
                None => Cause::Text(text(deviation, finding)),
            },
            Kind::Other if MEDIA_TYPE.contains(&finding.check) => {
                let response = deviation.exchange.and_then(|exchange| exchange.response.as_ref());
                Cause::Media(&finding.actual, response.is_none_or(|response| response.status >= 400))
            }
            Kind::Other
                if finding.check == UNDECLARED_RESTRICTION
                    && finding.expected != EXAMPLE_IS_ACCEPTED
                    && case.fault.is_some() =>
            {
                Cause::Restriction(case.fault.as_deref().unwrap_or_default())
            }
            Kind::Other if [UNSUPPORTED_METHOD, UNDECLARED_REQUIREMENT].contains(&finding.check) => {
                Cause::Text(text(deviation, finding))
            }
            Kind::Other if finding.check != NOT_REJECTED => {
                let wrong = deviation.wrong_status();
                let undeclared = deviation.undeclared_status().filter(|_| {
                    // What others do that declare the status is the same deviation.
                    wrong.is_none_or(|wrong| !self.wrong_statuses.contains(&wrong))
                });
                let wrong = || wrong.map(|(due, got)| Cause::WrongStatus(due, got));
                undeclared
                    .map(Cause::Undeclared)
                    .or_else(wrong)
                    .unwrap_or_else(|| Cause::Text(text(deviation, finding)))
            }
            // It is no value that is wrong, and weighs more than any: one thing may be reached by way of another.
            Kind::Other if case.fault.as_deref() == Some(ANOTHER_PARENT) => {
                Cause::Unclaimed(Weight::OtherParent)
            }
            // A value that servers convert says nothing new where every value is accepted.
            Kind::Other
                if !finding.is_violation()
                    && part(case).is_none_or(|part| !self.accepted_parts.contains(&part)) =>
            {
                Cause::Unclaimed(Weight::of(case.fault.as_deref()))
            }
            Kind::Other if is_about_credentials(case) => Cause::Open,
            Kind::Other
                if let Some(operations) =
                    case.parameter.as_deref().and_then(|name| self.lenient.get(name))
                    && missing_part(case).is_none() =>
            {
                Cause::AcceptedParameters(operations.clone())
            }
            Kind::Other => match self.widest_rule(case) {
                Some(rule) => Cause::AcceptedByAll(rule),
                None => match case.operation.as_deref() {
                    Some(operation) => Cause::Accepts(operation, &finding.expected),
                    None => Cause::Text(text(deviation, finding)),
                },
            },
        }
    }
}

/// Returns the operations that accept values of a parameter, where the same operations, of which there are several, accept
/// values of another one, too: they have one check of parameters, or none.
fn lenient<'a>(broken: &HashMap<Rule<'a>, HashSet<&'a str>>) -> HashMap<&'a str, Vec<&'a str>> {
    let mut parameters: HashMap<Vec<&str>, Vec<&str>> = HashMap::new();
    for (rule, operations) in broken {
        if let (Rule::Parameter(name), true) = (rule, operations.len() > 1) {
            let mut operations: Vec<&str> = operations.iter().copied().collect();
            operations.sort_unstable();
            parameters.entry(operations).or_default().push(name);
        }
    }
    let several = parameters.into_iter().filter(|(_, names)| names.len() > 1);
    several
        .flat_map(|(operations, names)| names.into_iter().map(move |name| (name, operations.clone())))
        .collect()
}

/// Returns the parameters of which a value breaks the server in several operations that a request without a fault does not
/// break.
fn breaking_parameters<'a>(
    deviations: &[Deviation<'a>],
    always: &HashSet<Option<&'a str>>,
) -> HashSet<&'a str> {
    let mut first: HashMap<&str, Option<&str>> = HashMap::new();
    let broken = deviations.iter().filter(|it| it.kind == Kind::ServerError && it.is_tested());
    let broken = broken.filter_map(|it| Some((it.case.parameter.as_deref()?, it.breaks().0)));
    let several = broken.filter(|(name, operation)| {
        !always.contains(operation) && *first.entry(name).or_insert(*operation) != *operation
    });
    several.map(|(name, _)| name).collect()
}

/// Returns the text by which two findings are the same: for a body, what it lacks or the rule that it breaks.
fn text<'a>(deviation: &Deviation<'_>, finding: &'a Finding) -> Text<'a> {
    let response = deviation.exchange.and_then(|exchange| exchange.response.as_ref());
    let is_error = response.is_some_and(|response| response.status >= 400);
    match finding.schema_rule() {
        _ if VACUOUS.contains(&finding.check) => ("vacuous", "", &finding.actual),
        // The errors of an API have one shape, by the contract and by its OpenAPI document.
        _ if ERRORS.contains(&finding.check) && is_error => ("envelope", "", &finding.actual),
        Some(rule) => (finding.check, "", rule),
        None => (finding.check, &finding.expected, &finding.actual),
    }
}

/// Returns the operation of a case, and the part of its request that the fault is in.
fn part(case: &CaseReport) -> Option<(&str, &str)> {
    case.operation.as_deref().zip(case.part.as_deref())
}

/// Returns true if all that is wrong with the shape of a response is the member in which the request under test had the fault,
/// and the API accepted it: that is the deviation, and what it stores comes back.
fn is_echo(deviation: &Deviation<'_>) -> bool {
    let case = deviation.case;
    let mut findings = case.violations.iter().chain(&case.warnings);
    let Some(part) = case.part.as_deref().filter(|_| deviation.is_tested()) else { return false };
    // The part of a nested member has the names of those that it is in before it.
    let is_part = |member: &str| part == member || part.ends_with(&format!("_{member}"));
    findings.any(|finding| finding.check == NOT_REJECTED)
        && deviation.findings().all(|finding| finding.member().is_some_and(is_part))
}

/// Returns true if the failure under test is that of missing or wrong credentials.
fn is_about_credentials(case: &CaseReport) -> bool {
    case.documented.status.and_then(|pattern| pattern.exactly()) == Some(401)
}

/// Returns the rules that the request under test breaks, the one that says most first.
fn rules(case: &CaseReport) -> impl Iterator<Item = Rule<'_>> {
    let missing = missing_part(case).map(Rule::Missing);
    let parameter = case.parameter.as_deref().map(Rule::Parameter);
    let fault = case.fault.as_deref().zip(case.part.as_deref()).map(|(kind, part)| Rule::Fault(kind, part));
    missing.into_iter().chain(case.documentation.as_deref().map(Rule::At)).chain(parameter).chain(fault)
}
