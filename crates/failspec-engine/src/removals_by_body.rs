//! Removals that name in their body what the run created, as `POST /clients/delete {"name": …}` does.

use failspec_base::{message::Request, template::Scope};
use failspec_judge::check::{Phase, Record};
use failspec_pack::pack::RequestTemplate;
use serde_json::Value;

use super::{
    case_runner::CaseRunner,
    leftovers::names,
    request_builder::{Extra, build},
    session::Session,
};

/// Maximum depth of a body in which texts are searched.
const MAX_DEPTH: usize = 4;

impl Session {
    /// Returns the texts that only this run can have sent in the body of a request, if its path names none of them.
    pub(super) fn own_texts_in_body(&self, request: &Request) -> Vec<String> {
        let body = request.body.as_ref().and_then(|body| serde_json::from_slice::<Value>(&body.bytes).ok());
        let mut texts = Vec::new();
        if let Some(body) = body.filter(|_| !self.is_id_of_run(request.url.path())) {
            collect(&body, &mut texts, 0);
        }
        texts.retain(|text| self.is_id_of_run(text));
        texts
    }
}

impl CaseRunner<'_> {
    /// Returns true if a request of a teardown is to remove by its body what another request created.
    pub(super) fn removes_by_body(&self, removal: &Record, creation: &Record) -> bool {
        let texts = self.session.own_texts_in_body(&removal.exchange.request);
        removal.phase.is_teardown()
            && !texts.is_empty()
            && texts.iter().all(|text| names(&creation.exchange.request, text))
    }

    /// Returns true if there is nothing that a request of a teardown could remove by its body: no request made it, as far as the
    /// responses tell, or another one has removed it since. `None` if it removes nothing by its body.
    pub(super) fn is_gone_by_body(&self, removal: &Request, phase: Phase) -> Option<bool> {
        let texts = self.session.own_texts_in_body(removal);
        if texts.is_empty() {
            return None;
        }
        let of_flow = |record: &&Record| record.phase.is_of_control() == phase.is_of_control();
        let speaks = |record: &&Record| texts.iter().all(|text| names(&record.exchange.request, text));
        let is_same =
            |request: &Request| request.method == removal.method && request.url.path() == removal.url.path();
        let mut is_there = false;
        for record in self.observed.records.iter().filter(of_flow).filter(speaks) {
            let status = record.exchange.result.as_ref().map(|response| response.status);
            let is_done = status.as_ref().is_ok_and(|status| (200..300).contains(status));
            match is_same(&record.exchange.request) {
                true if is_done => is_there = false,
                true => {}
                // What is lost may be made later.
                false if !record.phase.is_teardown() => is_there |= is_done || status.is_err(),
                false => {}
            }
        }
        Some(!is_there)
    }

    /// Returns true if a request of a teardown would remove by its body what was never made, or was removed already.
    pub(super) fn is_removed_by_body(&self, template: &RequestTemplate, scope: &Scope, phase: Phase) -> bool {
        if template.body.is_none() || self.is_presumed(template) {
            return false;
        }
        let request = build(template, None, scope, &self.session.target, &Extra::default());
        request.ok().and_then(|request| self.is_gone_by_body(&request, phase)).unwrap_or(false)
    }
}

fn collect(value: &Value, texts: &mut Vec<String>, depth: usize) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) if depth < MAX_DEPTH => {
            items.iter().for_each(|item| collect(item, texts, depth + 1));
        }
        Value::Object(members) if depth < MAX_DEPTH => {
            members.values().for_each(|member| collect(member, texts, depth + 1));
        }
        _ => {}
    }
}
