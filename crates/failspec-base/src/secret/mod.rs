//! Secret values: where they came from, and how they are kept out of everything that is shown.
//!
//! What we send is masked by position, by whoever writes it. What comes back is searched: a [`Mask`] knows
//! every [`Secret`] of a run and takes it out of text, also in the encodings in which servers echo values.

mod encodings;
mod escape_decoding;
mod redactor;
mod value;

pub use redactor::Mask;
pub use value::Secret;
