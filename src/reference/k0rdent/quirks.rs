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
    NO_TOKEN = "missing-token-accepted": "a request without a token is let in",
    ANY_TOKEN = "any-token-accepted": "any bearer token is the operator's",
    NO_PERMISSION = "permission-not-enforced": "who may only read may write too",
    // How often one may ask
    NO_LIMIT = "rate-limit-not-enforced": "nobody ever asks too often",
    STILL_LIMITED = "still-limited-after-waiting": "who was refused stays refused after Retry-After",
    NO_RETRY_AFTER = "limit-without-retry-after": "a 429 has no Retry-After",
    RETRY_AFTER_IN_WORDS = "limit-with-retry-after-in-words": "the Retry-After of a 429 is text for people",
    // What is judged before anything is looked up
    NO_VALIDATION = "validation-skipped": "bad parameters and fields are replaced by defaults",
    FIRST_FIELD_ALONE = "first-bad-field-alone": "a validation error tells one of several bad fields",
    NO_SEMANTICS = "semantic-error-accepted": "an allocation may end before it begins",
    // What exists
    DUPLICATE = "duplicate-accepted": "creating what exists already replaces it",
    ABSENT_DELETED = "absent-deleted": "deleting what does not exist succeeds",
    DELETED_FOUND = "deleted-server-found": "a deleted server is still there",
    FOREIGN_SHOWN = "foreign-server-shown": "the servers of every organisation can be read",
    FOREIGN_TOLD = "foreign-server-told-apart": "the 404 for another organisation's server says that it exists",
    POOL_IN_USE = "pool-in-use-deleted": "a pool with allocations in it can be deleted",
    // State, capacity, quota
    ANY_TRANSITION = "state-machine-not-enforced": "every server can be inspected, provisioned and decommissioned",
    NO_CAPACITY = "pool-capacity-not-enforced": "a pool gives out more GPUs than it has",
    NO_QUOTA = "quota-not-enforced": "an organisation gets more servers than its quota",
    // A world in trouble
    BMC_HIDDEN = "bmc-failure-hidden": "work on a server whose BMC does not response is accepted",
    FAULT_HIDDEN = "internal-fault-hidden": "an internal fault is answered as if all were well",
    FAULT_LEAKS = "internal-fault-leaks": "an internal error shows a stack trace and where the database is",
    // Bulk
    BULK_HIDES = "bulk-hides-failed-items": "a bulk response reports failed items as accepted",
    BULK_NO_CODE = "bulk-item-without-code": "the error of a bulk item has no code",
    BULK_FALSE = "bulk-says-failure": "a bulk response with a failed item says success: false at its top",
    BULK_200 = "bulk-responses-200": "a bulk response has status 200",
    BULK_ALL_OR_NOTHING = "bulk-refused-for-one-item": "the failure of one item responses the whole bulk request",
    // The envelope
    IDS_DISAGREE = "request-ids-disagree": "body and header have different request ids, both well-formed",
    OTHER_ID = "request-id-of-another-form": "the request id is a bare UUID",
    NUMBER_FOR_TIME = "timestamp-as-number": "the timestamp is in milliseconds since 1970",
    LIST_OF_FIELDS = "fields-as-list": "details.fields is a list instead of an object",
    UNION_LIES = "error-says-success": "an error says success: true",
    // What clients must tolerate
    NO_DETAILS = "details-left-out": "no error has details, which are optional",
    OTHER_OWN_CODES = "unnamed-codes-otherwise": "422 and 429, which have no documented code, have other codes",
    DELETE_200 = "delete-responses-200": "DELETE responses 200 with a body, which is documented beside 204",
}

/// Those that clients must tolerate.
pub(super) const HARMLESS: &[&str] = &[NO_DETAILS, OTHER_OWN_CODES, DELETE_200];
