//! Embedded reference implementations of documented error contracts.
//!
//! A harness that judges other people's APIs is proven on APIs that are known to be right, and on the same
//! APIs with one thing deliberately wrong. Both live here:
//!
//! - an [`Api`] is one contract, implemented from its documentation alone and without any network: a
//!   [`Request`] in, a [`Response`] out. It knows nothing of packs and scenarios, and gives the documented
//!   response to requests that no scenario sends.
//! - [`Server`] puts an API on a socket, together with the control endpoint that switches its conditions.
//! - a [`Mutant`] is one deliberate violation, which must be caught, or one harmless change, which must pass.
//! - [`store`] is the small domain that the APIs share: versioned resources, identities, clocks, limits.
//!
//! This room imports nothing from the other rooms of the crate.

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
pub use registry::{api, apis};
pub use request::Request;
pub use response::Response;
pub use server::{Options, Server, StartError};
