//! Errors that make a document unusable.

use super::overlay::OverlayError;

/// An error that makes a document unusable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DocumentError {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path of the file.
        path: String,
        /// The reason.
        reason: String,
    },
    /// The file is neither JSON nor YAML.
    #[error("{path} is neither JSON nor YAML: {reason}")]
    Malformed {
        /// The path of the file.
        path: String,
        /// The message of the parser.
        reason: String,
    },
    /// The file is another kind of document, or has an unsupported version.
    #[error("{path} is not an OpenAPI document: {reason}")]
    Other {
        /// The path of the file.
        path: String,
        /// The reason.
        reason: String,
    },
    /// An overlay cannot be used.
    #[error(transparent)]
    Overlay(#[from] OverlayError),
}
