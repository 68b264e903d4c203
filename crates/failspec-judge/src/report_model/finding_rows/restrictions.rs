//! Kinds of values that the document allows and the API refuses: a kind that is refused only where another one is, too, is that one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    causes::UNDECLARED_RESTRICTION,
    deviation::{Deviation, Kind},
};

/// The parts of requests in which a kind of value is refused.
type Parts<'a> = BTreeSet<(&'a str, &'a str)>;

/// The kinds of values that are refused where another kind is, each with that one.
#[derive(Default)]
pub(super) struct Restrictions<'a>(HashMap<&'a str, &'a str>);

impl<'a> Restrictions<'a> {
    pub fn of(deviations: &[Deviation<'a>]) -> Self {
        let mut kinds: BTreeMap<&'a str, Option<Parts<'a>>> = BTreeMap::new();
        let refused =
            deviations.iter().filter(|it| it.kind == Kind::Other && it.first.check == UNDECLARED_RESTRICTION);
        for deviation in refused {
            let Some(kind) = deviation.case.fault.as_deref() else { continue };
            let parts = kinds.entry(kind).or_insert_with(|| Some(Parts::new()));
            // What is wrong with a whole request is no part of another.
            match (deviation.part(), &mut *parts) {
                (Some(part), Some(parts)) => drop(parts.insert(part)),
                _ => *parts = None,
            }
        }
        let kinds: Vec<(&str, Parts<'_>)> =
            kinds.into_iter().filter_map(|(kind, parts)| Some((kind, parts?))).collect();
        let wider = |kind: &str, parts: &Parts<'_>| {
            let others = kinds.iter().filter(|(other, of_other)| {
                // Of two that are refused in the same parts, the first.
                *other != kind
                    && of_other.is_superset(parts)
                    && (of_other.len() > parts.len() || *other < kind)
            });
            others.max_by_key(|(_, parts)| parts.len()).map(|(other, _)| *other)
        };
        let joined: HashMap<&str, &str> =
            kinds.iter().filter_map(|(kind, parts)| Some((*kind, wider(kind, parts)?))).collect();
        Self(joined)
    }

    /// Returns the kind that stands for another.
    pub fn kind(&self, kind: &'a str) -> &'a str {
        let mut found = kind;
        // Each step leads to more parts, or to a kind before it.
        while let Some(next) = self.0.get(found) {
            found = next;
        }
        found
    }
}
