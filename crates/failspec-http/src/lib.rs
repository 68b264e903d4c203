//! HTTP client for single exchanges. All limits on the behaviour of a server are in this crate.
//!
//! A [`Client`] sends a [`Request`] exactly as it is written and returns an [`Exchange`]: a [`Response`] as it was
//! observed, or the reason why there is none ([`TransportError`]). All data from a server is bounded by [`Limits`]
//! and kept as bytes; [`Document`] and [`MediaType`] parse these bytes strictly, and report defects instead of
//! failing.

mod body_decoder;
mod client;
mod connection;
mod connector;
mod error;
mod failure;
mod fetch;
mod keep_alive;
mod monitored_stream;
mod peer_identity;
mod pool;
mod request_body;
mod route;
mod settlement;
mod stream;
mod tls;

pub use client::{Client, ClientError, ClientOptions};
pub use failspec_base::message::{
    Body, BodyError, ConnectTo, ConnectionUse, Defect, Document, Exchange, Header, Limits, MediaType, Phase,
    Proxy, Request, RequestError, Response, StreamEnd, TransportError,
};
pub use fetch::{FetchError, Fetched, fetch};
pub use peer_identity::{PeerIdentity, Peers, certificate_digests};
pub use route::{Way, way};
pub use tls::tls_config;
