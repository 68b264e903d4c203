//! The order of the cases of a run that may be cut off: what differs most comes first.

use std::collections::HashMap;

use super::plan::Case;

/// Sorts cases by how much each is likely to add to those before it, for a run whose time is limited: requests without a fault
/// first, then the first case of each kind of fault and request, those of kinds that have come up seldom before the others. Cases
/// that say the same about the same request come last.
pub(super) fn by_worth(cases: &mut [Case]) {
    let mut everywhere: HashMap<Kind, u32> = HashMap::new();
    let mut here: HashMap<(Kind, String), u32> = HashMap::new();
    let mut ranks: HashMap<usize, (u32, u32)> = HashMap::with_capacity(cases.len());
    for case in &*cases {
        let scenario = &case.scenario;
        let is_without_fault = scenario.failure.is_none() && !scenario.may_be_refused;
        let rank = if is_without_fault {
            (0, 0)
        } else {
            let kind: Kind = (scenario.failure, scenario.cause, scenario.fault.as_deref().map(str::to_owned));
            let line = &scenario.faulty.request.line;
            let place = format!("{} {}", line.method, line.path.written);
            let all = everywhere.entry(kind.clone()).or_default();
            let own = here.entry((kind, place)).or_default();
            (*all, *own) = (*all + 1, *own + 1);
            // Of a kind that came up a hundred times one more says as little as of one that came up seventy times.
            (*own, all.ilog2())
        };
        ranks.insert(case.index, rank);
    }
    cases.sort_by_cached_key(|case| ranks.get(&case.index).copied().unwrap_or_default());
}

/// The failure and the cause under test, by their indexes, and the kind of fault.
type Kind = (Option<usize>, Option<usize>, Option<String>);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use failspec_pack::pack::{Files, Pack, case_names};

    use super::*;

    /// Returns the names of scenarios, in the order in which a run with little time would send them.
    fn order(scenarios: &str) -> Vec<String> {
        let contract = "contract: t\nas_of: 2026-11-20\nsuccess: { status: 2xx }\nenvelope: { code: /code }\n\
                        failures:\n  - { id: bad, status: 400, code: bad, summary: It is bad }\n";
        let texts = [
            ("schemas/t/contract.yaml".to_owned(), contract.to_owned()),
            ("scenarios/t/s.yaml".to_owned(), format!("contract: t\nscenarios:\n{scenarios}")),
        ];
        let pack = Pack::from_texts(&Files::Directory(".".into()), "t", texts).unwrap();
        let case = |(index, (name, scenario, row)): (usize, (String, &Arc<_>, Option<usize>))| Case {
            index,
            name: name.into(),
            scenario: Arc::clone(scenario),
            row,
            skip: None,
        };
        let mut cases: Vec<Case> = case_names(&pack).enumerate().map(case).collect();
        by_worth(&mut cases);
        cases.iter().map(|case| case.scenario.name.clone()).collect()
    }

    #[test]
    fn cases_that_differ_most_come_first() {
        let bad = |name: &str, path: &str, fault: &str| {
            format!(
                "  {name}: {{ triggers: bad, fault: {fault}, request: GET {path}, no_control: none here, \
                 documentation: rule }}\n"
            )
        };
        let valid =
            |name: &str, path: &str| format!("  {name}: {{ expect: success, request: GET {path} }}\n");
        let all = [
            bad("a_null", "/a", "long"),
            bad("a_null_again", "/a", "long"),
            bad("a_empty", "/a", "empty"),
            valid("a_valid", "/a"),
            bad("b_null", "/b", "long"),
            bad("b_short", "/b", "short"),
            valid("b_valid", "/b"),
        ];
        let expected = ["a_valid", "b_valid", "a_null", "a_empty", "b_short", "b_null", "a_null_again"];
        assert_eq!(order(&all.concat()), expected);
    }
}
