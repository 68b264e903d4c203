//! What a person sees in a terminal: a first line, progress, what did not pass, the end.

mod case;
mod causes;
mod header;
mod progress;
mod styles;
mod summary;

pub use case::case;
pub use header::begin;
pub use progress::Progress;
pub use styles::Styles;
pub use summary::end;

pub use super::visible;
