//! HTTP messages as data: requests, responses, and the reasons why there is no response.
//!
//! A [`Response`] is kept as bytes, as it was observed. [`Document`] and [`MediaType`] parse those bytes strictly,
//! and report defects instead of failing. Nothing here sends requests.

mod exchange;
mod json;
mod json_reader;
mod limits;
mod media_type;
mod request;
mod response;
mod route;
mod standards;
mod status_phrases;
mod stream_items;
mod trace;
mod xml;
mod xml_reader;

/// The header in which `failspec mock` says in each response that it is no API.
pub const MOCK_HEADER: &str = "failspec-mock";

pub use exchange::{ConnectionUse, Exchange, Phase, TransportError};
pub use json::{BodyFormat, Defect, Document};
pub use limits::Limits;
pub use media_type::MediaType;
pub use request::{Body, BodyPause, Header, Request, RequestError, StreamEnd, Suppressed};
pub use response::{BodyError, Response};
pub use route::{ConnectTo, Proxy};
pub use standards::{is_idempotent, is_loopback, is_safe, is_single_header, is_token, must_be_single};
pub use status_phrases::{phrase, phrases};
pub use stream_items::{StreamFormat, StreamItem};
pub use trace::{Trace, TraceHeaders};
pub use xml::{XML_NAMESPACE, XML_TEXT, XmlDefect};
