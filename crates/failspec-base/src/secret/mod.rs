//! Secret values: their origin, and how they are kept out of all output.
//!
//! Secrets in requests are masked by position, by the code that writes the request. Responses are searched: a
//! [`Mask`] knows every [`Secret`] of a run and removes it from text, also in the encodings in which servers echo
//! values.

mod encodings;
mod escape_decoding;
mod redacted;
mod redactor;
mod value;

pub use redacted::{Part as RedactedView, RedactedPart, RedactedText};
pub use redactor::Mask;
pub use value::Secret;
