//! The structure of an API's errors.

use super::Response;

/// The structure of an API's errors. Locations are JSON Pointers (RFC 6901) into the body.
#[derive(Debug)]
pub struct Envelope {
    /// The location and the type of the code; `None` if the contract has no codes.
    pub code: Option<(&'static str, CodeKind)>,
    /// The location of the message for people.
    pub message: &'static str,
    /// The location of the request id; `None` if the contract has none.
    pub request_id: Option<&'static str>,
    /// The header that repeats the request id, if one is documented.
    pub request_id_header: Option<&'static str>,
    /// True if the documented codes of one status are interchangeable.
    pub loose_codes: bool,
    /// True if the documentation says that the same request fails again after an error.
    pub repeats: bool,
    /// Every HTTP status that is documented for an error.
    pub statuses: &'static [u16],
    /// Returns true if a response is an error. The status is not always enough: some contracts respond with 200 to
    /// everything.
    pub is_error: fn(&Response) -> bool,
    /// The target of a GET that succeeds with credentials and is rejected without them.
    pub protected: &'static str,
    /// The body of a successful response, for a mutant that succeeds on everything.
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
