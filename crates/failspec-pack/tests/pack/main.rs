//! Rules that apply when a pack is loaded.

mod load;
mod obeyed;
mod refused;
