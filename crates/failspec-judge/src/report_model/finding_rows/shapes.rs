//! Shapes of bodies that are wrong for one reason whatever schema they break: a parameter of the query that changes them, and values
//! that are written in another type.

use std::collections::{BTreeMap, BTreeSet};

use failspec_pack::pack::WrittenAs;

use crate::check::Finding;

use super::deviation::{Deviation, Kind, is_echo};

/// The reasons that the shapes of a run have in common.
#[derive(Default)]
pub(super) struct Shapes<'a> {
    /// The rules that responses break only where the query has one parameter, each with its name.
    by_parameter: BTreeMap<&'a str, &'a str>,
    /// The types in which values are written for others, in more than one member.
    written: BTreeSet<WrittenAs>,
}

impl<'a> Shapes<'a> {
    pub fn of(deviations: &[Deviation<'a>]) -> Self {
        let shapes = || deviations.iter().filter(|it| it.kind == Kind::Shape && !is_echo(it));
        let mut parameters: BTreeMap<&'a str, BTreeSet<Option<&'a str>>> = BTreeMap::new();
        let mut written: BTreeMap<WrittenAs, BTreeSet<&'a str>> = BTreeMap::new();
        for deviation in shapes() {
            let parameter = changing_parameter(deviation);
            for finding in deviation.findings() {
                parameters.entry(rule(finding)).or_default().insert(parameter);
            }
            if let Some(other) = written_as(deviation) {
                written.entry(other).or_default().extend(deviation.findings().map(rule));
            }
        }
        let by_one = parameters.into_iter().filter_map(|(rule, parameters)| {
            let mut parameters = parameters.into_iter();
            let only = parameters.next().flatten()?;
            parameters.next().is_none().then_some((rule, only))
        });
        let mut by_parameter: BTreeMap<&str, &str> = by_one.collect();
        // One rule alone is a matter of that rule.
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        by_parameter.values().for_each(|name| *times.entry(name).or_default() += 1);
        by_parameter.retain(|_, name| times.get(name).is_some_and(|times| *times > 1));
        let written = written.into_iter().filter(|(_, rules)| rules.len() > 1).map(|(other, _)| other);
        Self { by_parameter, written: written.collect() }
    }

    /// Returns the parameter of the query with which a response breaks the rules of its schema, and never without it.
    pub fn parameter(&self, deviation: &Deviation<'a>) -> Option<&'a str> {
        let of = |finding: &'a Finding| self.by_parameter.get(rule(finding)).copied();
        let parameter = of(deviation.first)?;
        deviation.findings().all(|finding| of(finding) == Some(parameter)).then_some(parameter)
    }

    /// Returns the type in which the values of a response are written for another, if several members of the API are.
    pub fn written_as(&self, deviation: &Deviation<'a>) -> Option<WrittenAs> {
        written_as(deviation).filter(|other| self.written.contains(other))
    }
}

/// Returns the rule that a finding is about: in the schemas of the document, or by what is wrong.
fn rule(finding: &Finding) -> &str {
    finding.schema_rule().unwrap_or(&finding.actual)
}

/// Returns the name of the parameter of the query that the request under test has for its fault.
fn changing_parameter<'a>(deviation: &Deviation<'a>) -> Option<&'a str> {
    let name = deviation.case.parameter.as_deref().filter(|_| deviation.is_tested())?;
    let operation = deviation.case.operation.as_deref()?;
    (!operation.contains(&format!("{{{name}}}"))).then_some(name)
}

/// Returns the type in which all values are written that are wrong in a response.
fn written_as(deviation: &Deviation<'_>) -> Option<WrittenAs> {
    let first = deviation.first.written_as()?;
    deviation.findings().all(|finding| finding.written_as().is_some()).then_some(first)
}
