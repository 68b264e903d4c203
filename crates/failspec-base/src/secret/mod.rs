//! Secret values: where they came from, and how they are kept out of everything that is shown.
//!
//! What we send is masked by position, by whoever writes it. What comes back is searched: a [`Mask`] knows
//! every [`Secret`] of a run and takes it out of text, also in the encodings in which servers echo values.

mod mask;
mod pattern;
mod value;
mod view;

pub use mask::Mask;
pub use value::Secret;
