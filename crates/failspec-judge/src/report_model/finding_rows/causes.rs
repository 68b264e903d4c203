//! The causes of deviations.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use failspec_pack::pack::SUCCESS_ID;

use crate::check::Finding;

use super::{
    super::{CaseReport, MissingPart},
    deviation::{Deviation, Kind},
    missing_part::missing_part,
};

/// Maximum number of rules whose breach breaks the server in one operation, each with a row of its own: with more, the
/// operation handles no fault, and that is one cause.
const MAX_BREAKING_RULES: usize = 3;

/// The check of faults that are not rejected.
const NOT_REJECTED: &str = "not-rejected";

/// Checks of bodies that have nothing of what is declared: they say the same.
const VACUOUS: [&str; 2] = ["declared-vacuous", "vacuous"];

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
    /// Requests without right credentials are accepted.
    Open,
    /// A fault that nothing documents as one is accepted.
    Unclaimed,
    /// An operation accepts faults that mean one failure.
    Accepts(&'a str, &'a str),
    /// Several operations accept a fault.
    AcceptedByAll(Rule<'a>),
    /// The same operations accept whatever value of several parameters.
    AcceptedParameters(Vec<&'a str>),
    /// A body has a wrong shape, by the index of the shape.
    Shape(usize),
    /// Responses have a media type that is not declared: the media type, and true for responses of errors.
    Media(&'a str, bool),
    /// Operations respond with this status, which they do not declare.
    Undeclared(u16),
    /// The same text.
    Text(Text<'a>),
}

/// A rule that a request breaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Rule<'a> {
    At(&'a str),
    /// A parameter of this name, which several operations have.
    Parameter(&'a str),
    Missing(MissingPart),
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
            texts: HashMap::new(),
            parents: Vec::new(),
        };
        let mut broken: HashMap<Rule<'a>, HashSet<&str>> = HashMap::new();
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
        causes.lenient = lenient(&broken);
        let shared = broken.into_iter().filter(|(_, operations)| operations.len() > 1);
        causes.shared = shared.map(|(rule, operations)| (rule, operations.len())).collect();
        let many = breaking.into_iter().filter(|(_, rules)| rules.len() > MAX_BREAKING_RULES);
        causes.fragile = many.map(|(place, _)| place).collect();
        causes.breaking_parameters = breaking_parameters(deviations, &causes.always);
        causes.join_nulls(deviations);
        causes
    }

    /// Joins a shape that consists of members which are `null` and must not be to another one with the same members: the API
    /// has one kind of object in several of its responses.
    fn join_nulls(&mut self, deviations: &[Deviation<'a>]) {
        let mut shapes: BTreeMap<usize, (BTreeSet<&str>, bool)> = BTreeMap::new();
        for finding in deviations.iter().filter(|it| it.kind == Kind::Shape).flat_map(Deviation::findings) {
            let Some(index) = self.texts.get(&text(finding)) else { continue };
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
        let texts: Vec<usize> = deviation.findings().map(|finding| self.text(finding)).collect();
        let Some((first, others)) = texts.split_first() else { return };
        for other in others {
            let (one, other) = (self.root(*first), self.root(*other));
            self.parents[one.max(other)] = one.min(other);
        }
    }

    fn text(&mut self, finding: &'a Finding) -> usize {
        let next = self.parents.len();
        let index = *self.texts.entry(text(finding)).or_insert(next);
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
        let shared = rules(case).filter_map(|rule| Some((*self.shared.get(&rule)?, rule)));
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
                let rule = rule.filter(|_| !self.fragile.contains(&(operation, failure)));
                Cause::ServerError(operation, failure, rule)
            }
            Kind::Shape => match self.texts.get(&text(finding)) {
                Some(index) => Cause::Shape(self.root(*index)),
                None => Cause::Text(text(finding)),
            },
            Kind::Other if MEDIA_TYPE.contains(&finding.check) => {
                let response = deviation.exchange.and_then(|exchange| exchange.response.as_ref());
                Cause::Media(&finding.actual, response.is_none_or(|response| response.status >= 400))
            }
            Kind::Other if finding.check != NOT_REJECTED => {
                deviation.undeclared_status().map_or_else(|| Cause::Text(text(finding)), Cause::Undeclared)
            }
            Kind::Other if !finding.is_violation() => Cause::Unclaimed,
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
                    None => Cause::Text(text(finding)),
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
fn text(finding: &Finding) -> Text<'_> {
    match finding.schema_rule() {
        _ if VACUOUS.contains(&finding.check) => ("vacuous", "", &finding.actual),
        Some(rule) => (finding.check, "", rule),
        None => (finding.check, &finding.expected, &finding.actual),
    }
}

/// Returns true if the failure under test is that of missing or wrong credentials.
fn is_about_credentials(case: &CaseReport) -> bool {
    case.documented.status.and_then(|pattern| pattern.exactly()) == Some(401)
}

/// Returns the rules that the request under test breaks, the one that says most first.
fn rules(case: &CaseReport) -> impl Iterator<Item = Rule<'_>> {
    let missing = missing_part(case).map(Rule::Missing);
    let parameter = case.parameter.as_deref().map(Rule::Parameter);
    missing.into_iter().chain(case.documentation.as_deref().map(Rule::At)).chain(parameter)
}
