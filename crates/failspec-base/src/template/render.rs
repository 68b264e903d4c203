//! Renders placeholders: as they are sent, and as they may be shown.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::secret::{RedactedPart, RedactedText};

use super::{
    FillerSize, Placeholder, Scope,
    placeholder::{MAX_FILL, MAX_FILL_OF_RUN},
    unlike::{oversized, unlike},
};

/// A rendered value in two forms: as it is sent, and as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered<T> {
    /// The value that is sent.
    pub sent: T,
    /// The text that may be shown, of a JSON value its JSON; `None` if it is the same.
    pub shown: Option<RedactedText>,
}

impl<T> Rendered<T> {
    /// Creates a value that may be shown as it is sent.
    pub fn plain(sent: T) -> Self {
        Self { sent, shown: None }
    }
}

impl Rendered<String> {
    /// Returns the text that may be shown.
    pub fn shown(&self) -> RedactedText {
        self.shown.clone().unwrap_or_else(|| RedactedText::from(self.sent.as_str()))
    }

    /// Appends text that may be shown as it is sent.
    pub fn push(&mut self, sent: &str) {
        if let Some(text) = &mut self.shown {
            text.push_str(sent);
        }
        self.sent.push_str(sent);
    }

    /// Appends text of which only `shown` may be shown.
    pub fn push_redacted(&mut self, sent: &str, shown: RedactedText) {
        let before = &self.sent;
        self.shown.get_or_insert_with(|| RedactedText::from(before.as_str())).append(shown);
        self.sent.push_str(sent);
    }
}

/// The value of a placeholder.
pub(super) struct HoleValue {
    /// The value that is sent.
    pub(super) sent: Value,
    /// The text that is shown in its place; `None` if it may be shown.
    pub(super) replaced: Option<RedactedPart>,
}

impl HoleValue {
    fn open(sent: Value) -> Self {
        Self { sent, replaced: None }
    }
}

/// Reason why a placeholder could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// There is no value under this name.
    #[error("`${{{0}}}` has no value: nothing captured it")]
    Missing(String),
    /// `null` in the middle of a text.
    #[error("`${{{0}}}` is null and cannot be part of a text")]
    Null(String),
    /// A list or an object in the middle of a text.
    #[error("`${{{0}}}` is a list or an object and cannot be part of a text")]
    NotText(String),
    /// The secret of a one-time code cannot be used.
    #[error("`${{totp({0})}}`: the secret is not base32 of at least 16 bytes")]
    Totp(String),
    /// A value that is no id.
    #[error("`${{unlike({0})}}`: the value is no id (a number or a text)")]
    Unlike(String),
    /// A value that is no id.
    #[error("`${{oversized({0})}}`: the value is no id (a number or a text)")]
    Oversized(String),
    /// Not a number of bytes, or too many.
    #[error("`${{fill({0})}}`: expected a number of bytes up to {MAX_FILL}")]
    Fill(String),
    /// The fillers of one request are too large together.
    #[error("the fillers of a request have more than {MAX_FILL} bytes together")]
    FillTotal,
    /// The fillers of the run are too large together.
    #[error("the fillers of the run have more than {MAX_FILL_OF_RUN} bytes together")]
    FillOfRun,
}

/// Returns the value of a placeholder.
pub(super) fn hole(hole: &Placeholder, scope: &Scope) -> Result<HoleValue, RenderError> {
    let held = |name: &str| scope.get(name).ok_or_else(|| RenderError::Missing(name.to_owned()));
    Ok(match hole {
        Placeholder::Name(name) => {
            let held = held(name)?;
            HoleValue {
                sent: held.value.clone(),
                replaced: held.secret.then(|| RedactedPart::Secret {
                    secret: name.clone(),
                    env: held.env.as_deref().map(str::to_owned),
                    base64_after: None,
                }),
            }
        }
        Placeholder::Unique => HoleValue::open(Value::String(scope.unique().to_owned())),
        Placeholder::Uuid => HoleValue::open(Value::String(scope.uuid().to_owned())),
        Placeholder::Now { offset } => HoleValue::open(Value::String(moment(*offset))),
        Placeholder::Totp { secret, offset } => {
            let moment = scope.codes_from(unix_seconds()).saturating_add(*offset);
            let code = totp(held(secret)?.value.as_str().unwrap_or_default(), moment)
                .ok_or_else(|| RenderError::Totp(secret.clone()))?;
            // A code is valid for only half a minute, but it is derived from a secret.
            HoleValue {
                sent: Value::String(code),
                replaced: Some(RedactedPart::Totp { totp: secret.clone() }),
            }
        }
        Placeholder::Unlike(name) | Placeholder::Oversized(name) => {
            let held = held(name)?;
            let sent = match hole {
                Placeholder::Oversized(_) => {
                    oversized(&held.value).ok_or_else(|| RenderError::Oversized(name.clone()))
                }
                _ => unlike(&held.value, scope.unique()).ok_or_else(|| RenderError::Unlike(name.clone())),
            };
            HoleValue {
                sent: sent?,
                // Something of a secret is in what is made of it.
                replaced: held.secret.then(|| RedactedPart::Secret {
                    secret: name.clone(),
                    env: None,
                    base64_after: None,
                }),
            }
        }
        Placeholder::Fill(amount) => {
            let (bytes, written) = match amount {
                FillerSize::Bytes(bytes) => (Some(*bytes), bytes.to_string()),
                FillerSize::Name(name) => (number(&held(name)?.value), name.clone()),
            };
            let bytes = bytes.filter(|bytes| *bytes <= MAX_FILL).ok_or(RenderError::Fill(written))?;
            scope.fill(bytes)?;
            let text = "x".repeat(usize::try_from(bytes).unwrap_or_default());
            // Up to 64 bytes are easier to read in full than as a number.
            let replaced = (bytes > 64).then_some(RedactedPart::Filler { fill: bytes });
            HoleValue { sent: Value::String(text), replaced }
        }
    })
}

/// Converts the value of a placeholder to a part of a text.
pub(super) fn as_text(hole: &Placeholder, value: &Value) -> Result<String, RenderError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Err(RenderError::Null(hole.name().unwrap_or_default().to_owned())),
        Value::Array(_) | Value::Object(_) => {
            Err(RenderError::NotText(hole.name().unwrap_or_default().to_owned()))
        }
    }
}

/// Returns a number, or a text that contains one: variables from the command line are text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn moment(offset: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds().saturating_add(offset))
        .map(|moment| moment.to_string())
        .unwrap_or_default()
}

/// Computes the code of RFC 6238 with the defaults of every authenticator app: SHA-1, six digits, 30 seconds.
fn totp(secret: &str, moment: i64) -> Option<String> {
    let secret = totp_rs::Secret::try_from_base32(secret.trim()).ok()?;
    let totp = totp_rs::Builder::new().with_secret(secret).build().ok()?;
    Some(totp.generate(u64::try_from(moment).ok()?).to_string())
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        sync::{Arc, atomic::AtomicU64},
    };

    use serde_json::json;

    use super::{
        super::{JsonTemplate, Template, VariableValue},
        *,
    };

    fn scope() -> Scope {
        let mut variables = HashMap::new();
        variables.insert("port".to_owned(), VariableValue::open(8080));
        variables.insert("limit".to_owned(), VariableValue::open("100"));
        variables.insert("token".to_owned(), VariableValue::secret("hunter2hunter2"));
        Scope::new(Arc::new(variables), "failspec-abc-1")
    }

    #[test]
    fn a_lone_hole_keeps_its_type_and_others_become_text() {
        let template =
            JsonTemplate::parse(&json!({"a": "${port}", "b": "p${port}", "c": [1, "${unique}"]})).unwrap();
        let filled = template.fill(&scope()).unwrap();
        assert_eq!(filled.sent, json!({"a": 8080, "b": "p8080", "c": [1, "failspec-abc-1"]}));
        assert_eq!(filled.shown, None);
    }

    #[test]
    fn fillers_of_one_request_are_bounded_together() {
        let scope = scope();
        let half = Template::parse("${fill(33554432)}").unwrap();
        assert!(half.fill(&scope).is_ok() && half.fill(&scope).is_ok());
        assert_eq!(half.fill(&scope).unwrap_err(), RenderError::FillTotal);
        assert_eq!(Template::parse("${fill(1)}").unwrap().fill(&scope).unwrap_err(), RenderError::FillTotal);
        scope.begin_request();
        assert!(half.fill(&scope).is_ok());
    }

    #[test]
    fn security_fillers_of_all_flows_of_a_run_are_bounded_together() {
        let of_run = Arc::new(AtomicU64::new(MAX_FILL_OF_RUN - 100));
        let scopes = [scope(), scope()].map(|scope| scope.counting(Arc::clone(&of_run)));
        let fill = |scope: &Scope, text: &str| Template::parse(text).unwrap().fill(scope);
        assert!(fill(&scopes[0], "${fill(60)}").is_ok());
        assert_eq!(fill(&scopes[1], "${fill(60)}").unwrap_err(), RenderError::FillOfRun);
        assert!(fill(&scopes[1], "${fill(40)}").is_ok(), "what was refused does not count");
        assert!(fill(&scope(), "${fill(60)}").is_ok(), "of another run");
    }

    #[test]
    fn secrets_and_filler_are_not_shown() {
        let template = Template::parse("Bearer ${token}!").unwrap();
        let filled = template.fill(&scope()).unwrap();
        assert_eq!(filled.sent, "Bearer hunter2hunter2!");
        assert_eq!(filled.shown().to_string(), "Bearer [secret: token]!");
        let filled = Template::parse("${fill(limit)}").unwrap().fill(&scope()).unwrap();
        assert_eq!(filled.sent.len(), 100);
        assert_eq!(filled.shown().to_string(), "[100 bytes of filler]");
        let template = JsonTemplate::parse(&json!({"n": 1, "a": ["${token}", "x\"${token}"]})).unwrap();
        let filled = template.fill(&scope()).unwrap();
        assert_eq!(filled.sent, json!({"n": 1, "a": ["hunter2hunter2", "x\"hunter2hunter2"]}));
        let shown = filled.shown.expect("something is secret").to_string();
        assert_eq!(shown, r#"{"n":1,"a":["[secret: token]","x\"[secret: token]"]}"#);
    }

    #[test]
    fn dollars_are_escaped_by_dollars() {
        let template = Template::parse("$${unique} costs $5").unwrap();
        assert_eq!(template.as_literal(), Some("${unique} costs $5"));
        let template = JsonTemplate::parse(&json!({"a": ["$${x}"]})).unwrap();
        assert_eq!(template.as_constant(), Some(&json!({"a": ["${x}"]})));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, part) in [
            ("${", "never closed"),
            ("${Name}", "neither a name"),
            ("${fill}", "fill(1048577)"),
            ("${fill(99999999999)}", "at most"),
            ("${env(HOME)}", "no function `env`"),
            ("${totp(secret, soon)}", "totp(secret, -300s)"),
        ] {
            let error = Template::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn one_time_codes_follow_rfc_6238() {
        // The SHA-1 secret of RFC 6238, appendix B: at 59 s the code is 94287082, which is cut to six digits.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(totp(secret, 59).as_deref(), Some("287082"));
        assert_eq!(totp("not base32!", 0), None);
    }

    #[test]
    fn one_time_codes_are_of_one_moment_in_a_flow() {
        let scope = scope();
        assert_eq!(scope.codes_from(59), 59);
        // Half a minute later, and in a clone: a scenario that sends a code twice sends the same one.
        assert_eq!(scope.clone().codes_from(89), 59);
        assert_eq!(self::scope().codes_from(89), 89);
    }
}
