//! A server that responds as a contract documents, for developers of clients.
//!
//! It is made from a pack alone: requests of the pack's scenarios get the failure that they should trigger, their controls
//! a success, and `Prefer: failure=ID` brings about any documented failure. So it proves nothing about any API: each
//! response says that it comes from a mock, and what it makes up is not documented.
//!
//! No stability is promised for this crate: use `failspec`.

mod body;
mod error_response;
mod memory;
mod mock;
mod pattern;
mod preference;
mod request;
mod response;
mod routes;
mod sample;
mod script;
mod server;
mod success_response;
mod target_file;
mod undeclared;
mod xml;

pub use mock::{Mock, Unplayed, UnplayedReason};
pub use preference::Preference;
pub use request::Request;
pub use response::Response;
pub use server::{Server, StartError};
pub use target_file::target_file;
