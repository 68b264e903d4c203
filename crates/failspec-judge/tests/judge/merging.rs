//! Reports of shards, merged into one with the verdict that one whole run would have given.

use failspec_judge::{
    check::Phase,
    report_model::{
        CaseReport, CauseCoverage, CheckLevelReport, CheckLevelWord, Coverage, ErrorCoverage, Exercise,
        FailureCoverage, MergeError, MissingRequirement, NotCovered, OperationCoverage, Outcome, PlannedWait,
        RequirementKind, RunFinding, RunReport, Shard, ShardReport, State, TargetConfigReport, Verdict,
        WaiverReport, merge,
    },
};

use crate::reports::{case, exchange, of_cause, pack, run, violation, waived};

/// Returns the first names `t::a::N` of cases that belong to a shard.
fn names(number: u32, of: u32, count: usize) -> Vec<String> {
    let shard = Shard { number, of };
    let all = (0..).map(|number| format!("t::a::{number}"));
    all.filter(|name| shard.holds(name)).take(count).collect()
}

fn coverage(states: &[(&str, State)]) -> Coverage {
    let failures = states.iter().map(|(failure, state)| FailureCoverage {
        failure: (*failure).to_owned(),
        state: state.clone(),
        causes: vec![CauseCoverage { cause: "one".to_owned(), state: state.clone() }],
        codes_seen: Default::default(),
    });
    Coverage { failures: failures.collect() }
}

/// The report of shard `number` of two, with one case that passed; the run has two.
fn shard(number: u32) -> RunReport {
    let mut own = of_cause(case(&names(number, 2, 1)[0], Outcome::Passed), "one");
    own.index = (2 - number) as usize;
    let none = State::Missing(NotCovered::NoScenario);
    let mut report = run(pack(2, coverage(&[("a", none)])), vec![own]);
    report.shard = Some(ShardReport {
        number,
        of: 2,
        options: Vec::new(),
        target_config: vec![TargetConfigReport::default()],
        selected: 2,
        waivers: Vec::new(),
        unreferenced: Vec::new(),
    });
    report
}

fn of_shard(report: &mut RunReport) -> &mut ShardReport {
    report.shard.as_mut().expect("the report of a shard")
}

fn merged(reports: Vec<RunReport>) -> Result<RunReport, MergeError> {
    let named = reports.into_iter().zip(["one.json", "two.json", "three.json"]);
    merge(named.map(|(report, name)| (name.to_owned(), report)).collect())
}

/// Merges two shards after a change to both, and to the second.
fn edited(both: impl Fn(&mut RunReport), second: impl Fn(&mut RunReport)) -> Result<RunReport, MergeError> {
    let mut reports = [shard(1), shard(2)];
    reports.iter_mut().for_each(both);
    second(&mut reports[1]);
    merged(reports.into())
}

fn error(second: impl Fn(&mut RunReport)) -> String {
    edited(|_| (), second).expect_err("a contradiction").to_string()
}

#[test]
fn all_shards_make_the_report_of_one_run() {
    for reports in [vec![shard(1), shard(2)], vec![shard(2), shard(1)]] {
        let whole = merged(reports).expect("one report");
        assert_eq!(whole.verdict, Verdict::Conforms);
        assert_eq!(whole.shard, None);
        // In the order of the plan, which is here the reverse of that of the shards.
        let order: Vec<usize> = whole.cases.iter().map(|case| case.index).collect();
        assert_eq!(order, [0, 1]);
        assert_eq!(
            (whole.summary.passed, whole.summary.exercised, whole.summary.causes_exercised),
            (2, 1, 1)
        );
        assert_eq!((whole.started.as_str(), whole.duration_ms), ("2026-11-20T10:00:00Z", 1000));
        assert_eq!((whole.diagnosis, whole.run_findings, whole.finding_groups.len()), (None, vec![], 0));
    }
}

#[test]
fn each_shard_occurs_once_and_none_is_missing() {
    let of = |number, of| {
        let mut report = shard(1);
        (of_shard(&mut report).number, of_shard(&mut report).of) = (number, of);
        report
    };
    let mut whole = shard(1);
    whole.shard = None;
    for (reports, message) in [
        (vec![], "there is no report to merge"),
        (vec![whole], "one.json is not the report of a shard: it was written without --shard"),
        (vec![of(1, 2)], "these shards are missing: 2/2"),
        (vec![of(2, 4)], "these shards are missing: 1/4, 3/4, 4/4"),
        (vec![of(2, 2), of(2, 2)], "shard 2/2 occurs twice: one.json and two.json"),
        (vec![of(0, 2)], "one.json cannot be the report of a shard: there is no shard 0/2"),
        (vec![of(3, 2)], "one.json cannot be the report of a shard: there is no shard 3/2"),
        (
            vec![of(1, 2), of(2, 3)],
            "one.json and two.json are not reports of one run: they have different numbers of shards (1/2 and 2/3)",
        ),
    ] {
        assert_eq!(merged(reports).expect_err("an error").to_string(), message);
    }
    let missing = |of_all: u32| merged(vec![of(1, of_all)]).expect_err("an error").to_string();
    assert!(missing(21).ends_with(", 20/21, 21/21"), "{}", missing(21));
    assert!(missing(22).ends_with(", 20/22, 21/22 and 1 more"), "{}", missing(22));
    assert!(missing(u32::MAX).ends_with("/4294967295 and 4294967274 more"), "{}", missing(u32::MAX));
    assert!(missing(22).starts_with("these shards are missing: 2/22, 3/22, "), "{}", missing(22));
}

#[test]
fn reports_of_different_runs_are_not_merged() {
    type Edit = fn(&mut RunReport);
    let edits: [(&str, &str, Edit); 14] = [
        ("versions of failspec", "0.1.0 and 0.2.0", |report| report.failspec = "0.2.0".to_owned()),
        ("packs", "t and t@2", |report| report.packs[0].header.version = Some("2".to_owned())),
        ("digests of packs", "00 and 01", |report| report.packs[0].header.digest = "01".to_owned()),
        ("targets", "https://api.test/ and http://h/", |report| {
            report.packs[0].header.target = "http://h/".to_owned();
        }),
        ("targets", "https://api.test/ and reference", |report| report.packs[0].header.reference = true),
        ("levels of checks", " and the check code is off: x; ", |report| {
            let (check, reason) = ("code".to_owned(), "x".to_owned());
            report.packs[0].header.check_levels =
                vec![CheckLevelReport { check, level: CheckLevelWord::Off, reason }];
        }),
        ("selectors", "none and t::a", |report| report.selectors = vec!["t::a".to_owned()]),
        ("options", "none and --deny warnings", |report| {
            of_shard(report).options = vec!["--deny".to_owned(), "warnings".to_owned()];
        }),
        ("waivers", "none and t::*·code·2027-01-01", |report| {
            of_shard(report).waivers = vec![waiver("t::*", false)]
        }),
        ("numbers of selected cases", "2 and 3", |report| of_shard(report).selected = 3),
        ("roles", "none and admin, user", |report| {
            of_shard(report).target_config[0].roles = vec!["admin".to_owned(), "user".to_owned()];
        }),
        ("variables", "none and a", |report| {
            of_shard(report).target_config[0].variables = vec!["a".to_owned()]
        }),
        ("conditions", "none and a", |report| {
            of_shard(report).target_config[0].conditions = vec!["a".to_owned()]
        }),
        ("operations", "none and a", |report| {
            of_shard(report).target_config[0].operations = vec!["a".to_owned()]
        }),
    ];
    for (what, values, edit) in edits {
        let expected = format!(
            "one.json and two.json are not reports of one run: they have different {what} ({values})"
        );
        assert_eq!(error(edit), expected);
    }
    let out = error(|report| of_shard(report).target_config[0].out_of_reach = vec!["a: x".to_owned()]);
    assert!(out.contains("different failures out of reach (none and a: x)"), "{out}");
    // Every run starts its own embedded implementation, on a free port.
    let ports = edited(
        |report| report.packs[0].header.reference = true,
        |report| report.packs[0].header.target = "http://127.0.0.1:9/".to_owned(),
    );
    assert!(ports.is_ok(), "{ports:?}");
    let other = error(|report| report.packs[0].coverage.failures[0].failure = "b".to_owned());
    assert_eq!(other, "two.json cannot be the report of a shard: it lists other failures than one.json");
    let other = error(|report| report.packs[0].coverage.failures[0].causes[0].cause = "two".to_owned());
    assert_eq!(other, "two.json cannot be the report of a shard: it lists other failures than one.json");
}

#[test]
fn shards_of_one_run_start_within_twelve_hours() {
    let started = |at: &'static str, duration| {
        edited(|_| (), move |report| (report.started, report.duration_ms) = (at.to_owned(), duration))
    };
    for (at, duration, begin, took) in [
        ("2026-11-20T10:00:00Z", 1000, "2026-11-20T10:00:00Z", 1000),
        ("2026-11-20T10:00:10Z", 2000, "2026-11-20T10:00:00Z", 12_000),
        ("2026-11-20T09:59:50Z", 2000, "2026-11-20T09:59:50Z", 11_000),
        ("2026-11-20T21:59:59Z", 0, "2026-11-20T10:00:00Z", 43_199_000),
    ] {
        let whole = started(at, duration).expect("one report");
        assert_eq!((whole.started.as_str(), whole.duration_ms), (begin, took), "{at}");
    }
    assert_eq!(
        started("2026-11-20T22:00:00Z", 0).expect_err("an error").to_string(),
        "one.json and two.json are not reports of one run: they have different start times (2026-11-20T10:00:00Z and 2026-11-20T22:00:00Z)"
    );
    assert_eq!(
        started("yesterday", 0).expect_err("an error").to_string(),
        "two.json cannot be the report of a shard: `yesterday` is not a valid start time"
    );
    assert!(started("2026-11-20T10:00:00Z", u64::MAX).is_err());
}

#[test]
fn every_case_is_in_its_own_shard_and_follows_from_its_findings() {
    let contradiction = |text: &str| format!("two.json cannot be the report of a shard: {text}");
    let one = names(1, 2, 1).remove(0);
    let own = names(2, 2, 2);
    assert_eq!(
        error(|report| report.cases.push(case(&one, Outcome::Passed))),
        contradiction(&format!("{one} is also in one.json"))
    );
    let strange = names(1, 2, 2).remove(1);
    assert_eq!(
        error(|report| report.cases.push(case(&strange, Outcome::Passed))),
        contradiction(&format!("{strange} belongs to another shard"))
    );
    assert_eq!(
        error(|report| report.cases[0].pack = "u".into()),
        contradiction(&format!("{} belongs to none of its packs", own[0]))
    );
    assert_eq!(
        error(|report| report.cases.push(case(&own[1], Outcome::Passed))),
        "one.json cannot be the report of a shard: 2 cases were selected, and the shards have 3"
    );
    assert_eq!(
        error(|report| report.cases.clear()),
        "one.json cannot be the report of a shard: 2 cases were selected, and the shards have 1"
    );
    let (bad, known) = (|| vec![violation("status", "500")], || vec![waived("known")]);
    type Edit<'e> = &'e dyn Fn(&mut CaseReport);
    let rows: [(Outcome, Edit, bool); 17] = [
        (Outcome::Failed, &|_| (), true),
        (Outcome::Failed, &|case| case.violations.clear(), false),
        (Outcome::Waived, &|_| (), true),
        (Outcome::Waived, &|case| case.violations = bad(), false),
        (Outcome::Waived, &|case| case.waived.clear(), false),
        (Outcome::Passed, &|_| (), true),
        (Outcome::Passed, &|case| case.violations = bad(), false),
        (Outcome::Passed, &|case| case.waived = known(), false),
        (Outcome::Unconfirmed, &|_| (), true),
        (Outcome::Unconfirmed, &|case| case.violations = bad(), false),
        (Outcome::Inconclusive, &|_| (), true),
        (Outcome::Inconclusive, &|case| case.violations = bad(), false),
        (Outcome::Inconclusive, &|case| case.exercised = Exercise::Exercised, false),
        (Outcome::Skipped, &|_| (), true),
        (Outcome::Skipped, &|case| case.violations = bad(), false),
        (Outcome::Skipped, &|case| case.exchanges = vec![exchange(Phase::Setup, "http://h/")], false),
        (Outcome::Passed, &|case| case.exchanges = vec![exchange(Phase::Request, "http://h/")], true),
    ];
    for (row, (outcome, edit, follows)) in rows.into_iter().enumerate() {
        let found = edited(
            |_| (),
            |report| {
                report.cases = vec![case(&own[0], outcome)];
                edit(&mut report.cases[0]);
            },
        );
        let message = format!("{} is {} in spite of its findings", own[0], outcome.as_str());
        match found {
            Ok(_) => assert!(follows, "{row}: {message}"),
            Err(error) => assert_eq!((error.to_string(), false), (contradiction(&message), follows), "{row}"),
        }
    }
}

#[test]
fn the_verdict_is_that_of_the_whole_run() {
    type Edit = fn(&mut RunReport);
    let rows: [(Edit, Verdict); 8] = [
        (|_| (), Verdict::Conforms),
        (|report| report.verdict = Verdict::Incomplete, Verdict::Conforms),
        // Violations by options were already counted in their shard.
        (|report| report.verdict = Verdict::Violations, Verdict::Violations),
        (|report| report.verdict = Verdict::Interrupted, Verdict::Interrupted),
        (|report| report.diagnosis = Some("no response".to_owned()), Verdict::Inconclusive),
        (|report| report.cases[0] = case(&report.cases[0].name, Outcome::Failed), Verdict::Violations),
        (
            |report| report.cases[0] = case(&report.cases[0].name, Outcome::Inconclusive),
            Verdict::Inconclusive,
        ),
        (|report| report.cases[0].request_ids = vec!["r-1".into(), "r-1".into()], Verdict::Violations),
    ];
    for (row, (edit, verdict)) in rows.into_iter().enumerate() {
        assert_eq!(edited(|_| (), edit).expect("one report").verdict, verdict, "{row}");
    }
    // Not everything is covered.
    let none = State::Missing(NotCovered::NoScenario);
    let both = |report: &mut RunReport| {
        report.packs[0].coverage = coverage(&[("a", none.clone()), ("b", none.clone())]);
    };
    assert_eq!(edited(both, |_| ()).expect("one report").verdict, Verdict::Incomplete);
    // If only a part was selected, what was not is no gap.
    let some = |report: &mut RunReport| {
        both(report);
        report.packs[0].header.cases = 9;
    };
    let part = edited(some, |_| ()).expect("one report");
    assert_eq!(part.verdict, Verdict::Conforms);
    let states: Vec<&State> = part.packs[0].coverage.failures.iter().map(|failure| &failure.state).collect();
    assert_eq!(states, [&State::Exercised, &State::NotSelected]);
    assert_eq!(part.packs[0].header.failures_selected, 1);
    let failed = edited(|_| (), |report| report.cases[0] = case(&report.cases[0].name, Outcome::Failed));
    assert_eq!(failed.expect("one report").finding_groups.len(), 1);
}

#[test]
fn diagnoses_of_shards_are_told_once() {
    let diagnosed = |first: Option<&str>, second: Option<&str>| {
        let mut reports = [shard(1), shard(2)];
        reports[0].diagnosis = first.map(str::to_owned);
        reports[1].diagnosis = second.map(str::to_owned);
        merged(reports.into()).expect("one report").diagnosis
    };
    assert_eq!(diagnosed(Some("x"), Some("x")).as_deref(), Some("x"));
    assert_eq!(diagnosed(Some("x"), Some("y")).as_deref(), Some("x\n\ny"));
    assert_eq!(diagnosed(None, Some("y")).as_deref(), Some("y"));
    assert_eq!(diagnosed(None, None), None);
}

#[test]
fn responses_are_unproven_only_if_no_shard_that_judged_had_a_success() {
    let proven = |first: (bool, Option<&str>), second: (bool, Option<&str>)| {
        let mut reports = [shard(1), shard(2)];
        for (report, (judged, unproven)) in reports.iter_mut().zip([first, second]) {
            report.packs[0].judged = judged;
            report.packs[0].unproven = unproven.map(str::to_owned);
        }
        let whole = merged(reports.into()).expect("one report");
        (whole.packs[0].judged, whole.packs[0].unproven.clone(), whole.verdict)
    };
    let (why, inconclusive) = (Some("nothing succeeded"), Verdict::Inconclusive);
    assert_eq!(proven((true, None), (true, None)), (true, None, Verdict::Conforms));
    assert_eq!(proven((true, why), (true, why)), (true, why.map(str::to_owned), inconclusive));
    assert_eq!(proven((true, why), (true, None)), (true, None, Verdict::Conforms));
    assert_eq!(proven((true, None), (true, why)), (true, None, Verdict::Conforms));
    assert_eq!(proven((false, None), (true, why)), (true, why.map(str::to_owned), inconclusive));
    assert_eq!(proven((true, why), (false, None)), (true, why.map(str::to_owned), inconclusive));
    assert_eq!(proven((false, why), (false, why)), (false, None, Verdict::Conforms));
}

fn waiver(scenario: &str, expired: bool) -> WaiverReport {
    WaiverReport {
        scenario: scenario.to_owned(),
        check: "code".to_owned(),
        expires: "2027-01-01".to_owned(),
        expired,
        place: "failspec.toml:3".to_owned(),
    }
}

#[test]
fn findings_about_the_run_are_made_of_all_shards() {
    let checks = |both: &dyn Fn(&mut RunReport), second: &dyn Fn(&mut RunReport)| {
        let whole = edited(both, second).expect("one report");
        whole.run_findings.into_iter().map(|finding| finding.check).collect::<Vec<_>>()
    };
    let none = |_: &mut RunReport| ();
    let stale = |report: &mut RunReport| of_shard(report).waivers = vec![waiver("t::*", false)];
    let diagnosed = |report: &mut RunReport| report.diagnosis = Some("x".to_owned());
    let interrupted = |report: &mut RunReport| report.verdict = Verdict::Interrupted;
    let part = |report: &mut RunReport| {
        stale(report);
        report.packs[0].header.cases = 9;
    };
    assert_eq!(checks(&stale, &none), ["waiver-stale"]);
    // Only a whole run shows which waivers are stale.
    assert_eq!(checks(&part, &none), [""; 0]);
    assert_eq!(checks(&stale, &diagnosed), [""; 0]);
    assert_eq!(checks(&stale, &interrupted), [""; 0]);
    let unreferenced = |report: &mut RunReport| {
        of_shard(report).unreferenced = vec![RunFinding {
            check: "snapshot-unreferenced".to_owned(),
            message: "x".to_owned(),
            cases: Vec::new(),
            violation: false,
        }];
    };
    let some = |report: &mut RunReport| {
        unreferenced(report);
        report.packs[0].header.cases = 9;
    };
    assert_eq!(checks(&unreferenced, &none), ["snapshot-unreferenced"]);
    assert_eq!(checks(&unreferenced, &interrupted), ["snapshot-unreferenced"]);
    assert_eq!(checks(&none, &unreferenced), ["snapshot-unreferenced"]);
    assert_eq!(checks(&some, &none), [""; 0]);
    assert_eq!(checks(&unreferenced, &diagnosed), [""; 0]);
    // A warning about the run is no violation.
    assert_eq!(edited(unreferenced, none).expect("one report").verdict, Verdict::Conforms);
    assert_eq!(edited(stale, none).expect("one report").verdict, Verdict::Violations);
    // One request id in two shards.
    let same = |report: &mut RunReport| report.cases[0].request_ids = vec!["r-1".into()];
    assert_eq!(checks(&same, &none), ["request-id-reused"]);
    // What a shard found about itself is made anew.
    let own = |report: &mut RunReport| {
        report.run_findings = vec![RunFinding {
            check: "waiver-stale".to_owned(),
            message: "x".to_owned(),
            cases: Vec::new(),
            violation: true,
        }];
    };
    assert_eq!(checks(&own, &none), [""; 0]);
}

#[test]
fn what_is_counted_for_each_shard_is_added_up() {
    let missing = |name: &str, cases| MissingRequirement {
        kind: RequirementKind::Role,
        name: name.to_owned(),
        about: "x".to_owned(),
        cases,
    };
    let operation = |one, two| OperationCoverage {
        operation: "GET /a".to_owned(),
        errors: [("404", one), ("4XX", two)]
            .map(|(status, cases)| ErrorCoverage { status: status.to_owned(), cases })
            .into(),
    };
    let wait = |case: &str| PlannedWait { case: case.to_owned(), at_most_seconds: 1, from_response: false };
    let both = |report: &mut RunReport| {
        report.packs[0].missing_requirements = vec![missing("user", 1)];
        report.packs[0].operations = vec![operation(1, 0)];
        report.packs[0].operations_not_called = ["GET /a", "GET /b"].map(str::to_owned).into();
        report.packs[0].header.waits = vec![wait(&report.cases[0].name)];
        report.packs[0].header.failures_selected = 0;
    };
    let whole = edited(both, |report| {
        report.packs[0].missing_requirements = vec![missing("user", 2), missing("admin", 4)];
        report.packs[0].operations = vec![operation(2, 0)];
        report.packs[0].operations_not_called = ["GET /b", "GET /c"].map(str::to_owned).into();
    });
    let pack = whole.expect("one report").packs.remove(0);
    assert_eq!(pack.missing_requirements, [missing("admin", 4), missing("user", 3)]);
    assert_eq!(pack.operations, [operation(3, 0)]);
    // What one shard called was called.
    assert_eq!(pack.operations_not_called, ["GET /b"]);
    let seen = |one, two| operation(one, two).seen();
    assert_eq!([seen(0, 0), seen(0, 1), seen(2, 1)], [(0, 2), (1, 2), (2, 2)]);
    assert_eq!(pack.header.failures_selected, 1);
    // In the order of the plan, like the cases.
    let waits: Vec<&str> = pack.header.waits.iter().map(|wait| wait.case.as_str()).collect();
    assert_eq!(waits, [names(2, 2, 1)[0].as_str(), names(1, 2, 1)[0].as_str()]);
}

#[test]
fn a_state_that_one_shard_declares_holds_for_all() {
    let (out, excluded) = (State::OutOfReach("x".to_owned()), State::Excluded("y".to_owned()));
    let none = State::Missing(NotCovered::NoScenario);
    let b = |state: &State| coverage(&[("a", none.clone()), ("b", state.clone())]);
    for (first, second, expected) in [
        (&out, &none, &out),
        (&none, &out, &out),
        (&State::NotSelected, &excluded, &excluded),
        (&State::NotSelected, &none, &none),
    ] {
        let mut reports = [shard(1), shard(2)];
        reports[0].packs[0].coverage = b(first);
        reports[1].packs[0].coverage = b(second);
        let whole = merged(reports.into()).expect("one report");
        let failures = &whole.packs[0].coverage.failures;
        assert_eq!((&failures[0].state, &failures[1].state), (&State::Exercised, expected));
        assert_eq!(&failures[1].causes[0].state, expected);
    }
    // The cause alone may tell it: a shard that exercised the failure by another one.
    let mut reports = [shard(1), shard(2)];
    for report in &mut reports {
        report.packs[0].coverage = coverage(&[("a", State::Exercised)]);
        report.packs[0].coverage.failures[0]
            .causes
            .push(CauseCoverage { cause: "two".to_owned(), state: out.clone() });
    }
    let whole = merged(reports.into()).expect("one report");
    let causes: Vec<&State> =
        whole.packs[0].coverage.failures[0].causes.iter().map(|cause| &cause.state).collect();
    assert_eq!(causes, [&State::Exercised, &out]);
}

#[test]
fn a_part_of_a_run_covers_the_causes_of_its_cases() {
    let none = State::Missing(NotCovered::NoScenario);
    let part = |report: &mut RunReport| {
        report.packs[0].header.cases = 9;
        report.packs[0].coverage = coverage(&[("a", none.clone())]);
        let two = CauseCoverage { cause: "two".to_owned(), state: none.clone() };
        report.packs[0].coverage.failures[0].causes.push(two);
    };
    let skipped = |report: &mut RunReport| {
        report.cases[0] = of_cause(case(&report.cases[0].name, Outcome::Skipped), "one");
    };
    let whole = edited(
        |report| {
            part(report);
            skipped(report);
        },
        |_| (),
    );
    let failure = whole.expect("one report").packs.remove(0).coverage.failures.remove(0);
    let lacks = State::Missing(NotCovered::Case { outcome: Outcome::Skipped, reason: None });
    assert_eq!(failure.state, lacks);
    let causes: Vec<&State> = failure.causes.iter().map(|cause| &cause.state).collect();
    assert_eq!(causes, [&lacks, &State::NotSelected]);
}
