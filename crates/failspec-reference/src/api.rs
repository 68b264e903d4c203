//! The interface of every reference implementation.

use super::{DocumentedError, Envelope, Request, Response, store::Switches};

/// A documented API, implemented without a network.
///
/// Methods take `&self`, because all connections of a server share the API and it manages its own state. No method
/// may panic or block, regardless of the request.
pub trait Api: Send + Sync {
    /// The name of the contract.
    fn name(&self) -> &'static str;

    /// Responds to a request as the documentation says.
    fn response(&self, request: &Request) -> Response;

    /// The documented structure of errors, on which generic mutants rely.
    fn envelope(&self) -> &'static Envelope;

    /// Every documented error.
    fn refusals(&self) -> Vec<DocumentedError>;

    /// The conditions: states that no request can cause, switched over the control endpoint.
    fn conditions(&self) -> &Switches;

    /// The fault switches (quirks): deliberate misbehaviour of the domain, off unless a mutant switches one on.
    fn quirks(&self) -> &Switches;

    /// The names of the quirks that clients must tolerate, because the documentation leaves the choice to the API.
    fn harmless_quirks(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns a complete, commented `failspec.toml` for this API under `base_url`, e.g. `http://127.0.0.1:8080`.
    fn target_file(&self, base_url: &str) -> String;
}
