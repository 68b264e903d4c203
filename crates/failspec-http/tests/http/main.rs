//! The HTTP client against scripted servers on loopback.

mod client;
mod connections;
mod hostile;
mod http2;
mod server;
mod transports;
