//! What a person sees in a terminal: a first line, progress, what did not pass, the end.

mod begin;
mod causes;
mod end;
mod paint;
mod progress;
mod trial;

pub use begin::begin;
pub use end::end;
pub use paint::Paint;
pub use progress::Progress;
pub use trial::trial;

pub use super::visible;
