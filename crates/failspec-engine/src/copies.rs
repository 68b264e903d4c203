//! Things that an operation on one thing makes of it, such as a copy: its response names another thing of the same kind, and no teardown
//! knows it.

use failspec_base::message::Exchange;
use failspec_judge::check::{self, Record};
use serde_json::Value;

use super::case_runner::{CaseRunner, line};

impl CaseRunner<'_> {
    /// Lists the things that requests of the case made of others of their kind. They are not removed: the response may as well name
    /// another thing that was there before, such as the parent of the one that was asked about.
    pub(super) fn list_copies(&mut self) {
        if !check::is_of_document(&self.session.pack.contract, &self.case.scenario)
            || !self.case.scenario.faulty.capture.is_empty()
        {
            return;
        }
        let records = &self.observed.records;
        // The case that sent a shared request lists what it made.
        let is_own = |index: &usize| !self.taken.iter().any(|taken| taken.contains(index));
        let made =
            records.iter().enumerate().filter(|(index, _)| is_own(index)).filter_map(|(index, record)| {
                let (name, id) = self.copy_of(record)?;
                // What another request of the case named is no new one, and what a teardown names is known.
                let is_known = records.iter().enumerate().any(|(other, record)| {
                    (other < index || record.phase.is_teardown()) && names(&record.exchange, &id)
                });
                (!is_known).then(|| (line(&record.exchange.request), record, name, id))
            });
        let mut left = Vec::new();
        for (request, record, name, id) in made {
            left.push(format!(
                "{request}: its response names another thing ({name} {id}), which no teardown removes"
            ));
            let operation = self.session.operation_of(&record.exchange.request);
            operation.into_iter().for_each(|operation| self.session.sparing.note_left(operation));
        }
        self.left_behind.extend(left);
    }

    /// Returns the name and the value of the id that the response to a request has in place of the one that its path has.
    fn copy_of(&self, record: &Record) -> Option<(String, String)> {
        let request = &record.exchange.request;
        if record.phase.is_teardown() || request.method != "POST" {
            return None;
        }
        let operation = self.session.operation_of(request)?;
        // What is created in a collection below another thing has a teardown of its own.
        if self.session.known_creation(&operation).is_some() {
            return None;
        }
        let (_, path) = operation.split_once(' ')?;
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (place, name) = segments
            .iter()
            .enumerate()
            .rev()
            .find_map(|(place, segment)| Some((place, segment.strip_prefix('{')?.strip_suffix('}')?)))?;
        // `id` alone may be that of anything that the response is about.
        let is_of_an_action = place + 1 < segments.len() && !name.eq_ignore_ascii_case("id");
        let response = record.exchange.result.as_ref().ok().filter(|_| is_of_an_action)?;
        let id = match response
            .document()
            .value
            .as_ref()
            .filter(|_| matches!(response.status, 200 | 201))?
            .get(name)?
        {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return None,
        };
        Some((name.to_owned(), id))
    }
}

/// Returns true if an id stands somewhere in a request or its response.
fn names(exchange: &Exchange, id: &str) -> bool {
    let has = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(id);
    exchange.request.url.as_str().contains(id)
        || exchange.request.body.as_ref().is_some_and(|body| has(&body.bytes))
        || exchange.result.as_ref().is_ok_and(|response| has(&response.body))
}
