//! The retry delay that the response gives.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use failspec_pack::pack::{Failure, RetryAfterLocation};

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::{View, show},
    subject::Subject,
};

/// Maximum difference between two locations, in seconds: clocks are read at two moments, and one location rounds up.
const TOLERANCE: i64 = 3;

pub(super) static CHECK: Check = Check {
    id: "retry-after",
    summary: "the response gives the retry delay, and all documented places agree",
    source: "`retry_after` of the failure in the contract",
    text: "A client that must wait has to know how long. A documented place is missing, is not a number of \
seconds or lies in the past, or two places differ by more than three seconds.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for ruled in &subject.failure.rules.retry_after {
        let mut waits = Vec::new();
        for place in &ruled.rule {
            let name = place_name(place);
            match wait(subject.view, place) {
                Ok(seconds) if seconds < -TOLERANCE => {
                    let actual = format!("{} s ago", seconds.unsigned_abs());
                    let finding =
                        subject.finding(CHECK.id, ruled.source, format!("{name} in the future"), &actual);
                    wrong.push(finding.saying(format!("{name} is a time in the past: {actual}")));
                }
                Ok(seconds) => waits.push((name, seconds)),
                Err(actual) => {
                    let finding = subject.finding(
                        CHECK.id,
                        ruled.source,
                        format!("a number of seconds in {name}"),
                        &actual,
                    );
                    let message = if subject.view.part(&place.part).is_none() {
                        format!("{name} is missing")
                    } else {
                        format!("{name} is not a valid number of seconds: {actual}")
                    };
                    wrong.push(finding.saying(message));
                }
            }
        }
        if let Some((first, rest)) = waits.split_first()
            && let Some(other) =
                rest.iter().find(|other| other.1.abs_diff(first.1) > TOLERANCE.unsigned_abs())
        {
            let actual = format!("{} s in {} and {} s in {}", first.1, first.0, other.1, other.0);
            let finding = subject.finding(CHECK.id, ruled.source, "the same delay in all places", &actual);
            wrong.push(finding.saying(format!("the documented retry delays disagree: {actual}")));
        }
    }
    wrong
}

/// Returns the retry delay of a response, from the failure's documented locations or else from `Retry-After`.
pub fn told_wait(view: View<'_>, failure: Option<&Failure>) -> Option<Duration> {
    let places =
        failure.into_iter().flat_map(|failure| &failure.rules.retry_after).flat_map(|ruled| &ruled.rule);
    let documented = places.filter_map(|place| wait(view, place).ok()).next();
    let seconds = documented.or_else(|| seconds_or_date(view.response.header("retry-after")?.trim()))?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// Parses both forms of `Retry-After` (RFC 9110, section 10.2.3), as seconds from now; a date in the past is 0
/// seconds.
fn seconds_or_date(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let moment = jiff::fmt::rfc2822::parse(text).ok()?;
        Some((moment.timestamp().as_second() - jiff::Timestamp::now().as_second()).max(0))
    })
}

/// Returns the retry delay at a location, in seconds from now; the error describes the value that was found.
fn wait(view: View<'_>, place: &RetryAfterLocation) -> Result<i64, String> {
    let value = view.part(&place.part).ok_or("nothing")?;
    let seconds = match &value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) if matches!(place.part, failspec_pack::pack::Part::Header(_)) => {
            text.trim().parse().ok()
        }
        _ => None,
    };
    let seconds = seconds.ok_or_else(|| show(&value))?;
    if !place.unix {
        return if seconds < 0 { Err(show(&value)) } else { Ok(seconds) };
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Ok(seconds.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX)))
}

fn place_name(place: &RetryAfterLocation) -> String {
    match &place.part {
        failspec_pack::pack::Part::Header(name) => name.clone(),
        failspec_pack::pack::Part::Body(pointer) => pointer.to_string(),
    }
}
