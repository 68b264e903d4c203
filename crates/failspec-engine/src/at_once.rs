//! Requests that are sent at the same time, each on a connection of its own.

use std::sync::OnceLock;

use failspec_base::{message::Response, template::Scope};
use failspec_judge::check::{self, Identity, Phase, Record, SentAtOnce, Subject, View};
use failspec_pack::pack::{Concurrent, RequestTemplate};
use futures_util::future::join_all;

use super::{
    case_runner::CaseRunner,
    error::Unjudged,
    logs::traced,
    request_builder::{Extra, build},
    steps::on_cancel,
};

/// The responses to requests that were sent at once, by the index of their record.
#[derive(Default)]
struct Responses {
    succeeded: Vec<usize>,
    failed: Vec<usize>,
    others: Vec<usize>,
}

impl CaseRunner<'_> {
    /// Sends the request under test and the others at the same time; returns the response that is judged.
    ///
    /// # Errors
    /// The reason why the responses show nothing.
    pub(super) async fn send_at_once(
        &mut self,
        concurrent: &Concurrent,
        scope: &Scope,
        extra: &Extra,
    ) -> Result<Response, Unjudged> {
        let own = &self.case.scenario.faulty.request;
        let templates: Vec<&RequestTemplate> = [own].into_iter().chain(&concurrent.others).collect();
        let first = self.observed.records.len();
        self.exchange_at_once(&templates, scope, extra).await?;
        let records = first..self.observed.records.len();
        for index in records.clone() {
            if let Err(error) = &self.observed.records[index].exchange.result {
                return Err(
                    format!("one of {} requests that were sent at once: {error}", templates.len()).into()
                );
            }
        }
        let Responses { succeeded, failed, others } = self.sorted(records);
        self.observed.concurrent = Some(SentAtOnce {
            sent: templates.len(),
            succeeded: succeeded.len(),
            wanted: concurrent.succeed,
        });
        // More successes show nothing where the requests may have been processed one after the other.
        self.missed_overlap =
            others.is_empty() && succeeded.len() > concurrent.succeed && !concurrent.refused_in_turn;
        let judged = match (others.first(), succeeded.last()) {
            (Some(other), _) => *other,
            (None, Some(success)) if succeeded.len() > concurrent.succeed => *success,
            _ => self.most_wrong(&failed).unwrap_or(first),
        };
        self.set_judged(judged);
        self.observed.records[judged].phase = Phase::Request;
        if self.missed_overlap {
            return Err(format!(
                "{} of {} requests that were sent at once succeeded: perhaps they were processed one after the other",
                succeeded.len(),
                templates.len()
            )
            .into());
        }
        match self.observed.records[judged].exchange.result.clone() {
            Ok(response) => Ok(response),
            Err(error) => Err(error.to_string().into()),
        }
    }

    async fn exchange_at_once(
        &mut self,
        templates: &[&RequestTemplate],
        scope: &Scope,
        extra: &Extra,
    ) -> Result<(), Unjudged> {
        let session = self.session;
        let on_cancel = on_cancel(Phase::Request);
        let mut requests = Vec::new();
        for template in templates {
            let credential = match template.role.as_deref() {
                Some(role) => Some(session.unless_cancelled(on_cancel, session.credential(role)).await??),
                None => None,
            };
            let request = build(template, credential, scope, &session.target, extra);
            let mut request = traced(request.map_err(|error| error.to_string())?, scope);
            request.own_connection = true;
            requests.push((request, template.role.as_deref()));
            // Waiting for their turns, they would no longer be sent at once.
            session.unless_cancelled(on_cancel, session.clients.turn()).await?;
        }
        let sent = requests.into_iter().map(|(request, role)| async move {
            let exchange = session.exchange(request, role, on_cancel).await;
            exchange.map(|exchange| (exchange, role.map(str::to_owned)))
        });
        for sent in join_all(sent).await {
            let (exchange, role) = sent?;
            session.learn_secrets(&exchange);
            let record = Record {
                phase: Phase::Concurrent,
                role,
                exchange,
                rerun: None,
                completed: None,
                same_as: None,
            };
            session.note_creation(scope, &record);
            self.observed.records.push(record);
        }
        Ok(())
    }

    /// Sorts responses by what they are.
    fn sorted(&self, records: std::ops::Range<usize>) -> Responses {
        let mut sorted = Responses::default();
        let contract = &self.session.pack.contract;
        let failure = self.case.scenario.failure;
        for index in records {
            let Some(Ok(response)) = self.observed.records.get(index).map(|record| &record.exchange.result)
            else {
                continue;
            };
            let view = View::new(response, None).to(&self.observed.records[index].exchange.request.method);
            let identity = failure.map(|failure| Identity::of(view, contract, failure));
            match identity {
                Some(Identity::Triggered { .. }) => sorted.failed.push(index),
                Some(Identity::Success) | None => sorted.succeeded.push(index),
                Some(_) => sorted.others.push(index),
            }
        }
        sorted
    }

    /// Returns the response with the most findings: all are the failure, and one is judged.
    fn most_wrong(&mut self, failed: &[usize]) -> Option<usize> {
        let mut worst = None;
        for index in failed {
            self.set_judged(*index);
            let subject = Subject::new(&self.session.pack.contract, &self.case.scenario, &self.observed);
            let count = subject.map_or(0, |subject| check::judge(&subject).len());
            if worst.is_none_or(|(_, most)| count > most) {
                worst = Some((*index, count));
            }
        }
        worst.map(|(index, _)| index)
    }

    pub(super) fn set_judged(&mut self, index: usize) {
        self.observed.judged = index;
        self.observed.identity = OnceLock::new();
    }
}
