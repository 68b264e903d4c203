//! Query parameters. Unknown ones are ignored; if one is sent several times, the last value counts.

use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::{Call, Failure, Kubeadapt, failure::Problem, ids, quirks};
use crate::query::Query;

/// The period over which costs are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timeframe {
    Day,
    Week,
    Month,
    Quarter,
}

impl Timeframe {
    const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Quarter];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    pub(super) fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
        }
    }
}

/// The requested page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// The number of items before it.
    pub offset: u64,
    pub limit: u64,
}

/// The default number of days of a report.
pub(super) const DEFAULT_DAYS: i64 = 7;

/// The maximum number of items of a page.
const MAX_LIMIT: u64 = 100;

/// Returns a value as it was sent. A value that cannot be decoded is returned undecoded: it is not valid for any
/// parameter.
fn sent<'q>(query: &'q Query, name: &str) -> Option<&'q str> {
    query.last(name).unwrap_or_else(|undecodable| Some(&undecodable.0))
}

impl Kubeadapt {
    /// Reads `offset` and `limit`.
    pub(super) fn page(&self, call: &Call<'_>) -> Result<Page, Failure> {
        let mut problems = Vec::new();
        let page = self.collect_page(&call.query, &mut problems);
        self.refuse(problems)?;
        Ok(page)
    }

    /// Reads the number of days that `start_date` and `end_date` span. No source names the two: they are this
    /// project's own choice.
    pub(super) fn days(&self, call: &Call<'_>) -> Result<i64, Failure> {
        let mut problems = Vec::new();
        let mut date = |name| {
            sent(&call.query, name).and_then(|text| {
                let date = read_date(text);
                if date.is_none() {
                    problems.push(problem(
                        name,
                        "date_parsing",
                        "Input should be a date as YYYY-MM-DD",
                        text,
                    ));
                }
                date
            })
        };
        let (start, end) = (date("start_date"), date("end_date"));
        self.refuse(problems)?;
        let days = match (start, end) {
            (Some(start), Some(end)) if start <= end => {
                1 + start.until(end).map_or(0, |span| i64::from(span.get_days()))
            }
            (None, None) => DEFAULT_DAYS,
            _ if self.quirks.is_on(quirks::CONTRADICTION) => DEFAULT_DAYS,
            (Some(_), Some(_)) => {
                return Err(Failure::Contradiction("start_date must not be after end_date"));
            }
            _ => return Err(Failure::Contradiction("start_date and end_date must be given together")),
        };
        Ok(days)
    }

    /// Reads `timeframe`: one of four values, seven days by default.
    pub(super) fn timeframe(&self, call: &Call<'_>) -> Result<Timeframe, Failure> {
        let Some(text) = sent(&call.query, "timeframe") else {
            return Ok(Timeframe::Week);
        };
        match Timeframe::ALL.into_iter().find(|known| known.as_str() == text) {
            Some(timeframe) => Ok(timeframe),
            None if self.quirks.is_on(quirks::UNKNOWN_TIMEFRAME) => Ok(Timeframe::Week),
            None => Err(Failure::InvalidTimeframe(text.to_owned())),
        }
    }

    /// Reads `cluster_id`, which must be well-formed if it was sent.
    pub(super) fn wanted_cluster(&self, call: &Call<'_>) -> Result<Option<String>, Failure> {
        sent(&call.query, "cluster_id").map(|id| self.cluster_id(id)).transpose()
    }

    /// Returns a cluster id, if it is well-formed.
    pub(super) fn cluster_id(&self, id: &str) -> Result<String, Failure> {
        let not_found = self.quirks.is_on(quirks::MALFORMED_NOT_FOUND);
        ids::cluster(id).map_err(|failure| if not_found { Failure::ClusterNotFound } else { failure })
    }

    fn collect_page(&self, query: &Query, problems: &mut Vec<Problem>) -> Page {
        let lenient = self.quirks.is_on(quirks::BAD_NUMBER);
        let mut number =
            |name, default, range| match sent(query, name).map(|text| read_number(name, text, range)) {
                None => default,
                Some(Ok(number)) => number,
                Some(Err(problem)) => {
                    problems.extend((!lenient).then_some(problem));
                    default
                }
            };
        Page { limit: number("limit", 20, 1..=MAX_LIMIT), offset: number("offset", 0, 0..=u64::MAX) }
    }

    /// Fails with one entry for each invalid parameter.
    fn refuse(&self, mut problems: Vec<Problem>) -> Result<(), Failure> {
        if self.quirks.is_on(quirks::FIRST_PROBLEM) {
            problems.truncate(1);
        }
        if problems.is_empty() { Ok(()) } else { Err(Failure::InvalidParameters(problems)) }
    }
}

/// Parses a whole number of a range that begins with 0 or 1.
fn read_number(name: &'static str, text: &str, range: RangeInclusive<u64>) -> Result<u64, Problem> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(problem(name, "int_parsing", "Input should be a valid integer", text));
    }
    // Only the range can still be wrong, and a number that is too large to parse is above every limit.
    let number = digits.parse().unwrap_or(u64::MAX);
    if number < *range.start() || text.starts_with('-') && number > 0 {
        let message = match range.start() {
            0 => "Input should be greater than or equal to 0",
            _ => "Input should be greater than or equal to 1",
        };
        return Err(problem(name, "greater_than_equal", message, text));
    }
    if number > *range.end() {
        return Err(problem(name, "less_than_equal", "Input should be less than or equal to 100", text));
    }
    Ok(number)
}

/// Parses `YYYY-MM-DD`, a day that exists in the calendar.
fn read_date(text: &str) -> Option<Date> {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !form {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let day = |from, to| part(from, to).and_then(|number| i8::try_from(number).ok());
    Date::new(part(0, 4)?, day(5, 7)?, day(8, 10)?).ok()
}

fn problem(parameter: &'static str, kind: &'static str, message: &'static str, input: &str) -> Problem {
    Problem { parameter, kind, message, input: input.to_owned() }
}
