//! Documented failures.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use failspec_base::syntax::{Decoder, Node};

use super::{
    super::{
        Part, Pointer, Provenance, Retry, RetryAfterLocation, StatusPattern, failure::FAILURE,
        rules::INFERRED,
    },
    envelope::{EnvelopeSource, InferredEnvelopeSource},
    file_value::{FileValue, Tree},
    mappings::file_mappings,
    values::{Demand, OneOrMany, SchemaSource, words},
};

file_mappings! {
    /// A documented failure.
    #[derive(Default)]
    block struct FailureSource: FAILURE, {
        /// Its name in the pack.
        id: String = "id",
        /// Its statuses.
        status: OneOrMany<StatusPattern> = "status",
        /// Its code; `any` for a code that the documentation does not give.
        code: Option<Value> = "code",
        /// All codes that the documentation allows.
        codes: Vec<Value> = ["codes" inline],
        /// Its meaning.
        summary: String = "summary",
        /// The origin of the statement that it exists.
        source: Option<Provenance> = "source",
        /// The period in which it is documented: the first day.
        since: Option<Date> = "since",
        /// The first day on which it is no longer documented.
        until: Option<Date> = "until",
        /// Its overrides of the envelope.
        envelope: Option<EnvelopeSource> = ["envelope" inline],
        /// The reason why no scenario tests it.
        excluded: Option<String> = "excluded",
        /// The page or line that documents it.
        documentation: Option<String> = "documentation",
        /// Its causes.
        causes: Vec<String> = "causes",
        /// The documented advice to clients.
        retry: Option<Retry> = "retry",
        /// Required headers.
        headers: Vec<(String, SchemaSource)> = "headers",
        /// Headers that may be absent.
        optional_headers: Vec<(String, SchemaSource)> = "optional_headers",
        /// The places where the response states how long to wait.
        retry_after: OneOrMany<RetryAfterLocation> = ["retry_after" list],
        /// The JSON Schema of the body.
        schema: Option<SchemaSource> = "schema",
        /// The constraints that identify it besides status and code.
        matches: Vec<(Pointer, SchemaSource)> = "match",
        /// Parts that differ between responses.
        varies: OneOrMany<Part> = ["varies" list],
        /// Pointer to what names the part that is wrong.
        names: Option<Pointer> = "names",
        /// The failures that it wins against.
        precedes: Vec<String> = ["precedes" inline],
        /// The promise of the documentation that the response reveals no internal details.
        leaks: Option<Leaks> = "leaks",
        /// The obligation of the API to reject such a request.
        refusal: Option<Demand> = "refusal",
        /// The condition that its scenarios need.
        condition: Option<String> = "condition",
        /// Its tags.
        tags: Vec<String> = ["tags" inline],
        /// Inferred constraints.
        inferred: Option<Box<InferredSource>> = "inferred",
    }

    /// Inferred constraints of a failure.
    #[derive(Default)]
    block struct InferredSource: INFERRED, {
        /// The statuses.
        status: OneOrMany<StatusPattern> = "status",
        /// The code.
        code: Option<Value> = "code",
        /// Headers.
        headers: Vec<(String, SchemaSource)> = "headers",
        /// Headers that may be absent.
        optional_headers: Vec<(String, SchemaSource)> = "optional_headers",
        /// The places where the response states how long to wait.
        retry_after: OneOrMany<RetryAfterLocation> = ["retry_after" list],
        /// The details that the response may reveal.
        leaks: Option<Leaks> = "leaks",
        /// The JSON Schema of the body.
        schema: Option<SchemaSource> = "schema",
        /// The constraints that identify the failure besides status and code.
        matches: Vec<(Pointer, SchemaSource)> = "match",
        /// Parts of the envelope.
        envelope: Option<InferredEnvelopeSource> = ["envelope" inline],
    }
}

/// The details that a response may reveal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaks {
    /// No internal details.
    Forbidden,
}

words!(Leaks, &["forbidden"]);
