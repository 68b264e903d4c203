//! Expected responses, items of bulk responses, and repetitions.

use serde_json::Value;

use super::{
    super::{
        Pointer, StatusPattern,
        expect::EXPECT,
        request_flow::{AT, REPEAT},
    },
    mappings::file_mappings,
    values::{OneOrMany, SchemaSource},
};

file_mappings! {
    /// An expected response.
    #[derive(Default)]
    inline struct ExpectSource: EXPECT, {
        /// The statuses.
        status: OneOrMany<StatusPattern> = "status",
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
    inline struct AtSource: AT, {
        /// Pointer to the list.
        items: Pointer = "items",
        /// Constraints that the item must match.
        filter: Vec<(Pointer, SchemaSource)> = ["where" always],
    }

    /// The repetition of a request.
    inline struct RepeatSource: REPEAT, {
        /// The maximum number of requests, or a placeholder.
        times: Value = "times",
        /// True if the repetition stops at the first response that is the failure.
        until_triggered: bool = "until_triggered",
    }
}
