//! Placeholders: the text between `${` and `}`.

use std::fmt;

use crate::syntax::parse_duration;

/// One placeholder of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// A variable, a capture or a row value.
    Name(String),
    /// A name that is unique to this run: `failspec-<run>-<n>`; the same everywhere in one flow.
    Unique,
    /// A random UUID; the same everywhere in one flow.
    Uuid,
    /// The current time, RFC 3339 in UTC, with an offset.
    Now {
        /// The offset in seconds, negative for the past.
        offset: i64,
    },
    /// The one-time code of RFC 6238 for the base32 secret under this name.
    Totp {
        /// The name of the variable or capture with the secret.
        secret: String,
        /// The offset from now in seconds, negative for the past.
        offset: i64,
    },
    /// Filler of this size.
    Fill(FillerSize),
    /// An id in the form of the one under this name, of a thing that does not exist.
    Unlike(String),
    /// An id in the form of the one under this name, with a number that needs more than 64 bits.
    Oversized(String),
}

/// A number of bytes: written out, or the value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FillerSize {
    /// The number of bytes.
    Bytes(u64),
    /// The name of a variable that contains the number of bytes.
    Name(String),
}

/// Reason why the text between `${` and `}` is not a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderError {
    /// Neither a name nor a call.
    #[error("`${{{0}}}` is neither a name nor a call of now, totp, fill, unlike or oversized")]
    Unreadable(String),
    /// `${` without `}`.
    #[error("`${{` is never closed (a literal `${{` is written `$${{`)")]
    Unclosed,
    /// A function that does not exist.
    #[error("there is no function `{0}`; the functions are now, totp, fill, unlike and oversized")]
    UnknownFunction(String),
    /// Arguments of the wrong form.
    #[error("`{0}` must be written as {1}")]
    Arguments(&'static str, &'static str),
}

/// Maximum size of `fill`, in bytes: 64 MiB, far above any limit that an API documents.
pub const MAX_FILL: u64 = 64 << 20;

/// Maximum size of all fillers of a run together, in bytes: 4 GiB, some minutes of a fast connection.
pub const MAX_FILL_OF_RUN: u64 = 4 << 30;

/// Names of the template language: `${now}` is the time, whatever else has that name.
pub const RESERVED_NAMES: [&str; 7] = ["unique", "uuid", "now", "totp", "fill", "unlike", "oversized"];

impl fmt::Display for Placeholder {
    /// Writes it as it is written in a pack: `${unique}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "${{{name}}}"),
            Self::Unique => f.write_str("${unique}"),
            Self::Uuid => f.write_str("${uuid}"),
            Self::Now { offset: 0 } => f.write_str("${now}"),
            Self::Now { offset } => write!(f, "${{now({offset}s)}}"),
            Self::Totp { secret, offset: 0 } => write!(f, "${{totp({secret})}}"),
            Self::Totp { secret, offset } => write!(f, "${{totp({secret}, {offset}s)}}"),
            Self::Fill(FillerSize::Bytes(bytes)) => write!(f, "${{fill({bytes})}}"),
            Self::Fill(FillerSize::Name(name)) => write!(f, "${{fill({name})}}"),
            Self::Unlike(name) => write!(f, "${{unlike({name})}}"),
            Self::Oversized(name) => write!(f, "${{oversized({name})}}"),
        }
    }
}

impl Placeholder {
    /// Parses the text between `${` and `}`.
    ///
    /// # Errors
    /// When it is neither a name nor a known call.
    pub fn parse(text: &str) -> Result<Self, PlaceholderError> {
        let text = text.trim();
        let Some((function, arguments)) = text.split_once('(') else {
            return match text {
                "unique" => Ok(Self::Unique),
                "uuid" => Ok(Self::Uuid),
                "now" => Ok(Self::Now { offset: 0 }),
                "totp" | "fill" | "unlike" | "oversized" => Err(usage(text)),
                _ if is_name(text) => Ok(Self::Name(text.to_owned())),
                _ => Err(PlaceholderError::Unreadable(text.to_owned())),
            };
        };
        let Some(arguments) = arguments.strip_suffix(')') else {
            return Err(PlaceholderError::Unreadable(text.to_owned()));
        };
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        let function = function.trim();
        match (function, arguments.as_slice()) {
            ("now", [offset]) => seconds(offset).map(|offset| Self::Now { offset }),
            ("totp", [secret]) if is_name(secret) => {
                Some(Self::Totp { secret: (*secret).to_owned(), offset: 0 })
            }
            ("totp", [secret, offset]) if is_name(secret) => {
                seconds(offset).map(|offset| Self::Totp { secret: (*secret).to_owned(), offset })
            }
            ("fill", [amount]) => match amount.parse() {
                Ok(bytes) if bytes <= MAX_FILL => Some(Self::Fill(FillerSize::Bytes(bytes))),
                Err(_) if is_name(amount) => Some(Self::Fill(FillerSize::Name((*amount).to_owned()))),
                _ => None,
            },
            ("unlike", [name]) if is_name(name) => Some(Self::Unlike((*name).to_owned())),
            ("oversized", [name]) if is_name(name) => Some(Self::Oversized((*name).to_owned())),
            ("now" | "totp" | "fill" | "unlike" | "oversized", _) => None,
            _ => return Err(PlaceholderError::UnknownFunction(function.to_owned())),
        }
        .ok_or_else(|| usage(function))
    }

    /// Returns the name that the placeholder requires, if it requires one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name)
            | Self::Totp { secret: name, .. }
            | Self::Fill(FillerSize::Name(name))
            | Self::Unlike(name)
            | Self::Oversized(name) => Some(name),
            _ => None,
        }
    }
}

fn usage(function: &str) -> PlaceholderError {
    match function {
        "now" => PlaceholderError::Arguments("now", "`now` or `now(-300s)`"),
        "totp" => PlaceholderError::Arguments("totp", "`totp(secret)` or `totp(secret, -300s)`"),
        "unlike" => PlaceholderError::Arguments("unlike", "`unlike(id)`, with the name of a capture"),
        "oversized" => {
            PlaceholderError::Arguments("oversized", "`oversized(id)`, with the name of a capture")
        }
        _ => {
            PlaceholderError::Arguments("fill", "`fill(1048577)` or `fill(variable)`, at most 67108864 bytes")
        }
    }
}

/// Parses `-300s` or `5m` into seconds.
fn seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let offset = parse_duration(rest).filter(|offset| offset.subsec_nanos() == 0)?;
    Some(sign * i64::from(u32::try_from(offset.as_secs()).ok()?))
}

fn is_name(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || (at > 0 && matches!(byte, b'_' | b'-'))
    }) && !text.is_empty()
}
