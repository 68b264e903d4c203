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
    NO_TOKEN = "missing-token-accepted": "requests without a token are accepted",
    ANY_TOKEN = "any-token-accepted": "any bearer token is accepted as the operator's",
    NO_PERMISSION = "permission-not-enforced": "read-only clients may write",
    // Rate limit
    NO_LIMIT = "rate-limit-not-enforced": "the rate limit is not enforced",
    STILL_LIMITED = "still-limited-after-waiting": "a rate-limited client stays limited after Retry-After",
    NO_RETRY_AFTER = "limit-without-retry-after": "a 429 has no Retry-After",
    RETRY_AFTER_IN_WORDS = "limit-with-retry-after-in-words": "the Retry-After of a 429 is not a number",
    // Validation, before any lookup
    NO_VALIDATION = "validation-skipped": "invalid parameters and fields are replaced by defaults",
    FIRST_FIELD_ALONE = "first-bad-field-alone": "a validation error lists one of several invalid fields",
    NO_SEMANTICS = "semantic-error-accepted": "an allocation may end before it begins",
    // Existence
    DUPLICATE = "duplicate-accepted": "creating a pool or an allocation that already exists replaces it",
    ABSENT_DELETED = "absent-deleted": "deleting a resource that does not exist succeeds",
    DELETED_FOUND = "deleted-server-found": "a deleted server still exists",
    FOREIGN_SHOWN = "foreign-server-shown": "the servers of every organisation can be read",
    FOREIGN_TOLD = "foreign-server-told-apart": "the 404 for a foreign server reveals that it exists",
    POOL_IN_USE = "pool-in-use-deleted": "a pool that contains allocations can be deleted",
    // State, capacity and quota
    ANY_TRANSITION = "state-machine-not-enforced": "every state transition of a server is accepted",
    NO_CAPACITY = "pool-capacity-not-enforced": "a pool allocates more GPUs than it has",
    NO_QUOTA = "quota-not-enforced": "an organisation can exceed its server quota",
    // Conditions
    BMC_HIDDEN = "bmc-failure-hidden": "operations on a server whose BMC does not respond are accepted",
    FAULT_HIDDEN = "internal-fault-hidden": "requests succeed despite an internal error",
    FAULT_LEAKS = "internal-fault-leaks": "an internal error shows a stack trace and the database address",
    // Bulk operations
    BULK_HIDES = "bulk-hides-failed-items": "a bulk response reports failed items as accepted",
    BULK_NO_CODE = "bulk-item-without-code": "the error of a bulk item has no code",
    BULK_FALSE = "bulk-says-failure": "a bulk response with a failed item has success: false at top level",
    BULK_200 = "bulk-responses-200": "a bulk response has status 200",
    BULK_ALL_OR_NOTHING = "bulk-refused-for-one-item": "one failed item fails the whole bulk request",
    // Envelope
    IDS_DISAGREE = "request-ids-disagree": "body and header have different request ids, both well-formed",
    OTHER_ID = "request-id-of-another-form": "the request id is a bare UUID",
    NUMBER_FOR_TIME = "timestamp-as-number": "the timestamp is a number (milliseconds since 1970)",
    LIST_OF_FIELDS = "fields-as-list": "details.fields is a list instead of an object",
    UNION_LIES = "error-says-success": "an error has success: true",
    // Changes that clients must tolerate
    NO_DETAILS = "details-left-out": "errors have no details, which are optional",
    OTHER_OWN_CODES = "unnamed-codes-otherwise": "422 and 429, which have no documented code, have other codes",
    DELETE_200 = "delete-responses-200": "DELETE responds with 200 and a body, as documented besides 204",
}

/// The quirks that clients must tolerate.
pub(super) const HARMLESS: &[&str] = &[NO_DETAILS, OTHER_OWN_CODES, DELETE_200];
