//! Warnings that prove nothing: the request was refused for another reason than what was asked.

use std::collections::{HashMap, HashSet};

use failspec_pack::pack::{SUCCESS_ID, fault_kind};
use serde_json::Value;

use crate::check::{Phase, WITHOUT_OPTIONAL_MEMBER};

use super::{
    super::{CaseReport, ExchangeReport, Observation},
    causes::{UNDECLARED_REQUIREMENT, UNDECLARED_RESTRICTION},
    deviation::{Deviation, Kind},
};

/// The check of controls that fail like the request under test.
const CONTROL: &str = "control";

/// The check of the status that is due.
const STATUS: &str = "status";

/// Kinds of faults whose values have another type than the one that is due.
const OTHER_TYPES: [&str; 5] = ["wrong_type", "wrong_item", "fraction", "wrong_body", "list_for_object"];

/// The proof that accepted requests give of those that the operations refused.
pub(super) struct Proofs<'a> {
    /// The operations that accepted a request under test.
    accepting: HashSet<&'a str>,
    /// The members of the bodies that operations accepted.
    members: HashMap<&'a str, HashSet<String>>,
    /// The refusals, by status and body, of requests to operations that had no fault.
    refusals: HashSet<(&'a str, u16, &'a str)>,
}

impl<'a> Proofs<'a> {
    pub fn of(cases: &[&'a CaseReport]) -> Self {
        let accepted = cases.iter().filter(|case| is_accepted(case));
        let accepting = accepted.filter_map(|case| case.operation.as_deref()).collect();
        // Only of operations that refuse a value inside of a member it is asked which they accept.
        let asked: HashSet<&str> = cases
            .iter()
            .filter(|case| case.warnings.iter().any(|warning| warning.check == UNDECLARED_RESTRICTION))
            .filter_map(|case| case.operation.as_deref())
            .collect();
        let mut members: HashMap<&'a str, HashSet<String>> = HashMap::new();
        for case in cases {
            let Some(operation) = case.operation.as_deref().filter(|it| asked.contains(it)) else { continue };
            for exchange in case.exchanges.iter().filter(|exchange| is_like_tested(case, exchange)) {
                let is_accepted =
                    exchange.response.as_ref().is_some_and(|it| (200..300).contains(&it.status));
                if is_accepted {
                    members.entry(operation).or_default().extend(top_members(exchange));
                }
            }
        }
        let without_fault = cases.iter().flat_map(|case| {
            let exchanges = case.exchanges.iter().filter(|exchange| {
                is_like_tested(case, exchange)
                    && (exchange.phase == Phase::Control || &*case.failure == SUCCESS_ID)
            });
            let operation = case.operation.as_deref();
            exchanges.filter_map(move |exchange| refusal(operation?, exchange))
        });
        Self { accepting, members, refusals: without_fault.collect() }
    }

    /// Returns true if the operation refuses a request without any fault with the same words: the value that is asked is not what
    /// it refuses.
    fn is_refused_without_it(&self, case: &CaseReport) -> bool {
        let tested = case.exchanges.iter().find(|exchange| exchange.phase == Phase::Request);
        let refusal = case.operation.as_deref().zip(tested).and_then(|(it, tested)| refusal(it, tested));
        refusal.is_some_and(|refusal| self.refusals.contains(&refusal))
    }

    /// Returns what is left of a deviation without the warnings that prove nothing; `None` if that is nothing.
    pub fn proven(&self, deviation: Deviation<'a>) -> Option<Deviation<'a>> {
        let case = deviation.case;
        if case.operation.as_deref().is_none_or(|operation| !self.accepting.contains(operation)) {
            let is_omission = case.fault.as_deref() == Some(WITHOUT_OPTIONAL_MEMBER);
            let refused = if is_omission { UNDECLARED_REQUIREMENT } else { UNDECLARED_RESTRICTION };
            // An operation that accepts nothing refuses for another reason than what is asked, and so does its control.
            return deviation.without(refused)?.without_warning(CONTROL);
        }
        if self.is_in_unproven_member(case) || is_negative_id(&deviation) || self.is_refused_without_it(case)
        {
            return deviation.without(UNDECLARED_RESTRICTION);
        }
        // A made-up value that the server looks up, and does not find, is refused rightly.
        // A value of another type cannot be looked up.
        let is_of_other_type = case.fault.as_deref().is_some_and(|kind| OTHER_TYPES.contains(&kind))
            && deviation.thing_in_path().is_none();
        let is_not_found = matches!(deviation.wrong_status(), Some((400 | 422, 404))) && !is_of_other_type;
        if deviation.kind == Kind::Other && is_not_found && deviation.undeclared_status().is_none() {
            return deviation.without_warning(STATUS);
        }
        // An id of a wrong form is refused rightly for its form, whatever is due for one that is not there.
        let is_refused = matches!(deviation.wrong_status(), Some((404, 400 | 422)));
        if deviation.kind == Kind::Other && is_refused && has_wrong_form(&deviation) {
            return deviation.without_warning(STATUS);
        }
        Some(deviation)
    }

    /// Returns true if the value is inside of a member that no accepted request has: the run made up all of that, and any of it may be
    /// what is refused.
    fn is_in_unproven_member(&self, case: &CaseReport) -> bool {
        let tested = case.exchanges.iter().find(|exchange| exchange.phase == Phase::Request);
        let (Some(part), Some(tested)) = (case.part.as_deref(), tested) else { return false };
        let Some(operation) = case.operation.as_deref() else { return false };
        let accepted = self.members.get(operation);
        // The part of a nested member has the names of those that it is in before it.
        let holds_it = |member: &String| {
            part.strip_prefix(member.as_str()).is_some_and(|inner| inner.len() > 1 && inner.starts_with('_'))
        };
        let members = top_members(tested);
        !members.iter().any(|member| member == part)
            && members
                .iter()
                .any(|member| holds_it(member) && accepted.is_none_or(|accepted| !accepted.contains(member)))
    }
}

/// Returns true if the request under test was accepted.
fn is_accepted(case: &CaseReport) -> bool {
    matches!(
        case.observation,
        Observation::Success { status: 200..300 } | Observation::Expected { status: 200..300 }
    )
}

/// Returns true for the request under test, and for a control with its method.
fn is_like_tested(case: &CaseReport, exchange: &ExchangeReport) -> bool {
    let method = case.operation.as_deref().and_then(|operation| operation.split_once(' '));
    matches!(exchange.phase, Phase::Request | Phase::Control)
        && method.is_some_and(|(method, _)| method == exchange.request.method)
}

/// Returns the refusal of a request, unless it says nothing.
fn refusal<'a>(operation: &'a str, exchange: &'a ExchangeReport) -> Option<(&'a str, u16, &'a str)> {
    let response = exchange.response.as_ref()?;
    let says = matches!(response.status, 400..500) && !response.body.trim().is_empty();
    says.then_some((operation, response.status, response.body.as_str()))
}

/// Returns the names of the members of a JSON body.
fn top_members(exchange: &ExchangeReport) -> Vec<String> {
    let body = exchange.request.body.as_ref().map(ToString::to_string).unwrap_or_default();
    match serde_json::from_str(&body) {
        Ok(Value::Object(members)) => members.into_iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    }
}

/// Returns true for a negative id in a path: that there is no such thing may be said by any refusal.
fn is_negative_id(deviation: &Deviation<'_>) -> bool {
    deviation.case.fault.as_deref() == Some(fault_kind::NEGATIVE) && deviation.thing_in_path().is_some()
}

/// Returns true for an id in a path that is wrong by itself, and not because there is no such thing.
fn has_wrong_form(deviation: &Deviation<'_>) -> bool {
    const OF_NOTHING: [&str; 4] =
        [fault_kind::UNKNOWN_ID, fault_kind::ZERO_ID, fault_kind::NEGATIVE_ID, fault_kind::ANOTHER_PARENT];
    let fault = deviation.case.fault.as_deref();
    fault.is_some_and(|kind| !OF_NOTHING.contains(&kind)) && deviation.thing_in_path().is_some()
}
