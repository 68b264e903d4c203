//! How an API shapes its errors.

use super::Response;

/// How an API shapes its errors, in JSON Pointers (RFC 6901) into the body.
#[derive(Debug)]
pub struct Envelope {
    /// Where the code is and of which type; `None` where a contract has no codes.
    pub code: Option<(&'static str, CodeKind)>,
    /// Where the text for people is.
    pub message: &'static str,
    /// Where the request id is; `None` where a contract has none.
    pub request_id: Option<&'static str>,
    /// The header that repeats the request id, if one is documented.
    pub request_id_header: Option<&'static str>,
    /// Whether the documented codes of one status may stand for each other.
    pub loose_codes: bool,
    /// Whether the documentation says of errors that the same request fails again.
    pub repeats: bool,
    /// Every HTTP status that is documented for an error.
    pub statuses: &'static [u16],
    /// Whether a response is an error. Not always a matter of the status: some contracts respond 200 to everything.
    pub is_error: fn(&Response) -> bool,
    /// The target of a GET that succeeds with credentials and is refused without.
    pub protected: &'static str,
    /// The body of some success, for a mutant that succeeds on everything.
    pub success: &'static str,
}

/// The JSON type of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// A JSON string.
    Text,
    /// A JSON number.
    Number,
}
