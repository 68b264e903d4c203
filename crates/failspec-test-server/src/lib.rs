//! The scripted server of the tests: a closure makes a reply of each request, over TLS and without.
//!
//! - [`Server`] reads requests and sends replies. What a reply does to its connection is a part of it ([`Reply`]).
//! - [`listen`] gives a connection itself to the script, for tests of the transport.
//! - [`Authority`] issues the certificates, and [`tls_front`] puts TLS before a server that has none.
//!
//! All of them are on loopback, and end when they are dropped.

mod authority;
mod listener;
mod received;
mod reply;
mod server;
mod stream;

pub use authority::{Authority, Issued};
pub use listener::{Listener, closed_address, listen, listen_on_unix_socket, tls_front, unused_address};
pub use received::Received;
pub use reply::{Connection, Reply};
pub use server::{Secure, Server};
pub use stream::Stream;
