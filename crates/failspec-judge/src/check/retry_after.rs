//! The retry delay that the response gives.

use std::time::Duration;

use failspec_pack::pack::{Failure, Part, RetryAfterLocation, WaitForm};

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::{View, show},
    subject::Subject,
    wait::{retry_after, wait_at},
};

/// Maximum difference between two locations, in seconds: clocks are read at two moments, and one location rounds up.
const TOLERANCE: f64 = 3.0;

pub(super) static CHECK: Check = Check {
    id: "retry-after",
    summary: "the response gives the retry delay, and all documented places agree",
    source: "`retry_after` of the failure in the contract",
    text: "A client that must wait has to know how long. A documented place is missing, is not a wait, \
lies in the past, or two places differ by more than three seconds. A wait may be a number of seconds (with a \
fraction), a date of HTTP or RFC 3339, a duration such as `1.5s`, or the parameter of a `RateLimit` header; \
with `as` in the contract it must have that form. Points in time count from the `Date` of the response.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for ruled in &subject.failure.rules.retry_after {
        let mut waits = Vec::new();
        for place in &ruled.rule {
            let name = place_name(place);
            match wait_at(subject.view, place) {
                Some(seconds) if seconds < -TOLERANCE => {
                    let actual = format!("{} s ago", round(-seconds));
                    let finding =
                        subject.finding(CHECK.id, ruled.source, format!("{name} in the future"), &actual);
                    wrong.push(finding.saying(format!("{name} is a time in the past: {actual}")));
                }
                Some(seconds) => waits.push((name, seconds)),
                None => {
                    let value = subject.view.part(&place.part);
                    let actual = value.as_ref().map_or_else(|| "nothing".to_owned(), show);
                    let form = form_name(place.form);
                    let expected = format!("{form} in {name}");
                    let message = match value {
                        None => format!("{name} is missing"),
                        Some(_) => format!("{name} is not {form}: {actual}"),
                    };
                    wrong.push(subject.finding(CHECK.id, ruled.source, expected, actual).saying(message));
                }
            }
        }
        let Some((first, rest)) = waits.split_first() else { continue };
        if let Some(other) = rest.iter().find(|other| (other.1 - first.1).abs() > TOLERANCE) {
            let actual =
                format!("{} s in {} and {} s in {}", round(first.1), first.0, round(other.1), other.0);
            let finding = subject.finding(CHECK.id, ruled.source, "the same delay in all places", &actual);
            wrong.push(finding.saying(format!("the documented retry delays disagree: {actual}")));
        }
    }
    wrong
}

/// Returns how long the response says to wait, from the failure's documented locations or else from `Retry-After`.
pub fn told_wait(view: View<'_>, failure: Option<&Failure>) -> Option<Duration> {
    let places =
        failure.into_iter().flat_map(|failure| &failure.rules.retry_after).flat_map(|ruled| &ruled.rule);
    let documented = places.filter_map(|place| wait_at(view, place)).next();
    let seconds = documented.or_else(|| retry_after(view.response))?;
    Duration::try_from_secs_f64(seconds.max(0.0)).ok()
}

/// Returns seconds for a sentence, with at most two decimal places.
fn round(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}

fn form_name(form: Option<WaitForm>) -> &'static str {
    match form {
        None => "a number of seconds, a date or a duration",
        Some(WaitForm::Seconds) => "a number of seconds",
        Some(WaitForm::Milliseconds) => "a number of milliseconds",
        Some(WaitForm::Unix) => "a Unix time in seconds",
        Some(WaitForm::UnixMilliseconds) => "a Unix time in milliseconds",
        Some(WaitForm::Date) => "a date",
        Some(WaitForm::Duration) => "a duration",
    }
}

fn place_name(place: &RetryAfterLocation) -> String {
    match &place.part {
        Part::Header(name) => name.clone(),
        Part::Body(pointer) => pointer.to_string(),
    }
}
