//! What a person sees in a terminal: a first line, progress, what did not pass, the end.

mod begin;
mod case;
mod causes;
mod end;
mod paint;
mod progress;

pub use begin::begin;
pub use case::case;
pub use end::end;
pub use paint::Styles;
pub use progress::Progress;

pub use super::visible;
