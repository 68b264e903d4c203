//! Controls that several cases have in common: they are sent once, with their setup and teardown, and serve all of them.
//!
//! A shared control may be stale, so it never convicts: before a case that rests on it is called a violation, the control is
//! sent again for it. It is also sent again after a while, and for a case that runs a second time. Nor does it acquit: at
//! the end of the run it is sent once more, and if it fails then, the cases that rested on it show nothing.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use failspec_base::{
    encoding::hex,
    message::Request,
    syntax::Span,
    template::{Scope, VariableValue},
};
use failspec_judge::{
    check::{self, Record},
    report_model::{CaseReport, ExchangeReport, Outcome, Reason, Rerun},
};
use failspec_pack::pack::{Control, Flow, RequestTemplate, Step};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::{
    case_runner::CaseRunner,
    error::Unjudged,
    exchange_report::exchange_report,
    judge::cancelled,
    plan::Case,
    request_builder::{Extra, build},
    session::Session,
};

/// Time for which a control that succeeded serves other cases: one that fails later is noticed after that at the latest.
const MAX_AGE: Duration = Duration::from_secs(30);

/// Time for which a control that was sent again confirms the violations of other cases, too: where an API checks nothing, most
/// requests would be controls.
const MAX_CONFIRMED_AGE: Duration = Duration::from_secs(2);

/// The digest of a control: what is sent, as whom, and what is expected.
pub(super) type Digest = [u8; 32];

/// The exchanges of a control that was sent once; `None` if it did not succeed, or left something behind: then every case
/// sends its own.
type Shared = Arc<OnceCell<Option<Vec<Record>>>>;

/// The controls that several cases of a run have in common.
#[derive(Debug, Default)]
pub struct SharedControls {
    /// By the index of the case: the control, and the first case in the order of the plan that has it.
    of_cases: std::sync::OnceLock<HashMap<usize, (Digest, Arc<str>)>>,
    sent: Mutex<HashMap<Digest, (Instant, Shared)>>,
    /// Single requests on which cases rested that did not send them: one of the cases, and the indexes of all.
    rested: Mutex<HashMap<Digest, (Case, Vec<usize>)>>,
    /// The time at which a control was last sent again before a case was called a violation.
    confirmed: Mutex<HashMap<Digest, Instant>>,
    /// Controls that were refused: how often, what was sent, and the reason why the case could not be judged.
    refused: Mutex<HashMap<Digest, Refused>>,
}

/// A control that was refused.
#[derive(Debug, Clone)]
struct Refused {
    times: usize,
    records: Vec<Record>,
    reason: Unjudged,
}

/// Number of times that a control is refused before the other cases that have it are not judged without sending it again.
const MAX_REFUSALS: usize = 2;

impl SharedControls {
    /// Finds the controls that several cases have in common.
    pub fn plan(&self, session: &Session, cases: &[Case]) {
        let mut known: HashMap<Digest, Vec<&Case>> = HashMap::new();
        for (number, case) in cases.iter().enumerate() {
            if let Some(digest) = shareable(case).and_then(|control| digest(session, case, control, number)) {
                known.entry(digest).or_default().push(case);
            }
        }
        let shared = known.into_iter().filter(|(_, cases)| cases.len() > 1);
        let of_cases = shared.flat_map(|(digest, cases)| {
            let first = cases.iter().min_by_key(|case| case.index).map(|case| Arc::clone(&case.name));
            cases
                .into_iter()
                .filter_map(move |case| Some((case.index, (digest, Arc::clone(first.as_ref()?)))))
        });
        let _ = self.of_cases.set(of_cases.collect());
    }

    /// Returns the control that a case shares, and the name of the case in whose report it stands.
    fn of(&self, case: &Case) -> Option<(Digest, &Arc<str>)> {
        self.of_cases.get()?.get(&case.index).map(|(digest, first)| (*digest, first))
    }

    fn cell(&self, digest: Digest) -> Shared {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, cell) = sent.entry(digest).or_insert_with(|| (Instant::now(), Shared::default()));
        if since.elapsed() > MAX_AGE {
            (*since, *cell) = (Instant::now(), Shared::default());
        }
        Arc::clone(cell)
    }

    /// Records that a case rests on a control that it did not send. A control with a setup is left out: the case itself needs
    /// that its own setup succeeds.
    fn rests(&self, digest: Digest, case: &Case, control: &Flow) {
        if control.setup.is_empty() {
            let mut rested = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
            rested.entry(digest).or_insert_with(|| (case.clone(), Vec::new())).1.push(case.index);
        }
    }

    /// Records that a control was sent for a case after all.
    fn no_longer_rests(&self, case: &Case) {
        let Some((digest, _)) = self.of(case) else { return };
        let mut rested = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cases)) = rested.get_mut(&digest) {
            cases.retain(|index| *index != case.index);
        }
    }

    /// Records that the control of a case was refused, which it will be again.
    pub fn note_refused(&self, case: &Case, records: &[Record], reason: &Unjudged) {
        let last = records.iter().rfind(|record| !record.phase.is_teardown());
        let last = last.and_then(|record| record.exchange.result.as_ref().ok());
        let is_refused = last.is_some_and(|response| match response.status {
            // These are for a while.
            408 | 409 | 423 | 425 | 429 => false,
            // The server has no such function.
            501 => true,
            status => (400..500).contains(&status),
        });
        let Some((digest, _)) = self.of(case).filter(|_| is_refused && !reason.is_interruption()) else {
            return;
        };
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let known = refused.entry(digest).or_insert_with(|| Refused {
            times: 0,
            records: records.to_vec(),
            reason: reason.clone(),
        });
        known.times += 1;
    }

    /// Returns what is known of a control that was refused so often that it is not sent again.
    fn refused(&self, digest: Digest) -> Option<Refused> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(&digest).filter(|refused| refused.times >= MAX_REFUSALS).cloned()
    }

    /// Returns true if the control of a case was sent again just now, and succeeded.
    fn is_confirmed(&self, case: &Case) -> bool {
        let confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = self.of(case).map(|(digest, _)| digest);
        digest.and_then(|digest| confirmed.get(&digest)).is_some_and(|at| at.elapsed() < MAX_CONFIRMED_AGE)
    }

    /// Records that the control of a case was sent again, and succeeded.
    pub fn note_confirmed(&self, case: &Case) {
        let Some((digest, _)) = self.of(case) else { return };
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, Instant::now());
    }

    /// Forgets every control that was sent: one of them no longer succeeds, and nor may the others.
    fn forget(&self) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Returns the control of a case if it may serve others: outside of conditions and locks, which change what it would get.
fn shareable(case: &Case) -> Option<&Flow> {
    let scenario = &case.scenario;
    let Control::Flow(control) = &scenario.control else { return None };
    let is_plain = control.repeat.is_none() && control.at.is_none() && !control.expected().is_about_outcome();
    let is_alone = scenario.condition.is_none() && scenario.locks.is_empty();
    // A change without a setup is made to what was there before the run, and need not succeed twice.
    let is_repeatable = control.request.is_safe() || !control.setup.is_empty();
    (is_plain && is_alone && is_repeatable).then_some(control)
}

/// Returns the digest of a control; `None` if it cannot be built.
fn digest(session: &Session, case: &Case, control: &Flow, number: usize) -> Option<Digest> {
    let teardown = &case.scenario.teardown;
    if !control.setup.is_empty() || !control.capture.is_empty() || !teardown.is_empty() {
        // It makes its own things, under names of its own: what counts is that it is written in the same way.
        let steps = control.setup.iter().chain(teardown);
        let requests = steps.filter_map(|step| step.request.as_ref()).chain([&control.request]);
        let expects = control.setup.iter().chain(teardown).any(|step| !step.expect.body.is_empty());
        let values = used_values(case, requests, expects || !control.expected().body.is_empty());
        let control = Flow { setup: without_place(&control.setup), ..control.clone() };
        let teardown = without_place(teardown);
        return Some(Sha256::digest(format!("{control:?} {teardown:?} {values:?}")).into());
    }
    // Values that are unique to a case make it unique.
    let mut scope = Scope::new(Arc::clone(&session.variables), format!("failspec-plan-{number}"));
    for (name, value) in case.row().into_iter().flat_map(|row| &row.values) {
        scope.set(name.clone(), VariableValue::open(value.clone()));
    }
    let request = build(&control.request, None, &scope, &session.target, &Extra::default()).ok()?;
    let Request { method, url, headers, suppressed, body, .. } = &request;
    let body = body.as_ref().map(|body| hex(&Sha256::digest(&body.bytes)));
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    // The credential is that of the role.
    let request = (&control.request.role, method, url.as_str(), headers, suppressed, body);
    Some(Sha256::digest(format!("{request:?} {:?}", control.expect)).into())
}

/// Returns the values of the row that requests use; all of them if a body is expected, which may use any.
pub(super) fn used_values<'c>(
    case: &'c Case,
    requests: impl Iterator<Item = &'c RequestTemplate>,
    expects_body: bool,
) -> Vec<(&'c str, &'c Value)> {
    let Some(row) = case.row() else { return Vec::new() };
    let names: BTreeSet<&str> = requests.flat_map(RequestTemplate::names).collect();
    let values = row.values.iter().filter(|(name, _)| expects_body || names.contains(name.as_str()));
    values.map(|(name, value)| (name.as_str(), value)).collect()
}

/// Returns steps without their place in the files.
pub(super) fn without_place(steps: &[Step]) -> Vec<Step> {
    steps.iter().map(|step| Step { span: Span::default(), fixture: None, ..step.clone() }).collect()
}

impl CaseRunner<'_> {
    /// Takes the control that the case shares with others, and sends it if it is the first. `None` if it must send its own:
    /// it shares none, it runs a second time, or the shared one did not succeed.
    pub(super) async fn shared_control(&mut self, control: &Flow) -> Option<Result<(), Unjudged>> {
        let session = self.session;
        // In a second run it is sent again, unless that was done just now for another case. What others changed is no reason.
        let may_rest = !self.is_with_own_things() || session.shared_controls.is_confirmed(self.case);
        let (digest, first) = session.shared_controls.of(self.case).filter(|_| may_rest)?;
        let same_as = (**first != *self.case.name).then(|| Arc::clone(first));
        if let Some(refused) = session.shared_controls.refused(digest) {
            self.observed.records.extend(refused.records.iter().map(Record::as_shared));
            self.taken.push(0..self.observed.records.len());
            for record in &mut self.observed.records {
                record.same_as.clone_from(&same_as);
            }
            return Some(Err(refused.reason));
        }
        let cell = session.shared_controls.cell(digest);
        let mut own = None;
        let shared = cell
            .get_or_init(async || {
                let result = self.own_control(control).await;
                let is_clean =
                    result.is_ok() && self.observed.control_failed.is_none() && self.left_behind.is_empty();
                own = Some(result);
                is_clean.then(|| self.observed.records.clone())
            })
            .await;
        let Some(shared) = shared else { return own };
        if own.is_none() {
            self.observed.records.extend(shared.iter().map(Record::as_shared));
            self.taken.push(0..self.observed.records.len());
            session.shared_controls.rests(digest, self.case, control);
        }
        for record in &mut self.observed.records {
            record.same_as.clone_from(&same_as);
        }
        self.rests_on_shared = true;
        Some(own.unwrap_or(Ok(())))
    }
}

impl Session {
    /// Sends each control once more that served cases which did not send it. Returns the cases that rested on one that no
    /// longer succeeds, and the reason.
    pub(super) async fn verify_shared_controls(&self) -> Vec<(Reason, BTreeSet<usize>)> {
        let rested =
            std::mem::take(&mut *self.shared_controls.rested.lock().unwrap_or_else(PoisonError::into_inner));
        let mut rested: Vec<(Case, Vec<usize>)> =
            rested.into_values().filter(|(_, cases)| !cases.is_empty()).collect();
        rested.sort_by_key(|(case, _)| case.index);
        let mut failed = Vec::new();
        for (case, cases) in rested {
            let Control::Flow(control) = &case.scenario.control else { continue };
            let mut problem = None;
            // With one retry: a target may be busy for a moment.
            for _ in 0..2 {
                if self.interrupt.is_set() {
                    return failed;
                }
                let again;
                (again, problem) = self.send_again(&case, control).await;
                self.note_left(&case.name, again.left_behind);
                if problem.is_none() {
                    break;
                }
            }
            if let Some(problem) = problem.filter(|_| !self.interrupt.is_set()) {
                let problem = self.mask.text(&problem);
                let cause = format!(
                    "the control, which was sent for another case, failed at the end of the run: {problem}"
                );
                failed.push((Reason::Unjudged { cause }, cases.into_iter().collect()));
            }
        }
        failed
    }

    /// Sends a control again. Returns what was sent, and why it did not succeed, if it did not.
    async fn send_again<'s>(&'s self, case: &'s Case, control: &Flow) -> (CaseRunner<'s>, Option<String>) {
        let mut again = CaseRunner::new(self, case);
        let problem = match again.own_control(control).await {
            Ok(()) if again.observed.control_failed.is_none() => None,
            Ok(()) => Some("it got the failure under test as well".to_owned()),
            Err(reason) => Some(reason.to_string()),
        };
        again.list_copies();
        Box::pin(again.remove_unremoved()).await;
        (again, problem)
    }

    /// Sends the control of a case again that rests on a shared one and is about to be called a violation. If it no longer
    /// succeeds, the case shows nothing.
    pub(super) async fn confirm_control(&self, case: &Case, report: &mut CaseReport) {
        let (Outcome::Failed, Control::Flow(control)) = (report.outcome, &case.scenario.control) else {
            return;
        };
        // The cases of an import by the hundred have one control. At the end of the run it is sent once more, or, if it has a setup,
        // the setup of the case itself has succeeded.
        let is_imported = check::is_of_document(&self.pack.contract, &case.scenario);
        if is_imported && self.shared_controls.is_confirmed(case) {
            return;
        }
        self.shared_controls.no_longer_rests(case);
        let (again, problem) = self.send_again(case, control).await;
        let sent = again.observed.records.iter().map(|record| exchange_report(record, &self.mask));
        replace_control(&mut report.exchanges, sent.collect());
        report.left_behind.extend(again.left_behind.iter().map(|line| self.mask.text(line).into_owned()));
        let Some(problem) = problem else {
            self.shared_controls.note_confirmed(case);
            report.rerun.get_or_insert(Rerun::ControlConfirmed);
            return;
        };
        if self.interrupt.is_set() {
            report.withdraw(cancelled(self));
            if report.reason.as_ref().is_some_and(Reason::is_stop) {
                report.outcome = Outcome::Skipped;
            }
            return;
        }
        self.shared_controls.forget();
        let problem = self.mask.text(&problem);
        let cause = format!("the control succeeded before, for another case, but no longer: {problem}");
        report.withdraw(Reason::Unjudged { cause });
    }
}

/// Puts the exchanges of a control in the place of those that were sent for another case. Findings name exchanges by their
/// number, so the others keep theirs.
fn replace_control(exchanges: &mut Vec<ExchangeReport>, sent: Vec<ExchangeReport>) {
    let shared = exchanges.iter().filter(|exchange| exchange.phase.is_of_control()).count();
    if shared != sent.len() {
        return exchanges.extend(sent);
    }
    let places = exchanges.iter_mut().filter(|exchange| exchange.phase.is_of_control());
    for (place, exchange) in places.zip(sent) {
        *place = exchange;
    }
}
