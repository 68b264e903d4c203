//! Time limits for a target.

use std::time::Duration;

use failspec_base::{
    message::Limits,
    syntax::{Decoder, Field, Fields, MappingSchema, Node, ValueType},
};

/// The longest time limit that a target can have: one hour. A limit that is never reached is no limit.
const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

pub(super) static TIMEOUTS: MappingSchema = MappingSchema {
    name: "timeouts",
    about: "time limits for the target",
    fields: &[
        Field::optional("connect", ValueType::Duration, "the time limit for connecting (default 10s)"),
        Field::optional(
            "first_byte",
            ValueType::Duration,
            "the time limit until the response headers are complete (default 30s)",
        ),
        Field::optional(
            "total",
            ValueType::Duration,
            "the time limit for the whole response (default 60s, or `first_byte` plus 30s if that is longer)",
        ),
    ],
    also: &[],
};

/// Reads the limits of each exchange with the target; `timeouts` overrides the defaults.
pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Limits> {
    let fields = reader.fields(node, &TIMEOUTS)?;
    let default = Limits::default();
    let first_byte = bound("first_byte", &fields, reader);
    let total = bound("total", &fields, reader);
    if let (Some(first_byte), Some(total)) = (first_byte, total)
        && total < first_byte
    {
        reader.error_hint(
            fields.get("total")?.span,
            "`total` is shorter than `first_byte`, which is a part of it",
            "make it longer, or leave it out",
        );
    }
    let first_byte = first_byte.unwrap_or_else(|| total.unwrap_or(MAX_TIMEOUT).min(default.first_byte));
    // A longer `first_byte` would have no effect if the default `total` were shorter.
    let rest = default.total - default.first_byte;
    Some(Limits {
        connect: bound("connect", &fields, reader).unwrap_or(default.connect),
        first_byte,
        total: total.unwrap_or_else(|| default.total.max(first_byte + rest)),
        ..default
    })
}

fn bound(key: &'static str, fields: &Fields<'_>, reader: &Decoder) -> Option<Duration> {
    let node = fields.get(key)?;
    let time = reader.duration(node)?;
    if time.is_zero() || time > MAX_TIMEOUT {
        reader.error_hint(
            node.span,
            format!("`{key}` is out of range"),
            "write a time span of more than zero and at most `60m`",
        );
        return None;
    }
    Some(time)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::target_config::Config;
    use failspec_base::syntax::{Diagnostics, Source};

    fn limits(timeouts: &str) -> Result<Limits, Diagnostics> {
        let text =
            format!("default_target = \"t\"\n[target.t]\nurl = \"http://h\"\ntimeouts = {{ {timeouts} }}\n");
        let config = Config::read(&Source::new("failspec.toml", text), None, Path::new("."))?;
        Ok(config.target.limits)
    }

    #[test]
    fn what_is_not_given_stays_and_a_longer_first_byte_is_not_cut_off() {
        let default = Limits::default();
        assert_eq!(limits("").unwrap(), default);
        let short = limits("connect = \"1s\", first_byte = \"500ms\", total = \"2s\"").unwrap();
        assert_eq!(
            (short.connect, short.first_byte, short.total),
            (Duration::from_secs(1), Duration::from_millis(500), Duration::from_secs(2))
        );
        assert_eq!(short.body, default.body);
        assert_eq!(limits("first_byte = \"90s\"").unwrap().total, Duration::from_secs(120));
        assert_eq!(limits("total = \"5s\"").unwrap().first_byte, Duration::from_secs(5));
    }

    #[test]
    fn a_bound_is_never_switched_off() {
        for (timeouts, says) in [
            ("first_byte = \"0s\"", "is out of range"),
            ("total = \"61m\"", "is out of range"),
            ("total = \"never\"", "not a time span"),
            ("total = 5", "expected text"),
            ("first_byte = \"9s\", total = \"8s\"", "`total` is shorter"),
            ("first = \"9s\"", "unknown key `first`"),
        ] {
            let error = limits(timeouts).unwrap_err().render(false);
            assert!(error.contains(says), "{timeouts}: {error}");
        }
    }
}
