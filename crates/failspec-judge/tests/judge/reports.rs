//! Reports of cases and runs, for the tables about what follows from them.

use std::sync::Arc;

use failspec_base::secret::RedactedText;
use failspec_judge::{
    check::{Finding, Phase},
    report_model::{
        CaseReport, Coverage, Documented, ExchangeReport, Exercise, FORMAT, Observation, ObservedResponse,
        Outcome, PackHeader, PackReport, Reason, RequestReport, RunReport, ScenarioLocation, Summary,
        Verdict, WaivedFinding,
    },
};
use failspec_pack::pack::Provenance;
use serde_json::Value;

/// Creates the report of the case `pack::failure::scenario`, of which nothing but its outcome is known.
pub fn case(name: &str, outcome: Outcome) -> CaseReport {
    let mut parts = name.split("::").map(Arc::from);
    let mut part = || parts.next().expect("a name of three parts");
    CaseReport {
        index: 0,
        name: name.into(),
        pack: part(),
        failure: part(),
        cause: None,
        tags: Vec::new(),
        operation: None,
        outcome,
        reason: None,
        rerun: None,
        source: Provenance::Documented,
        documentation: None,
        parameter: None,
        fault: None,
        part: None,
        location: ScenarioLocation { file: "scenarios/t/s.yaml".to_owned(), line: 3 },
        documented: Arc::new(Documented {
            summary: "x".to_owned(),
            status: Some(404.into()),
            other_statuses: Vec::new(),
            code: None,
            retry: None,
            link: None,
        }),
        observed: None,
        observation: Observation::default(),
        exercised: if outcome == Outcome::Passed { Exercise::Exercised } else { Exercise::No },
        obstacle: None,
        violations: if outcome == Outcome::Failed { vec![violation("status", "500")] } else { Vec::new() },
        warnings: Vec::new(),
        waived: if outcome == Outcome::Waived { vec![waived("known")] } else { Vec::new() },
        recorded: None,
        snapshot: None,
        logs: None,
        exchanges: Vec::new(),
        left_behind: Vec::new(),
        request_ids: Vec::new(),
        duration_ms: 1,
    }
}

/// Creates a violation of a check.
pub fn violation(check: &'static str, actual: &str) -> Finding {
    Finding::new(check, Provenance::Documented, "404", actual)
}

/// Creates a warning of a check.
pub fn warning(check: &'static str, actual: &str) -> Finding {
    Finding::new(check, Provenance::Inferred, "404", actual)
}

/// Creates a violation of `status` that is waived for this reason.
pub fn waived(reason: &str) -> WaivedFinding {
    WaivedFinding {
        finding: violation("status", "500"),
        reason: reason.to_owned(),
        issue: None,
        expires: "2027-01-01".to_owned(),
    }
}

/// Creates the report of an exchange of this phase, with a request to this URL.
pub fn exchange(phase: Phase, url: &str) -> ExchangeReport {
    let request = RequestReport {
        method: "GET".to_owned(),
        url: RedactedText::from(url),
        headers: Vec::new(),
        body: None,
    };
    ExchangeReport {
        phase,
        role: None,
        request,
        response: None,
        error: None,
        ms: 1.0,
        same_as: None,
        trace_id: None,
    }
}

/// Sets the coverage, and the code that was seen.
pub fn exercised(mut case: CaseReport, exercised: Exercise, code: Option<Value>) -> CaseReport {
    case.exercised = exercised;
    case.observed = Some(ObservedResponse { status: 404, code, request_id: None, ms: 1.0 });
    case
}

/// Sets the cause.
pub fn of_cause(mut case: CaseReport, cause: &str) -> CaseReport {
    case.cause = Some(cause.to_owned());
    case
}

/// Sets the reason.
pub fn because(mut case: CaseReport, reason: Reason) -> CaseReport {
    case.reason = Some(reason);
    case
}

/// Creates the report of the pack `t` with this many cases.
pub fn pack(cases: usize, coverage: Coverage) -> PackReport {
    PackReport {
        header: PackHeader {
            built_in: false,
            name: "t".to_owned(),
            version: None,
            origin: "embedded".to_owned(),
            digest: "00".to_owned(),
            as_of: None,
            documentation: None,
            origins: None,
            failures: coverage.failures.len(),
            failures_selected: coverage.failures.len(),
            scenarios: cases,
            cases,
            cases_selected: Some(cases),
            target: "https://api.test/".to_owned(),
            reference: false,
            insecure: false,
            read_only: false,
            via: None,
            waits: Vec::new(),
            check_levels: Vec::new(),
        },
        coverage,
        operations: Vec::new(),
        operations_not_called: Vec::new(),
        access: Vec::new(),
        features: Vec::new(),
        missing_requirements: Vec::new(),
        errata: Vec::new(),
        judged: true,
        unproven: None,
        health_check: None,
        mock: false,
        environment: None,
    }
}

/// Creates the report of a run of one pack.
pub fn run(pack: PackReport, cases: Vec<CaseReport>) -> RunReport {
    RunReport {
        format: FORMAT,
        failspec: "0.1.0".to_owned(),
        started: "2026-11-20T10:00:00Z".to_owned(),
        duration_ms: 1000,
        verdict: Verdict::Conforms,
        summary: Summary::default(),
        reference: false,
        diagnosis: None,
        selectors: Vec::new(),
        shard: None,
        packs: vec![pack],
        cases,
        undecided: None,
        finding_groups: Vec::new(),
        run_findings: Vec::new(),
        recordings: Vec::new(),
        errata: Vec::new(),
    }
}
