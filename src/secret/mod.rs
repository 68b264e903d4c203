//! Secret values: where they came from, and how they are kept out of everything that is shown.

mod mask;

pub use mask::Mask;
