//! Identification, before the verdict: determines which failure a response is.

use serde_json::Value;

use failspec_pack::pack::{CodeRule, Contract, Failure, HeaderRule, Pointer, Success};

use super::response_view::{Item, View, Within, fits};

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
        if let Some(index) = by_header(view, contract, failure) {
            return Self::Other(index);
        }
        if tells_nothing_more(view, contract, failure) {
            return Self::Triggered { alternative: None, by_status_alone: false };
        }
        let others = || {
            let others = contract.failures.iter().enumerate();
            others.filter(|(index, other)| *index != triggered && !other.is_any_refusal())
        };
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
        let is_selected = !matches!(view.item, Item::Unpicked(_));
        let undecided = same_status && failure.rules.code.is_none() && is_selected;
        if let Some((index, _)) =
            fitting.filter(|(_, other)| !undecided || evidence(other) > Evidence::STATUS)
        {
            return Self::Other(index);
        }
        if let Some(success_or_error) = of_success_status(view, contract).filter(|_| is_selected) {
            return success_or_error;
        }
        if let Some(index) = by_code(view, contract) {
            return Self::Other(index);
        }
        // A `match` that is broken outright is not a question of wording: the response is something else.
        if undecided && (fits_matches(view, failure) || differs_in_wording(view, contract, failure)) {
            return Self::Triggered { alternative: None, by_status_alone: !failure.rules.matches.is_empty() };
        }
        if let Some(code) = view.code_of(failure).filter(|code| !code.is_null()) {
            return Self::Undocumented(code.into_owned());
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
        if view.is_quiet_stream() {
            return of_quiet_stream(view, contract);
        }
        let fitting = contract.failures.iter().enumerate().filter(|(_, failure)| {
            if failure.is_any_refusal() {
                return false;
            }
            // A bulk response as a whole looks the same in both cases; only the item identifies the failure.
            (!is_item(view) || evidence(failure) > Evidence::STATUS)
                && is_plainly(view, contract, failure)
                && by_header(view, contract, failure).is_none()
        });
        if let Some((index, _)) =
            fitting.max_by_key(|(index, failure)| (evidence(failure), std::cmp::Reverse(*index)))
        {
            return Self::Other(index);
        }
        if let Some(success_or_error) = of_success_status(view, contract) {
            return success_or_error;
        }
        if let Some(index) = by_code(view, contract) {
            return Self::Other(index);
        }
        match view.code(&contract.envelope).filter(|code| !code.is_null()) {
            Some(code) => Self::Undocumented(code.into_owned()),
            None => Self::Unidentified,
        }
    }
}

/// Identifies a stream in which no error was found where it should be: a success, unless another item has the code of a
/// documented failure.
fn of_quiet_stream(view: View<'_>, contract: &Contract) -> Identity {
    let Within::Stream(format) = view.within else { return Identity::Unidentified };
    let items = view.response.items(format).iter();
    let mut errors =
        items.filter_map(|item| by_code(View { item: Item::One(&item.value), ..view }, contract));
    let has_status = |success: &Success| success.status.iter().any(|it| it.matches(view.response.status));
    match errors.next() {
        Some(index) => Identity::Other(index),
        None if contract.success.iter().any(has_status) => Identity::Success,
        None => Identity::Unidentified,
    }
}

/// Returns true if the response has the failure's status and correctly no body with more information. The status of a
/// success identifies no failure.
fn tells_nothing_more(view: View<'_>, contract: &Contract, failure: &Failure) -> bool {
    let status = view.response.status;
    let success = contract.success.iter().flat_map(|success| &success.status);
    matches!(view.item, Item::Whole)
        && view.is_bare(&failure.envelope)
        && !(failure.rules.code.is_some() && view.has_code_outside_json(&failure.envelope))
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

/// Returns the other failure that the response is, if only a header tells the two apart: the same header has the constant of
/// the other one, and everything else of the other one fits as well. A wrong value that is nobody's tells nothing.
fn by_header(view: View<'_>, contract: &Contract, failure: &Failure) -> Option<usize> {
    // The headers of a bulk response are not those of an item. An accepted code is that of another failure, and so may be its
    // headers.
    if is_item(view) || alternative(view, contract, failure).is_some() {
        return None;
    }
    let fits =
        |rule: &HeaderRule| view.response.combined_header(&rule.name).map(|text| rule.value.fits(&text));
    let is_of = |other: &Failure, name: &str| {
        let mut same = other.constant_headers().filter(|rule| rule.name.eq_ignore_ascii_case(name));
        same.any(|rule| fits(rule) == Some(true))
    };
    let is_other = |other: &Failure, name: &str| {
        let is_it = is_plainly(view, contract, other) || tells_nothing_more(view, contract, other);
        !std::ptr::eq(other, failure)
            && !other.is_any_refusal()
            && is_of(other, name)
            && is_it
            && evidence(other) >= evidence(failure)
    };
    let mut wrong = failure.constant_headers().filter(|rule| fits(rule) == Some(false));
    wrong.find_map(|rule| contract.failures.iter().position(|other| is_other(other, &rule.name)))
}

/// Returns the failure that the response's code belongs to, or else the first one that accepts it.
fn by_code(view: View<'_>, contract: &Contract) -> Option<usize> {
    let failures = &contract.failures;
    let has_own = |failure: &Failure| view.code_of(failure).is_some_and(|code| failure.has_code(&code));
    failures.iter().position(has_own).or_else(|| failures.iter().position(|it| has_code_of(view, it)))
}

/// Returns what a response with the status of a success is: a success, or an error that is sent as one. `None` for
/// another status, or if only a part of a failure is there.
///
/// It is an error if it has a documented code where errors have it, or the shape of the error, and no `match` of a
/// success fits.
fn of_success_status(view: View<'_>, contract: &Contract) -> Option<Identity> {
    // An item that was found where only an error is.
    if view.within != Within::Response {
        return None;
    }
    let is_half_a_failure = |failure: &Failure| {
        failure.allows_status(view.response.status)
            && !failure.rules.matches.is_empty()
            && fits_matches(view, failure)
    };
    // An item of a bulk response that has an error, but not its code, is not a success.
    let is_success = is_success(view, contract) && !contract.failures.iter().any(is_half_a_failure);
    if is_success && has_success_match(view, contract) {
        return Some(Identity::Success);
    }
    let has_status = |success: &Success| success.status.iter().any(|it| it.matches(view.response.status));
    if contract.success.iter().any(has_status) {
        if let Some(index) = by_code(view, contract) {
            return Some(Identity::Other(index));
        }
        if has_error_shape(view, contract) {
            let code = view.code(&contract.envelope).filter(|code| !code.is_null());
            return Some(
                code.map_or(Identity::Unidentified, |code| Identity::Undocumented(code.into_owned())),
            );
        }
    }
    is_success.then_some(Identity::Success)
}

/// Returns true if a response has the status of a success and is none: it carries an error, or lacks what every
/// success of its status has.
pub fn carries_error(view: View<'_>, contract: &Contract) -> bool {
    let has_status = |success: &Success| success.status.iter().any(|it| it.matches(view.response.status));
    contract.success.iter().any(has_status) && Identity::of_any(view, contract) != Identity::Success
}

/// Returns true if the contract says what the body of a success has, and this one has it.
fn has_success_match(view: View<'_>, contract: &Contract) -> bool {
    let with_match = contract.success.iter().filter(|success| !success.matches.is_empty());
    with_match.into_iter().any(|success| fits_success(view, success))
}

/// Returns true if a body has the shape that the contract documents for errors. Only what identifies an error counts:
/// many successes have a message, and a code that says that nothing went wrong.
fn has_error_shape(view: View<'_>, contract: &Contract) -> bool {
    let envelope = &contract.envelope;
    let media_type = view.response.media_type().map(|media_type| media_type.essence());
    let has_media_type = envelope
        .media_type
        .as_ref()
        .map(|ruled| media_type.as_ref().is_some_and(|it| ruled.rule.contains(it)));
    let is_whole = matches!(view.item, Item::Whole);
    let Some(judged) = view.judged().filter(|_| !is_whole || has_media_type != Some(false)) else {
        return false;
    };
    // The schema describes the whole body; an item has only its code and its message.
    let schema = envelope.schema.as_ref().filter(|_| is_whole);
    let fits_schema = schema.map(|ruled| ruled.rule.fits(judged) && !ruled.rule.is_vacuous_for(judged));
    if fits_schema == Some(false) {
        return false;
    }
    let message = envelope.message.as_ref().map(|_| {
        let text = view.message(envelope).and_then(Value::as_str);
        text.is_some_and(|text| !text.trim().is_empty())
    });
    match (&envelope.code, message) {
        (_, Some(false)) => false,
        (Some(_), _) if message.is_none() && fits_schema.is_none() && is_whole => false,
        (Some(_), _) => view.code(envelope).is_some_and(|code| says_error(&code, view.response.status)),
        // Without a code, only a media type of its own tells an error from a success.
        (None, _) => {
            let is_of_its_own = media_type.is_some_and(|it| it.ends_with("+json") || it.ends_with("+xml"));
            has_media_type == Some(true) && is_of_its_own
        }
    }
}

/// Returns true if a code can be that of an error: 0, the status of the success itself and words such as `ok` say that
/// nothing went wrong.
fn says_error(code: &Value, status: u16) -> bool {
    let text = code.as_str().map_or_else(|| code.to_string(), str::to_ascii_lowercase);
    let says_success = matches!(text.trim(), "0" | "0.0" | "ok" | "success" | "none" | "false");
    is_usable(code) && !says_success && text.trim() != status.to_string()
}

/// Returns true if only the text distinguishes a response from `failure`: every part that does not match is text, and
/// the same part distinguishes another failure of this status.
fn differs_in_wording(view: View<'_>, contract: &Contract, failure: &Failure) -> bool {
    let Some(judged) = view.judged() else { return false };
    let is_told_apart_by = |pointer: &Pointer| {
        let others = contract.failures.iter().filter(|other| !std::ptr::eq(*other, failure));
        let of_status =
            others.filter(|other| other.rules.code.is_none() && other.allows_status(view.response.status));
        of_status.flat_map(|other| &other.rules.matches).any(|ruled| ruled.rule.0 == *pointer)
    };
    let message = failure.envelope.message.as_ref().map(|ruled| &ruled.rule);
    failure.rules.matches.iter().all(|ruled| {
        let (pointer, schema) = &ruled.rule;
        let Some(value) = pointer.find(judged) else { return false };
        let is_text = value.is_string() && (message == Some(pointer) || describes_text(&schema.value));
        schema.fits(value) || (is_text && is_told_apart_by(pointer))
    })
}

/// Returns true if a schema describes text for people: a pattern, or words with spaces. A single word is an
/// identifier.
fn describes_text(schema: &Value) -> bool {
    let is_prose = |value: &Value| value.as_str().is_some_and(|text| text.trim().contains(' '));
    let listed = schema.get("enum").and_then(Value::as_array);
    schema.get("pattern").is_some()
        || schema.get("const").is_some_and(is_prose)
        || listed.is_some_and(|values| values.iter().any(is_prose))
        || ["anyOf", "oneOf", "allOf"].iter().any(|key| {
            let branches = schema.get(key).and_then(Value::as_array);
            branches.is_some_and(|branches| branches.iter().any(describes_text))
        })
}

/// Returns true if the contract says more of a response of `failure` than its status.
pub(super) fn identifies_by_more_than_status(failure: &Failure) -> bool {
    evidence(failure) > Evidence::STATUS
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
    let own = own.as_deref();
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
    view.code_of(failure).is_some_and(|code| failure.accepts(&code))
}

/// Returns the failure that an accepted code belongs to, if it is not `failure` itself.
fn alternative(view: View<'_>, contract: &Contract, failure: &Failure) -> Option<usize> {
    let code = view.code_of(failure)?;
    if failure.has_code(&code) || !failure.accepts(&code) {
        return None;
    }
    contract.failures.iter().position(|other| other.has_code(&code))
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
    contract.failures.iter().any(|failure| failure.has_code(code))
}
