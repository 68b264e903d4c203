//! Quirks: deliberate misbehaviour, for mutants. All are off unless a mutant switches one on.

use crate::store::Switch;

pub(super) const UNKNOWN_TIMEFRAME: &str = "unknown-timeframe-accepted";
pub(super) const BAD_NUMBER: &str = "invalid-number-accepted";
pub(super) const CONTRADICTION: &str = "contradictory-dates-accepted";
pub(super) const FIRST_PROBLEM: &str = "first-problem-only";
pub(super) const FOREIGN_PROBLEMS: &str = "problems-of-another-shape";
pub(super) const PROBLEMS_AS_TEXTS: &str = "problems-as-texts";
pub(super) const RANGE_IS_BAD_REQUEST: &str = "invalid-number-is-400";
pub(super) const MALFORMED_NOT_FOUND: &str = "malformed-id-is-404";
pub(super) const MISSING_KEY: &str = "missing-key-accepted";
pub(super) const UNKNOWN_KEY: &str = "unknown-key-accepted";
pub(super) const REVOKED_KEY: &str = "revoked-key-accepted";
pub(super) const REVOKED_FORBIDDEN: &str = "revoked-key-is-403";
pub(super) const NO_SCOPES: &str = "scope-not-enforced";
pub(super) const ALL_CLUSTERS: &str = "allowed-clusters-not-enforced";
pub(super) const ABSENT_ANSWERED: &str = "absent-cluster-answered";
pub(super) const FOREIGN_REVEALED: &str = "foreign-cluster-revealed";
pub(super) const FOREIGN_TOLD_APART: &str = "foreign-cluster-told-apart";
pub(super) const NO_LIMIT: &str = "rate-limit-not-enforced";
pub(super) const REFUSED_FOR_GOOD: &str = "still-refused-after-wait";
pub(super) const NO_LIMIT_HEADERS: &str = "limit-headers-missing";
pub(super) const LIMIT_IN_WORDS: &str = "limit-headers-in-words";
pub(super) const NO_RETRY_AFTER: &str = "retry-after-missing";
pub(super) const RETRY_IN_WORDS: &str = "retry-after-in-words";
pub(super) const REMAINING_LEFT: &str = "remaining-above-zero";
pub(super) const RESET_PAST: &str = "reset-in-the-past";
pub(super) const RETRY_DISAGREES: &str = "retry-after-disagrees";
pub(super) const LEAKING: &str = "internal-error-leaks-message";
pub(super) const FAULT_HIDDEN: &str = "internal-error-hidden";

/// All quirks.
pub(super) const ALL: &[Switch] = &[
    Switch { name: UNKNOWN_TIMEFRAME, about: "an unknown timeframe is replaced by the default" },
    Switch { name: BAD_NUMBER, about: "an invalid or out-of-range number is replaced by the default" },
    Switch { name: CONTRADICTION, about: "dates may be in the wrong order, or one of them missing" },
    Switch { name: FIRST_PROBLEM, about: "only the first of several invalid parameters is reported" },
    Switch { name: FOREIGN_PROBLEMS, about: "the objects of a 422 have other members than those of FastAPI" },
    Switch { name: PROBLEMS_AS_TEXTS, about: "the list of a 422 contains strings instead of objects" },
    Switch { name: RANGE_IS_BAD_REQUEST, about: "an invalid number is rejected with 400 instead of 422" },
    Switch { name: MALFORMED_NOT_FOUND, about: "a malformed cluster id is rejected with 404" },
    Switch { name: MISSING_KEY, about: "requests without a key may read everything" },
    Switch { name: UNKNOWN_KEY, about: "any key grants full access" },
    Switch { name: REVOKED_KEY, about: "revoked keys are accepted" },
    Switch {
        name: REVOKED_FORBIDDEN,
        about: "a revoked key is rejected with 403, as the prose of the page says",
    },
    Switch { name: NO_SCOPES, about: "every key has every scope" },
    Switch { name: ALL_CLUSTERS, about: "every key may read every cluster of its organisation" },
    Switch { name: ABSENT_ANSWERED, about: "a cluster that does not exist is returned as an empty one" },
    Switch { name: FOREIGN_REVEALED, about: "clusters of other organisations can be read" },
    Switch {
        name: FOREIGN_TOLD_APART,
        about: "the message of a 404 reveals that another organisation has the cluster",
    },
    Switch { name: NO_LIMIT, about: "the rate limit is not enforced" },
    Switch { name: REFUSED_FOR_GOOD, about: "a rate-limited key stays limited forever" },
    Switch { name: NO_LIMIT_HEADERS, about: "no response has X-RateLimit headers" },
    Switch { name: LIMIT_IN_WORDS, about: "the X-RateLimit headers contain words instead of numbers" },
    Switch { name: NO_RETRY_AFTER, about: "a 429 has no Retry-After" },
    Switch { name: RETRY_IN_WORDS, about: "the Retry-After of a 429 contains words instead of a number" },
    Switch { name: REMAINING_LEFT, about: "X-RateLimit-Remaining of a 429 is 1 instead of 0" },
    Switch { name: RESET_PAST, about: "X-RateLimit-Reset is an hour in the past" },
    Switch { name: RETRY_DISAGREES, about: "X-RateLimit-Reset is a minute later than Retry-After" },
    Switch { name: LEAKING, about: "the message of an internal error is a stack trace" },
    Switch { name: FAULT_HIDDEN, about: "requests succeed despite an internal error" },
];
