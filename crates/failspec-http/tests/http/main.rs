//! The HTTP client against scripted servers on loopback.

mod client;
mod connections;
mod hostile;
mod server;
