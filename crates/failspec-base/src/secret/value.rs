//! Values that must not be shown.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::RedactedPart;

/// A secret value and its origin.
///
/// Neither `Debug` nor `Display` shows the value; both show the origin. The memory is overwritten when the value is
/// dropped.
#[derive(Clone)]
pub struct Secret {
    value: SecretString,
    origin: String,
    env: Option<String>,
}

impl Secret {
    /// Creates a secret. `origin` is its source, in the words of the user: `env:STAGING_TOKEN`, `role editor`.
    pub fn new(value: impl Into<String>, origin: impl Into<String>) -> Self {
        Self { value: SecretString::from(value.into()), origin: origin.into(), env: None }
    }

    /// Returns the secret with the environment variable whose whole value it is, if there is one.
    #[must_use]
    pub fn with_env(mut self, variable: Option<&str>) -> Self {
        self.env = variable.map(str::to_owned);
        self
    }

    /// Returns the environment variable whose whole value it is.
    pub fn env(&self) -> Option<&str> {
        self.env.as_deref()
    }

    /// Returns the value. Only for sending it, and for nothing else.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    /// Returns the origin of the secret.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the text that replaces the secret in all output.
    pub fn placeholder(&self) -> RedactedPart {
        RedactedPart::Secret { secret: self.origin.clone(), env: self.env.clone(), base64_after: None }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.placeholder(), f)
    }
}
