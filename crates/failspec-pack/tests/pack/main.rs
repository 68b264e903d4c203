//! Rules that apply when a pack is loaded.

mod load;
mod obeyed;
mod openapi_reading;
mod refused;
mod sources;
mod swagger;
