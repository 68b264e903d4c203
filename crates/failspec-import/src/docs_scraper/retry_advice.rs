//! Retry advice for clients.

use failspec_pack::pack::Retry;

/// Finds the retry advice in a sentence, if there is any.
pub(super) fn of(text: &str) -> Option<Retry> {
    let text = text.to_lowercase().replace('’', "'");
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&[
        "do not retry",
        "don't retry",
        "never retry",
        "not retry",
        "not retriable",
        "not retryable",
        "no retry",
        "without retry",
    ]) {
        return Some(Retry::Never);
    }
    if says(&[
        "re-fetch",
        "refetch",
        "fetch again",
        "fetch the resource",
        "reload the resource",
        "again and retry",
    ]) {
        return Some(Retry::Refetch);
    }
    if says(&[
        "refresh the token",
        "refresh your token",
        "log in again",
        "re-authenticate",
        "reauthenticate",
        "refresh endpoint",
        "get a new token",
        "request a new token",
    ]) {
        return Some(Retry::RefreshCredentials);
    }
    if says(&["fix the request", "correct the request", "fix your request", "change the request"]) {
        return Some(Retry::FixRequest);
    }
    if says(&["retry-after", "after the delay", "wait, then retry", "wait and retry"]) {
        return Some(Retry::AfterDelay);
    }
    says(&[
        "backoff",
        "back off",
        "back-off",
        "transient",
        "temporarily",
        "succeed on retry",
        "retry later",
        "try again later",
    ])
    .then_some(Retry::Backoff)
}

/// Reads a cell in a column about retries.
pub(super) fn of_cell(text: &str) -> Option<Retry> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "true" | "y" | "✓" | "✔" | "✅" | "retryable" | "retriable" => Some(Retry::Backoff),
        "no" | "false" | "n" | "✗" | "✘" | "❌" | "never" => Some(Retry::Never),
        _ => of(text),
    }
}

/// Returns true if a code matches `name`. A `*` at the beginning or end of `name` matches anything.
pub(super) fn fits(name: &str, code: &str) -> bool {
    match (name.strip_suffix('*'), name.strip_prefix('*')) {
        (Some(start), _) => !start.is_empty() && code.starts_with(start),
        (_, Some(end)) => !end.is_empty() && code.ends_with(end),
        _ => name == code,
    }
}
