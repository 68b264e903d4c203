//! One request, one exchange. Every limit on what a server may do to us is in this room.

mod answer;
mod client;
mod exchange;
mod json;
mod request;

pub use answer::{Answer, BodyDefect};
pub use client::{Client, ClientError, ClientOptions};
pub use exchange::{Exchange, NoAnswer};
pub use json::{Defect, Document};
pub use request::{Body, Header, Request};
