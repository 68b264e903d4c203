//! Classes of faults, and the statuses with which a document may say that they are refused.

/// What is wrong with a request, as far as it decides how an API refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FaultKind {
    /// A parameter of query, header or cookie, or the body, is missing or has a value that the schema forbids.
    Invalid,
    /// The same of a value in the path: whether such a thing can exist at all.
    InvalidPath,
    /// The body is not what its media type says.
    Malformed,
    /// The body has a media type that the operation does not take.
    MediaType,
    /// No media type that the operation responds with is accepted.
    Accept,
    /// There is no such thing.
    Unknown,
    /// The resource does not know the method.
    Method,
    /// There are no credentials, or wrong ones.
    Credentials,
    /// The body is larger than is declared.
    TooLarge,
}

impl FaultKind {
    /// The statuses that say so, the best ones first.
    pub fn statuses(self) -> &'static [u16] {
        match self {
            Self::Invalid | Self::Malformed => &[422, 400],
            Self::InvalidPath => &[422, 400, 404],
            Self::MediaType => &[415],
            Self::Accept => &[406],
            Self::Unknown => &[404, 410],
            Self::Method => &[405],
            Self::Credentials => &[401],
            Self::TooLarge => &[413],
        }
    }

    /// The name of a failure that any of the statuses makes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid | Self::Malformed => "invalid_request",
            Self::InvalidPath => "invalid_path",
            Self::MediaType => "unsupported_media_type",
            Self::Accept => "not_acceptable",
            Self::Unknown => "not_there",
            Self::Method => "method_not_allowed",
            Self::Credentials => "no_credentials",
            Self::TooLarge => "content_too_large",
        }
    }

    /// What it means, for people.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Invalid | Self::Malformed => "The request is invalid according to the document",
            Self::InvalidPath => "The path contains a value that the document does not allow",
            Self::MediaType => "The operation does not accept the media type of the body",
            Self::Accept => "The request accepts no media type that the operation can return",
            Self::Unknown => "The resource does not exist",
            Self::Method => "The resource does not support the method",
            Self::Credentials => "The operation requires valid credentials",
            Self::TooLarge => "The body is larger than the document allows",
        }
    }

    /// Words that a code for it is likely to have.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Invalid | Self::InvalidPath => &["valid", "invalid", "param", "field", "bad", "missing"],
            Self::Malformed => &["json", "malformed", "parse", "syntax", "body", "bad", "invalid"],
            Self::MediaType => &["media", "content_type", "unsupported"],
            Self::Accept => &["accept"],
            Self::Unknown => &["not_found", "notfound", "unknown", "missing", "no_such"],
            Self::Method => &["method"],
            Self::Credentials => &["unauth", "credential", "token", "login"],
            Self::TooLarge => &["large", "size", "limit"],
        }
    }
}
