//! Checks: one rule each, applied to the exchanges of one case. Pure: nothing here sends requests, reads files or
//! knows which implementation responded.
//!
//! [`CHECKS`] is the only table of checks. The file of a check contains its id, its one-line summary, the source of
//! its rule, the text of `failspec explain`, and the function. A response is first identified ([`Identity`]), then
//! judged: the checks know what the response *is* and report what is wrong with it.

mod after_failure;
mod allow;
mod body_status;
mod bulk_item;
mod case_log;
mod code;
mod concurrent;
mod connection_closed;
mod content_range;
mod control;
mod cross_origin;
mod declared_headers;
mod declared_schema;
mod declared_vacuous;
mod definition;
mod duplicate_header;
mod empty_body;
mod envelope;
mod expectation;
mod finding;
mod head;
mod headers;
mod identification;
mod indistinguishable;
pub mod intermediary;
mod leaks;
mod mandatory_header;
mod matching;
mod media_type;
mod message;
mod names_fault;
mod not_rejected;
mod openapi_context;
mod problem_details;
mod proxy_authenticate;
mod read_only;
mod recovers;
mod registry;
mod removal;
mod removal_refused;
mod repeatable;
mod request_id;
mod response_view;
mod retry_after;
mod retry_after_syntax;
mod schema;
mod server_error;
mod severity;
mod status;
mod stream;
mod subject;
mod success;
mod undeclared_media_type;
mod undeclared_requirement;
mod undeclared_restriction;
mod undeclared_status;
mod unrecognized_response;
mod unsupported_method;
mod upgrade;
mod vacuous;
mod wait;
mod well_formed;
mod wording;
mod www_authenticate;

pub use case_log::{
    CompletedBody, Expected, Observed, Phase, Record, ResendResult, SentAtOnce, UnmetSuccess,
};
pub use code::undocumented;
pub use connection_closed::closed;
pub use definition::{Check, When};
pub use finding::{Finding, FindingDetail};
pub use head::refuses_method;
pub use identification::{Identity, carries_error, is_success};
pub use openapi_context::OpenApiContext;
pub use registry::{CHECKS, RUN_CHECKS, declared, find, judge, judge_without_fault};
pub use removal::what_is_still_there;
pub use response_view::{Item, Pick, View, Within, fits, show};
pub use retry_after::told_wait;
pub use server_error::is_server_error;
pub use severity::{Severity, on_target};
pub use stream::{describe_stream, unread_stream};
pub use subject::{Subject, is_of_document};
pub use success::unmet_success;
pub(crate) use undeclared_requirement::WITHOUT_OPTIONAL_MEMBER;
pub(crate) use undeclared_restriction::EXAMPLE_IS_ACCEPTED;
pub use undeclared_restriction::is_about_restrictions;
