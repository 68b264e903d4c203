//! Deliberate misbehaviour, for mutants. All off unless a mutant switches one on.

use crate::reference::store::Switch;

/// Writes each quirk once: its constant, its name, and what it does.
macro_rules! quirks {
    ($($constant:ident = $name:literal: $about:literal,)+) => {
        $(pub(super) const $constant: &str = $name;)+

        /// All of them.
        pub(super) const ALL: &[Switch] = &[$(Switch { name: $constant, about: $about },)+];
    };
}

quirks! {
    // Who may ask
    ANY_CLIENT = "bad-client-credentials-accepted": "anyone is given a token",
    NO_TOKEN = "missing-token-accepted": "a request without a token is let in",
    MALFORMED_TOKEN = "malformed-token-accepted": "what is no token at all is let in",
    UNKNOWN_TOKEN = "unknown-token-accepted": "a token that nobody was given is let in",
    EXPIRED_TOKEN = "expired-token-accepted": "a token does not expire",
    REVOKED_TOKEN = "revoked-token-accepted": "a token that was withdrawn is still good",
    ANY_PROJECT = "project-permission-not-enforced": "everyone works in every project",
    ANY_ROLE = "role-not-enforced": "who may only read a project may change it too",
    NO_RESTRICTION = "restriction-not-enforced": "a restricted proxy is shown to everyone in its project",
    // How often one may ask
    NO_LIMIT = "rate-limit-not-enforced": "nobody ever asks too often",
    STILL_LIMITED = "still-limited-after-waiting": "who was refused stays refused after retry_after",
    NO_RETRY_AFTER = "limit-without-retry-after-field": "a 429 has no retry_after in its body",
    RETRY_AFTER_AS_TEXT = "retry-after-field-as-text": "the retry_after of a 429 is a text",
    RETRY_AFTER_NEGATIVE = "retry-after-field-negative": "the retry_after of a 429 is negative",
    RETRY_AFTER_DISAGREES = "retry-after-field-disagrees": "the retry_after of a 429 is not what its header says",
    // What is judged before anything is looked up
    UNUSABLE_BODY = "unusable-body-accepted": "a body that is no JSON object is replaced by defaults",
    MISSING_FIELD = "missing-field-accepted": "a required field that is missing is replaced by a default",
    WRONG_TYPE = "wrong-type-accepted": "a field of another type is converted",
    INVALID_VALUE = "invalid-value-accepted": "a field may have a value outside its enumeration",
    BROKEN_RULE = "rule-violation-accepted": "a text may break the rules for its form",
    BAD_PARAMETER = "bad-parameter-accepted": "a query parameter with a bad value is ignored",
    MISSHAPEN_ERRORS = "validation-errors-misshapen": "validation_errors is an object instead of a list",
    // What exists
    ABSENT_PROJECT = "absent-project-is-empty": "the list of a project that does not exist is empty",
    DELETED_FOUND = "deleted-proxy-found": "a deleted proxy is still there",
    OTHER_PROJECT = "proxy-of-other-project-found": "a proxy is found in whichever project it is",
    ANY_CASE = "names-case-insensitive": "names that differ in case alone are the same",
    ABSENT_DELETED = "absent-deleted": "deleting what does not exist succeeds",
    ABSENT_GROUP = "absent-group-filled": "a proxy can be put into a group that does not exist",
    DUPLICATE_NAME = "duplicate-name-accepted": "creating what exists already replaces it",
    SAME_PATH = "unique-constraint-ignored": "two proxies may have the same relativePath",
    FILLED_GROUP = "filled-group-deleted": "a group with proxies in it can be deleted",
    // A world in trouble
    FAULT_HIDDEN = "internal-fault-hidden": "an internal fault is answered as if all were well",
    FAULT_LEAKS = "internal-fault-leaks": "an internal error shows a stack trace and a statement for the database",
    // What clients must tolerate: either code of a loose group, and what is optional
    OTHER_400 = "other-code-of-400": "bad_request is validation_failed, and the other two of 400 are bad_request",
    OTHER_401 = "other-code-of-expired-token": "an expired token is answered invalid_token",
    OTHER_403 = "other-code-of-403": "forbidden is access_denied, and the other way",
    OTHER_404 = "other-code-of-404": "not_found is resource_not_found, and the other way",
    OTHER_409 = "other-code-of-409": "conflict is duplicate_name, and the other way",
    OTHER_500 = "other-code-of-500": "internal_error is server_error, and the other way",
    NO_VALIDATION_ERRORS = "validation-errors-left-out": "validation_failed does not tell the fields",
    NO_RETRY_HEADER = "retry-after-header-left-out": "a 429 tells the wait in its body alone, as documented",
}

/// Those that clients must tolerate.
pub(super) const HARMLESS: &[&str] = &[
    OTHER_400,
    OTHER_401,
    OTHER_403,
    OTHER_404,
    OTHER_409,
    OTHER_500,
    NO_VALIDATION_ERRORS,
    NO_RETRY_HEADER,
];
