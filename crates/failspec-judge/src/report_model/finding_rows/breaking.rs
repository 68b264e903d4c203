//! The causes of errors of the server.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use failspec_pack::pack::{SUCCESS_ID, fault_kind};

use super::{
    causes::{BreakingFault, Cause, Place},
    deviation::{Deviation, Kind},
    error_message::Messages,
    families::neighbours,
};

/// Maximum number of rules whose breach breaks the server in one operation, each with a row of its own: with more, the
/// operation handles no fault, and that is one cause.
const MAX_BREAKING_RULES: usize = 3;

/// Maximum number of kinds of faults that break the server in one operation, each in one row with other operations.
const MAX_BREAKING_KINDS: usize = 8;

type Faults<'a> = BTreeSet<BreakingFault<'a>>;

/// The operations that a parameter breaks, and the faults with which it does.
type Broken<'a> = (BTreeSet<Option<&'a str>>, Faults<'a>);

/// The facts of all cases together on which the causes of errors of the server depend.
pub(super) struct Breaking<'a> {
    /// The operations, with the failure under test, that break under faults against many rules.
    fragile: HashSet<(Option<&'a str>, &'a str)>,
    /// The operations that break although the request has no fault.
    always: HashSet<Option<&'a str>>,
    /// The parameters, by name, of which a value breaks the server in several operations, each with all that break it in the same
    /// operations.
    parameters: HashMap<&'a str, Vec<&'a str>>,
    /// The kinds of faults that break the server at several places.
    faults: HashSet<BreakingFault<'a>>,
    /// The things in paths at which several kinds of faults, or a fault in several operations, break the server.
    places: HashSet<Place<'a>>,
    /// The operations, each with a thing in its path, that break where there is no such thing: any other id that names nothing
    /// breaks them for that reason.
    unknown: HashSet<(&'a str, &'a str)>,
    /// The operations that break under faults of many kinds.
    often: HashSet<Option<&'a str>>,
    /// The parts of requests to operations that break the server with several kinds of faults.
    parts: HashSet<(&'a str, &'a str)>,
    /// The kinds of faults in bodies that break nothing but parts which a related kind breaks, too, each with that.
    same: HashMap<BreakingFault<'a>, BreakingFault<'a>>,
    /// The messages that tell the cause.
    messages: Messages<'a>,
}

impl<'a> Breaking<'a> {
    pub fn of(deviations: &[Deviation<'a>]) -> Self {
        let broken: Vec<&Deviation<'a>> =
            deviations.iter().filter(|it| it.kind == Kind::ServerError).collect();
        let without_fault = |deviation: &&&Deviation<'a>| {
            // A control, a setup and a teardown have no fault either.
            !deviation.is_tested() || &*deviation.case.failure == SUCCESS_ID
        };
        let always: HashSet<Option<&'a str>> =
            broken.iter().filter(without_fault).map(|deviation| deviation.breaks().0).collect();
        let messages = Messages::of(&broken);
        let broken: Vec<&Deviation<'a>> =
            broken.into_iter().filter(|deviation| messages.cause(deviation).is_none()).collect();
        let mut rules: HashMap<(Option<&'a str>, &'a str), BTreeSet<Option<&str>>> = HashMap::new();
        for deviation in &broken {
            let (operation, failure, rule) = deviation.breaks();
            rules.entry((operation, failure)).or_default().insert(rule);
        }
        let many = rules.into_iter().filter(|(_, rules)| rules.len() > MAX_BREAKING_RULES);
        let mut breaking = Self {
            fragile: many.map(|(place, _)| place).collect(),
            always,
            parameters: HashMap::new(),
            faults: HashSet::new(),
            places: HashSet::new(),
            unknown: unknown(&broken),
            often: HashSet::new(),
            parts: HashSet::new(),
            messages,
            same: HashMap::new(),
        };
        breaking.note_same_faults(&broken);
        breaking.note_faults(&broken);
        breaking.note_parameters(&broken);
        breaking
    }

    /// Finds the kinds of faults that break nothing but parts which a related kind breaks, too.
    fn note_same_faults(&mut self, broken: &[&Deviation<'a>]) {
        let mut parts: BTreeMap<BreakingFault<'a>, BTreeSet<(&str, &str)>> = BTreeMap::new();
        for deviation in broken {
            if let (Some(fault @ (_, false, _)), Some(part)) = (deviation.breaking_fault(), deviation.part())
            {
                parts.entry(fault).or_default().insert(part);
            }
        }
        for (fault, found) in &parts {
            let mut related = neighbours(fault.0).map(|kind| (kind, fault.1, fault.2));
            let is_wider = |other: &BreakingFault<'a>| {
                let others = parts.get(other);
                // Of two with the same parts, the first.
                others.is_some_and(|others| {
                    others.is_superset(found) && (others.len() > found.len() || other < fault)
                })
            };
            if let Some(other) = related.find(is_wider) {
                self.same.insert(*fault, other);
            }
        }
    }

    /// Returns the kind of fault with which a request breaks the server; of several that are one, that which stands for them.
    fn fault(&self, deviation: &Deviation<'a>) -> Option<BreakingFault<'a>> {
        let fault = deviation.breaking_fault()?;
        if thing(deviation).is_some_and(|thing| self.unknown.contains(&thing)) {
            return Some((fault_kind::UNKNOWN_ID, true, fault.2));
        }
        Some(self.same.get(&fault).copied().unwrap_or(fault))
    }

    /// Finds the kinds of faults that break the server at several places, the places at which several do, and the operations that
    /// break under so many that this is one cause.
    fn note_faults(&mut self, broken: &[&Deviation<'a>]) {
        let mut kinds: HashMap<Option<&'a str>, BTreeSet<&str>> = HashMap::new();
        let mut parts: HashMap<(&'a str, &'a str), BTreeSet<&str>> = HashMap::new();
        let faults = || {
            let faults = broken.iter().filter_map(|it| Some((it, self.fault(it)?)));
            faults.filter(|(it, _)| !self.always.contains(&it.breaks().0))
        };
        for (deviation, fault) in faults() {
            if let Some(part) = deviation.part() {
                parts.entry(part).or_default().insert(fault.0);
            }
            kinds.entry(deviation.breaks().0).or_default().insert(fault.0);
        }
        let often = kinds.into_iter().filter(|(_, kinds)| kinds.len() > MAX_BREAKING_KINDS);
        let often: HashSet<Option<&str>> = often.map(|(operation, _)| operation).collect();
        let mut sites: HashMap<BreakingFault<'a>, HashSet<&'a str>> = HashMap::new();
        let mut places: HashMap<Place<'a>, HashSet<(&str, Option<&str>)>> = HashMap::new();
        for (deviation, fault) in faults().filter(|(it, _)| !often.contains(&it.breaks().0)) {
            let operation = deviation.breaks().0;
            let place = place(deviation);
            // The operations of one thing have one check of its id.
            let site = place.map(|(path, _)| path).or(operation);
            sites.entry(fault).or_default().extend(site);
            if let Some(place) = place {
                places.entry(place).or_default().insert((fault.0, operation));
            }
        }
        let several = sites.into_iter().filter(|(_, sites)| sites.len() > 1);
        self.faults = several.map(|(fault, _)| fault).collect();
        self.places = places.into_iter().filter(|(_, found)| found.len() > 1).map(|(it, _)| it).collect();
        let parts = parts.into_iter().filter(|(_, kinds)| kinds.len() > 1);
        self.parts = parts.map(|(part, _)| part).collect();
        self.often = often;
    }

    /// Finds the parameters of which a value breaks the server in several operations that a request without a fault does not
    /// break. One that breaks it with a kind of fault alone that breaks others, too, is not the cause.
    fn note_parameters(&mut self, broken: &[&Deviation<'a>]) {
        let mut found: HashMap<&'a str, Broken<'a>> = HashMap::new();
        let mut names: HashMap<BreakingFault<'a>, BTreeSet<&str>> = HashMap::new();
        for deviation in broken.iter().filter(|it| it.is_tested()) {
            let operation = deviation.breaks().0;
            let Some(name) = deviation.case.parameter.as_deref() else { continue };
            if self.always.contains(&operation) {
                continue;
            }
            let (operations, faults) = found.entry(name).or_default();
            operations.insert(operation);
            if let Some(fault) = deviation.breaking_fault() {
                faults.insert(fault);
                names.entry(fault).or_default().insert(name);
            }
        }
        let mut together: HashMap<BTreeSet<Option<&str>>, (BTreeSet<&'a str>, Faults<'a>)> = HashMap::new();
        for (name, (operations, faults)) in found.into_iter().filter(|(_, (it, _))| it.len() > 1) {
            let (names, all) = together.entry(operations).or_default();
            names.insert(name);
            all.extend(faults);
        }
        for (group, faults) in together.into_values() {
            let is_of_others = |fault: &BreakingFault<'a>| {
                self.faults.contains(fault) && names.get(fault).is_some_and(|names| !names.is_subset(&group))
            };
            if !(faults.len() == 1 && faults.iter().all(is_of_others)) {
                let names: Vec<&str> = group.iter().copied().collect();
                self.parameters.extend(group.into_iter().map(|name| (name, names.clone())));
            }
        }
    }

    /// Returns the cause of an error of the server.
    pub fn cause(&self, deviation: &Deviation<'a>) -> Cause<'a> {
        let (operation, failure, rule) = deviation.breaks();
        // What breaks without any fault breaks for one reason.
        if self.always.contains(&operation) {
            return Cause::ServerError(operation, "", None);
        }
        if let Some(cause) = self.messages.cause(deviation) {
            return cause;
        }
        let parameter = deviation.case.parameter.as_deref().filter(|_| deviation.is_tested());
        if let Some(names) = parameter.and_then(|name| self.parameters.get(name)) {
            return Cause::ServerErrorByParameter(names.clone());
        }
        // What breaks under almost every kind of fault has no check at all.
        if deviation.is_tested() && deviation.case.fault.is_some() && self.often.contains(&operation) {
            return Cause::ServerError(operation, "", Some(""));
        }
        let fault = self.fault(deviation);
        if let Some(fault) = fault.filter(|fault| self.faults.contains(fault)) {
            return Cause::ServerErrorByFault(fault);
        }
        if let Some(place) = fault.and_then(|_| place(deviation)).filter(|it| self.places.contains(it)) {
            return Cause::ServerErrorAt(place);
        }
        let part = deviation.part().filter(|part| deviation.is_tested() && self.parts.contains(part));
        match (part, self.fragile.contains(&(operation, failure))) {
            (Some((_, part)), false) => Cause::ServerError(operation, "", Some(part)),
            (_, is_fragile) => Cause::ServerError(operation, failure, rule.filter(|_| !is_fragile)),
        }
    }
}

/// Returns the operations that break where there is no such thing as their path names, each with the path up to it.
fn unknown<'a>(broken: &[&Deviation<'a>]) -> HashSet<(&'a str, &'a str)> {
    let is_unknown = |it: &&&Deviation<'a>| it.case.fault.as_deref() == Some(fault_kind::UNKNOWN_ID);
    broken.iter().filter(is_unknown).filter_map(|it| thing(it)).collect()
}

/// Returns the operation of a request under test and the thing in its path that the fault is about.
fn thing<'a>(deviation: &Deviation<'a>) -> Option<(&'a str, &'a str)> {
    let operation = deviation.case.operation.as_deref().filter(|_| deviation.is_tested())?;
    Some((operation, deviation.thing_in_path()?))
}

/// Returns the thing in the path that the fault is about, if it is about one.
fn place<'a>(deviation: &Deviation<'a>) -> Option<Place<'a>> {
    let response = deviation.exchange.and_then(|exchange| exchange.response.as_ref());
    Some((deviation.thing_in_path()?, response.map(|response| response.status)))
}
