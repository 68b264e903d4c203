//! OpenAPI documents, 3.0 to 3.2, and Swagger 2.0, as one model.
//!
//! Real documents are large and contain errors. All usable parts are used; everything else becomes a [`Warning`] with
//! its JSON Pointer. Only a text that is not an OpenAPI document at all is an error. References to other files are
//! followed within the folder of the document, never over the network. Schemas are converted to JSON Schema 2020-12.

mod api;
mod at;
mod bundle;
mod content;
mod document;
mod document_error;
mod file_text;
mod identifiers;
mod index;
mod lower;
mod operation;
mod overlay;
mod parameter;
mod path_template;
mod response;
mod security;
mod servers;
mod strict;
mod swagger;
mod told_values;
mod typical;
mod version;
mod warning;
mod words;

pub use api::Api;
pub use bundle::Bundle;
pub use content::Content;
pub use document::{Document, relative};
pub use document_error::DocumentError;
pub use index::{Declared, Direction};
pub use operation::Operation;
pub use overlay::{Overlay, OverlayError};
pub use parameter::{Parameter, ParameterLocation};
pub use response::{Response, ResponseHeader, ResponseStatus};
pub use security::{Credential, SecurityScheme};
pub use told_values::told_of;
pub use typical::typical_text;
pub use version::Version;
pub use warning::{Warning, Warnings};
pub use words::{is_verb, snake};
