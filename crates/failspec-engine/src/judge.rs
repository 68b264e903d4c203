//! Judges a finished case and builds its report.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use failspec_base::encoding::hex;
use failspec_judge::{
    check::{self, Finding, Identity, Item, Phase, Subject, View, Within},
    report_model::{
        CaseReport, Documented, Exercise, Judgement, MadeUpValues, Observation, ObservedResponse, Outcome,
        Reason, ScenarioLocation, SnapshotReport, WaivedFinding,
    },
    snapshot::{NormalizedResponse, SnapshotFile, file_name, picture},
};
use failspec_pack::pack::{
    Contract, NO_SERVER_ERROR_ID, Pack, ProofGap, SUCCESS_ID, Scenario, budget::MAX_STEPS,
};

use super::error::Unjudged;
use super::{
    cancel::CancelCause,
    case_runner::CaseRunner,
    exchange_report::{MAX_BODY_LEN, cut, exchange_report},
    plan::Case,
    run::Exchanges,
    session::Session,
};

/// Maximum length of a text that may quote a response, in bytes: a response can be megabytes long, and every check
/// that quotes it would repeat it in every report.
const MAX_QUOTE_LEN: usize = 2 << 10;

impl CaseRunner<'_> {
    /// Judges the case and builds its report.
    pub fn finish(self) -> CaseReport {
        self.finish_with(|_, _| ()).0
    }

    /// Judges the case and builds its report; also returns what `about` says of the two.
    pub fn finish_with<T>(mut self, about: impl FnOnce(&Self, &CaseReport) -> T) -> (CaseReport, T) {
        self.note_closed_twice();
        self.tell_completions();
        let mut report = self.budget.within(|| self.judge());
        let is_cancelled =
            matches!(report.reason, Some(Reason::Interrupted | Reason::OutOfTime | Reason::CaseFailed));
        if self.budget.is_exceeded() && !is_cancelled {
            // What a check that was not made would have said is not known, so neither is what follows from it.
            report.withdraw(Reason::TooCostly { steps: MAX_STEPS });
        }
        // Last, because it depends on the outcome: most reports include no exchanges of a case that simply passed.
        if self.session.exchanges == Exchanges::OfAll || report.is_notable() {
            let records = self.observed.records.iter();
            report.exchanges = records.map(|record| exchange_report(record, &self.session.mask)).collect();
        }
        let told = about(&self, &report);
        (report, told)
    }

    /// Returns a text as reports show it: masked, and not longer than they quote.
    fn quoted(&self, text: &str) -> String {
        cut(self.session.mask.text(text).into_owned(), MAX_QUOTE_LEN)
    }

    /// Returns the reason why a case could not be judged as reports have it.
    fn reason_in_report(&self, reason: &Unjudged) -> Reason {
        match reason {
            Unjudged::Interrupted | Unjudged::Abandoned { .. } => cancelled(self.session),
            Unjudged::InDoubt => Reason::InDoubt,
            Unjudged::MadeUpValues { request, response, names } => {
                Reason::MadeUpValues(Box::new(MadeUpValues {
                    request: self.quoted(request),
                    response: self.quoted(response),
                    names: names.clone(),
                }))
            }
            Unjudged::ConditionInForce(condition) => {
                Reason::ConditionInForce { condition: condition.clone() }
            }
            Unjudged::WouldChangeExisting => Reason::Unjudged { cause: reason.to_string() },
            Unjudged::Because(words) => Reason::Unjudged { cause: self.quoted(words) },
        }
    }

    fn judge(&self) -> CaseReport {
        let duration = self.began.elapsed();
        let (session, case) = (self.session, self.case);
        session.note_roles(&self.observed, &self.taken, case);
        self.note_access();
        let mut report = blank(session, case);
        report.duration_ms = millis(duration);
        report.operation = self.operation();
        report.parameter = self.parameter();
        report.rerun = self.rerun();
        let quoted = |text: &String| self.quoted(text);
        let given_up = [&self.inconclusive, &self.unfinished].into_iter().flatten().filter_map(may_have_made);
        report.left_behind = self.left_behind.iter().cloned().chain(given_up).map(|it| quoted(&it)).collect();
        let subject =
            self.answered.then(|| Subject::new(&session.pack.contract, &case.scenario, &self.observed));
        let subject = subject.flatten();
        if let Some(subject) = &subject {
            session.note_subject(subject);
            let observed = observed(subject, session);
            report.request_ids = request_ids(subject, session, observed.request_id.as_ref());
            report.observed = Some(observed);
        }
        report.logs = super::logs::logs(self, report.observed.as_ref());
        let in_report = |reason: &Unjudged| self.reason_in_report(reason);
        let reason = self.inconclusive.as_ref().map(in_report);
        let undocumented =
            check::undocumented(&session.pack.contract, &case.scenario, &self.observed).into_iter();
        let closed = check::closed(&session.pack.contract, &case.scenario, &self.observed);
        // Nothing is expected at an address outside the document that could be in doubt.
        let needs_no_response = closed.is_some() && case.scenario.is_outside_document();
        match (reason.filter(|_| !needs_no_response), &subject) {
            // Findings about the request under test are reported even if something failed later, but they do not
            // decide the outcome.
            (Some(reason), _) => {
                let declared = check::declared(&self.observed, case.scenario.source).into_iter();
                let declared = declared.map(|finding| self.without_blame(finding));
                sort(&mut report, undocumented.chain(declared).chain(closed), session, case);
                settle(&mut report, Some(reason));
            }
            (None, Some(subject)) => {
                let found = check::judge(subject).into_iter().map(|finding| self.say_what_was_made(finding));
                sort(&mut report, found.chain(undocumented), session, case);
                report.observation = observation(subject, session);
                let is_found = !report.violations.is_empty() || !report.warnings.is_empty();
                let unverified = (is_found && subject.is_unverified()).then(|| {
                    let line = &case.scenario.faulty.request.line;
                    let (method, path) = (&line.method, &line.path.written);
                    let cause = format!(
                        "the route {method} {path} is inferred, and no request to it succeeded on this target"
                    );
                    Reason::Unjudged { cause }
                });
                let of_another = self.refused_for_another(subject.response());
                let of_another = of_another.filter(|_| report.violations.is_empty());
                let unverified =
                    unverified.or(of_another.map(|cause| Reason::Unjudged { cause: quoted(&cause) }));
                // A violation decides although later steps could not be judged, and so does one that is waived.
                let is_waived = report.violations.is_empty() && !report.waived.is_empty();
                let unfinished = self.unfinished.as_ref();
                let unfinished = unfinished.filter(|it| !is_waived || it.is_interruption());
                settle(&mut report, unfinished.map(in_report).or(unverified));
                let is_documented = report.violations.is_empty()
                    && report.waived.is_empty()
                    && report.exercised != Exercise::No;
                report.snapshot = snapshot(subject, session, case, is_documented);
            }
            (None, None) if (self.answered || needs_no_response) && case.scenario.failure.is_none() => {
                let contract = &session.pack.contract;
                let found = check::judge_without_fault(contract, &case.scenario, &self.observed).into_iter();
                let found = found.map(|finding| self.say_what_was_made(finding));
                let judged = self.observed.records.get(self.observed.judged);
                let response = judged.and_then(|record| record.exchange.result.as_ref().ok());
                // That there is such a thing already is no rule that the document lacks.
                let is_taken = response.is_some_and(|response| self.is_refused_as_taken(response));
                let found = found.filter(|finding| !is_taken || !check::is_about_restrictions(finding));
                sort(&mut report, found.chain(undocumented).chain(closed), session, case);
                self.observe_success(&mut report);
                // A fault that the API did not come to look at shows nothing.
                let of_another = response.and_then(|response| self.refused_for_another(response));
                let of_another = of_another.filter(|_| report.violations.is_empty());
                settle(&mut report, of_another.map(|cause| Reason::Unjudged { cause: quoted(&cause) }));
            }
            (None, None) => {
                let cause = "there is no response to judge".to_owned();
                settle(&mut report, Some(Reason::Unjudged { cause }));
            }
        }
        if report.outcome == Outcome::Inconclusive && self.inconclusive.is_some() {
            report.obstacle = self.obstacle().map(Box::new);
        }
        if self.observed.closed_twice && report.outcome == Outcome::Failed {
            // The finding says it.
            report.reason = None;
        }
        report
    }
}

impl CaseRunner<'_> {
    /// Fills in what the response was, where no failure is under test.
    fn observe_success(&self, report: &mut CaseReport) {
        let (session, contract) = (self.session, &self.session.pack.contract);
        let Some(record) = self.observed.records.get(self.observed.judged) else { return };
        let Ok(response) = &record.exchange.result else { return };
        let view = View::new(response, None).to(&record.exchange.request.method);
        let status = response.status;
        report.observation = match Identity::of_any(view, contract) {
            _ if self.observed.unmet_success.is_none() => Observation::Expected { status },
            Identity::Other(index) => {
                Observation::OtherFailure { failure: contract.failures[index].id.clone() }
            }
            Identity::Undocumented(code) => Observation::UndocumentedFailure {
                status,
                code: session.mask.text(&check::show(&code)).into_owned(),
            },
            Identity::Success => Observation::Success { status },
            Identity::Triggered { .. } | Identity::Unidentified => Observation::Unrecognized { status },
        };
        report.observed = Some(ObservedResponse {
            status,
            code: view.code(&contract.envelope).map(|code| short_code(&code, session)),
            request_id: None,
            ms: fractional_millis(record.exchange.elapsed),
        });
    }

    /// Makes a finding of the OpenAPI document about the refusal of a setup or of a control a warning: why it was refused is
    /// not known, and may be a matter of the target. Findings about what came before stay what they are.
    fn without_blame(&self, finding: Finding) -> Finding {
        let is_last = finding.record().is_none_or(|record| record + 1 == self.observed.records.len());
        if self.answered || !is_last {
            return finding;
        }
        finding.without_blame()
    }
}

/// Returns the reason why a case could not be judged that a cancellation stopped.
pub(super) fn cancelled(session: &Session) -> Reason {
    match session.interrupt.cause() {
        Some(CancelCause::OutOfTime) => Reason::OutOfTime,
        Some(CancelCause::CaseFailed) => Reason::CaseFailed,
        _ => Reason::Interrupted,
    }
}

/// Returns the line of a request that was given up and may have made something.
fn may_have_made(reason: &Unjudged) -> Option<String> {
    let Unjudged::Abandoned { method, request } = reason else { return None };
    super::teardown::may_create(method)
        .then(|| format!("{request}: no response came in time, the request may have been processed"))
}

/// Builds the report of a case that a cancellation kept from running; `None` if the run was not cancelled.
pub(super) fn not_run_in_time(session: &Session, case: &Case) -> Option<CaseReport> {
    let outcome = match session.interrupt.cause()? {
        CancelCause::Signal => Outcome::Inconclusive,
        CancelCause::OutOfTime | CancelCause::CaseFailed => Outcome::Skipped,
    };
    Some(not_run(session, case, outcome, cancelled(session)))
}

/// Builds the report of a case that was not run.
pub(super) fn not_run(session: &Session, case: &Case, outcome: Outcome, reason: Reason) -> CaseReport {
    CaseReport { outcome, reason: Some(reason), ..blank(session, case) }
}

fn blank(session: &Session, case: &Case) -> CaseReport {
    let contract = &session.pack.contract;
    // What is shared by the reports of requests without a fault comes after that of all failures.
    let without_fault = contract.failures.len() + usize::from(case.scenario.may_be_refused);
    let index = case.scenario.failure.unwrap_or(without_fault);
    let cause = |cause: usize| Some(contract.failures.get(index)?.causes[cause].clone());
    CaseReport {
        index: case.index,
        name: Arc::clone(&case.name),
        pack: Arc::clone(&session.names.0),
        failure: Arc::clone(&session.names.1[index]),
        cause: case.scenario.cause.and_then(cause),
        tags: case.scenario.tags.clone(),
        operation: None,
        outcome: Outcome::Skipped,
        reason: None,
        rerun: None,
        source: case.scenario.source,
        documentation: case.scenario.documentation.clone(),
        parameter: None,
        fault: case.scenario.fault.clone(),
        part: case.scenario.part.clone(),
        location: ScenarioLocation {
            file: case.scenario.place.source.name().to_owned(),
            line: case.scenario.place.line(),
        },
        documented: Arc::clone(&session.documented[index]),
        observed: None,
        observation: Observation::NoResponse,
        exercised: Exercise::No,
        obstacle: None,
        violations: Vec::new(),
        warnings: Vec::new(),
        waived: Vec::new(),
        snapshot: None,
        logs: None,
        exchanges: Vec::new(),
        left_behind: Vec::new(),
        request_ids: Vec::new(),
        duration_ms: 0,
        recorded: None,
    }
}

/// Returns the name of a pack and the ids of its failures and of requests without a fault, to be shared by all reports.
pub(super) fn names(pack: &Pack) -> (Arc<str>, Vec<Arc<str>>) {
    let ids = pack
        .contract
        .failures
        .iter()
        .map(|failure| failure.id.as_str())
        .chain([SUCCESS_ID, NO_SERVER_ERROR_ID]);
    let ids = ids.map(Arc::from);
    (pack.prefix().into(), ids.collect())
}

/// Returns the documented facts about each failure of a contract, and about a success.
pub(super) fn documented(contract: &Contract) -> Vec<Arc<Documented>> {
    let mut statuses = contract.success.iter().flat_map(|success| success.status.iter().copied());
    let success = Documented {
        summary: "The request succeeds".to_owned(),
        status: statuses.next(),
        other_statuses: statuses.collect(),
        code: None,
        retry: None,
        link: contract.documentation.clone(),
    };
    let no_server_error =
        Documented { summary: "The request does not break the server".to_owned(), ..success.clone() };
    contract
        .failures
        .iter()
        .map(|failure| Documented::of(failure, contract))
        .chain([success, no_server_error])
        .map(Arc::new)
        .collect()
}

/// Sorts findings into violations, waived violations and warnings.
fn sort(report: &mut CaseReport, findings: impl Iterator<Item = Finding>, session: &Session, case: &Case) {
    let levels = &session.target.checks;
    let findings = findings.filter_map(|finding| finding.on_target(levels));
    let findings = findings.map(|finding| masked(finding, session));
    let (violations, warnings): (Vec<Finding>, Vec<Finding>) = findings.partition(Finding::is_violation);
    report.warnings = warnings;
    for finding in violations {
        let waiver = finding.waiver(&case.name, &session.waivers, session.today);
        match waiver {
            Some(waiver) => report.waived.push(WaivedFinding {
                finding,
                reason: waiver.reason.clone(),
                issue: waiver.issue.clone(),
                expires: waiver.expires.to_string(),
            }),
            None => report.violations.push(finding),
        }
    }
}

/// Sets outcome, reason and coverage, which follow from the findings and from what was observed; `unjudged` is the
/// reason why the case or a step of it could not be judged.
fn settle(report: &mut CaseReport, unjudged: Option<Reason>) {
    let judgement = Judgement {
        observation: &report.observation,
        violated: !report.violations.is_empty(),
        waived: !report.waived.is_empty(),
        unjudged: unjudged.is_some(),
    };
    let (mut outcome, exercised) = (judgement.outcome(), judgement.exercise());
    // Nothing went wrong: there was no time left.
    if outcome == Outcome::Inconclusive && unjudged.as_ref().is_some_and(Reason::is_stop) {
        outcome = Outcome::Skipped;
    }
    let is_other = report.observation.exercise() == Exercise::No;
    report.reason = unjudged.or_else(|| match outcome {
        Outcome::Waived => {
            report.waived.first().map(|waived| Reason::Waived { reason: waived.reason.clone() })
        }
        _ => match report.observation {
            Observation::Triggered { gap: Some(gap), .. } => Some(Reason::Unproven { gap }),
            _ => is_other.then(|| Reason::OtherResponse { response: report.observation.clone() }),
        },
    });
    (report.outcome, report.exercised) = (outcome, exercised);
}

/// Returns what the response was, for the report.
fn observation(subject: &Subject<'_>, session: &Session) -> Observation {
    let status = subject.response().status;
    let id = |index: usize| subject.contract.failures[index].id.clone();
    match &subject.identity {
        Identity::Triggered { alternative, .. } => {
            let code = |index: usize| subject.contract.failures[index].code().map(plain);
            Observation::Triggered {
                alternative: match alternative {
                    Some(index) => Some(code(*index).unwrap_or_else(|| id(*index))),
                    None => own_code_missing(subject),
                }
                .map(|code| session.mask.text(&code).into_owned()),
                control_too: subject.observed.control_failed.is_some(),
                gap: proof_gap(subject),
            }
        }
        Identity::Other(index) => Observation::OtherFailure { failure: id(*index) },
        Identity::Undocumented(code) => Observation::UndocumentedFailure {
            status,
            code: session.mask.text(&check::show(code)).into_owned(),
        },
        Identity::Success => Observation::Success { status },
        Identity::Unidentified => Observation::Unrecognized { status },
    }
}

/// Returns why the scenario proves nothing, if it does not: by what it says, or because its control expected and got
/// the failure under test.
fn proof_gap(subject: &Subject<'_>) -> Option<ProofGap> {
    let expected = subject.observed.control_expected_failure.then_some(ProofGap::ControlExpectsFailure);
    subject.scenario.proof_gap(subject.triggered).or(expected)
}

/// Returns the code that was seen instead of the failure's own code, if any: an accepted code that is not the own
/// code of any failure of the contract, or a text saying that the response had no code.
fn own_code_missing(subject: &Subject<'_>) -> Option<String> {
    if subject.is_wordless() && subject.triggered.code().is_some() {
        return Some(format!("HTTP {} without a code", subject.response().status));
    }
    let code = subject.view.code_of(subject.triggered)?;
    let other = subject.triggered.code().is_some() && !subject.triggered.has_code(&code);
    other.then(|| plain(&code))
}

fn plain(code: &Value) -> String {
    code.as_str().map_or_else(|| code.to_string(), str::to_owned)
}

fn observed(subject: &Subject<'_>, session: &Session) -> ObservedResponse {
    let envelope = &subject.triggered.envelope;
    ObservedResponse {
        status: subject.response().status,
        code: subject.view.code_of(subject.triggered).map(|code| short_code(&code, session)),
        request_id: subject
            .view
            .request_id(envelope)
            .map(|id| cut(session.mask.text(&id).into_owned(), MAX_QUOTE_LEN).into()),
        ms: fractional_millis(subject.exchange.elapsed),
    }
}

/// Returns the request ids of the request under test and its repetition, if the documentation defines the request id.
fn request_ids(subject: &Subject<'_>, session: &Session, observed: Option<&Arc<str>>) -> Vec<Arc<str>> {
    let binding =
        subject.triggered.envelope.request_id.as_ref().is_some_and(|ruled| ruled.source.is_binding());
    if !binding {
        return Vec::new();
    }
    let records = subject
        .observed
        .records
        .iter()
        .filter(|record| matches!(record.phase, Phase::Request | Phase::Repeat));
    let ids = records.filter_map(|record| {
        let view = View::new(record.exchange.result.as_ref().ok()?, None);
        let id = view.request_id(&subject.triggered.envelope)?;
        let id = short_id(session.mask.text(&id).into_owned());
        // Reuse the id that `observed` already contains.
        Some(observed.filter(|observed| ***observed == *id).map_or_else(|| id.into(), Arc::clone))
    });
    let mut ids: Vec<Arc<str>> = ids.collect();
    ids.dedup();
    // Kept until the end of the run, usually with one id in it.
    ids.shrink_to_fit();
    ids
}

fn snapshot(
    subject: &Subject<'_>,
    session: &Session,
    case: &Case,
    may_be_approved: bool,
) -> Option<SnapshotReport> {
    let approved = session.approved.as_ref()?;
    let name = case_file(session, case);
    let now = SnapshotFile {
        source: case.scenario.place.source.name().to_owned(),
        expression: case.name.to_string(),
        contents: picture(NormalizedResponse {
            response: subject.response(),
            item: match subject.view.item {
                Item::One(item) if subject.view.within != Within::Response => Some(item),
                _ => None,
            },
            failure: subject.triggered,
            own_values: &subject.observed.own_values,
            mask: &session.mask,
        }),
    };
    match approved.compare(&name, &now, may_be_approved) {
        Ok(None) => None,
        Ok(Some(report)) => {
            let diff = report.diff.map(|diff| cut(diff, MAX_BODY_LEN));
            Some(SnapshotReport { diff, ..report })
        }
        Err(error) => Some(SnapshotReport {
            file: error.file.clone(),
            state: failspec_judge::report_model::SnapshotState::Changed,
            diff: Some(error.to_string()),
        }),
    }
}

/// Returns the path of a case's snapshot, relative to the pack's folder.
fn case_file(session: &Session, case: &Case) -> String {
    scenario_file(&session.pack.contract, &case.scenario, case.row)
}

/// Returns the path of the snapshot of a scenario or of one of its rows, relative to the pack's folder.
pub(super) fn scenario_file(contract: &Contract, scenario: &Scenario, row: Option<usize>) -> String {
    let failure = scenario.failure_id(contract);
    let row = row.and_then(|row| scenario.rows.get(row));
    file_name(failure, &scenario.name, row.map(|row| row.name.as_str()))
}

fn masked(mut finding: Finding, session: &Session) -> Finding {
    let details = finding.details.iter_mut().map(|detail| &mut detail.message);
    for text in [&mut finding.expected, &mut finding.actual, &mut finding.message].into_iter().chain(details)
    {
        *text = cut(session.mask.text(text).into_owned(), MAX_QUOTE_LEN);
    }
    finding
}

/// Shortens an id that is too long, and appends its digest so that different ids stay different.
fn short_id(id: String) -> String {
    if id.len() <= MAX_QUOTE_LEN {
        return id;
    }
    let digest = hex(&Sha256::digest(id.as_bytes()));
    format!("{}… sha256:{digest}", &id[..id.floor_char_boundary(MAX_QUOTE_LEN)])
}

/// Converts a code for the report. A code that is too long, or is an array or an object, is replaced by the beginning
/// of its text: a report must not nest as deeply as a response can.
fn short_code(code: &Value, session: &Session) -> Value {
    let text = plain(code);
    let scalar = !code.is_array() && !code.is_object();
    if scalar && text.len() <= MAX_QUOTE_LEN {
        return session.mask.json(code);
    }
    Value::String(cut(session.mask.text(&text).into_owned(), MAX_QUOTE_LEN))
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds, rounded to three decimal places.
pub(super) fn fractional_millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
