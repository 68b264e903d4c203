//! Rules about faults that no scenario shows: which failure wins, and that the response names what is wrong.

use failspec_base::syntax::Diagnostic;
use failspec_pack::pack::{Failure, Pack, Row, Scenario, faulty_parts};

/// Reports each `precedes` that no scenario with both faults shows.
pub(super) fn orders_without_scenario(pack: &Pack) -> Vec<Diagnostic> {
    let failures = &pack.contract.failures;
    let shows = |scenario: &Scenario, first: usize, id: &str| {
        scenario.failure == Some(first)
            && scenario.second_fault.is_some_and(|second| failures[second.failure].id == id)
    };
    let stated = failures.iter().enumerate().flat_map(|(index, failure)| {
        failure.precedes.iter().map(move |other| (index, failure, other.as_str()))
    });
    stated
        .filter(|(_, failure, other)| failure.excluded.is_none() && failures.iter().any(|it| it.id == *other))
        .filter(|(index, _, other)| !pack.scenarios.iter().any(|scenario| shows(scenario, *index, other)))
        .map(|(_, failure, other)| {
            let title = format!("no scenario shows that `{}` precedes `{other}`", failure.id);
            let hint = format!("write one with both faults: `second_fault: {other}`");
            Diagnostic::warning(failure.place.clone(), title).hint(hint)
        })
        .collect()
}

/// Reports each failure with `names` of which no scenario has its fault in a part with a name.
pub(super) fn names_without_scenario(pack: &Pack) -> Vec<Diagnostic> {
    let failures = pack.contract.failures.iter().enumerate();
    let promised = failures.filter(|(_, failure)| failure.names.is_some() && failure.excluded.is_none());
    promised
        .filter(|(index, _)| {
            let mut own =
                pack.scenarios.iter().filter(|scenario| scenario.failure == Some(*index)).peekable();
            // Without any scenario, that is what is reported.
            own.peek().is_some() && !own.any(|scenario| has_named_fault(scenario))
        })
        .map(|(_, failure)| unchecked(failure))
        .collect()
}

fn unchecked(failure: &Failure) -> Diagnostic {
    let title = format!("`names` of `{}` is never checked", failure.id);
    Diagnostic::warning(failure.place.clone(), title)
        .hint("write a scenario that differs from its control in a query parameter or a member of the body")
}

fn has_named_fault(scenario: &Scenario) -> bool {
    let has = |row: Option<&Row>| !faulty_parts(&scenario.faulty.request, &scenario.control, row).is_empty();
    scenario.rows.iter().any(|row| has(Some(row))) || scenario.rows.is_empty() && has(None)
}
