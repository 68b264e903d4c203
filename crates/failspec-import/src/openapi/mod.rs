//! From an OpenAPI document to a pack: the contract, and scenarios with controls for every failure that the document
//! alone can trigger.
//!
//! Valid values come from examples, defaults, enums and schemas; every fault is one that the schema really forbids. The
//! same document and seed make the same pack.

mod ask;
mod body;
mod catalogue;
mod class;
mod creator;
mod faults;
mod fields;
mod flaw;
mod generate;
mod methods;
mod nothing;
mod pack;
mod paths;
mod right;
mod sample;
mod scenario;
mod shape;
mod things;

pub use pack::{FromOpenApi, Need, OpenApiOptions, from_openapi};
