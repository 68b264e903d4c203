//! One request, one exchange. Every limit on what a server may do to us is in this room.
//!
//! A [`Client`] sends a [`Request`] exactly as it is written and gives an [`Exchange`]: a [`Response`] as it
//! was observed, or the reason why there is none ([`TransportError`]). Whatever a server sends, it is bounded by
//! [`Limits`] and kept as bytes; [`Document`] and [`MediaType`] read those bytes strictly, and say what is
//! wrong with them instead of failing.

mod body_decoder;
mod client;
mod counting_stream;
mod error;
mod http1_pool;
mod keep_alive;
mod peer_identity;
mod transport;

pub use client::{Client, ClientError, ClientOptions};
pub use failspec_base::message::{
    Body, BodyError, Defect, Document, Exchange, Header, Limits, MediaType, Phase, Request, RequestError,
    Response, TransportError,
};
pub use peer_identity::PeerIdentity;
