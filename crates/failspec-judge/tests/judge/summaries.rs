//! A run in numbers and words.

use failspec_judge::{
    check::Phase,
    report_model::{
        Coverage, Exercise, Judgement, Observation, Outcome, SnapshotReport, SnapshotState, Summary, Verdict,
        VerdictInput, exit,
    },
};

use crate::{
    harness::World,
    reports::{case, exchange, of_cause, violation, waived, warning},
};

#[test]
fn outcomes_verdicts_and_observations_have_their_words() {
    for (outcome, word) in [
        (Outcome::Passed, "passed"),
        (Outcome::Failed, "failed"),
        (Outcome::Inconclusive, "inconclusive"),
        (Outcome::Skipped, "skipped"),
        (Outcome::Waived, "waived"),
        (Outcome::Unconfirmed, "unconfirmed"),
    ] {
        assert_eq!(outcome.as_str(), word);
    }
    for (verdict, word, code) in [
        (Verdict::Conforms, "conforms", 0),
        (Verdict::Violations, "violations", 1),
        (Verdict::Inconclusive, "inconclusive", 3),
        (Verdict::Incomplete, "incomplete", 4),
        (Verdict::Interrupted, "interrupted", 130),
    ] {
        assert_eq!((verdict.as_str(), verdict.exit_code()), (word, code));
    }
    assert_eq!(exit::USAGE, 2);
    let triggered = |control_too| Observation::Triggered { alternative: None, control_too, gap: None };
    for (observation, words) in [
        (triggered(false), "the failure"),
        (triggered(true), "a failure that the control got too"),
        (Observation::OtherFailure { failure: "busy".to_owned() }, "another documented failure, busy"),
        (
            Observation::UndocumentedFailure { status: 400, code: "odd".to_owned() },
            "HTTP 400 with an undocumented code odd",
        ),
        (Observation::Success { status: 200 }, "a success (HTTP 200)"),
        (Observation::Unrecognized { status: 404 }, "no documented failure (HTTP 404)"),
        (Observation::NoResponse, "none"),
    ] {
        assert_eq!(observation.to_string(), words);
    }
}

#[test]
fn a_summary_counts_cases_and_failures() {
    let world = World::new(
        "failures:\n  - { id: a, status: 404, summary: x, causes: [one, two] }\n  - { id: b, status: 409, summary: x }",
        "triggers: a/one",
    );
    let mut warned = of_cause(case("t::a::1", Outcome::Passed), "one");
    warned.warnings = vec![warning("leaks", "x")];
    let cases = vec![
        warned,
        case("t::b::2", Outcome::Failed),
        case("t::b::3", Outcome::Failed),
        case("t::b::4", Outcome::Inconclusive),
        case("t::b::5", Outcome::Skipped),
        case("t::b::6", Outcome::Skipped),
        case("t::b::7", Outcome::Skipped),
        case("t::b::8", Outcome::Waived),
        case("t::b::9", Outcome::Unconfirmed),
        case("t::b::10", Outcome::Unconfirmed),
        case("t::b::11", Outcome::NotApplicable),
    ];
    let coverage = Coverage::of(world.contract(), &cases.iter().collect::<Vec<_>>(), &[], &[], None);
    let summary = Summary::of(&cases, [&coverage, &coverage].into_iter());
    let expected = Summary {
        passed: 1,
        failed: 2,
        inconclusive: 1,
        skipped: 3,
        not_applicable: 1,
        seen: 0,
        waived: 1,
        unconfirmed: 2,
        unstable: 0,
        warned: 1,
        documented: 4,
        exercised: 2,
        causes: 4,
        causes_exercised: 2,
    };
    assert_eq!(summary, expected);
}

#[test]
fn the_verdict_is_the_worst_that_a_run_shows() {
    let all = Summary { passed: 3, ..Summary::default() };
    let none = VerdictInput::default();
    for (summary, input, verdict) in [
        (all.clone(), none, Verdict::Conforms),
        (Summary { waived: 1, ..Summary::default() }, none, Verdict::Conforms),
        (Summary { passed: 1, skipped: 1, unconfirmed: 1, ..Summary::default() }, none, Verdict::Conforms),
        // A run in which nothing was judged never conforms.
        (Summary::default(), none, Verdict::Incomplete),
        (Summary { skipped: 3, unconfirmed: 3, ..Summary::default() }, none, Verdict::Incomplete),
        (all.clone(), VerdictInput { missing: true, ..none }, Verdict::Incomplete),
        (Summary { inconclusive: 1, ..all.clone() }, none, Verdict::Inconclusive),
        (all.clone(), VerdictInput { stopped: true, missing: true, ..none }, Verdict::Inconclusive),
        (Summary { failed: 1, inconclusive: 1, ..all.clone() }, none, Verdict::Violations),
        (Summary { failed: 1, ..Summary::default() }, none, Verdict::Violations),
        (all.clone(), VerdictInput { violation: true, stopped: true, ..none }, Verdict::Violations),
        (
            Summary { failed: 1, ..all },
            VerdictInput { interrupted: true, violation: true, ..none },
            Verdict::Interrupted,
        ),
    ] {
        assert_eq!(summary.verdict(input), verdict, "{summary:?} {input:?}");
    }
}

#[test]
fn a_report_is_consistent_if_its_outcome_follows_from_what_was_found() {
    for (outcome, is_clean, is_waived, exercised, expected) in [
        (Outcome::Passed, true, false, true, true),
        (Outcome::Passed, false, false, true, false),
        (Outcome::Passed, true, true, true, false),
        (Outcome::Passed, true, false, false, false),
        (Outcome::Unconfirmed, true, false, false, true),
        (Outcome::Unconfirmed, false, false, false, false),
        (Outcome::Unconfirmed, true, true, false, false),
        (Outcome::Unconfirmed, true, false, true, false),
        (Outcome::Failed, false, true, true, true),
        (Outcome::Failed, false, false, false, true),
        (Outcome::Failed, true, true, true, false),
        (Outcome::Waived, true, true, true, true),
        (Outcome::Waived, true, true, false, true),
        (Outcome::Waived, false, true, true, false),
        (Outcome::Waived, true, false, true, false),
        (Outcome::Inconclusive, true, true, false, true),
        (Outcome::Inconclusive, false, false, false, false),
        (Outcome::Inconclusive, true, false, true, false),
        (Outcome::Skipped, true, false, false, true),
        (Outcome::Skipped, false, false, false, false),
        (Outcome::Skipped, true, false, true, false),
        (Outcome::NotApplicable, true, false, false, true),
        (Outcome::NotApplicable, false, false, false, false),
        (Outcome::NotApplicable, true, true, false, false),
        (Outcome::NotApplicable, true, false, true, false),
    ] {
        let mut case = case("t::a::s", outcome);
        case.violations = if is_clean { vec![] } else { vec![violation("status", "500")] };
        case.waived = if is_waived { vec![waived("known")] } else { vec![] };
        let told = format!("{outcome:?} {is_clean} {is_waived} {exercised}");
        case.exercised = if exercised { Exercise::Exercised } else { Exercise::No };
        assert_eq!(case.is_consistent(), expected, "{told}");
        if exercised {
            case.exercised = Exercise::Alternative("x".to_owned());
            assert_eq!(case.is_consistent(), expected, "{told}");
        }
    }
    // A judgement of the same facts is always consistent.
    let observation = Observation::default();
    let judgement = Judgement { observation: &observation, violated: false, waived: false, unjudged: true };
    assert_eq!(judgement.outcome(), Outcome::Inconclusive);
}

#[test]
fn all_but_a_clean_pass_needs_attention() {
    let plain = || case("t::a::s", Outcome::Passed);
    assert!(!plain().is_notable());
    let snapshot = |state| {
        let mut case = plain();
        case.snapshot = Some(SnapshotReport { file: "a.snap".to_owned(), state, diff: None });
        case
    };
    assert!(!snapshot(SnapshotState::Same).is_notable());
    for state in [SnapshotState::Changed, SnapshotState::New, SnapshotState::Updated] {
        assert!(snapshot(state).is_notable(), "{state:?}");
    }
    for outcome in
        [Outcome::Failed, Outcome::Inconclusive, Outcome::Skipped, Outcome::Waived, Outcome::Unconfirmed]
    {
        let mut case = case("t::a::s", outcome);
        case.waived.clear();
        case.violations.clear();
        assert!(case.is_notable(), "{outcome:?}");
    }
    let mut warned = plain();
    warned.warnings = vec![warning("leaks", "x")];
    let mut waived_too = plain();
    waived_too.waived = vec![waived("known")];
    let mut left = plain();
    left.left_behind = vec!["a note".to_owned()];
    for case in [warned, waived_too, left] {
        assert!(case.is_notable());
    }
    let mut sent = plain();
    sent.exchanges = vec![exchange(Phase::Request, "http://h/")];
    assert!(!sent.is_notable());
    assert_eq!(sent.location.to_string(), "scenarios/t/s.yaml:3");
}
