//! Why a run could not begin.

use failspec_http::ClientError;
use failspec_pack::openapi::DocumentError;

/// Why a run could not begin. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no client: TLS settings that cannot be obeyed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The OpenAPI document that the contract names cannot be used.
    #[error("the contract's OpenAPI document: {0}")]
    Document(#[from] DocumentError),
}
