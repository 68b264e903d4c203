//! A reverse proxy on loopback in front of an API: an existing test suite is pointed at it.
//!
//! Bytes pass unchanged in both directions, as they come. What was sent and received is kept beside them, up to a limit, and
//! each finished exchange is given to a [`Judge`]. With [`ProxyOptions::enforce`] a response waits for the judge, and one
//! with a violation is replaced.
//!
//! No stability is promised for this crate: use `failspec`.

mod connector;
mod decode;
mod forward;
mod kept_body;
mod server;
mod upgrade;

pub use connector::ConnectError;
pub use server::{Judge, Proxy, ProxyError, ProxyOptions, Verdict};
