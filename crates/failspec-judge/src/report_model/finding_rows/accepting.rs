//! The causes of faults that are accepted.

use std::collections::{BTreeSet, HashMap, HashSet};

use failspec_pack::pack::fault_kind;

use super::{
    super::CaseReport,
    causes::{Cause, NOT_REJECTED, Rule, Weight},
    deviation::{Deviation, Kind},
    families::{accepted_family, is_converted},
    missing_part::missing_part,
};

/// Maximum number of faults in parts of a request that an operation accepts, each in one row with other operations.
const MAX_ACCEPTED_FAULTS: usize = 3;

/// Maximum number of operations that accept faults of many kinds, each with a row of its own: with more, the API does not check what
/// it gets, and that is one cause.
const MAX_LENIENT: usize = 2;

/// The facts of all cases together on which the causes of accepted faults depend.
pub(super) struct Accepting<'a> {
    /// The rules that requests to more than one operation broke, and the number of those.
    shared: HashMap<Rule<'a>, usize>,
    /// The operations that accept values of a parameter, by its name, where they accept values of others, too.
    lenient: HashMap<&'a str, Vec<&'a str>>,
    /// The parts of requests to operations of which a value is accepted that should not be.
    parts: HashSet<(&'a str, &'a str)>,
    /// The operations that accept faults of many kinds.
    often: HashSet<&'a str>,
    /// The kinds of values, by family, that several operations convert.
    converted: HashSet<&'a str>,
    /// True for reading and for other operations of which several succeed although there is no such thing.
    nothing_there: HashSet<bool>,
    /// The cause of a value that is accepted and should not be, by the part of the request that it is in.
    by_part: HashMap<(&'a str, &'a str), Cause<'a>>,
}

impl<'a> Accepting<'a> {
    pub fn of(deviations: &[Deviation<'a>]) -> Self {
        let mut broken: HashMap<Rule<'a>, HashSet<&'a str>> = HashMap::new();
        let accepted: Vec<&Deviation<'a>> =
            deviations.iter().filter(|it| it.kind == Kind::Other && it.first.check == NOT_REJECTED).collect();
        for case in accepted.iter().map(|it| it.case) {
            let Some(operation) = case.operation.as_deref() else { continue };
            for rule in rules(case) {
                broken.entry(rule).or_default().insert(operation);
            }
        }
        let sure: Vec<&Deviation<'a>> = accepted.into_iter().filter(|it| it.first.is_violation()).collect();
        let lenient = lenient(&broken);
        // An operation that accepts many kinds of faults checks nothing, and that is one cause.
        let mut often: HashMap<&str, usize> = HashMap::new();
        let is_of_fault = |rule: &Rule<'_>| matches!(rule, Rule::Fault(kind, _) if !is_converted(kind));
        let of_faults = broken.iter().filter(|(rule, _)| is_of_fault(rule));
        for operation in of_faults.flat_map(|(_, operations)| operations) {
            *often.entry(operation).or_default() += 1;
        }
        often.retain(|_, faults| *faults > MAX_ACCEPTED_FAULTS);
        for (_, operations) in broken.iter_mut().filter(|(rule, _)| matches!(rule, Rule::Fault(..))) {
            operations.retain(|operation| !often.contains_key(operation));
        }
        let shared = broken.into_iter().filter(|(_, operations)| operations.len() > 1);
        let mut accepting = Self {
            shared: shared.map(|(rule, operations)| (rule, operations.len())).collect(),
            lenient,
            parts: sure.iter().filter_map(|it| it.part()).collect(),
            often: often.into_keys().collect(),
            converted: HashSet::new(),
            nothing_there: HashSet::new(),
            by_part: HashMap::new(),
        };
        accepting.note_kinds(&sure);
        for deviation in sure.into_iter().rev() {
            if let Some(part) = deviation.part() {
                let cause = accepting.cause(deviation);
                accepting.by_part.insert(part, cause);
            }
        }
        accepting
    }

    /// Finds what several operations do with one kind of fault, whatever part it is in.
    fn note_kinds(&mut self, sure: &[&Deviation<'a>]) {
        let mut converted: HashMap<&'a str, BTreeSet<&str>> = HashMap::new();
        let mut nothing_there: HashMap<bool, BTreeSet<&str>> = HashMap::new();
        // A part of which another value is accepted, too, is not checked at all.
        let unchecked: HashSet<(&str, &str)> = sure
            .iter()
            .filter(|it| it.case.fault.as_deref().is_some_and(|kind| !is_converted(kind)))
            .filter_map(|it| it.part())
            .collect();
        for deviation in sure {
            let Some(operation) = deviation.case.operation.as_deref() else { continue };
            if let Some(is_safe) = is_nothing_there(deviation) {
                nothing_there.entry(is_safe).or_default().insert(operation);
            }
            let kind = deviation.case.fault.as_deref().filter(|kind| is_converted(kind));
            if let Some(kind) = kind.filter(|_| deviation.part().is_none_or(|it| !unchecked.contains(&it))) {
                converted.entry(accepted_family(kind)).or_default().insert(operation);
            }
        }
        converted.retain(|_, operations| {
            operations.retain(|operation| !self.often.contains(operation));
            operations.len() > 1
        });
        nothing_there.retain(|_, operations| operations.len() > 1);
        self.converted = converted.into_keys().collect();
        self.nothing_there = nothing_there.into_keys().collect();
    }

    /// Returns the cause of a fault that is accepted.
    pub fn cause(&self, deviation: &Deviation<'a>) -> Cause<'a> {
        let (case, finding) = (deviation.case, deviation.first);
        let kind = case.fault.as_deref();
        // It is no value that is wrong, and weighs more than any: one thing may be reached by way of another.
        if kind == Some(fault_kind::ANOTHER_PARENT) {
            return Cause::Unclaimed(Weight::OtherParent);
        }
        // A value that servers convert says nothing new where every value is accepted.
        if !finding.is_violation() && deviation.part().is_none_or(|part| !self.parts.contains(&part)) {
            return Cause::Unclaimed(Weight::of(kind));
        }
        // It is one row with the value that weighs more.
        if let Some(cause) =
            deviation.part().filter(|_| !finding.is_violation()).and_then(|part| self.by_part.get(&part))
        {
            return cause.clone();
        }
        if is_about_credentials(case) {
            return Cause::Open;
        }
        if let Some(is_safe) = is_nothing_there(deviation).filter(|it| self.nothing_there.contains(it)) {
            return Cause::NothingThere(is_safe);
        }
        if let Some(operations) = case.parameter.as_deref().and_then(|name| self.lenient.get(name))
            && missing_part(case).is_none()
        {
            return Cause::AcceptedParameters(operations.clone());
        }
        let operation = case.operation.as_deref();
        let accepts_often = operation.is_some_and(|operation| self.often.contains(operation));
        let family = kind.filter(|kind| is_converted(kind)).map(accepted_family);
        if let Some(family) = family.filter(|family| !accepts_often && self.converted.contains(family)) {
            return Cause::Converted(family);
        }
        match (self.widest_rule(case, accepts_often), operation) {
            (Some(rule), _) => Cause::AcceptedByAll(rule),
            (None, Some(_)) if accepts_often && self.often.len() > MAX_LENIENT => Cause::AcceptsManyKinds,
            (None, Some(operation)) => Cause::Accepts(operation, &finding.expected),
            (None, None) => Cause::Text((finding.check, &finding.expected, &finding.actual)),
        }
    }

    /// Returns the rule of a case that the most operations break; of several, the one that says most. `None` if only one
    /// operation breaks it.
    fn widest_rule(&self, case: &'a CaseReport, accepts_often: bool) -> Option<Rule<'a>> {
        let rules = rules(case).filter(|rule| !accepts_often || !matches!(rule, Rule::Fault(..)));
        let shared = rules.filter_map(|rule| Some((*self.shared.get(&rule)?, rule)));
        let widest = shared.reduce(|best, next| if next.0 > best.0 { next } else { best });
        widest.map(|(_, rule)| rule)
    }
}

/// Returns true for a request that only reads, false for another; `None` if it is not about a thing in its path that does not
/// exist.
fn is_nothing_there(deviation: &Deviation<'_>) -> Option<bool> {
    let is_unknown = deviation.case.fault.as_deref() == Some(fault_kind::UNKNOWN_ID);
    deviation.thing_in_path().filter(|_| is_unknown)?;
    let (method, _) = deviation.case.operation.as_deref()?.split_once(' ')?;
    Some(matches!(method, "GET" | "HEAD"))
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
