//! Coverage: what a run says about each documented failure.

use failspec_judge::report_model::{
    CaseReport, Coverage, Exercise, FeatureReport, NotCovered, Outcome, Presence, Reason, Requirement,
    RequirementKind, Selection, State,
};
use failspec_pack::target_config::OutOfReach;
use serde_json::json;

use crate::{
    harness::World,
    reports::{because, case, exercised, of_cause, waived},
};

const CONTRACT: &str = "
envelope: { code: /error }
failures:
  - { id: absent, status: 404, code: absent, summary: x, causes: [gone, never] }
  - { id: busy, status: 503, code: busy, summary: x }
  - { id: hidden, status: 403, code: hidden, summary: x, excluded: nobody can see it }
  - { id: far, status: 500, code: far, summary: x }";

fn coverage(cases: &[CaseReport], selection: Option<&Selection>) -> Coverage {
    let world = World::new(CONTRACT, "triggers: absent/gone");
    let far = OutOfReach { failures: vec!["t::far".to_owned()], reason: "no button".to_owned() };
    Coverage::of(world.contract(), &cases.iter().collect::<Vec<_>>(), &[far], &[], selection)
}

#[test]
fn what_belongs_to_an_absent_feature_is_not_applicable() {
    let world = World::new(CONTRACT, "triggers: absent/gone");
    let feature = |presence| FeatureReport {
        name: "optional".to_owned(),
        about: "x".to_owned(),
        failures: vec!["busy".to_owned()],
        declared: None,
        presence,
        probe: Some("GET /busy".to_owned()),
        response: Some("HTTP 404".to_owned()),
    };
    let none = State::Missing(NotCovered::NoScenario);
    let absent = State::NotApplicable(
        "the product does not have the feature optional (GET /busy got HTTP 404)".to_owned(),
    );
    let case = |outcome| case("t::busy::s", outcome);
    let untold = || State::NotApplicable(String::new());
    for (presence, cases, expected) in [
        (Presence::Absent, vec![], absent.clone()),
        (Presence::Present, vec![], none.clone()),
        (Presence::Unclear, vec![], none),
        (Presence::Absent, vec![case(Outcome::NotApplicable)], absent),
        // A case that sends an operation of another feature.
        (Presence::Present, vec![case(Outcome::NotApplicable)], untold()),
        // Whatever was tried counts, whichever feature is absent.
        (Presence::Absent, vec![case(Outcome::Skipped)], not_covered(Outcome::Skipped)),
        (
            Presence::Absent,
            vec![case(Outcome::NotApplicable), case(Outcome::Inconclusive)],
            not_covered(Outcome::Inconclusive),
        ),
        (Presence::Absent, vec![case(Outcome::NotApplicable), seen(Outcome::Passed)], State::Exercised),
    ] {
        let cases: Vec<&CaseReport> = cases.iter().collect();
        let shown = Coverage::of(world.contract(), &cases, &[], &[feature(presence)], None);
        assert_eq!(shown.failures[1].state, expected, "{presence:?}");
    }
}

fn state(cases: &[CaseReport]) -> State {
    coverage(cases, None).failures.swap_remove(1).state
}

fn alternative(code: &str, outcome: Outcome) -> CaseReport {
    exercised(case("t::busy::s", outcome), Exercise::Alternative(code.to_owned()), Some(json!(code)))
}

fn seen(outcome: Outcome) -> CaseReport {
    exercised(case("t::busy::s", outcome), Exercise::Exercised, Some(json!("busy")))
}

fn not_covered(outcome: Outcome) -> State {
    State::Missing(NotCovered::Case { outcome, reason: None })
}

#[test]
fn the_best_that_the_cases_of_a_failure_show_is_its_state() {
    let plain = |outcome| case("t::busy::s", outcome);
    for (cases, expected) in [
        (vec![], State::Missing(NotCovered::NoScenario)),
        (vec![seen(Outcome::Passed)], State::Exercised),
        (vec![seen(Outcome::Failed)], State::Exercised),
        (vec![seen(Outcome::Waived)], State::Waived("known".to_owned())),
        (vec![seen(Outcome::Inconclusive)], not_covered(Outcome::Inconclusive)),
        (vec![seen(Outcome::Unconfirmed)], not_covered(Outcome::Unconfirmed)),
        (vec![plain(Outcome::Failed)], not_covered(Outcome::Failed)),
        (vec![plain(Outcome::Skipped)], not_covered(Outcome::Skipped)),
        (vec![plain(Outcome::Waived)], State::Waived("known".to_owned())),
        (vec![alternative("late", Outcome::Passed)], State::CoveredByAlternative("late".to_owned())),
        (vec![alternative("late", Outcome::Failed)], State::CoveredByAlternative("late".to_owned())),
        (vec![alternative("late", Outcome::Waived)], State::Waived("known".to_owned())),
        (vec![alternative("late", Outcome::Inconclusive)], not_covered(Outcome::Inconclusive)),
        // The best one, in whichever order.
        (
            vec![plain(Outcome::Skipped), alternative("late", Outcome::Passed), seen(Outcome::Passed)],
            State::Exercised,
        ),
        (vec![seen(Outcome::Passed), plain(Outcome::Failed)], State::Exercised),
        (
            vec![plain(Outcome::Waived), alternative("late", Outcome::Passed)],
            State::CoveredByAlternative("late".to_owned()),
        ),
        (vec![plain(Outcome::Skipped), plain(Outcome::Waived)], State::Waived("known".to_owned())),
        // Of two reasons, the first in the order of their sentences.
        (vec![plain(Outcome::Skipped), plain(Outcome::Inconclusive)], not_covered(Outcome::Inconclusive)),
        (vec![plain(Outcome::Inconclusive), plain(Outcome::Skipped)], not_covered(Outcome::Inconclusive)),
        // A case of another failure shows nothing.
        (vec![case("t::absent::s", Outcome::Passed)], State::Missing(NotCovered::NoScenario)),
    ] {
        let names: Vec<_> = cases.iter().map(|case| (&case.name, case.outcome, &case.exercised)).collect();
        assert_eq!(state(&cases), expected, "{names:?}");
    }
    let mut silent = case("t::busy::s", Outcome::Waived);
    silent.waived.clear();
    assert_eq!(state(&[silent]), State::Waived(String::new()));
}

#[test]
fn what_is_declared_or_not_selected_explains_a_failure_that_is_not_exercised() {
    let all = coverage(&[], None);
    let states: Vec<&State> = all.failures.iter().map(|failure| &failure.state).collect();
    let none = State::Missing(NotCovered::NoScenario);
    let (excluded, far) =
        (State::Excluded("nobody can see it".to_owned()), State::OutOfReach("no button".to_owned()));
    assert_eq!(states, [&none, &none, &excluded, &far]);
    assert_eq!(all.failures[0].causes.iter().map(|cause| &cause.state).collect::<Vec<_>>(), [&none, &none]);
    assert_eq!(all.causes(), (2, 0));
    let missing: Vec<(String, &NotCovered)> = all.missing();
    assert_eq!(
        missing,
        [("absent".to_owned(), &NotCovered::NoScenario), ("busy".to_owned(), &NotCovered::NoScenario)]
    );
    assert_eq!(all.count(|state| matches!(state, State::Missing(_))), 2);
    assert_eq!(all.count(|state| *state == State::Exercised), 0);
    assert_eq!(states.iter().map(|state| state.is_settled()).collect::<Vec<_>>(), [false, false, true, true]);
    // What is exercised all the same counts.
    let cases = [case("t::hidden::s", Outcome::Passed), case("t::far::s", Outcome::Failed)];
    let states: Vec<State> =
        coverage(&cases, None).failures.into_iter().map(|failure| failure.state).collect();
    assert_eq!(states[2..], [State::Exercised, far.clone()]);
    // Of what was not requested, only what was exercised is told.
    let selection = Selection { failures: [1].into(), causes: [(0, 1)].into() };
    let cases = [case("t::hidden::s", Outcome::Passed)];
    let selected = coverage(&cases, Some(&selection));
    let states: Vec<&State> = selected.failures.iter().map(|failure| &failure.state).collect();
    assert_eq!(states, [&State::NotSelected, &none, &State::Exercised, &State::NotSelected]);
    let causes: Vec<&State> = selected.failures[0].causes.iter().map(|cause| &cause.state).collect();
    assert_eq!(causes, [&State::NotSelected, &none]);
}

#[test]
fn each_cause_has_the_state_of_its_own_cases() {
    let absent = |outcome, cause| of_cause(case("t::absent::s", outcome), cause);
    let accepted =
        |cause| exercised(absent(Outcome::Passed, cause), Exercise::Alternative("lost".to_owned()), None);
    for (cases, states, counts, missing) in [
        (
            vec![absent(Outcome::Passed, "gone")],
            [State::Exercised, State::Missing(NotCovered::NoScenario)],
            (2, 1),
            &["absent/never", "busy"][..],
        ),
        (
            vec![absent(Outcome::Passed, "never"), absent(Outcome::Passed, "gone")],
            [State::Exercised, State::Exercised],
            (2, 2),
            &["busy"],
        ),
        // The codes belong to the failure, not to the cause.
        (
            vec![accepted("gone"), absent(Outcome::Waived, "never")],
            [State::Exercised, State::Waived("known".to_owned())],
            (2, 1),
            &["busy"],
        ),
        (
            vec![absent(Outcome::Inconclusive, "gone")],
            [not_covered(Outcome::Inconclusive), State::Missing(NotCovered::NoScenario)],
            (2, 0),
            &["absent", "busy"],
        ),
    ] {
        let coverage = coverage(&cases, None);
        let found: Vec<State> = coverage.failures[0].causes.iter().map(|cause| cause.state.clone()).collect();
        assert_eq!(found, states);
        assert_eq!(coverage.causes(), counts);
        let names: Vec<String> = coverage.missing().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, missing);
    }
}

#[test]
fn codes_are_those_of_responses_that_were_the_failure() {
    let cases = [
        seen(Outcome::Passed),
        alternative("late", Outcome::Failed),
        exercised(case("t::busy::s", Outcome::Passed), Exercise::Exercised, Some(json!(7))),
        exercised(case("t::busy::s", Outcome::Passed), Exercise::Exercised, None),
        exercised(case("t::busy::s", Outcome::Failed), Exercise::No, Some(json!("odd"))),
        case("t::busy::s", Outcome::Skipped),
    ];
    let codes = coverage(&cases, None).failures.swap_remove(1).codes_seen;
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["7", "busy", "late"]);
}

#[test]
fn the_reason_for_not_covering_is_a_sentence() {
    let requirement = Requirement { kind: RequirementKind::Role, name: "admin".to_owned() };
    let lacks = Reason::MissingRequirements { requirements: vec![requirement] };
    let of = |outcome, reason| NotCovered::Case { outcome, reason };
    for (why, text, is_skipped) in [
        (NotCovered::NoScenario, "no scenario triggers it", false),
        (of(Outcome::Failed, None), "failed: the response was not this failure", false),
        (of(Outcome::Inconclusive, Some(Reason::Interrupted)), "inconclusive: interrupted", false),
        (of(Outcome::Skipped, Some(lacks)), "skipped: the target does not provide the role admin", true),
        (of(Outcome::Skipped, None), "skipped: the response was not this failure", false),
    ] {
        assert_eq!((why.to_string().as_str(), why.is_skipped()), (text, is_skipped));
    }
    let lacking = because(case("t::busy::s", Outcome::Inconclusive), Reason::RunStopped);
    let missing = coverage(&[lacking], None);
    assert_eq!(missing.missing()[1].1.to_string(), "inconclusive: nothing can be judged: see the diagnosis");
    let mut two = case("t::busy::s", Outcome::Waived);
    two.waived = vec![waived("first"), waived("second")];
    assert_eq!(state(&[two]), State::Waived("first".to_owned()));
}
