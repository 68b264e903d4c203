//! Kinds of faults that verdicts and reports treat in a way of their own: what an import writes as `fault`, a judgement reads.

use super::Scenario;

/// Another alternative of a body, or of a member of it, than the valid request has.
pub const ALTERNATIVE: &str = "alternative";

/// A thing is asked for under another parent than its own.
pub const ANOTHER_PARENT: &str = "another_parent";

/// A body with more behind it than JSON allows.
pub const FOLLOWED_BY_MORE: &str = "followed_by_more";

/// A member that the document does not name, and does not forbid.
pub const FURTHER_MEMBER: &str = "further_member";

/// The name of that member.
pub const FURTHER_MEMBER_NAME: &str = "failspec_unknown";

/// The headers of a thing alone are asked for, by a method that the OpenAPI document does not have.
pub const HEAD: &str = "head";

/// A member or a parameter that is required is missing.
pub const MISSING: &str = "missing";

/// A number below zero where the document allows it, and few mean it.
pub const NEGATIVE: &str = "negative";

/// The id -1 where the document allows it: few systems have such a thing.
pub const NEGATIVE_ID: &str = "negative_id";

/// A body with a number that JSON does not have.
pub const NOT_A_NUMBER: &str = "not_a_number";

/// A path that the OpenAPI document does not have: the document promises nothing of it.
pub const NO_SUCH_PATH: &str = "no_such_path";

/// The media type of plain text where the operation does not take it, with the valid body.
pub const PLAIN_TEXT: &str = "plain_text";

/// The same request is sent a second time.
pub const SENT_TWICE: &str = "sent_twice";

/// A method that the path does not have.
pub const UNDECLARED_METHOD: &str = "undeclared_method";

/// A charset that does not exist.
pub const UNKNOWN_CHARSET: &str = "unknown_charset";

/// A thing that does not exist.
pub const UNKNOWN_ID: &str = "unknown_id";

/// A media type that no operation takes, with the valid body.
pub const UNKNOWN_MEDIA_TYPE: &str = "unknown_media_type";

/// A reference to what does not exist.
pub const UNKNOWN_REFERENCE: &str = "unknown_reference";

/// The id 0 where the document allows it: few systems have such a thing.
pub const ZERO_ID: &str = "zero_id";

/// A body without a media type.
pub const WITHOUT_MEDIA_TYPE: &str = "without_media_type";

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
