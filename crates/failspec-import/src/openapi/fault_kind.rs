//! Kinds of faults, and the statuses with which an API may reject them.

use super::scenario::Question;

/// The kind of fault in a request, as far as it determines how an API rejects the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FaultKind {
    /// A query, header or cookie parameter or the body is missing or has a value that the schema forbids.
    Invalid,
    /// A path parameter has a value that the schema forbids, so that no such resource can exist.
    InvalidPath,
    /// The body does not have the format that its media type names.
    Malformed,
    /// The body has a media type that the operation does not accept.
    MediaType,
    /// The request accepts no media type that the operation can return.
    Accept,
    /// The resource does not exist.
    Unknown,
    /// The id is 0, which the document allows and few systems give: it may be refused as none, or as that of nothing.
    ZeroId,
    /// The resource does not support the method.
    Method,
    /// The credentials are missing or wrong.
    Credentials,
    /// The credentials are missing or wrong, and the resource does not exist: it is another's that is spared.
    CredentialsForUnknown,
    /// The role has valid credentials, and not the permission.
    Denied,
    /// The role has not the permission, and the resource does not exist: it is another's that is spared.
    DeniedForUnknown,
    /// The resource belongs to another tenant, and the request reads it.
    NotYours,
    /// The resource belongs to another tenant, and the request changes it.
    NotYoursToChange,
    /// The body is larger than the document allows.
    TooLarge,
    /// Nothing is wrong: the document allows the request, and servers often break on it.
    Unusual,
    /// The body refers to a thing that does not exist, which no schema can forbid.
    UnknownReference,
}

impl FaultKind {
    /// The statuses that report this kind of fault, the most suitable first.
    pub fn statuses(self) -> &'static [u16] {
        match self {
            Self::Invalid | Self::Malformed => &[422, 400],
            Self::InvalidPath => &[422, 400, 404],
            Self::MediaType => &[415],
            Self::Accept => &[406],
            Self::Unknown => &[404, 410],
            // A server that does not know a method at all says 501 (RFC 9110, section 15.6.2).
            Self::Method => &[405, 501],
            Self::Credentials | Self::CredentialsForUnknown => &[401],
            // What a role may not touch may be hidden from it (RFC 9110, section 15.5.4).
            Self::Denied | Self::DeniedForUnknown => &[403, 404],
            Self::NotYours | Self::NotYoursToChange => &[401, 403, 404],
            Self::TooLarge => &[413],
            // Any refusal will do.
            Self::ZeroId | Self::Unusual | Self::UnknownReference => &[],
        }
    }

    /// Returns true if the document allows the request: it may be refused, and must not break the server.
    pub fn is_allowed(self) -> bool {
        matches!(self, Self::Unusual | Self::UnknownReference)
    }

    /// The question that a request with this kind of fault asks.
    pub fn question(self) -> Question {
        match self {
            Self::Invalid | Self::InvalidPath | Self::TooLarge => Question::Invalid,
            Self::Malformed => Question::Malformed,
            Self::MediaType | Self::Accept => Question::MediaType,
            Self::Unknown | Self::ZeroId => Question::UnknownId,
            Self::Method => Question::Method,
            Self::Credentials | Self::CredentialsForUnknown => Question::Credentials,
            Self::Denied | Self::DeniedForUnknown | Self::NotYours | Self::NotYoursToChange => {
                Question::Access
            }
            Self::Unusual | Self::UnknownReference => Question::Unusual,
        }
    }

    /// Returns true if it is the role that is at fault: another one may send the same request.
    pub fn is_about_roles(self) -> bool {
        matches!(self, Self::Denied | Self::DeniedForUnknown | Self::NotYours | Self::NotYoursToChange)
    }

    /// The id of a failure with any of these statuses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid | Self::Malformed => "invalid_request",
            Self::InvalidPath => "invalid_path",
            Self::MediaType => "unsupported_media_type",
            Self::Accept => "not_acceptable",
            Self::Unknown | Self::ZeroId => "not_there",
            Self::Method => "method_not_allowed",
            Self::Credentials => "no_credentials",
            Self::CredentialsForUnknown => "no_credentials_or_not_there",
            Self::Denied => "forbidden_or_hidden",
            Self::DeniedForUnknown => "forbidden_or_not_there",
            Self::NotYours => "not_yours",
            Self::NotYoursToChange => "not_yours_to_change",
            Self::TooLarge => "content_too_large",
            Self::Unusual | Self::UnknownReference => "unusual",
        }
    }

    /// The summary of such a failure, for people.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Invalid | Self::Malformed => "The request is invalid according to the document",
            Self::InvalidPath => "The path contains a value that the document does not allow",
            Self::MediaType => "The operation does not accept the media type of the body",
            Self::Accept => "The request accepts no media type that the operation can return",
            Self::Unknown | Self::ZeroId => "The resource does not exist",
            Self::Method => "The resource does not support the method",
            Self::Credentials => "The operation requires valid credentials",
            Self::CredentialsForUnknown => {
                "The operation requires valid credentials, or the resource does not exist"
            }
            Self::Denied => "The role lacks the permission, and may not even see what it is about",
            Self::DeniedForUnknown => "The role lacks the permission, or the resource does not exist",
            Self::NotYours => "The resource belongs to another tenant, who alone may read it",
            Self::NotYoursToChange => "The resource belongs to another tenant, who alone may change it",
            Self::TooLarge => "The body is larger than the document allows",
            Self::Unusual | Self::UnknownReference => "The request is unusual",
        }
    }

    /// Words that an error code for this kind of fault is likely to contain.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Invalid | Self::InvalidPath => &["valid", "invalid", "param", "field", "bad", "missing"],
            Self::Malformed => &["json", "malformed", "parse", "syntax", "body", "bad", "invalid"],
            Self::MediaType => &["media", "content_type", "unsupported"],
            Self::Accept => &["accept"],
            Self::Unknown | Self::ZeroId => &["not_found", "notfound", "unknown", "missing", "no_such"],
            Self::Method => &["method"],
            Self::Credentials | Self::CredentialsForUnknown => &["unauth", "credential", "token", "login"],
            Self::Denied | Self::DeniedForUnknown | Self::NotYours | Self::NotYoursToChange => {
                &["forbidden", "permission", "denied", "access", "role"]
            }
            Self::TooLarge => &["large", "size", "limit"],
            Self::Unusual | Self::UnknownReference => &[],
        }
    }
}
