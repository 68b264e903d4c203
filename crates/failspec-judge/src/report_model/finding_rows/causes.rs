//! The causes of deviations.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use failspec_pack::pack::{WrittenAs, fault_kind};

use crate::check::{EXAMPLE_IS_ACCEPTED, Finding};

use super::{
    super::MissingPart,
    accepting::Accepting,
    breaking::Breaking,
    deviation::{Deviation, Kind, is_echo},
    error_message::Sentence,
    families::is_converted,
    restrictions::Restrictions,
    shapes::Shapes,
};

/// The check of faults that are not rejected.
pub(super) const NOT_REJECTED: &str = "not-rejected";

/// The check of requests that are refused although the document allows them.
pub(in crate::report_model) const UNDECLARED_RESTRICTION: &str = "undeclared-restriction";

/// The check for what an API requires and its document does not.
pub(super) const UNDECLARED_REQUIREMENT: &str = "undeclared-requirement";

/// The check of methods that a path does not have.
pub(super) const UNSUPPORTED_METHOD: &str = "unsupported-method";

/// The check of HEAD where GET is supported.
const HEAD: &str = "head";

/// The check of the methods that a 405 response lists.
const ALLOW: &str = "allow";

/// The end of the location of the rule of a schema that members must be there.
const REQUIRED: &str = "/required";

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
    /// Values of parameters of these names break the server in the same operations, which are several.
    ServerErrorByParameter(Vec<&'a str>),
    /// A kind of fault breaks the server in several operations.
    ServerErrorByFault(BreakingFault<'a>),
    /// Several kinds of ids, or several operations with one, break the server at a thing in the path: the path up to it, and
    /// the status.
    ServerErrorAt(Place<'a>),
    /// The server says of several parameters that it cannot read them: the status, how its message begins, and the kind of
    /// fault; empty for values that do not have the form that it reads.
    ServerErrorNaming(u16, String, &'a str),
    /// The server says the same of faults of several causes: the status, and what it says.
    ServerErrorSaying(u16, Sentence),
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
    /// Several operations accept faults of many kinds: the API does not check what it gets.
    AcceptsManyKinds,
    /// Several operations accept a fault.
    AcceptedByAll(Rule<'a>),
    /// Several operations accept a kind of value that servers convert, or take for one that is absent.
    Converted(&'a str),
    /// Several operations succeed although there is no such thing: true for those that only read.
    NothingThere(bool),
    /// The same operations accept whatever value of several parameters.
    AcceptedParameters(Vec<&'a str>),
    /// Responses could not be compared with all that the document says, because it lacks a part.
    NotCompared,
    /// Responses have the wrong values that the API accepted in the requests.
    Echo,
    /// Responses lack required members where the request has this part, in several operations.
    LacksRequiredWith(&'a str),
    /// Responses have another shape than declared where the query has this parameter.
    ShapeWithParameter(&'a str),
    /// Values of several members of responses are written in another type than the declared one.
    WrittenAs(WrittenAs),
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
}

impl Weight {
    pub fn of(fault: Option<&str>) -> Self {
        match fault {
            Some(fault_kind::ANOTHER_PARENT) => Self::OtherParent,
            Some(
                fault_kind::UNKNOWN_ID
                | fault_kind::ZERO_ID
                | fault_kind::NEGATIVE_ID
                | fault_kind::UNDECLARED_METHOD,
            ) => Self::NothingThere,
            Some(kind) if is_converted(kind) => Self::Converted,
            _ => Self::Forbidden,
        }
    }
}

/// A kind of fault that breaks the server: the kind, true if it is in a parameter, and the status of the response; none if the
/// connection was closed.
pub(super) type BreakingFault<'a> = (&'a str, bool, Option<u16>);

/// A thing in a path at which ids break the server: the path up to it, and the status of the response; none if the connection was
/// closed.
pub(super) type Place<'a> = (&'a str, Option<u16>);

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
    breaking: Breaking<'a>,
    accepting: Accepting<'a>,
    /// The statuses that are due, and the declared ones that come in their place.
    wrong_statuses: HashSet<(u16, u16)>,
    /// The undeclared statuses that are rarely a violation: those are rows of their own.
    rarely_violations: HashSet<u16>,
    /// The rules that members must be there which several operations break with one part of the request, each with that part.
    selecting: HashMap<&'a str, &'a str>,
    shape_reasons: Shapes<'a>,
    restrictions: Restrictions<'a>,
    /// The shapes, as a forest: two texts that one exchange shows belong to one shape.
    texts: HashMap<Text<'a>, usize>,
    parents: Vec<usize>,
}

impl<'a> Causes<'a> {
    pub fn of(deviations: &[Deviation<'a>]) -> Self {
        let declared = deviations.iter().filter(|it| it.undeclared_status().is_none());
        let mut causes = Self {
            breaking: Breaking::of(deviations),
            accepting: Accepting::of(deviations),
            wrong_statuses: declared.filter_map(Deviation::wrong_status).collect(),
            rarely_violations: rarely_violations(deviations),
            selecting: selecting(deviations),
            shape_reasons: Shapes::of(deviations),
            restrictions: Restrictions::of(deviations),
            texts: HashMap::new(),
            parents: Vec::new(),
        };
        for deviation in deviations.iter().filter(|it| it.kind == Kind::Shape && !is_echo(it)) {
            causes.join(deviation);
        }
        causes.join_nulls(deviations);
        causes
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

    /// Returns the part of the request that leaves out what the response lacks.
    fn selecting_part(&self, deviation: &Deviation<'a>) -> Option<&'a str> {
        let part_of = |finding: &'a Finding| self.selecting.get(finding.schema_rule()?).copied();
        let part = part_of(deviation.first)?;
        // It is the same in all of them; with another rule that it breaks, the response is wrong for another reason, too.
        deviation.findings().all(|finding| part_of(finding) == Some(part)).then_some(part)
    }

    /// Returns the cause of a wrong shape.
    fn shape_cause(&self, deviation: &Deviation<'a>) -> Cause<'a> {
        if let Some(part) = self.selecting_part(deviation) {
            return Cause::LacksRequiredWith(part);
        }
        if let Some(name) = self.shape_reasons.parameter(deviation) {
            return Cause::ShapeWithParameter(name);
        }
        if let Some(other) = self.shape_reasons.written_as(deviation) {
            return Cause::WrittenAs(other);
        }
        let text = text(deviation, deviation.first);
        self.texts.get(&text).map_or(Cause::Text(text), |index| Cause::Shape(self.root(*index)))
    }

    pub fn cause(&self, deviation: &Deviation<'a>) -> Cause<'a> {
        let (case, finding) = (deviation.case, deviation.first);
        match deviation.kind {
            Kind::ServerError => self.breaking.cause(deviation),
            _ if finding.is_not_compared() => Cause::NotCompared,
            Kind::Shape if is_echo(deviation) => Cause::Echo,
            Kind::Shape => self.shape_cause(deviation),
            Kind::Other if MEDIA_TYPE.contains(&finding.check) => {
                let response = deviation.exchange.and_then(|exchange| exchange.response.as_ref());
                Cause::Media(&finding.actual, response.is_none_or(|response| response.status >= 400))
            }
            Kind::Other
                if finding.check == UNDECLARED_RESTRICTION
                    && finding.expected != EXAMPLE_IS_ACCEPTED
                    && case.fault.is_some() =>
            {
                Cause::Restriction(self.restrictions.kind(case.fault.as_deref().unwrap_or_default()))
            }
            Kind::Other if [UNSUPPORTED_METHOD, HEAD, UNDECLARED_REQUIREMENT].contains(&finding.check) => {
                Cause::Text(text(deviation, finding))
            }
            Kind::Other if finding.check != NOT_REJECTED => {
                let wrong = deviation.wrong_status();
                let is_violation = deviation.findings().any(Finding::is_violation);
                let undeclared = deviation.undeclared_status().filter(|status| {
                    // What others do that declare the status is the same deviation.
                    wrong.is_none_or(|wrong| {
                        let is_apart = is_violation && self.rarely_violations.contains(status);
                        !is_apart && !self.wrong_statuses.contains(&wrong)
                    })
                });
                let wrong = || wrong.map(|(due, got)| Cause::WrongStatus(due, got));
                undeclared
                    .map(Cause::Undeclared)
                    .or_else(wrong)
                    .unwrap_or_else(|| Cause::Text(text(deviation, finding)))
            }
            Kind::Other => self.accepting.cause(deviation),
        }
    }
}

/// Returns the rules that members must be there which responses of several operations break with one part of the request, and never
/// without it, each with that part: it leaves them out.
fn selecting<'a>(deviations: &[Deviation<'a>]) -> HashMap<&'a str, &'a str> {
    let mut lacking: BTreeMap<&'a str, BTreeSet<Option<(&'a str, &'a str)>>> = BTreeMap::new();
    for deviation in deviations.iter().filter(|it| it.kind == Kind::Shape) {
        let part = deviation.part().filter(|_| deviation.is_tested());
        for rule in deviation.findings().filter_map(Finding::schema_rule) {
            lacking.entry(rule).or_default().insert(part);
        }
    }
    let by_one_part = lacking.into_iter().filter_map(|(rule, found)| {
        let found: Option<Vec<(&str, &str)>> = found.into_iter().collect();
        let found = found.filter(|_| rule.ends_with(REQUIRED))?;
        let (_, part) = *found.first()?;
        found.iter().all(|(_, other)| *other == part).then_some((rule, part, found))
    });
    let by_one_part: Vec<_> = by_one_part.collect();
    let mut operations: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (_, part, found) in &by_one_part {
        operations.entry(part).or_default().extend(found.iter().map(|(operation, _)| operation));
    }
    let of_several = |part: &str| operations.get(part).is_some_and(|operations| operations.len() > 1);
    by_one_part.iter().filter(|(_, part, _)| of_several(part)).map(|(rule, part, _)| (*rule, *part)).collect()
}

/// Maximum share of violations among the responses with an undeclared status that has one row for the remarks and another for the
/// violations: one in ten.
const RARE: usize = 10;

/// Returns the undeclared statuses that are a violation in a few cases only: what is wrong there would stand for hundreds of
/// remarks about another matter.
fn rarely_violations(deviations: &[Deviation<'_>]) -> HashSet<u16> {
    let mut found: HashMap<u16, (usize, usize)> = HashMap::new();
    for deviation in deviations.iter().filter(|it| it.kind == Kind::Other) {
        let Some(status) = deviation.undeclared_status() else { continue };
        let (violations, all) = found.entry(status).or_default();
        *violations += usize::from(deviation.findings().any(Finding::is_violation));
        *all += 1;
    }
    let rare = found.into_iter().filter(|(_, (violations, all))| violations * RARE < *all);
    rare.map(|(status, _)| status).collect()
}

/// Returns the text by which two findings are the same: for a body, what it lacks or the rule that it breaks.
fn text<'a>(deviation: &Deviation<'_>, finding: &'a Finding) -> Text<'a> {
    let response = deviation.exchange.and_then(|exchange| exchange.response.as_ref());
    let is_error = response.is_some_and(|response| response.status >= 400);
    match finding.schema_rule() {
        _ if VACUOUS.contains(&finding.check) => ("vacuous", "", &finding.actual),
        // The errors of an API have one shape, by the contract and by its OpenAPI document.
        _ if ERRORS.contains(&finding.check) && is_error => ("envelope", "", &finding.actual),
        // What does not know the method is the same for all operations, whatever it says.
        _ if finding.check == HEAD => (HEAD, "", ""),
        // Whatever it says instead, and wherever.
        _ if finding.check == UNSUPPORTED_METHOD => (UNSUPPORTED_METHOD, "", ""),
        // Which methods `Allow` lacks is a matter of the path.
        _ if finding.check == ALLOW => {
            let mut headers = response.into_iter().flat_map(|response| &response.headers);
            let is_there = headers.any(|(name, _)| name.eq_ignore_ascii_case("allow"));
            (ALLOW, "", if is_there { "incomplete" } else { "missing" })
        }
        Some(rule) => (finding.check, "", rule),
        None => (finding.check, &finding.expected, &finding.actual),
    }
}
