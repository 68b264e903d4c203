//! The goal of a scenario: the failure that it `triggers`, or a request without a fault.

use failspec_base::syntax::{Decoder, Entry, Fields, Node, NodeValue};

use super::{Contract, Failure, expect::Expect, read_context::ReadContext};

/// A second fault of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondFault {
    /// The index of its failure in the contract.
    pub failure: usize,
    /// True if the documentation says that the failure under test precedes it.
    pub is_preceded: bool,
}

impl SecondFault {
    /// Reads `second_fault`; none in a version of the contract that does not have one of the two failures.
    pub(super) fn read(
        fields: &Fields<'_>,
        trigger: Option<&Trigger<'_>>,
        names: &ReadContext<'_>,
    ) -> Option<Self> {
        let (reader, contract) = (names.reader, names.contract);
        let node = fields.get("second_fault")?;
        let Some(trigger) = trigger else {
            reader.error_hint(node.span, "a request that must succeed has no second fault", "remove it");
            return None;
        };
        let id = reader.text(node)?;
        let Some(failure) = contract.failures.iter().position(|failure| failure.id == id) else {
            if !is_here(id, contract) && !is_elsewhere(id, contract) {
                let known = contract.failures.iter().map(|failure| failure.id.as_str());
                reader.unknown(node.span, "failure", id, known);
            }
            return None;
        };
        let first = trigger.index?;
        if first == failure {
            reader.error_hint(node.span, "the second fault is the first one", "name another failure");
        } else if contract.precedes(failure, first) {
            let title = format!("`{id}` precedes `{}`, so the request triggers `{id}`", trigger.failure.id);
            reader.error_hint(node.span, title, "exchange `triggers` and `second_fault`");
        }
        Some(Self { failure, is_preceded: contract.precedes(first, failure) })
    }
}

/// The name of a success in the names of cases, in place of a failure; no failure has it.
pub const SUCCESS_ID: &str = "success";

/// The name of any response but a server error in the names of cases, in place of a failure; no failure has it.
pub const NO_SERVER_ERROR_ID: &str = "no_server_error";

/// The words for what a request without a fault gets: a success, or anything but a server error.
pub(super) const SUCCESS: &[&str] = &[SUCCESS_ID, NO_SERVER_ERROR_ID, ACCEPTED];

/// The word for a request that may be refused although nothing documented forbids it.
pub(super) const ACCEPTED: &str = "accepted";

/// Reports keys that mean nothing where the request must succeed.
fn refuse_beside_success(fields: &Fields<'_>, reader: &Decoder) {
    let keys = ["control", "no_control", "indistinguishable_from", "at", "inferred", "condition"];
    for node in keys.into_iter().filter_map(|key| fields.entry(key)) {
        let title = format!("`{}` is about a failure, and this request must succeed", node.key);
        reader.error_hint(node.key_span, title, "remove it");
    }
    for step in fields.get("then").into_iter().flat_map(|node| reader.items(node)) {
        if let Some(resend) = step.get("resend") {
            let title = "`resend` is about a failure, and this request must succeed";
            reader.error_hint(resend.span, title, "remove it");
        }
    }
    if let Some(until) = fields.get("repeat").and_then(|node| node.get("until_triggered")) {
        reader.error_hint(until.span, "a request that must succeed triggers nothing", "remove it");
    }
}

/// The response that the request of a scenario must get.
pub(super) enum Goal<'c> {
    Failure(Trigger<'c>),
    Success,
    /// Any response but a server error.
    NoServerError,
    /// The same, and a refusal is a warning.
    Accepted,
}

impl<'c> Goal<'c> {
    /// Reads `triggers`, or `expect: success` in its place.
    pub(super) fn read(entry: &Entry, fields: &Fields<'_>, names: &ReadContext<'c>) -> Option<Self> {
        let reader = names.reader;
        let success = fields.get("expect").filter(|node| Expect::is_without_fault(node));
        match (fields.get("triggers"), success) {
            (Some(node), None) => triggers(node, names).map(Self::Failure),
            (None, Some(node)) => {
                refuse_beside_success(fields, reader);
                Some(match node.as_text() {
                    Some(NO_SERVER_ERROR_ID) => Self::NoServerError,
                    Some(ACCEPTED) => Self::Accepted,
                    _ => Self::Success,
                })
            }
            (Some(_), Some(success)) => {
                let title = "a scenario has either `triggers` or a success to expect";
                reader.error_hint(success.span, title, "remove one of the two");
                None
            }
            (None, None) => {
                let title = format!("`{}` triggers nothing: `triggers` is missing", entry.key);
                let hint =
                    "name the failure in `triggers`, or write `expect: success` or `expect: no_server_error`";
                reader.error_hint(entry.key_span, title, hint);
                None
            }
        }
    }

    pub(super) fn trigger(&self) -> Option<&Trigger<'c>> {
        match self {
            Self::Failure(trigger) => Some(trigger),
            Self::Success | Self::NoServerError | Self::Accepted => None,
        }
    }
}

/// The failure, or the cause of it, that a scenario triggers.
pub(super) struct Trigger<'c> {
    /// The index of the failure in the contract; `None` if it is not documented on the day of this version.
    pub index: Option<usize>,
    pub failure: &'c Failure,
    pub cause: Option<usize>,
}

/// Splits `failure` or `failure/cause`.
pub(super) fn split_trigger(triggers: &str) -> (&str, Option<&str>) {
    triggers.split_once('/').map_or((triggers, None), |(id, cause)| (id, Some(cause)))
}

/// Returns the failures that a scenario triggers, one for each version of the contract that names it otherwise.
fn alternatives(node: &Node) -> &[Node] {
    match &node.value {
        NodeValue::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// Returns true if this version of the contract has a failure, and the cause if one is named.
fn is_here(trigger: &str, contract: &Contract) -> bool {
    let (id, cause) = split_trigger(trigger);
    let fits = |failure: &Failure| {
        failure.id == id && cause.is_none_or(|cause| failure.causes.iter().any(|known| known == cause))
    };
    contract.failures.iter().chain(&contract.not_in_force).any(fits)
}

/// Returns true if another version of the contract has a failure, and the cause if one is named.
fn is_elsewhere(trigger: &str, contract: &Contract) -> bool {
    let (id, cause) = split_trigger(trigger);
    contract.elsewhere.get(id).is_some_and(|causes| cause.is_none_or(|cause| causes.contains(cause)))
}

/// Returns true if only other versions of the pack have the failures or causes that a scenario triggers. Other names
/// in the scenario may also exist only there, so it is checked only with those versions.
pub(super) fn is_of_another_version(entry: &Entry, contract: &Contract) -> bool {
    let Some(node) = entry.value.get("triggers") else { return false };
    let named = alternatives(node);
    let is_another = |trigger: &str| !is_here(trigger, contract) && is_elsewhere(trigger, contract);
    !named.is_empty() && named.iter().all(|trigger| trigger.as_text().is_some_and(is_another))
}

/// Returns the failure or cause of a list that this version of the contract has: the first. All others must exist in
/// some version, because a typing error would leave the scenario out of one without a word.
fn of_this_version<'n>(node: &'n Node, names: &ReadContext<'_>) -> Option<&'n Node> {
    let (reader, contract) = (names.reader, names.contract);
    let NodeValue::List(items) = &node.value else { return Some(node) };
    if items.is_empty() {
        reader.error_hint(node.span, "the scenario triggers nothing: the list is empty", "name a failure");
        return None;
    }
    let mut found = None;
    for item in items {
        let trigger = reader.text(item)?;
        if is_here(trigger, contract) {
            found = found.or(Some(item));
        } else if !is_elsewhere(trigger, contract) {
            // Reads it as if it stood alone, for the message.
            triggers(item, names)?;
        }
    }
    found
}

fn triggers<'n>(node: &Node, names: &ReadContext<'n>) -> Option<Trigger<'n>> {
    let (reader, contract) = (names.reader, names.contract);
    let node = of_this_version(node, names)?;
    let text = reader.text(node)?;
    let (id, cause) = split_trigger(text);
    let in_force = contract.failures.iter().enumerate().map(|(index, failure)| (Some(index), failure));
    let all = in_force.chain(contract.not_in_force.iter().map(|failure| (None, failure)));
    let found: Vec<(Option<usize>, &Failure)> = all.filter(|(_, failure)| failure.id == id).collect();
    let Some((index, failure)) = found.first().copied() else {
        reader.unknown(node.span, "failure", id, contract.failures.iter().map(|failure| failure.id.as_str()));
        return None;
    };
    let Some(cause) = cause else {
        return Some(Trigger { index, failure, cause: None });
    };
    let place = |failure: &Failure| failure.causes.iter().position(|known| known == cause);
    if let Some(at) = place(failure) {
        return Some(Trigger { index, failure, cause: Some(at) });
    }
    // The failure has this cause only in another period.
    if let Some((_, failure)) = found.iter().skip(1).find(|(_, failure)| place(failure).is_some()) {
        return Some(Trigger { index: None, failure, cause: None });
    }
    let title = format!("`{id}` has no cause `{cause}`");
    reader.unknown_in(node.span, title, "cause", cause, failure.causes.iter().map(String::as_str));
    None
}
