//! The report of a run that has not ended.

use failspec_judge::report_model::{
    Coverage, ErratumReport, FORMAT, PackReport, RunReport, Summary, Verdict, WaiverReport,
};

use super::{
    plan::Plan,
    run::{RunOptions, header, shard},
};

/// Returns the report that lies in place of the real one while a run goes on, with the verdict `interrupted`: whatever
/// kills the run, no earlier report is taken for its result.
pub fn unfinished_report(plans: &[Plan], options: &RunOptions) -> RunReport {
    let header = header(plans, options);
    let today = jiff::Zoned::now().date();
    let packs = plans.iter().zip(&header.packs).map(|(plan, header)| PackReport {
        header: header.clone(),
        coverage: Coverage::of(
            &plan.pack.contract,
            &[],
            &plan.target.out_of_reach,
            &[],
            plan.selection.as_ref(),
        ),
        operations: Vec::new(),
        operations_not_called: Vec::new(),
        access: Vec::new(),
        missing_requirements: plan.missing_requirements.clone(),
        errata: ErratumReport::all(&plan.pack.contract),
        judged: false,
        unproven: None,
        features: Vec::new(),
        health_check: None,
        mock: false,
        environment: None,
    });
    let packs: Vec<PackReport> = packs.collect();
    let plans: Vec<&Plan> = plans.iter().collect();
    let waivers = options.waivers.iter().map(|waiver| WaiverReport::of(waiver, today)).collect();
    RunReport {
        format: FORMAT,
        failspec: env!("CARGO_PKG_VERSION").to_owned(),
        started: jiff::Timestamp::now().to_string(),
        duration_ms: 0,
        verdict: Verdict::Interrupted,
        summary: Summary::of(&[], packs.iter().map(|pack| &pack.coverage)),
        reference: header.packs.iter().any(|pack| pack.reference),
        diagnosis: Some(
            "This report was written when the run began. If the run is over, something ended it before it could write \
             its result."
                .to_owned(),
        ),
        selectors: header.selectors,
        shard: shard(&plans, options, waivers, Vec::new()),
        errata: packs.iter().flat_map(|pack| pack.errata.clone()).collect(),
        packs,
        cases: Vec::new(),
        undecided: None,
        finding_groups: Vec::new(),
        run_findings: Vec::new(),
        recordings: Vec::new(),
    }
}
