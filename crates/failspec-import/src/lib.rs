//! From what is documented to a pack: drafts of contracts and of scenarios.
//!
//! A [`Draft`] is what a pack will be, whatever it was made from; [`from_page`] makes one of a documentation page.
//! What it says is written as files that people go on with, so every guess stands beside what it was made for.

mod docs;
pub mod docs_scraper;
mod draft;
mod drift;
mod envelope;
mod names;
mod openapi;
mod scenarios;
mod yaml;

pub use docs::{Page, from_page};
pub use draft::{Draft, DraftFailure, DraftHeader, DraftRequires};
pub use drift::{Documented, drift, drift_openapi};
pub use envelope::DraftEnvelope;
pub use openapi::{FromOpenApi, Need, OpenApiOptions, from_openapi};
