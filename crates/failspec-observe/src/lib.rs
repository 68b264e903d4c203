//! Judgement of recorded traffic: what was seen of the documented failures of an API, and what was wrong with it.
//!
//! [`read`] reads a recording as a stream, and an [`Observer`] judges each exchange by every check that needs no scenario
//! and builds the report. Nothing is sent, no request has a control: failures are seen, never exercised.
//!
//! No stability is promised for this crate: use `failspec`.

mod case_report;
mod cases;
mod exchange;
mod har;
mod har_writer;
mod judge;
mod observer;
mod operations;
mod own;
mod read;
mod redaction;
mod request_ids;
mod secret_names;
mod seen;
mod target_urls;

pub use exchange::{RecordedBody, RecordedExchange, RecordedRequest, RecordedResponse};
pub use har_writer::HarWriter;
pub use judge::Judged;
pub use observer::{NothingSeen, ObserveError, ObserveOptions, Observer};
pub use operations::path_pattern;
pub use read::{ReadError, read};
pub use redaction::Redactor;
pub use secret_names::SecretNames;
pub use target_urls::base_of;
