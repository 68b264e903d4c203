//! Merges the reports of all shards into one, with the verdict that one whole run would have given.

use std::collections::{BTreeMap, HashMap};

use super::{
    CaseReport, Coverage, Exercise, FeatureReport, MissingRequirement, Outcome, PackReport, Reason,
    RunFinding, RunReport, ShardReport, Summary, TargetConfigReport, Undecided, Verdict, VerdictInput,
    access, disclaimed_features, group_findings, is_cut_short, merge_recordings::add_recordings,
    operation::joined, reused_request_ids, waiver_findings,
};

/// Reason why reports cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("there is no report to merge")]
    None,
    /// A report is not the report of a shard.
    #[error("{report} is not the report of a shard: it was written without --shard")]
    NoShard {
        /// The report.
        report: String,
    },
    /// Two reports are not reports of one run.
    #[error(
        "{one} and {other} are not reports of one run: they have different {what} ({in_one} and {in_other})"
    )]
    Different {
        /// The property that differs.
        what: &'static str,
        /// The first report.
        one: String,
        /// Its value in the first report.
        in_one: String,
        /// The other report.
        other: String,
        /// Its value in the other report.
        in_other: String,
    },
    /// A report is of a run on a mock.
    #[error("{report} is the report of a run on a mock, which says nothing about a real API")]
    Mock {
        /// The report.
        report: String,
    },
    /// A shard occurs twice.
    #[error("shard {shard} occurs twice: {one} and {other}")]
    Twice {
        /// The shard.
        shard: String,
        /// The first report.
        one: String,
        /// The other report.
        other: String,
    },
    /// Shards are missing.
    #[error("these shards are missing: {0}")]
    Missing(String),
    /// Two reports of recorded traffic have one pack.
    #[error(
        "{one} and {other} are both of recorded traffic of {pack}: give all recordings to one `failspec observe`"
    )]
    TwoObservations {
        /// The pack.
        pack: String,
        /// The first report.
        one: String,
        /// The other report.
        other: String,
    },
    /// The run has no pack that recorded traffic was judged by.
    #[error("{report} is of recorded traffic of {pack}, which is not in the other reports")]
    OtherPack {
        /// The report.
        report: String,
        /// The pack.
        pack: String,
    },
    /// A report contradicts itself; failspec never writes such a report.
    #[error("{report} cannot be the report of a shard: {what}")]
    Contradicts {
        /// The report.
        report: String,
        /// The contradiction.
        what: String,
    },
}

/// A shard's report, with the name that messages show.
pub(super) type Named = (String, RunReport);

/// Merges the reports of all shards of a run into one, and adds those of recorded traffic for reading. The order of
/// `reports` does not matter.
///
/// # Errors
/// When they are not all the shards of one run, each once; and when recorded traffic is not of a pack of that run.
pub fn merge(reports: Vec<Named>) -> Result<RunReport, MergeError> {
    let (observed, mut run): (Vec<Named>, Vec<Named>) =
        reports.into_iter().partition(|(_, report)| report.is_observation());
    if observed.is_empty() {
        return merge_shards(run);
    }
    let whole = match run.as_slice() {
        // A run that was not sharded is whole.
        [(_, only)] if only.shard.is_none() => run.pop().map(|(_, only)| only),
        [] => None,
        _ => Some(merge_shards(run)?),
    };
    add_recordings(whole, observed)
}

fn merge_shards(mut reports: Vec<Named>) -> Result<RunReport, MergeError> {
    let shards = all_shards(&reports)?;
    if let Some((report, _)) = reports.iter().find(|(_, report)| report.is_of_mock()) {
        return Err(MergeError::Mock { report: report.clone() });
    }
    reports.sort_by_key(|(_, report)| report.shard.as_ref().map(|shard| shard.number));
    belong_together(&reports, &shards)?;
    let times = times(&reports)?;
    no_case_twice(&reports)?;
    cases_are_whole(&reports)?;
    let verdicts: Vec<Verdict> = reports.iter().map(|(_, report)| report.verdict).collect();
    let mut diagnoses: Vec<String> = Vec::new();
    let mut scenarios: Vec<CaseReport> = Vec::new();
    let mut packs_of_shards: Vec<Vec<PackReport>> = Vec::new();
    let mut unreferenced: Vec<RunFinding> = Vec::new();
    let Some((_, mut whole)) = reports.first().cloned() else { return Err(MergeError::None) };
    for (_, report) in reports {
        // Shards that failed for one reason report it once, as one run would have.
        diagnoses.extend(report.diagnosis.filter(|text| !diagnoses.contains(text)));
        scenarios.extend(report.cases);
        packs_of_shards.push(report.packs);
        let findings = report.shard.into_iter().flat_map(|shard| shard.unreferenced);
        let new: Vec<_> = findings.filter(|finding| !unreferenced.contains(finding)).collect();
        unreferenced.extend(new);
    }
    scenarios.sort_by_key(|case| case.index);
    diagnoses.extend(unproven(&mut whole.packs, &packs_of_shards));
    let judged = diagnoses.is_empty();
    let interrupted = verdicts.contains(&Verdict::Interrupted);
    whole.run_findings.clear();
    let mut full = true;
    for (index, pack) in whole.packs.iter_mut().enumerate() {
        let own: Vec<&CaseReport> = scenarios.iter().filter(|case| *case.pack == *pack.header.name).collect();
        let pack_is_full = own.len() == pack.header.cases;
        full &= pack_is_full;
        whole.run_findings.extend(reused_request_ids(&own));
        join_pack(pack, index, &packs_of_shards, &own, pack_is_full);
        whole.run_findings.extend(disclaimed_features(&pack.features));
    }
    if full && judged {
        whole.run_findings.extend(unreferenced);
    }
    if full && judged && !interrupted {
        let waivers = whole.shard.as_ref().map(|shard| shard.waivers.as_slice()).unwrap_or_default();
        whole.run_findings.extend(waiver_findings(waivers, &scenarios));
    }
    whole.summary = Summary::of(&scenarios, whole.packs.iter().map(|pack| &pack.coverage));
    whole.verdict = whole.summary.verdict(VerdictInput {
        interrupted,
        stopped: !judged,
        // Violations by options (denied warnings, changed snapshots) were already counted in their shard.
        violation: verdicts.contains(&Verdict::Violations)
            || whole.run_findings.iter().any(|finding| finding.violation),
        missing: whole.packs.iter().any(|pack| !pack.coverage.missing().is_empty())
            || is_cut_short(&scenarios),
    });
    whole.diagnosis = (!judged).then(|| diagnoses.join("\n\n"));
    whole.finding_groups = group_findings(&scenarios);
    whole.undecided = Undecided::of(&scenarios);
    whole.cases = scenarios;
    whole.shard = None;
    (whole.started, whole.duration_ms) = times;
    Ok(whole)
}

/// Returns the reasons why the responses of a pack may not come from the API: no request succeeded in any shard that
/// judged a case of it. A shard alone cannot tell, because it may have no control.
fn unproven(packs: &mut [PackReport], of_shards: &[Vec<PackReport>]) -> Vec<String> {
    let mut found = Vec::new();
    for (index, pack) in packs.iter_mut().enumerate() {
        let mut judged = of_shards.iter().filter_map(|packs| packs.get(index)).filter(|pack| pack.judged);
        let first = judged.next();
        pack.judged = first.is_some();
        pack.unproven = first
            .and_then(|first| first.unproven.clone())
            .filter(|_| judged.all(|other| other.unproven.is_some()));
        found.extend(pack.unproven.clone());
    }
    found
}

/// Returns the shards of the reports, after checking that each occurs once and none is missing.
fn all_shards(reports: &[Named]) -> Result<Vec<ShardReport>, MergeError> {
    let mut seen: BTreeMap<u32, &str> = BTreeMap::new();
    let mut shards: Vec<ShardReport> = Vec::new();
    for (name, report) in reports {
        let Some(shard) = &report.shard else { return Err(MergeError::NoShard { report: name.clone() }) };
        if shard.number == 0 || shard.number > shard.of {
            let what = format!("there is no shard {}", shard.shard());
            return Err(MergeError::Contradicts { report: name.clone(), what });
        }
        if let Some(first) = shards.first()
            && first.of != shard.of
        {
            return Err(MergeError::Different {
                what: "numbers of shards",
                one: reports[0].0.clone(),
                in_one: first.shard().to_string(),
                other: name.clone(),
                in_other: shard.shard().to_string(),
            });
        }
        if let Some(one) = seen.insert(shard.number, name) {
            let (one, other) = (one.to_owned(), name.clone());
            return Err(MergeError::Twice { shard: shard.shard().to_string(), one, other });
        }
        shards.push(shard.clone());
    }
    let of = shards.first().ok_or(MergeError::None)?.of;
    let missing = (1..=of).filter(|number| !seen.contains_key(number));
    let named: Vec<String> = missing.take(MAX_MISSING).map(|number| format!("{number}/{of}")).collect();
    let more = (of as usize).saturating_sub(seen.len() + named.len());
    match (named.is_empty(), more) {
        (true, _) => Ok(shards),
        (false, 0) => Err(MergeError::Missing(named.join(", "))),
        (false, more) => Err(MergeError::Missing(format!("{} and {more} more", named.join(", ")))),
    }
}

/// Maximum number of missing shards listed: a report may claim to be one of four billion.
const MAX_MISSING: usize = 20;

/// Returns the properties that all shards of one run have in common, in words.
fn common(report: &RunReport) -> Vec<(&'static str, String)> {
    let packs = |of: fn(&PackReport) -> String| report.packs.iter().map(of).collect::<Vec<_>>().join(", ");
    let list = |texts: &[String]| if texts.is_empty() { "none".to_owned() } else { texts.join(" ") };
    let shard = report.shard.as_ref();
    let waivers: Vec<String> = shard
        .iter()
        .flat_map(|shard| &shard.waivers)
        .map(|waiver| format!("{}·{}·{}", waiver.scenario, waiver.check, waiver.expires))
        .collect();
    [
        ("versions of failspec", report.failspec.clone()),
        ("packs", packs(|pack| pack.header.label())),
        ("digests of packs", packs(|pack| pack.header.digest.clone())),
        // Every run starts its own embedded implementation, on a free port.
        (
            "targets",
            packs(|pack| match pack.header.reference {
                true => "reference".to_owned(),
                false => pack.header.target.clone(),
            }),
        ),
        (
            "levels of checks",
            packs(|pack| pack.header.check_levels.iter().map(|level| format!("{level}; ")).collect()),
        ),
        ("selectors", list(&report.selectors)),
        ("options", list(shard.map(|shard| shard.options.as_slice()).unwrap_or_default())),
        ("waivers", list(&waivers)),
        ("numbers of selected cases", shard.map_or(0, |shard| shard.selected).to_string()),
    ]
    .into_iter()
    .chain(target_config(report))
    .collect()
}

/// Returns what the targets of a report provide and declare, in words.
fn target_config(report: &RunReport) -> Vec<(&'static str, String)> {
    let configs = report.shard.iter().flat_map(|shard| &shard.target_config).collect::<Vec<_>>();
    let of = |part: fn(&TargetConfigReport) -> &Vec<String>| {
        let parts: Vec<String> = configs.iter().flat_map(|config| part(config)).cloned().collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    };
    vec![
        ("roles", of(|config| &config.roles)),
        ("variables", of(|config| &config.variables)),
        ("conditions", of(|config| &config.conditions)),
        ("failures out of reach", of(|config| &config.out_of_reach)),
        ("operations", of(|config| &config.operations)),
        ("features", of(|config| &config.features)),
    ]
}

/// Checks that each case belongs to its shard, that none is missing, and that the outcome of each follows from its
/// findings: a report is a file, and files are edited.
fn cases_are_whole(reports: &[Named]) -> Result<(), MergeError> {
    let contradicts =
        |report: &str, what: String| Err(MergeError::Contradicts { report: report.to_owned(), what });
    let mut count = 0;
    for (name, report) in reports {
        let Some(shard) = &report.shard else { continue };
        count += report.cases.len();
        for case in &report.cases {
            if !shard.shard().holds(&case.name) {
                return contradicts(name, format!("{} belongs to another shard", case.name));
            }
            let follows = match case.outcome {
                Outcome::Failed => !case.violations.is_empty(),
                Outcome::Waived => case.violations.is_empty() && !case.waived.is_empty(),
                Outcome::Passed => case.violations.is_empty() && case.waived.is_empty(),
                Outcome::Unconfirmed => case.violations.is_empty(),
                // A shard runs its cases once, and what was only seen is in no shard.
                Outcome::Unstable | Outcome::Seen => false,
                Outcome::Inconclusive => case.violations.is_empty() && case.exercised == Exercise::No,
                Outcome::NotApplicable => case.is_consistent(),
                // Of one that the time of the run stopped, requests were sent.
                Outcome::Skipped => {
                    let is_stopped = case.reason.as_ref().is_some_and(Reason::is_stop);
                    case.violations.is_empty() && (case.exchanges.is_empty() || is_stopped)
                }
            };
            if !follows {
                let what = format!("{} is {} in spite of its findings", case.name, case.outcome.as_str());
                return contradicts(name, what);
            }
        }
    }
    let selected = reports.iter().filter_map(|(_, report)| report.shard.as_ref()).map(|it| it.selected).max();
    match (reports.first(), selected) {
        (Some((name, _)), Some(selected)) if selected != count => {
            let what = format!("{selected} cases were selected, and the shards have {count}");
            contradicts(name, what)
        }
        _ => Ok(()),
    }
}

/// Maximum time between the starts of two shards of one run, in hours: they run at the same time, or one after the
/// other.
const MAX_HOURS_APART: i64 = 12;

fn belong_together(reports: &[Named], shards: &[ShardReport]) -> Result<(), MergeError> {
    debug_assert_eq!(reports.len(), shards.len());
    let Some((one, first)) = reports.first() else { return Err(MergeError::None) };
    let wanted = common(first);
    for (other, report) in reports.iter().skip(1) {
        for ((what, in_one), (_, in_other)) in wanted.iter().zip(common(report)) {
            if *in_one != in_other {
                return Err(MergeError::Different {
                    what,
                    one: one.clone(),
                    in_one: in_one.clone(),
                    other: other.clone(),
                    in_other,
                });
            }
        }
        // The digests agree: only a report that was not written by failspec can differ here.
        let documented = |report: &RunReport| -> Vec<Vec<String>> {
            let of_pack = |pack: &PackReport| {
                let failures = pack.coverage.failures.iter();
                failures
                    .flat_map(|it| {
                        let causes = it.causes.iter().map(|cause| format!("{}/{}", it.failure, cause.cause));
                        causes.chain([it.failure.clone()]).collect::<Vec<_>>()
                    })
                    .collect()
            };
            report.packs.iter().map(of_pack).collect()
        };
        if documented(first) != documented(report) {
            let what = format!("it lists other failures than {one}");
            return Err(MergeError::Contradicts { report: other.clone(), what });
        }
    }
    Ok(())
}

/// Checks that every case belongs to one shard and to one of its packs: a case that occurs twice would count twice.
fn no_case_twice(reports: &[Named]) -> Result<(), MergeError> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for (name, report) in reports {
        let known: Vec<&str> = report.packs.iter().map(|pack| pack.header.name.as_str()).collect();
        for case in &report.cases {
            if let Some(first) = seen.insert(&case.name, name) {
                let what = format!("{} is also in {first}", case.name);
                return Err(MergeError::Contradicts { report: name.clone(), what });
            }
            if !known.contains(&&*case.pack) {
                let what = format!("{} belongs to none of its packs", case.name);
                return Err(MergeError::Contradicts { report: name.clone(), what });
            }
        }
    }
    Ok(())
}

/// Returns the start of the first shard, and the duration until the end of the last one in milliseconds.
fn times(reports: &[Named]) -> Result<(String, u64), MergeError> {
    let mut spans = Vec::new();
    for (name, report) in reports {
        let span = report.started.parse::<jiff::Timestamp>().ok().and_then(|started| {
            let duration = jiff::SignedDuration::from_millis(i64::try_from(report.duration_ms).ok()?);
            Some((started, started.checked_add(duration).ok()?))
        });
        let Some(span) = span else {
            let what = format!("`{}` is not a valid start time", report.started);
            return Err(MergeError::Contradicts { report: name.clone(), what });
        };
        spans.push(span);
    }
    let begin = spans.iter().map(|(begin, _)| *begin).min().ok_or(MergeError::None)?;
    let last = spans.iter().map(|(begin, _)| *begin).max().ok_or(MergeError::None)?;
    if last.duration_since(begin).as_hours() >= MAX_HOURS_APART {
        let at = |time: jiff::Timestamp| {
            let index = spans.iter().position(|(begin, _)| *begin == time).unwrap_or_default();
            (reports[index].0.clone(), reports[index].1.started.clone())
        };
        let ((one, in_one), (other, in_other)) = (at(begin), at(last));
        return Err(MergeError::Different { what: "start times", one, in_one, other, in_other });
    }
    let end = spans.iter().map(|(_, end)| *end).max().ok_or(MergeError::None)?;
    let duration = u64::try_from(end.duration_since(begin).as_millis()).unwrap_or_default();
    Ok((begin.to_string(), duration))
}

/// Merges what the shards learned about the features. A shard that needs no probe sends none; where shards disagree, the
/// product has the feature: then the cases that ran count.
fn join_features(features: &mut [FeatureReport], of_shards: &[&PackReport]) {
    for feature in features {
        let others = of_shards.iter().flat_map(|pack| &pack.features);
        let asked = others.filter(|other| other.name == feature.name && other.probe.is_some());
        if let Some(best) = asked.min_by_key(|other| other.presence) {
            feature.clone_from(best);
        }
    }
}

/// Merges the reports of all shards about one pack into `pack`, which is that of the first shard.
fn join_pack(
    pack: &mut PackReport,
    index: usize,
    shards: &[Vec<PackReport>],
    cases: &[&CaseReport],
    full: bool,
) {
    let of_shards: Vec<&PackReport> = shards.iter().filter_map(|packs| packs.get(index)).collect();
    let coverages: Vec<&Coverage> = of_shards.iter().map(|pack| &pack.coverage).collect();
    pack.coverage = Coverage::joined(&coverages, cases, full);
    let failures: std::collections::HashSet<&str> = cases.iter().map(|case| &*case.failure).collect();
    pack.header.failures_selected = if full { pack.header.failures } else { failures.len() };
    let place: HashMap<&str, usize> = cases.iter().map(|case| (&*case.name, case.index)).collect();
    pack.header.waits = of_shards.iter().flat_map(|pack| pack.header.waits.clone()).collect();
    pack.header.waits.sort_by_key(|wait| place.get(wait.case.as_str()).copied());
    join_features(&mut pack.features, &of_shards);
    // A shard that wrote nothing has none.
    pack.health_check = of_shards.iter().find_map(|pack| pack.health_check.clone());
    pack.operations = joined(of_shards.iter().map(|pack| pack.operations.as_slice()));
    // What one of them called was called; of a selection it is no news that others were not.
    let is_called =
        |operation: &String| of_shards.iter().any(|other| !other.operations_not_called.contains(operation));
    pack.operations_not_called.retain(|operation| full && !is_called(operation));
    let order: Vec<String> = pack.operations.iter().map(|it| it.operation.clone()).collect();
    pack.access = access::joined(of_shards.iter().map(|pack| pack.access.as_slice()), &order);
    let mut missing_requirements: BTreeMap<(super::RequirementKind, String), MissingRequirement> =
        BTreeMap::new();
    for missing in of_shards.iter().flat_map(|pack| &pack.missing_requirements) {
        missing_requirements
            .entry((missing.kind, missing.name.clone()))
            .and_modify(|known| known.cases = known.cases.saturating_add(missing.cases))
            .or_insert_with(|| missing.clone());
    }
    pack.missing_requirements = missing_requirements.into_values().collect();
}
