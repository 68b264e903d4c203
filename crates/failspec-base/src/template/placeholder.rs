//! What stands between `${` and `}`.

/// One hole of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// A variable, a capture or a value of the row.
    Name(String),
    /// A name of this run that nothing else has: `failspec-<run>-<n>`; the same everywhere in one flow.
    Unique,
    /// A random UUID; the same everywhere in one flow.
    Uuid,
    /// The time, RFC 3339 in UTC, moved by so many seconds.
    Now {
        /// Seconds, negative for the past.
        offset: i64,
    },
    /// The one-time code of RFC 6238 for the base32 secret that the name holds.
    Totp {
        /// The name of the variable or capture with the secret.
        secret: String,
        /// Seconds from now, negative for the past.
        offset: i64,
    },
    /// So many bytes of filler.
    Fill(FillerSize),
}

/// A number of bytes: written out, or held by a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FillerSize {
    /// Bytes.
    Bytes(u64),
    /// The name of a variable that holds a number of bytes.
    Name(String),
}

/// Why the text between `${` and `}` is no hole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderError {
    /// Neither a name nor a call.
    #[error("`${{{0}}}` is neither a name nor a call of now, totp or fill")]
    Unreadable(String),
    /// `${` without `}`.
    #[error("`${{` is never closed (a literal `${{` is written `$${{`)")]
    Unclosed,
    /// A function that does not exist.
    #[error("there is no function `{0}`; the functions are now, totp and fill")]
    UnknownFunction(String),
    /// Arguments that do not fit.
    #[error("`{0}` must be written as {1}")]
    Arguments(&'static str, &'static str),
}

/// The most that `fill` gives, in bytes: 64 MiB, far above any limit that an API documents.
pub const MOST_FILL: u64 = 64 << 20;

impl Placeholder {
    /// Reads the text between `${` and `}`.
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
                "totp" | "fill" => Err(usage(text)),
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
                Ok(bytes) if bytes <= MOST_FILL => Some(Self::Fill(FillerSize::Bytes(bytes))),
                Err(_) if is_name(amount) => Some(Self::Fill(FillerSize::Name((*amount).to_owned()))),
                _ => None,
            },
            ("now" | "totp" | "fill", _) => None,
            _ => return Err(PlaceholderError::UnknownFunction(function.to_owned())),
        }
        .ok_or_else(|| usage(function))
    }

    /// The name that the hole needs, if it needs one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) | Self::Totp { secret: name, .. } | Self::Fill(FillerSize::Name(name)) => {
                Some(name)
            }
            _ => None,
        }
    }
}

fn usage(function: &str) -> PlaceholderError {
    match function {
        "now" => PlaceholderError::Arguments("now", "`now` or `now(-300s)`"),
        "totp" => PlaceholderError::Arguments("totp", "`totp(secret)` or `totp(secret, -300s)`"),
        _ => {
            PlaceholderError::Arguments("fill", "`fill(1048577)` or `fill(variable)`, at most 67108864 bytes")
        }
    }
}

/// `-300s`, `5m`: seconds.
fn seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, unit) = match rest.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (rest.strip_suffix('s')?, 1),
    };
    let number: u32 = number.parse().ok()?;
    Some(sign * unit * i64::from(number))
}

fn is_name(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || (at > 0 && matches!(byte, b'_' | b'-'))
    }) && !text.is_empty()
}
