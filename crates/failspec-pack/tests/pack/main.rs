//! Rules that apply when a pack is loaded.

mod fixtures;
mod load;
mod obeyed;
mod openapi_reading;
mod refused;
mod rows;
mod sent_files;
mod sources;
mod swagger;
mod versions;
