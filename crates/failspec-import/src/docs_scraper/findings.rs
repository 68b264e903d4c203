//! What a page says about failing.

use serde_json::Value;

use failspec_pack::pack::Retry;

/// What a page says about failing, in the order of its lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The title of the page, where it has one.
    pub title: Option<String>,
    /// The failures: each status and code once, with its first line.
    pub failures: Vec<FailureMention>,
    /// What the page lists as success: a 2xx status, or a code such as 0.
    pub successes: Vec<FailureMention>,
    /// The one HTTP status that all responses have, where the page says so, and the line that does.
    pub status_of_all: Option<(u16, usize)>,
    /// Bodies of responses that the page shows.
    pub examples: Vec<Example>,
    /// Fields of a body whose part is told in words.
    pub fields: Vec<Field>,
    /// Headers that responses have.
    pub headers: Vec<Header>,
    /// What looks as if it spoke of failing and could not be placed.
    pub unplaced: Vec<Unclassified>,
}

/// One failure (or success) as a page states it.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureMention {
    /// The HTTP status, where it is said.
    pub status: Option<u16>,
    /// The code: text or a number, where there is one.
    pub code: Option<Value>,
    /// The description, in the page's words.
    pub summary: String,
    /// The causes that the page lists for it, in its words.
    pub causes: Vec<String>,
    /// What a client is told to do.
    pub retry: Option<Retry>,
    /// The line of the page, counted from 1.
    pub line: usize,
    /// What was guessed about it, and from what: the page leaves it open.
    pub guess: Option<String>,
}

/// A JSON body that a page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The body. Where the page's text is broken JSON that could be mended, the mended one.
    pub body: Value,
    /// What it is an example of.
    pub scope: Scope,
    /// The line on which it begins, counted from 1.
    pub line: usize,
    /// What was mended, or why the scope is only a guess.
    pub guess: Option<String>,
}

/// A field of a body, and what the page says that it is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// JSON Pointer to it, as far as the page names where it is: `/error/code`, or `/code` for the name alone.
    pub pointer: String,
    /// What it is there for.
    pub role: Role,
    /// The line of the page, counted from 1.
    pub line: usize,
}

/// What a field of a body is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It holds the error code.
    Code,
    /// It holds text for people.
    Message,
    /// It identifies the request.
    RequestId,
}

/// A header that responses have.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// What the page says of it.
    pub about: String,
    /// The value that the page shows.
    pub example: Option<String>,
    /// Which responses have it.
    pub scope: Scope,
    /// The line of the page, counted from 1.
    pub line: usize,
}

/// Which responses a statement is about.
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

/// What could not be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclassified {
    /// The text, shortened.
    pub text: String,
    /// Why it could not be placed.
    pub why: String,
    /// The line of the page, counted from 1.
    pub line: usize,
}
