//! Facts that every report shows prominently, in all formats.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use failspec_judge::{
    check::Finding,
    report_model::{
        CaseReport, CheckLevelWord, HealthCheckReport, Outcome, PackHeader, Rerun, RunReport, SnapshotState,
        State, Undecided, Verdict, WaivedFinding,
    },
};
use failspec_pack::pack::{Origins, Provenance};

use crate::{count::count, recording};

/// Notice about a run on an embedded implementation, shown first and last.
pub(super) const REFERENCE: &str =
    "the embedded reference implementation: this says nothing about a real API";

/// Notice about a run on a mock, shown last.
pub(super) const MOCK: &str = "a mock of the contract: this says nothing about a real API";

/// Notice about a run without verified certificates, shown first and last.
pub(super) const INSECURE: &str =
    "the certificate of the target is not verified: any server could have responded";

/// A documented failure or cause that was not simply exercised: a coverage exception.
pub(super) struct Unexercised<'r> {
    /// The pack.
    pub pack: &'r str,
    /// `failure`, or `failure/cause`.
    pub name: String,
    /// Its state, in words.
    pub state: &'static str,
    /// The reason.
    pub why: Cow<'r, str>,
    /// True if it keeps the run from being complete.
    pub missing: bool,
}

/// A waiver and the cases in which it covers a finding.
pub(super) struct WaiverUse<'r> {
    /// One of its findings.
    pub waived: &'r WaivedFinding,
    /// The names of the cases.
    pub cases: Vec<&'r str>,
}

/// Describes how much of a pack is published, inferred and proven on a real product.
pub fn origins(origins: &Origins, scenarios: usize) -> String {
    let proven_on = match origins.proven_on.as_slice() {
        [] => "proven on no real product".to_owned(),
        products => format!("proven on {}", products.join(", ")),
    };
    let (published, inferred) = (origins.published, origins.inferred);
    format!(
        "{} published, {inferred} inferred · {} of {} inferred · {proven_on}",
        count(published, "operation"),
        origins.inferred_scenarios,
        count(scenarios, "scenario"),
    )
}

/// The URL of the target, and where its traffic goes if not there.
pub(super) fn target(header: &PackHeader) -> Cow<'_, str> {
    match &header.via {
        None => Cow::Borrowed(&header.target),
        Some(via) => Cow::Owned(format!("{} via {via}", header.target)),
    }
}

/// Describes the cases that ran twice, one line for each reason.
pub(super) fn reruns(report: &RunReport) -> Vec<String> {
    let mut counts: BTreeMap<Rerun, usize> = BTreeMap::new();
    for rerun in report.cases.iter().filter_map(|case| case.rerun) {
        *counts.entry(rerun).or_default() += 1;
    }
    counts.into_iter().map(|(rerun, cases)| format!("{} {rerun}", count_cases(cases))).collect()
}

/// Describes which candidates for a health check were used, one line for each pack that has candidates.
pub(super) fn health_checks(report: &RunReport) -> Vec<String> {
    let describe = |check: &HealthCheckReport| match check {
        HealthCheckReport::Used { request, role } => {
            let who = role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
            format!(
                "{request}{who}: succeeded before the first write, and was sent after each case that writes"
            )
        }
        HealthCheckReport::NoneSucceeded { tried } => format!(
            "none of the {} succeeded, so nothing shows whether a case broke what the run needs; cases that write \
             ran one after the other: {}",
            crate::count::count(tried.len(), "candidate"),
            tried.join("; ")
        ),
    };
    report.packs.iter().filter_map(|pack| pack.health_check.as_ref()).map(describe).collect()
}

/// Describes the features of the contracts, and whether the product has them.
pub(super) fn features(report: &RunReport) -> Vec<String> {
    report.packs.iter().flat_map(|pack| &pack.features).map(ToString::to_string).collect()
}

/// Returns the verdict, and what a run that conforms rests on: `conforms · 5 waived, 1 excluded`.
pub(super) fn verdict_in_words(report: &RunReport) -> String {
    let rests_on = rests_on(report);
    match rests_on.is_empty() {
        true => report.verdict.as_str().to_owned(),
        false => format!("{} · {}", report.verdict.as_str(), rests_on.join(", ")),
    }
}

/// Returns the reason for the verdict, in one sentence.
pub(super) fn because(report: &RunReport) -> String {
    let mut reason = reason(report);
    for level in check_levels(report) {
        reason.push_str(&format!(" {}.", sentence_start(&level)));
    }
    // The notice is added here, because every format shows this sentence at its top.
    match report.packs.iter().any(|pack| pack.header.insecure) {
        true => format!("{reason} INSECURE: {INSECURE}."),
        false => reason,
    }
}

fn reason(report: &RunReport) -> String {
    let summary = &report.summary;
    if let Some(reason) = recording::reason(report) {
        return reason;
    }
    match report.verdict {
        // Every case of a run that was interrupted in order is in its report.
        Verdict::Interrupted if report.cases.is_empty() => "The run has not ended.".to_owned(),
        Verdict::Interrupted => "A signal stopped the run; the teardowns were run.".to_owned(),
        Verdict::Violations => {
            let findings = report.run_findings.iter().filter(|finding| finding.violation).count();
            let mut parts = Vec::new();
            if summary.failed > 0 {
                parts.push(format!("{} violated the documentation", count_cases(summary.failed)));
            }
            if summary.unstable > 0 {
                parts.push(format!("{} gave different outcomes", count_cases(summary.unstable)));
            }
            if findings > 0 {
                parts.push(match findings {
                    1 => "there is one finding about the whole run".to_owned(),
                    _ => format!("there are {findings} findings about the whole run"),
                });
            }
            if parts.is_empty() {
                parts.push("this run counts warnings or changed responses as violations".to_owned());
            }
            sentence(&parts.join(", and "))
        }
        Verdict::Inconclusive if report.diagnosis.is_some() => "Nothing could be judged.".to_owned(),
        Verdict::Inconclusive => format!("{} could not be judged.", count_cases(summary.inconclusive)),
        Verdict::Incomplete => {
            let missing: usize = report.packs.iter().map(|pack| pack.coverage.missing().len()).sum();
            match missing {
                0 => "Nothing was judged.".to_owned(),
                1 => "One documented failure or cause was not exercised.".to_owned(),
                _ => format!("{missing} documented failures and causes were not exercised."),
            }
        }
        Verdict::NoViolationsSeen => "Nothing was exercised.".to_owned(),
        Verdict::Conforms => match (selection(report), unexercised(report).is_empty()) {
            (Some(_), true) => "Every selected failure was exercised and conforms.".to_owned(),
            (None, true) => "Every documented failure was exercised and conforms.".to_owned(),
            (_, false) => {
                "Every failure that was exercised conforms; the others are excused with a reason.".to_owned()
            }
        },
    }
}

/// Returns what a run that conforms rests on besides passed cases, as counts in words: `5 waived`, `1 check off`.
pub(super) fn rests_on(report: &RunReport) -> Vec<String> {
    if report.verdict != Verdict::Conforms {
        return Vec::new();
    }
    let states = || report.packs.iter().flat_map(|pack| &pack.coverage.failures).map(|it| &it.state);
    let excluded = states().filter(|state| matches!(state, State::Excluded(_))).count();
    let out_of_reach = states().filter(|state| matches!(state, State::OutOfReach(_))).count();
    let waived: usize = report.cases.iter().map(|case| case.waived.len()).sum();
    let counts = [
        (waived, "waived"),
        (excluded, "excluded"),
        (out_of_reach, "out of reach"),
        (report.summary.not_applicable, "not applicable"),
        (report.summary.unconfirmed, "unconfirmed"),
        (report.summary.skipped, "skipped"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    let levels = || report.packs.iter().flat_map(|pack| &pack.header.check_levels);
    for (word, what) in [(CheckLevelWord::Off, "off"), (CheckLevelWord::Warn, "warning only")] {
        let count = levels().filter(|level| level.level == word).count();
        if count > 0 {
            parts.push(format!("{} {what}", super::count(count, "check")));
        }
    }
    parts
}

/// Returns the checks whose severity the target changes, in one sentence each, without duplicates.
pub(super) fn check_levels(report: &RunReport) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for level in report.packs.iter().flat_map(|pack| &pack.header.check_levels) {
        let text = level.to_string();
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

/// Returns the source of a warning: the reason why it is not a violation.
pub(super) fn source_of_warning(finding: &Finding) -> &'static str {
    match finding.source {
        Provenance::Standard => "from a standard",
        Provenance::Inferred => "inferred",
        Provenance::Documented | Provenance::Published => "documented as optional",
    }
}

/// Formats a number of cases: `1 case`, `2 cases`.
pub(super) fn count_cases(count: usize) -> String {
    super::count(count, "case")
}

fn sentence(text: &str) -> String {
    format!("{}.", sentence_start(text))
}

fn sentence_start(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", characters.as_str())
}

/// Returns how much of these packs is selected, if it is not everything: `3 of 4 cases, 2 of 2 documented failures`.
pub(super) fn selected_part<'p>(packs: impl Iterator<Item = &'p PackHeader> + Clone) -> Option<String> {
    let sum = |count: &dyn Fn(&PackHeader) -> usize| packs.clone().map(count).sum::<usize>();
    let (failures, documented) = (sum(&|pack| pack.failures_selected), sum(&|pack| pack.failures));
    let (selected, all) = (sum(&|pack| pack.cases_selected.unwrap_or(pack.cases)), sum(&|pack| pack.cases));
    let of_failures = format!("{failures} of {documented} documented failures");
    // A filter may leave each failure one case, and take away the one that fails.
    match (failures < documented, selected < all) {
        (true, _) => Some(of_failures),
        (false, true) => Some(format!("{selected} of {all} cases, {of_failures}")),
        (false, false) => None,
    }
}

/// Describes the selection, if it is not everything.
pub(super) fn selection(report: &RunReport) -> Option<String> {
    let headers = || report.packs.iter().map(|pack| &pack.header);
    let documented = report.summary.documented;
    let part = selected_part(headers());
    let whole = || format!("{documented} of {documented} documented failures");
    let part = part.or_else(|| report.shard.is_some().then(whole))?;
    let shard = report.shard.as_ref().map(|shard| format!("shard {}", shard.shard()));
    let which = report.selectors.iter().cloned().chain(shard).collect::<Vec<_>>().join(" ");
    let which = if which.is_empty() { which } else { format!(" ({which})") };
    Some(format!("{part} selected{which}"))
}

/// Describes the origin of a pack, with a digest that distinguishes it from every other.
pub(super) fn origin(header: &PackHeader) -> String {
    format!("{}, sha256:{}", header.origin, header.digest)
}

/// Returns the counts of outcomes that are not zero; the number of passed cases (of recorded traffic, of those
/// seen) is always included.
pub(super) fn counts(report: &RunReport) -> Vec<(usize, Outcome)> {
    let summary = &report.summary;
    let default = if report.is_observation() { Outcome::Seen } else { Outcome::Passed };
    [
        (summary.failed, Outcome::Failed),
        (summary.unstable, Outcome::Unstable),
        (summary.inconclusive, Outcome::Inconclusive),
        (summary.waived, Outcome::Waived),
        (summary.unconfirmed, Outcome::Unconfirmed),
        (summary.skipped, Outcome::Skipped),
        (summary.not_applicable, Outcome::NotApplicable),
        (summary.seen, Outcome::Seen),
        (summary.passed, Outcome::Passed),
    ]
    .into_iter()
    .filter(|(count, outcome)| *count > 0 || *outcome == default)
    .collect()
}

/// Returns what most cases could not be judged without. Not of a run of which nothing could be judged: its diagnosis says why, and the
/// requests that got nothing are only the first ones.
pub(super) fn undecided(report: &RunReport) -> Option<&Undecided> {
    let is_judged = |case: &CaseReport| matches!(case.outcome, Outcome::Passed | Outcome::Failed);
    let is_explained = report.diagnosis.is_some() && !report.cases.iter().any(is_judged);
    report.undecided.as_ref().filter(|_| !is_explained)
}

/// Returns the documented failures and causes that were not simply exercised, in the order of the contracts. Those
/// that were not selected are omitted: the selection is shown separately.
pub(super) fn unexercised(report: &RunReport) -> Vec<Unexercised<'_>> {
    let mut found = Vec::new();
    for pack in &report.packs {
        for failure in &pack.coverage.failures {
            let whole = Unexercised::of(&pack.header.name, failure.failure.clone(), &failure.state);
            let told = whole.is_some();
            found.extend(whole);
            let causes = failure.causes.iter().filter(|cause| !told || cause.state != failure.state);
            found.extend(causes.filter_map(|cause| {
                let name = format!("{}/{}", failure.failure, cause.cause);
                Unexercised::of(&pack.header.name, name, &cause.state)
            }));
        }
    }
    found
}

impl<'r> Unexercised<'r> {
    fn of(pack: &'r str, name: String, state: &'r State) -> Option<Self> {
        let why = match state {
            State::Exercised | State::NotSelected => return None,
            State::CoveredByAlternative(why)
            | State::Waived(why)
            | State::Excluded(why)
            | State::OutOfReach(why)
            | State::NotApplicable(why) => Cow::Borrowed(why.as_str()),
            State::Missing(why) => Cow::Owned(why.to_string()),
        };
        Some(Self { pack, name, state: state_word(state), why, missing: !state.is_settled() })
    }
}

/// Returns the words for a state of coverage.
pub(super) fn state_word(state: &State) -> &'static str {
    match state {
        State::Exercised => "exercised",
        State::CoveredByAlternative(_) => "covered by an alternative",
        State::Waived(_) => "waived",
        State::Excluded(_) => "excluded",
        State::OutOfReach(_) => "out of reach",
        State::NotApplicable(_) => "not applicable",
        State::NotSelected => "not selected",
        State::Missing(_) => "not exercised",
    }
}

/// Returns the waivers that cover a finding, each with its cases, in the order in which they occur.
pub(super) fn waivers(report: &RunReport) -> Vec<WaiverUse<'_>> {
    let mut uses: Vec<WaiverUse<'_>> = Vec::new();
    for case in &report.cases {
        for waived in &case.waived {
            let same = |other: &WaivedFinding| {
                (&other.reason, &other.issue, &other.expires, other.finding.check)
                    == (&waived.reason, &waived.issue, &waived.expires, waived.finding.check)
            };
            match uses.iter_mut().find(|known| same(known.waived)) {
                Some(known) if known.cases.last() == Some(&&*case.name) => {}
                Some(known) => known.cases.push(&case.name),
                None => uses.push(WaiverUse { waived, cases: vec![&case.name] }),
            }
        }
    }
    uses
}

/// Summarizes the comparison of responses with the approved ones, if something is to be reviewed.
pub(super) fn snapshots(report: &RunReport) -> Vec<String> {
    let count = |state| {
        let states = report.cases.iter().filter_map(|case| case.snapshot.as_ref());
        states.filter(|snapshot| snapshot.state == state).count()
    };
    [
        (count(SnapshotState::Changed), "differ from the approved response"),
        (count(SnapshotState::New), "have no approved response yet"),
        (count(SnapshotState::Updated), "approved by this run"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect()
}

/// Returns the matching cases; those come first that are the first with their problem, so that the first ten cases do
/// not all show the same problem.
pub(super) fn distinct_first(report: &RunReport, fits: impl Fn(&CaseReport) -> bool) -> Vec<&CaseReport> {
    let mut seen: HashSet<Vec<Cow<'_, str>>> = HashSet::new();
    let (mut first, mut alike) = (Vec::new(), Vec::new());
    for case in report.cases.iter().filter(|case| fits(case)) {
        let mut trouble: Vec<Cow<'_, str>> = vec![(*case.pack).into(), case.outcome.as_str().into()];
        match case.outcome {
            Outcome::Inconclusive => {
                trouble.extend(case.reason.as_ref().map(|reason| reason.to_string().into()))
            }
            Outcome::Failed => trouble.extend(case.violations.iter().map(|finding| finding.check.into())),
            _ => trouble.extend(case.warnings.iter().map(|finding| finding.check.into())),
        }
        if seen.insert(trouble) { first.push(case) } else { alike.push(case) }
    }
    first.extend(alike);
    first
}

/// Returns the name of a role in a table.
pub(crate) fn role_name(role: Option<&str>) -> &str {
    role.unwrap_or("nobody")
}

/// Formats statuses for a table.
pub(crate) fn statuses(statuses: &[u16]) -> String {
    let all: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    if all.is_empty() { "—".to_owned() } else { all.join(", ") }
}
