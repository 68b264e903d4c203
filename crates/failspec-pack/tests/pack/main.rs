//! What is decided when a pack is loaded.

mod load;
mod obeyed;
mod refused;
