//! Kinds of faults that verdicts and reports treat in a way of their own: what an import writes as `fault`, a judgement reads.

use super::Scenario;

/// A thing is asked for under another parent than its own.
pub const ANOTHER_PARENT: &str = "another_parent";

/// The headers of a thing alone are asked for, by a method that the OpenAPI document does not have.
pub const HEAD: &str = "head";

/// A number below zero where the document allows it, and few mean it.
pub const NEGATIVE: &str = "negative";

/// A path that the OpenAPI document does not have: the document promises nothing of it.
pub const NO_SUCH_PATH: &str = "no_such_path";

/// The same request is sent a second time.
pub const SENT_TWICE: &str = "sent_twice";

/// A method that the path does not have.
pub const UNDECLARED_METHOD: &str = "undeclared_method";

/// A thing that does not exist.
pub const UNKNOWN_ID: &str = "unknown_id";

/// The id 0 where the document allows it: few systems have such a thing.
pub const ZERO_ID: &str = "zero_id";

impl Scenario {
    /// Returns true if its follow-up reads by GET what its request was refused to read, and is of no use after a success.
    pub fn follows_refusal(&self) -> bool {
        self.fault.as_deref() == Some(HEAD)
    }

    /// Returns true if it asks what the OpenAPI document does not have, and does not expect a refusal: the document promises
    /// nothing of it, and whoever responds there may be somebody else.
    pub fn is_outside_document(&self) -> bool {
        matches!(self.fault.as_deref(), Some(NO_SUCH_PATH | HEAD))
    }
}
