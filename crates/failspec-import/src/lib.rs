//! Import of documentation into packs: drafts of contracts and scenarios.
//!
//! A [`Draft`] describes a new pack, independent of its source. [`from_page`] creates one from a documentation page,
//! [`from_openapi`] from an OpenAPI document. Drafts are written as files that people edit, so every guess is marked
//! where it was made. [`export`] is the way back: what a contract says, for a page, a document or clients.

mod body_path;
mod docs;
pub mod docs_scraper;
mod draft;
mod drift;
mod envelope;
pub mod export;
mod names;
mod openapi;
mod scenarios;
pub mod style;
mod traffic;

pub use docs::{Page, from_page};
pub use draft::{Draft, DraftFailure};
pub use drift::{Documented, drift, drift_openapi};
pub use envelope::DraftEnvelope;
pub use openapi::{
    FromOpenApi, LeftOut, LeftOutReason, Need, OpenApiOptions, Question, SchemeRole, USER_ROLE, UnknownValue,
    from_openapi, unknown_values,
};
pub use traffic::{NoFailures, TrafficCollector, TrafficDraft, TrafficNote};
