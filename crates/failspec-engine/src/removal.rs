//! The removal of what cases had in common, at the end of a run.

use std::sync::Arc;

use failspec_judge::{check::Phase, report_model::ExchangeReport};
use failspec_pack::pack::Step;
use futures_util::{StreamExt as _, stream};

use super::{
    case_runner::CaseRunner, exchange_report::exchange_report, session::Session, shared_parents::Parent,
    shared_things::Made,
};

/// Maximum number of things that are removed at the same time.
const AT_ONCE: usize = 4;

/// The removal of things at the end of the run.
pub(super) struct Removal {
    /// The case in whose report it stands.
    pub case: Arc<str>,
    pub exchanges: Vec<ExchangeReport>,
    pub left_behind: Vec<String>,
}

impl Session {
    /// Removes what cases have shared.
    pub(super) async fn remove_shared_things(&self) -> Vec<Removal> {
        let removals =
            self.shared_things.take().into_iter().map(|made| async move { self.removal(&made).await });
        // One after the other they would take long after the time of a run is up.
        let mut done: Vec<Removal> = stream::iter(removals).buffered(AT_ONCE).collect().await;
        let parents = self.shared_parents.take();
        // What is in another thing is removed before it.
        for parents in parents.chunk_by(|one, other| one.captures.len() == other.captures.len()) {
            let parents = parents.iter().cloned();
            let removals = parents.map(|parent| async move { self.removal_of_parent(&parent).await });
            let removed: Vec<Vec<Removal>> = stream::iter(removals).buffered(AT_ONCE).collect().await;
            done.extend(removed.into_iter().flatten());
        }
        done
    }

    async fn removal_of_parent(&self, parent: &Parent) -> Vec<Removal> {
        let mut runner = CaseRunner::new(self, &parent.case);
        runner.observed.records.clone_from(&parent.records);
        runner.parent.clone_from(&parent.above);
        let flow = parent.flow();
        let is_own = |step: &Step| parent.is_own_removal(step);
        runner.teardown_of(&is_own, &parent.scope, Phase::Teardown, flow, true).await;
        let sent = &runner.observed.records[parent.records.len()..];
        let exchanges = sent.iter().map(|record| exchange_report(record, &self.mask)).collect();
        let is_removed = sent.iter().any(|record| {
            record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
        });
        let masked = |line: &String| self.mask.text(line).into_owned();
        let left_behind = runner.left_behind.iter().map(masked).collect();
        let mut removals = vec![Removal { case: parent.maker(), exchanges, left_behind }];
        // What is in it went with it, if it went.
        for (case, line) in parent.take_left() {
            match &parent.above {
                _ if is_removed => {}
                Some(above) => above.note_left(&case, line),
                None => {
                    removals.push(Removal { case, exchanges: Vec::new(), left_behind: vec![masked(&line)] })
                }
            }
        }
        removals
    }

    async fn removal(&self, made: &Made) -> Removal {
        let mut runner = CaseRunner::new(self, &made.case);
        runner.observed.records.clone_from(&made.records);
        runner.parent.clone_from(&made.parent);
        runner.teardown(&made.scope, Phase::Teardown, &made.case.scenario.faulty, true).await;
        let sent = runner.observed.records.iter().skip(made.records.len());
        Removal {
            case: Arc::clone(&made.first),
            exchanges: sent.map(|record| exchange_report(record, &self.mask)).collect(),
            left_behind: runner.left_behind.iter().map(|line| self.mask.text(line).into_owned()).collect(),
        }
    }
}
