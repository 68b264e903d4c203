//! Output in a terminal: the first lines, progress, the cases that did not pass, and the summary.

mod case;
mod cases;
mod causes;
mod header;
mod inert;
mod progress;
mod recording;
mod screen;
mod skipped;
mod styles;
mod summary;

pub use case::case;
pub use header::begin;
pub use inert::{Inert, stderr};
pub use progress::Progress;
pub use screen::Columns;
pub use styles::Styles;
pub use summary::{View, end};

pub use super::visible;
