//! Quirks: deliberate misbehaviour, for mutants. All are off unless a mutant switches one on.

use crate::store::Switch;

/// Defines each quirk once: its constant, its name and its description.
macro_rules! quirks {
    ($($constant:ident = $name:literal: $about:literal,)+) => {
        $(pub(super) const $constant: &str = $name;)+

        /// All quirks.
        pub(super) const ALL: &[Switch] = &[$(Switch { name: $constant, about: $about },)+];
    };
}

quirks! {
    // Authentication and permissions
    ANY_CLIENT = "bad-client-credentials-accepted": "invalid client credentials get a token",
    NO_TOKEN = "missing-token-accepted": "requests without a token are accepted",
    MALFORMED_TOKEN = "malformed-token-accepted": "malformed tokens are accepted",
    UNKNOWN_TOKEN = "unknown-token-accepted": "tokens that were never issued are accepted",
    EXPIRED_TOKEN = "expired-token-accepted": "tokens do not expire",
    REVOKED_TOKEN = "revoked-token-accepted": "revoked tokens are accepted",
    ANY_PROJECT = "project-permission-not-enforced": "every client may work in every project",
    ANY_ROLE = "role-not-enforced": "clients with read access to a project may change it",
    NO_RESTRICTION = "restriction-not-enforced": "a restricted proxy is visible to everyone in its project",
    // Rate limit
    NO_LIMIT = "rate-limit-not-enforced": "the rate limit is not enforced",
    STILL_LIMITED = "still-limited-after-waiting": "a rate-limited client stays limited after retry_after",
    NO_RETRY_AFTER = "limit-without-retry-after-field": "a 429 has no retry_after in its body",
    RETRY_AFTER_AS_TEXT = "retry-after-field-as-text": "the retry_after of a 429 is a string",
    RETRY_AFTER_NEGATIVE = "retry-after-field-negative": "the retry_after of a 429 is negative",
    RETRY_AFTER_DISAGREES = "retry-after-field-disagrees": "the retry_after of a 429 differs from its header",
    // Validation, before any lookup
    UNUSABLE_BODY = "unusable-body-accepted": "a body that is not a JSON object is replaced by defaults",
    MISSING_FIELD = "missing-field-accepted": "a missing required field is replaced by a default",
    WRONG_TYPE = "wrong-type-accepted": "a field of the wrong type is converted",
    INVALID_VALUE = "invalid-value-accepted": "a field may have a value outside its enumeration",
    BROKEN_RULE = "rule-violation-accepted": "a string may violate its format rules",
    MISSHAPEN_ERRORS = "validation-errors-misshapen": "validation_errors is an object instead of a list",
    // Existence
    ABSENT_PROJECT = "absent-project-is-empty": "the list of a project that does not exist is empty",
    DELETED_FOUND = "deleted-proxy-found": "a deleted proxy still exists",
    OTHER_PROJECT = "proxy-of-other-project-found": "a proxy of another project is found",
    ANY_CASE = "names-case-insensitive": "names are case-insensitive",
    ABSENT_DELETED = "absent-deleted": "deleting a resource that does not exist succeeds",
    ABSENT_GROUP = "absent-group-filled": "a proxy can be put into a group that does not exist",
    DUPLICATE_NAME = "duplicate-name-accepted": "creating a resource that already exists replaces it",
    SAME_PATH = "unique-constraint-ignored": "two proxies may have the same path",
    // Conditions
    FAULT_HIDDEN = "internal-fault-hidden": "requests succeed despite an internal error",
    FAULT_LEAKS = "internal-fault-leaks": "an internal error shows a stack trace and an SQL statement",
    // Changes that clients must tolerate: the other code of an overlapping pair, and optional parts
    OTHER_400 = "other-code-of-400": "bad_request becomes validation_failed, other codes of 400 bad_request",
    OTHER_401 = "other-code-of-expired-token": "an expired token is rejected with invalid_token",
    OTHER_403 = "other-code-of-403": "forbidden and access_denied are swapped",
    OTHER_404 = "other-code-of-404": "not_found and resource_not_found are swapped",
    OTHER_409 = "other-code-of-409": "conflict and duplicate_name are swapped",
    OTHER_500 = "other-code-of-500": "internal_error and server_error are swapped",
    NO_VALIDATION_ERRORS = "validation-errors-left-out": "validation_failed does not list the fields",
    NO_RETRY_HEADER = "retry-after-header-left-out": "a 429 gives the wait only in its body, as documented",
}

/// The quirks that clients must tolerate.
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
