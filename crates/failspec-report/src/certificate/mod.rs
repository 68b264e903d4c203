//! The result of verifying a certificate: for a terminal, and as an HTML page for people.

mod summary;
mod terminal;

pub use crate::html::certificate_page as html;
pub(crate) use summary::{CHECKED, NOT_PROVEN};
pub use summary::{CertificateSummary, Confidence, Fact, ListOfIssues};
pub use terminal::terminal;
