//! Identification before verdict: which failure is this answer?

use serde_json::Value;

use crate::pack::{CodeRule, Contract, Failure, Success};

use super::view::{Item, View, fits};

/// What an answer is, before any rule is held against it.
#[derive(Debug, Clone, PartialEq)]
pub enum Identity {
    /// The failure under test.
    Triggered {
        /// The failure whose code it has, where that is another one that the documentation accepts as well.
        alternative: Option<usize>,
        /// Whether only the status says so, and the text is one that the contract does not know.
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
    /// What `view` is in the eyes of `contract`, when the failure `triggered` is under test.
    pub fn of(view: View<'_>, contract: &Contract, triggered: usize) -> Self {
        let failure = &contract.failures[triggered];
        if fits_fully(view, contract, failure) || has_code_of(view, failure) {
            return Self::Triggered {
                alternative: alternative(view, contract, failure),
                by_status_alone: false,
            };
        }
        if is_success(view, contract) && !matches!(view.item, Item::Unpicked(_)) {
            return Self::Success;
        }
        // Several failures may share a code; the status then says which is meant.
        let others = || contract.failures.iter().enumerate().filter(|(index, _)| *index != triggered);
        if let Some((index, _)) = others().find(|(_, other)| fits_fully(view, contract, other)) {
            return Self::Other(index);
        }
        if let Some((index, _)) = others().find(|(_, other)| has_code_of(view, other)) {
            return Self::Other(index);
        }
        if let Some(code) = view.code(&failure.envelope).filter(|code| !code.is_null()) {
            return Self::Undocumented(code.clone());
        }
        let same_status = failure.status() == Some(view.answer.status);
        if same_status && failure.rules.code.is_none() && !matches!(view.item, Item::Unpicked(_)) {
            return Self::Triggered { alternative: None, by_status_alone: !failure.rules.matches.is_empty() };
        }
        let by_status = others()
            .find(|(_, other)| other.rules.code.is_none() && other.status() == Some(view.answer.status));
        match by_status {
            Some((index, _)) if !same_status => Self::Other(index),
            _ => Self::Unidentified,
        }
    }

    /// What a step's or a control's answer is, where no failure is under test: a documented failure or a success.
    pub fn of_any(view: View<'_>, contract: &Contract) -> Self {
        if let Some(index) = contract.failures.iter().position(|failure| fits_fully(view, contract, failure))
        {
            return Self::Other(index);
        }
        if is_success(view, contract) {
            return Self::Success;
        }
        if let Some(index) = contract.failures.iter().position(|failure| has_code_of(view, failure)) {
            return Self::Other(index);
        }
        match view.code(&contract.envelope).filter(|code| !code.is_null()) {
            Some(code) => Self::Undocumented(code.clone()),
            None => Self::Unidentified,
        }
    }
}

/// Whether the answer is a success as documented.
pub fn is_success(view: View<'_>, contract: &Contract) -> bool {
    contract.success.iter().any(|success| fits_success(view, success))
}

fn fits_success(view: View<'_>, success: &Success) -> bool {
    success.status.iter().any(|status| status.matches(view.answer.status))
        && (success.matches.is_empty() || view.body().is_some_and(|body| fits(body, &success.matches)))
}

/// Whether status, code and `match` all say that the answer is `failure`.
fn fits_fully(view: View<'_>, contract: &Contract, failure: &Failure) -> bool {
    let Some(status) = failure.status() else {
        return false;
    };
    // An alternative that is a failure of its own has a status of its own.
    let own = view.code(&failure.envelope);
    let by_alternative = alternative(view, contract, failure).map(|index| &contract.failures[index]);
    let status = by_alternative.and_then(Failure::status).unwrap_or(status);
    if view.answer.status != status {
        return false;
    }
    let code_fits = match failure.rules.code.as_ref().map(|code| &code.rule) {
        None => true,
        Some(CodeRule::Exactly(_)) => own.is_some_and(|code| failure.accepts(code)),
        Some(CodeRule::Any) => {
            own.is_some_and(|code| is_usable(code) && (is_item(view) || !is_anothers(code, contract)))
        }
    };
    let matches = &failure.rules.matches;
    code_fits
        && matches.iter().all(|ruled| {
            let (pointer, schema) = &ruled.rule;
            view.judged().and_then(|value| pointer.find(value)).is_some_and(|value| schema.fits(value))
        })
}

/// Whether the answer has a code that `failure` accepts, whatever else is wrong with it.
fn has_code_of(view: View<'_>, failure: &Failure) -> bool {
    view.code(&failure.envelope).is_some_and(|code| failure.accepts(code))
}

/// The failure that an accepted code belongs to, where it is not `failure` itself.
fn alternative(view: View<'_>, contract: &Contract, failure: &Failure) -> Option<usize> {
    let code = view.code(&failure.envelope)?;
    if failure.code() == Some(code) || !failure.rules.codes.contains(code) {
        return None;
    }
    contract.failures.iter().position(|other| other.code() == Some(code))
}

/// A code that says something: text that is not empty, or a number.
pub(super) fn is_usable(code: &Value) -> bool {
    code.is_number() || code.as_str().is_some_and(|text| !text.is_empty())
}

pub(super) fn is_item(view: View<'_>) -> bool {
    matches!(view.item, Item::One(_))
}

/// Whether some failure of the contract has this code for its own.
pub(super) fn is_anothers(code: &Value, contract: &Contract) -> bool {
    contract.failures.iter().any(|failure| failure.code() == Some(code))
}
