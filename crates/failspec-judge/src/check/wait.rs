//! Waits, in the forms in which responses state them. Each becomes a number of seconds from the moment of the
//! response, so that several places can be compared.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

use failspec_base::message::Response;
use failspec_pack::pack::{Part, RetryAfterLocation, WaitForm};

use super::response_view::View;

/// The longest wait that is believed to be a number of seconds: ten years. More is a point in time.
const MAX_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

/// Returns the wait at a location, in seconds from the response; negative for a point in time in the past. `None` if
/// the value is none of the forms.
pub(super) fn wait_at(view: View<'_>, place: &RetryAfterLocation) -> Option<f64> {
    let value = view.part(&place.part)?;
    let is_header = matches!(place.part, Part::Header(_));
    let clock = Clock::of(view.response);
    let seconds = match (place.form, &value) {
        (None, Value::Number(number)) => number.as_f64().filter(|seconds| is_wait(*seconds)),
        (None, Value::String(text)) => clock.guess(text.trim(), is_header),
        (Some(form), value) => number_of(value, is_header, form)
            .and_then(|number| clock.seconds(number, form))
            .or_else(|| clock.text(value.as_str()?.trim(), form)),
        _ => None,
    };
    seconds.filter(|seconds| seconds.is_finite())
}

/// Returns the wait in `Retry-After`: a number of seconds, or a date (RFC 9110, section 10.2.3).
pub(super) fn retry_after(response: &Response) -> Option<f64> {
    let text = response.combined_header("retry-after")?;
    Clock::of(response).guess(text.trim(), true)
}

/// Returns true if a text is a date as HTTP has them, in any of the three forms that a recipient must accept
/// (RFC 9110, section 5.6.7).
pub(super) fn is_http_date(text: &str) -> bool {
    http_date(text).is_some()
}

fn is_wait(seconds: f64) -> bool {
    (0.0..MAX_SECONDS).contains(&seconds)
}

/// Returns the number in a value: a JSON number, or a text of digits in a header.
fn number_of(value: &Value, is_header: bool, form: WaitForm) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        // A header is always text, and documentation that says how the number is meant means the text as well.
        Value::String(text) if is_header || form != WaitForm::Seconds => plain_number(text.trim()),
        _ => None,
    }
}

/// Parses digits with an optional fraction. Signs, exponents, `inf` and `NaN` are no waits.
fn plain_number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_plain && text.starts_with(|first: char| first.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The moment that waits count from.
#[derive(Debug, Clone, Copy)]
struct Clock(Timestamp);

impl Clock {
    /// Returns the clock of the server, if the response has a date: the clocks of two machines differ.
    fn of(response: &Response) -> Self {
        let date = response.header("date").and_then(|text| http_date(text.trim()));
        Self(date.unwrap_or_else(Timestamp::now))
    }

    fn until(self, moment: Timestamp) -> f64 {
        moment.duration_since(self.0).as_secs_f64()
    }

    /// Returns the seconds that a number of this form means.
    fn seconds(self, number: f64, form: WaitForm) -> Option<f64> {
        let moment = |seconds: f64| {
            let span = SignedDuration::try_from_secs_f64(seconds).ok()?;
            Some(self.until(Timestamp::from_duration(span).ok()?))
        };
        match form {
            WaitForm::Seconds => Some(number).filter(|seconds| is_wait(*seconds)),
            WaitForm::Milliseconds => Some(number / 1_000.0).filter(|seconds| is_wait(*seconds)),
            WaitForm::Unix => moment(number),
            WaitForm::UnixMilliseconds => moment(number / 1_000.0),
            WaitForm::Date | WaitForm::Duration => None,
        }
    }

    /// Returns the seconds that a text of this form means.
    fn text(self, text: &str, form: WaitForm) -> Option<f64> {
        match form {
            WaitForm::Date => date(text).map(|moment| self.until(moment)),
            WaitForm::Duration => duration(text),
            WaitForm::Seconds | WaitForm::Milliseconds | WaitForm::Unix | WaitForm::UnixMilliseconds => None,
        }
    }

    /// Returns the seconds that a text means whose form the contract does not give: each of these forms can be told
    /// from the others. A bare number in a body is not text.
    fn guess(self, text: &str, is_header: bool) -> Option<f64> {
        if let Some(number) = plain_number(text) {
            return Some(number).filter(|seconds| is_header && is_wait(*seconds));
        }
        let moment = || date(text).map(|moment| self.until(moment));
        let parameter = || rate_limit(text).filter(|_| is_header);
        moment().or_else(|| duration(text)).or_else(parameter)
    }
}

/// Parses a date: RFC 3339, or as HTTP has them.
fn date(text: &str) -> Option<Timestamp> {
    http_date(text).or_else(|| text.parse::<Timestamp>().ok())
}

/// Parses a date as HTTP has them: `Sun, 06 Nov 1994 08:49:37 GMT`, and the obsolete forms of RFC 850
/// (`Sunday, 06-Nov-94 08:49:37 GMT`) and asctime (`Sun Nov  6 08:49:37 1994`).
fn http_date(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = jiff::fmt::rfc2822::parse(text) {
        return Some(moment.timestamp());
    }
    let in_form = |form: &str| DateTime::strptime(form, text).ok();
    let civil = in_form("%A, %d-%b-%y %H:%M:%S GMT").or_else(|| in_form("%a %b %e %H:%M:%S %Y"))?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Parses a duration with a unit, as programs write it: `1.5s`, `1m30s`, `PT1.5S`. Words such as `2 minutes` are for
/// people.
fn duration(text: &str) -> Option<f64> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    let duration: SignedDuration = text.parse().ok()?;
    (!duration.is_negative()).then(|| duration.as_secs_f64())
}

/// Parses the wait of a `RateLimit` header: the parameter `t` of a structured field, or the older `reset=`. Of several
/// quotas those count that are used up (`r=0`), otherwise all; the longest wait is the one to wait for.
fn rate_limit(text: &str) -> Option<f64> {
    let parameter = |item: &str, names: &[&str]| {
        item.split([';', ',']).find_map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            names.contains(&name.trim()).then(|| plain_number(value.trim())).flatten()
        })
    };
    let longest = |waits: Vec<f64>| waits.into_iter().reduce(f64::max).filter(|seconds| is_wait(*seconds));
    if parameter(text, &["t"]).is_none() {
        return parameter(text, &["reset"]).filter(|seconds| is_wait(*seconds));
    }
    let quotas: Vec<&str> = text.split(',').collect();
    let waits = |used_up: bool| {
        let quotas = quotas.iter().filter(|quota| !used_up || parameter(quota, &["r"]) == Some(0.0));
        quotas.filter_map(|quota| parameter(quota, &["t"])).collect::<Vec<f64>>()
    };
    longest(waits(true)).or_else(|| longest(waits(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06 08:49:37 UTC.
    const NOW: Clock = Clock(Timestamp::constant(784_111_777, 0));

    #[test]
    fn waits_are_told_apart_by_their_form() {
        for (text, seconds) in [
            ("0", Some(0.0)),
            ("120", Some(120.0)),
            ("1.0", Some(1.0)),
            ("0.75", Some(0.75)),
            ("Sun, 06 Nov 1994 08:49:39 GMT", Some(2.0)),
            ("Sunday, 06-Nov-94 08:49:39 GMT", Some(2.0)),
            ("Sun Nov  6 08:49:39 1994", Some(2.0)),
            ("Sun Nov 06 08:49:39 1994", Some(2.0)),
            ("1994-11-06T08:49:38.500Z", Some(1.5)),
            ("1994-11-06T09:49:39+01:00", Some(2.0)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(-37.0)),
            ("1.5s", Some(1.5)),
            ("250ms", Some(0.25)),
            ("PT1M", Some(60.0)),
            ("\"default\";r=0;t=30", Some(30.0)),
            ("\"a\";r=0;t=5, \"b\";r=7;t=90", Some(5.0)),
            ("\"a\";r=3;t=5, \"b\";r=7;t=90", Some(90.0)),
            ("limit=100, remaining=0, reset=30", Some(30.0)),
            ("1764370000", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("inf", None),
            ("soon", None),
            ("60 seconds", None),
            ("", None),
            ("1994-11-06 08:49:39", None),
            ("\"default\";r=0", None),
        ] {
            let found = NOW.guess(text, true);
            let is_same = match (found, seconds) {
                (Some(found), Some(seconds)) => (found - seconds).abs() < 1e-9,
                (found, seconds) => found == seconds,
            };
            assert!(is_same, "{text:?}: {found:?}, expected {seconds:?}");
        }
        assert_eq!(NOW.guess("120", false), None, "a number in a body is no text");
    }

    #[test]
    fn a_documented_form_is_the_only_one() {
        for (form, value, seconds) in [
            (WaitForm::Milliseconds, Value::from(1500), Some(1.5)),
            (WaitForm::Milliseconds, Value::from("1500"), Some(1.5)),
            (WaitForm::Unix, Value::from(784_111_779_i64), Some(2.0)),
            (WaitForm::Unix, Value::from(784_111_778.5), Some(1.5)),
            (WaitForm::UnixMilliseconds, Value::from(784_111_779_000_i64), Some(2.0)),
            (WaitForm::Date, Value::from("Sun, 06 Nov 1994 08:49:39 GMT"), Some(2.0)),
            (WaitForm::Date, Value::from(2), None),
            (WaitForm::Duration, Value::from("1.5s"), Some(1.5)),
            (WaitForm::Duration, Value::from(2), None),
            (WaitForm::Seconds, Value::from(2), Some(2.0)),
            (WaitForm::Seconds, Value::from("Sun, 06 Nov 1994 08:49:39 GMT"), None),
            (WaitForm::Seconds, Value::from(1_764_370_000_i64), None),
            (WaitForm::Seconds, Value::from(-1), None),
            (WaitForm::Unix, Value::from(f64::MAX), None),
        ] {
            let number = number_of(&value, true, form).and_then(|number| NOW.seconds(number, form));
            let found = number.or_else(|| NOW.text(value.as_str()?, form));
            assert_eq!(found, seconds, "{form:?} {value}");
        }
    }
}
