//! Expected responses, items of bulk responses, and repetitions.

use failspec_base::syntax::{Decoder, Node};
use serde_json::Value;

use super::{
    super::{
        Pointer, StatusPattern,
        expect::EXPECT,
        request_flow::{AT, REPEAT},
        triggers::{ACCEPTED, NO_SERVER_ERROR_ID, SUCCESS, SUCCESS_ID},
    },
    file_value::{FileValue, Tree},
    mappings::file_mappings,
    values::{OneOrMany, SchemaSource},
};

file_mappings! {
    /// An expected response.
    #[derive(Default)]
    inline struct ExpectSource: EXPECT, {
        /// The statuses.
        status: OneOrMany<StatusPattern> = "status",
        /// True in a scenario whose request must succeed.
        success: bool = "success",
        /// The failure that the response must be, by id.
        failure: Option<String> = "failure",
        /// Required headers.
        headers: Vec<(String, SchemaSource)> = "headers",
        /// Headers that may be absent.
        optional_headers: Vec<(String, SchemaSource)> = "optional_headers",
        /// Parts of the body.
        body: Vec<(Pointer, SchemaSource)> = "body",
    }

    /// The item of a bulk response that is checked.
    #[derive(Default)]
    inline struct AtSource: AT, {
        /// Pointer to the list.
        items: Option<Pointer> = "items",
        /// The format of a stream.
        stream: Option<String> = "stream",
        /// The name of an event.
        event: Option<String> = "event",
        /// How long the item of a stream may take.
        within: Option<String> = "within",
        /// Constraints that the item must match.
        filter: Vec<(Pointer, SchemaSource)> = "where",
    }

    /// The repetition of a request.
    inline struct RepeatSource: REPEAT, {
        /// The maximum number of requests, or a placeholder.
        times: Value = "times",
        /// True if the repetition stops at the first response that is the failure.
        until_triggered: bool = "until_triggered",
    }
}

/// The expectations of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub enum ScenarioExpectSource {
    /// A success, and nothing else: the word `success`.
    Success,
    /// Any response but a server error: the word `no_server_error`.
    NoServerError,
    /// Any response but a server error, and a refusal is a warning: the word `accepted`.
    Accepted,
    /// A mapping.
    Mapping(ExpectSource),
}

impl From<ExpectSource> for ScenarioExpectSource {
    fn from(expect: ExpectSource) -> Self {
        Self::Mapping(expect)
    }
}

impl FileValue for ScenarioExpectSource {
    fn tree(&self) -> Tree {
        match self {
            Self::Success => Tree::Inline(SUCCESS_ID.into()),
            Self::NoServerError => Tree::Inline(NO_SERVER_ERROR_ID.into()),
            Self::Accepted => Tree::Inline(ACCEPTED.into()),
            Self::Mapping(expect) => expect.tree(),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        match node.as_text() {
            Some(_) => {
                let words = [Self::Success, Self::NoServerError, Self::Accepted];
                reader.word(node, SUCCESS).map(|word| words[word].clone())
            }
            None => ExpectSource::read(node, reader).map(Self::Mapping),
        }
    }
}
