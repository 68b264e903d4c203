//! Comparisons as text: for a terminal, for a pull request, as annotations.

mod markdown;
mod terminal;
mod workflow;

pub use markdown::markdown;
pub use terminal::terminal;
pub use workflow::workflow;
