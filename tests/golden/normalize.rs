//! Replaces values that differ between runs by fixed words.

use std::path::Path;

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use regex::Regex;

/// Patterns of values that differ, and their replacements.
const REPLACED: &[(&str, &str)] = &[
    ("\u{1b}", "␛"),
    // The bars of the latency chart.
    (r#"(<tr><th scope="row">[^<]*m?s</th><td><svg.*</tr>\n)+"#, "LATENCIES\n"),
    (r"127\.0\.0\.1(\\?):\d{4,5}", "127.0.0.1$1:PORT"),
    (r"failspec-[a-z0-9]{4,6}-[a-z0-9]+\b", "failspec-RUN-N"),
    (r"failspec-[a-z0-9]{6}\b", "failspec-RUN"),
    // The test server numbers requests in the order in which they arrive, which may vary.
    (r"\breq-\d+\b", "req-N"),
    (r"sha256:[0-9a-f]{12,64}", "sha256:DIGEST"),
    (r#"("digest"|"sha256"): ?"[0-9a-f]{64}""#, r#"$1: "DIGEST""#),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\b[0-9a-f]{32}\b", "TRACE"),
    (r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00| UTC)", "TIME"),
    (r#""(ms|duration_ms)": ?[0-9.]+"#, r#""$1": 0"#),
    (r#" time="[0-9.]+""#, r#" time="0""#),
    (r"\b\d+(\.\d+)? ms\b", "0 ms"),
    (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC", "TIME"),
    (r"\b\d+\.\d\d? s\b", "0 s"),
    (r"uuid=.[0-9a-f-]{36}.", "uuid"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
];

/// Replaces everything in `text` that differs between runs.
pub fn normalize(text: &str, folder: &Path) -> String {
    let mut text = text.replace(&folder.display().to_string(), "DIR");
    text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    for (pattern, word) in REPLACED {
        text = Regex::new(pattern).unwrap().replace_all(&text, *word).into_owned();
    }
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    text = text.replace(&today.to_string(), "TODAY");
    text = text.replace(&today.saturating_add(90.days()).to_string(), "IN-90-DAYS");
    text
}
