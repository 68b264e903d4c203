//! Embedded reference implementations of documented error contracts.
//!
//! A harness that checks other people's APIs is tested on APIs that are known to be correct, and on the same APIs
//! with one deliberate error. This crate contains both:
//!
//! - An [`Api`] is one contract, implemented only from its documentation and without a network: it takes a
//!   [`Request`] and returns a [`Response`]. It does not depend on packs and scenarios, and also gives the documented
//!   response to requests that no scenario sends.
//! - A [`Server`] serves an API on a socket, together with the control endpoint that switches its conditions.
//! - A [`Mutant`] is one deliberate violation, which must be detected, or one harmless change, which must pass.
//! - [`store`] is the small domain model that the APIs share: versioned resources, identities, clocks, limits.
//!
//! This crate imports nothing from the other crates of the workspace.

mod api;
pub mod apinizer;
mod control;
mod documented_error;
mod envelope;
mod json_body;
pub mod k0rdent;
pub mod kubeadapt;
pub mod kubeglass;
pub mod kubevision;
mod methods;
pub mod mutant;
mod names;
mod paging;
mod path;
mod query;
mod registry;
mod request;
mod response;
mod server;
pub mod store;

pub use api::Api;
pub use documented_error::{DocumentedError, Mark};
pub use envelope::{CodeKind, Envelope};
pub use mutant::{Mutant, mutants, mutants_of};
pub use registry::{api, api_on, apis};
pub use request::Request;
pub use response::Response;
pub use server::{Options, Server, StartError};
