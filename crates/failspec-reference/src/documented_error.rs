//! One documented way to refuse, as it is told apart on the wire.

use serde_json::Value;

use super::{Envelope, Response};

/// One documented way to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentedError {
    /// Its name here, in the documentation's terms: the code, where there is one.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What tells it from others of the same status.
    pub mark: Mark,
}

/// What tells a refusal from others of the same status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A code that is a text.
    Code(&'static str),
    /// A code that is a number.
    Number(u16),
    /// How its message begins, where there are no codes.
    Text(&'static str),
    /// Nothing: it is alone with its status.
    Status,
}

impl DocumentedError {
    /// One that its code tells apart.
    #[must_use]
    pub fn coded(code: &'static str, status: u16) -> Self {
        Self { name: code, status, mark: Mark::Code(code) }
    }

    /// One that is alone with its status.
    #[must_use]
    pub fn alone(name: &'static str, status: u16) -> Self {
        Self { name, status, mark: Mark::Status }
    }

    /// One that the beginning of its message tells apart.
    #[must_use]
    pub fn worded(name: &'static str, status: u16, text: &'static str) -> Self {
        Self { name, status, mark: Mark::Text(text) }
    }

    /// Another refusal of the same status that something of its own marks, the last one of a list: lists begin with
    /// the most general.
    #[must_use]
    pub fn sibling(&self, all: &[Self]) -> Option<Self> {
        let marked = |other: &&Self| other.mark != Mark::Status;
        let alike = |other: &&Self| other.status == self.status && other.mark != self.mark;
        all.iter().rev().filter(marked).find(alike).copied()
    }

    /// The code, where it has one.
    #[must_use]
    pub fn code(&self) -> Option<Value> {
        match self.mark {
            Mark::Code(text) => Some(Value::from(text)),
            Mark::Number(number) => Some(Value::from(number)),
            Mark::Text(_) | Mark::Status => None,
        }
    }

    /// Whether a response is this refusal.
    #[must_use]
    pub fn is(&self, response: &Response, envelope: &Envelope) -> bool {
        if response.status != self.status {
            return false;
        }
        let document = response.document();
        let at = |pointer: &str| document.as_ref().and_then(|document| document.pointer(pointer));
        let code = || envelope.code.and_then(|(pointer, _)| at(pointer));
        match self.mark {
            Mark::Code(text) => code().and_then(Value::as_str) == Some(text),
            Mark::Number(number) => code().and_then(Value::as_u64) == Some(u64::from(number)),
            Mark::Text(text) => {
                at(envelope.message).and_then(Value::as_str).is_some_and(|message| message.starts_with(text))
            }
            Mark::Status => true,
        }
    }
}
