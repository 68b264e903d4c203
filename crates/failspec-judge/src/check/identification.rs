//! Identification, before the verdict: determines which failure a response is.

use serde_json::Value;

use failspec_pack::pack::{CodeRule, Contract, Failure, Success};

use super::response_view::{Item, View, fits};

/// The identification of a response, before any rule is applied to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Identity {
    /// The failure under test.
    Triggered {
        /// The failure that its code belongs to, if that is another one that the documentation also accepts.
        alternative: Option<usize>,
        /// True if only the status identifies it, and the contract does not know the text.
        by_status_alone: bool,
    },
    /// Another documented failure.
    Other(usize),
    /// A code that the contract does not list.
    Undocumented(Value),
    /// A success.
    Success,
    /// A failure without a code, or with a status that no failure has.
    Unidentified,
}

impl Identity {
    /// Identifies `view` under `contract`, when the failure `triggered` is under test.
    pub fn of(view: View<'_>, contract: &Contract, triggered: usize) -> Self {
        let failure = &contract.failures[triggered];
        if tells_nothing_more(view, contract, failure) {
            return Self::Triggered { alternative: None, by_status_alone: false };
        }
        let others = || contract.failures.iter().enumerate().filter(|(index, _)| *index != triggered);
        let accepted = alternative(view, contract, failure);
        let fitting = others()
            .filter(|(index, other)| Some(*index) != accepted && is_plainly(view, contract, other))
            .max_by_key(|(index, other)| (evidence(other), std::cmp::Reverse(*index)));
        let is_triggered = if fits_fully(view, contract, failure) {
            // Of two failures that match, the one with more requirements is meant: a text that only another failure
            // has is stronger evidence than a status that both have.
            fitting.is_none_or(|(_, other)| evidence(other) <= evidence(failure))
        } else {
            // Several failures may share a code; status and `match` then determine which one is meant.
            fitting.is_none() && has_code_of(view, failure)
        };
        if is_triggered {
            return Self::Triggered { alternative: accepted, by_status_alone: false };
        }
        // A failure that is identified only by its status is no evidence against another one with that status.
        let same_status = failure.allows_status(view.response.status);
        let undecided =
            same_status && failure.rules.code.is_none() && !matches!(view.item, Item::Unpicked(_));
        if let Some((index, _)) =
            fitting.filter(|(_, other)| !undecided || evidence(other) > Evidence::STATUS)
        {
            return Self::Other(index);
        }
        if let Some(index) = tells_in_the_body(view, contract) {
            return Self::Other(index);
        }
        if is_mere_success(view, contract) && !matches!(view.item, Item::Unpicked(_)) {
            return Self::Success;
        }
        if let Some(index) = by_code(view, contract) {
            return Self::Other(index);
        }
        if undecided {
            return Self::Triggered { alternative: None, by_status_alone: !failure.rules.matches.is_empty() };
        }
        if let Some(code) = view.code_of(failure).filter(|code| !code.is_null()) {
            return Self::Undocumented(code.clone());
        }
        let by_status = others()
            .find(|(_, other)| other.rules.code.is_none() && other.allows_status(view.response.status));
        match by_status {
            Some((index, _)) if !same_status => Self::Other(index),
            _ => Self::Unidentified,
        }
    }

    /// Identifies the response of a step or a control, where no failure is under test: as a documented failure or a
    /// success.
    pub fn of_any(view: View<'_>, contract: &Contract) -> Self {
        let fitting = contract.failures.iter().enumerate().filter(|(_, failure)| {
            // A bulk response as a whole looks the same in both cases; only the item identifies the failure.
            (!is_item(view) || evidence(failure) > Evidence::STATUS) && is_plainly(view, contract, failure)
        });
        if let Some((index, _)) =
            fitting.max_by_key(|(index, failure)| (evidence(failure), std::cmp::Reverse(*index)))
        {
            return Self::Other(index);
        }
        if let Some(index) = tells_in_the_body(view, contract) {
            return Self::Other(index);
        }
        if is_mere_success(view, contract) {
            return Self::Success;
        }
        if let Some(index) = by_code(view, contract) {
            return Self::Other(index);
        }
        match view.code(&contract.envelope).filter(|code| !code.is_null()) {
            Some(code) => Self::Undocumented(code.clone()),
            None => Self::Unidentified,
        }
    }
}

/// Returns true if the response has the failure's status and correctly no body with more information. The status of a
/// success identifies no failure.
fn tells_nothing_more(view: View<'_>, contract: &Contract, failure: &Failure) -> bool {
    let status = view.response.status;
    let success = contract.success.iter().flat_map(|success| &success.status);
    matches!(view.item, Item::Whole)
        && view.is_bare(&failure.envelope)
        && failure.allows_status(status)
        && !success.into_iter().any(|pattern| pattern.matches(status))
}

/// The requirements of a failure for a response, beyond its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Evidence {
    /// 0 for no code, 1 for any code, 2 for a code of its own.
    code: u8,
    /// True if there is a `match`.
    matches: bool,
}

impl Evidence {
    const STATUS: Self = Self { code: 0, matches: false };
}

fn evidence(failure: &Failure) -> Evidence {
    let code = match failure.rules.code.as_ref().map(|code| &code.rule) {
        None => 0,
        Some(CodeRule::Any) => 1,
        Some(CodeRule::Exactly(_)) => 2,
    };
    Evidence { code, matches: !failure.rules.matches.is_empty() }
}

/// Returns the failure that an error envelope names, regardless of the status: an error that is sent with the status
/// of a success is not a success.
fn tells_in_the_body(view: View<'_>, contract: &Contract) -> Option<usize> {
    let index = by_code(view, contract)?;
    let schema = contract.failures[index].envelope.schema.as_ref()?;
    schema.rule.fits(view.body()?).then_some(index)
}

/// Returns the failure that the response's code belongs to, or else the first one that accepts it.
fn by_code(view: View<'_>, contract: &Contract) -> Option<usize> {
    let failures = &contract.failures;
    let has_own = |failure: &Failure| {
        let code = view.code_of(failure);
        code.is_some() && code == failure.code()
    };
    failures.iter().position(has_own).or_else(|| failures.iter().position(|it| has_code_of(view, it)))
}

/// Returns true if the response is a success and has no part of a failure. An item of a bulk response that has an
/// error, but not its code, is not a success.
fn is_mere_success(view: View<'_>, contract: &Contract) -> bool {
    let is_half_a_failure = |failure: &Failure| {
        failure.allows_status(view.response.status)
            && !failure.rules.matches.is_empty()
            && fits_matches(view, failure)
    };
    is_success(view, contract) && !contract.failures.iter().any(is_half_a_failure)
}

/// Returns true if the response is a success as documented.
pub fn is_success(view: View<'_>, contract: &Contract) -> bool {
    contract.success.iter().any(|success| fits_success(view, success))
}

fn fits_success(view: View<'_>, success: &Success) -> bool {
    success.status.iter().any(|status| status.matches(view.response.status))
        && (success.matches.is_empty() || view.body().is_some_and(|body| fits(body, &success.matches)))
}

/// Returns true if status, code and `match` all identify the response as `failure`.
fn fits_fully(view: View<'_>, contract: &Contract, failure: &Failure) -> bool {
    // An alternative that is a failure of its own has its own status.
    let own = view.code_of(failure);
    let by_alternative = alternative(view, contract, failure).map(|index| &contract.failures[index]);
    if !by_alternative.unwrap_or(failure).allows_status(view.response.status) {
        return false;
    }
    let code_fits = match failure.rules.code.as_ref().map(|code| &code.rule) {
        None => true,
        Some(CodeRule::Exactly(_)) => own.is_some_and(|code| failure.accepts(code)),
        Some(CodeRule::Any) => {
            own.is_some_and(|code| is_usable(code) && (is_item(view) || !is_anothers(code, contract)))
        }
    };
    code_fits && fits_matches(view, failure)
}

/// Returns true if the response matches `failure`, and not by a code that belongs to another failure.
fn is_plainly(view: View<'_>, contract: &Contract, failure: &Failure) -> bool {
    alternative(view, contract, failure).is_none() && fits_fully(view, contract, failure)
}

fn fits_matches(view: View<'_>, failure: &Failure) -> bool {
    failure.rules.matches.iter().all(|ruled| {
        let (pointer, schema) = &ruled.rule;
        view.judged().and_then(|value| pointer.find(value)).is_some_and(|value| schema.fits(value))
    })
}

/// Returns true if the response has a code that `failure` accepts, regardless of what else is wrong with it.
fn has_code_of(view: View<'_>, failure: &Failure) -> bool {
    view.code_of(failure).is_some_and(|code| failure.accepts(code))
}

/// Returns the failure that an accepted code belongs to, if it is not `failure` itself.
fn alternative(view: View<'_>, contract: &Contract, failure: &Failure) -> Option<usize> {
    let code = view.code_of(failure)?;
    if failure.code() == Some(code) || !failure.rules.codes.contains(code) {
        return None;
    }
    contract.failures.iter().position(|other| other.code() == Some(code))
}

/// Returns true for a usable code: text that is not empty, or a number.
pub(super) fn is_usable(code: &Value) -> bool {
    code.is_number() || code.as_str().is_some_and(|text| !text.is_empty())
}

pub(super) fn is_item(view: View<'_>) -> bool {
    matches!(view.item, Item::One(_))
}

/// Returns true if the code belongs to a failure of the contract.
pub(super) fn is_anothers(code: &Value, contract: &Contract) -> bool {
    contract.failures.iter().any(|failure| failure.code() == Some(code))
}
