//! What every reference implementation can do.

use super::{DocumentedError, Envelope, Request, Response, store::Switches};

/// One documented API, implemented without any network.
///
/// Methods take `&self`: an API is shared by all connections of a server and keeps its own state. No method
/// may panic or block, whatever the request looks like.
pub trait Api: Send + Sync {
    /// The name of the contract.
    fn name(&self) -> &'static str;

    /// Responds to a request, as the documentation says.
    fn response(&self, request: &Request) -> Response;

    /// How the documentation shapes errors; generic mutants go by it.
    fn envelope(&self) -> &'static Envelope;

    /// Every documented way to refuse a request.
    fn refusals(&self) -> Vec<DocumentedError>;

    /// The states that no request brings about, switched over the control endpoint.
    fn conditions(&self) -> &Switches;

    /// Deliberate misbehaviour of the domain, switched on by a mutant and off otherwise.
    fn quirks(&self) -> &Switches;

    /// The names of those quirks that clients must tolerate: the documentation leaves the API the choice.
    fn harmless_quirks(&self) -> &'static [&'static str] {
        &[]
    }

    /// A complete, commented `failspec.toml` for this API under `base_url`, e.g. `http://127.0.0.1:8080`.
    fn target_file(&self, base_url: &str) -> String;
}
