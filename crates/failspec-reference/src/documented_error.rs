//! A documented error and how a client recognises it.

use serde_json::Value;

use super::{Envelope, Response};

/// A documented error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentedError {
    /// The name: the code if there is one, otherwise a name in the terms of the documentation.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The part of the response that distinguishes it from other errors of the same status.
    pub mark: Mark,
}

/// The part of a response that distinguishes an error from others of the same status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A code that is a string.
    Code(&'static str),
    /// A code that is a number.
    Number(u16),
    /// The beginning of the message, where there are no codes.
    Text(&'static str),
    /// Nothing: it is the only error of its status.
    Status,
}

impl DocumentedError {
    /// Creates an error that its code identifies.
    #[must_use]
    pub fn coded(code: &'static str, status: u16) -> Self {
        Self { name: code, status, mark: Mark::Code(code) }
    }

    /// Creates an error that is the only one of its status.
    #[must_use]
    pub fn alone(name: &'static str, status: u16) -> Self {
        Self { name, status, mark: Mark::Status }
    }

    /// Creates an error that the beginning of its message identifies.
    #[must_use]
    pub fn worded(name: &'static str, status: u16, text: &'static str) -> Self {
        Self { name, status, mark: Mark::Text(text) }
    }

    /// Finds another error of the same status with a mark of its own. Returns the last one of the list, because lists
    /// begin with the most general error.
    #[must_use]
    pub fn sibling(&self, all: &[Self]) -> Option<Self> {
        let marked = |other: &&Self| other.mark != Mark::Status;
        let alike = |other: &&Self| other.status == self.status && other.mark != self.mark;
        all.iter().rev().filter(marked).find(alike).copied()
    }

    /// The code, if it has one.
    #[must_use]
    pub fn code(&self) -> Option<Value> {
        match self.mark {
            Mark::Code(text) => Some(Value::from(text)),
            Mark::Number(number) => Some(Value::from(number)),
            Mark::Text(_) | Mark::Status => None,
        }
    }

    /// Returns true if a response is this error.
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
