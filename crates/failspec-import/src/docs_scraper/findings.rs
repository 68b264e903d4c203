//! Findings about failures on a page.

use serde_json::Value;

use failspec_pack::pack::Retry;

/// The findings about failures on a page, in the order of its lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The title of the page, if it has one.
    pub title: Option<String>,
    /// The failures: each status and code once, with its first line.
    pub failures: Vec<FailureMention>,
    /// The successes that the page lists: a 2xx status, or a code such as 0.
    pub successes: Vec<FailureMention>,
    /// The one HTTP status that all responses have, if the page says so, and the line that does.
    pub status_of_all: Option<(u16, usize)>,
    /// The one HTTP status that all failures have, if the page says so, and the line that does.
    pub status_of_failures: Option<(u16, usize)>,
    /// The header that has the error code, if the page says so, and the line that does.
    pub code_header: Option<(String, usize)>,
    /// Bodies of responses that the page shows.
    pub examples: Vec<Example>,
    /// Fields of a body with a role that the page describes.
    pub fields: Vec<Field>,
    /// Headers that responses have.
    pub headers: Vec<Header>,
    /// Texts that seem to be about failures but could not be classified.
    pub unplaced: Vec<Unclassified>,
}

/// One failure (or success) as a page describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureMention {
    /// The HTTP status, if the page gives one.
    pub status: Option<u16>,
    /// The code, a text or a number, if there is one.
    pub code: Option<Value>,
    /// The description, in the page's words.
    pub summary: String,
    /// The causes that the page lists for it, in its words.
    pub causes: Vec<String>,
    /// The retry advice for clients.
    pub retry: Option<Retry>,
    /// The line of the page, counted from 1.
    pub line: usize,
    /// The guess that was made about it, and its basis, if the page is not clear.
    pub guess: Option<String>,
}

/// A JSON body that a page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The body. If the page shows invalid JSON that could be repaired, the repaired body.
    pub body: Value,
    /// The responses that it is an example of.
    pub scope: Scope,
    /// The line on which it begins, counted from 1.
    pub line: usize,
    /// The repair that was made, or the reason why the scope is only a guess.
    pub guess: Option<String>,
}

/// A field of a body, and its role according to the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The names of the members from the outside to the inside, as far as the page gives them: `error` and `code`, or
    /// only `code`.
    pub path: Vec<String>,
    /// Its role.
    pub role: Role,
    /// The line of the page, counted from 1.
    pub line: usize,
}

/// The role of a field of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It contains the error code.
    Code,
    /// It contains a text for people.
    Message,
    /// It identifies the request.
    RequestId,
}

/// A header that responses have.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its description on the page.
    pub about: String,
    /// The example value on the page.
    pub example: Option<String>,
    /// The responses that have it.
    pub scope: Scope,
    /// The line of the page, counted from 1.
    pub line: usize,
}

/// The responses that a finding applies to.
#[derive(Debug, Clone, PartialEq)]
pub enum Scope {
    /// Responses of this status: the heading or sentence before it names one.
    Status(u16),
    /// Responses with this code.
    Code(Value),
    /// Every failure.
    Failures,
    /// Successes.
    Success,
    /// The page does not say.
    Unknown,
}

/// A text that could not be classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclassified {
    /// The text, shortened.
    pub text: String,
    /// The reason.
    pub why: UnclassifiedReason,
    /// The line of the page, counted from 1.
    pub line: usize,
}

/// The reason why a text could not be classified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnclassifiedReason {
    /// It looks like a code, but a body on the page has a field of that name.
    #[error("it is the name of a body field on the page")]
    BodyField,
    /// The page contradicts itself.
    #[error("the page gives it more than one status: {}", StatusMention::list(.0))]
    SeveralStatuses(Vec<StatusMention>),
    /// It is a cause under a status that several codes have.
    #[error("a cause of {status}, which has {codes} codes: the page does not say which one")]
    CauseOfSeveralCodes {
        /// The status.
        status: u16,
        /// The number of codes.
        codes: usize,
    },
    /// It is where codes are, but cannot be one.
    #[error("it is in the code column but does not look like a code")]
    NoCode,
    /// The column of a table of failures has no place in a contract.
    #[error("this column of the table is not used")]
    UnusedColumn,
    /// A table near error codes has neither codes nor statuses that were recognised.
    #[error("no column of this table was recognised as codes or statuses")]
    UnusedTable,
    /// A table gives all of its codes other statuses than a table before it.
    #[error("this table gives every code another status than line {line}, which counts")]
    OtherStatuses {
        /// The line of the first status that it contradicts.
        line: usize,
    },
    /// It looks like a body, but cannot be repaired to JSON.
    #[error("it looks like a JSON body but is not valid JSON")]
    NotJson,
}

/// A status that a page gives for a code, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusMention {
    /// The status; `None` if the page gives the code without one.
    pub status: Option<u16>,
    /// The line of the page, counted from 1.
    pub line: usize,
}

impl StatusMention {
    fn list(mentions: &[Self]) -> String {
        let mentions = mentions.iter().map(|Self { status, line }| match status {
            Some(status) => format!("{status} on line {line}"),
            None => format!("no status on line {line}"),
        });
        mentions.collect::<Vec<_>>().join(", ")
    }
}
