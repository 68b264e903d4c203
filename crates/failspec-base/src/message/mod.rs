//! HTTP messages as data: what was sent, what was received, or why nothing was.
//!
//! A [`Response`] is kept as bytes, as it was observed. [`Document`] and [`MediaType`] read those bytes strictly, and report
//! what is wrong with them instead of failing. Nothing here sends.

mod exchange;
mod json;
mod json_reader;
mod limits;
mod media_type;
mod request;
mod response;

pub use exchange::{Exchange, Phase, TransportError};
pub use json::{Defect, Document};
pub use limits::Limits;
pub use media_type::MediaType;
pub use request::{Body, Header, Request, RequestError};
pub use response::{BodyError, Response};
