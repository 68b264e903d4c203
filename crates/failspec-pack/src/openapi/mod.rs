//! OpenAPI documents, 3.0 and 3.1, as one model.
//!
//! Real documents are large and contain errors. All usable parts are used; everything else becomes a [`Warning`] with
//! its JSON Pointer. Only a text that is not an OpenAPI document at all is an error. References to other files are
//! followed within the folder of the document, never over the network. Schemas are converted to JSON Schema 2020-12.

mod api;
mod bundle;
mod content;
mod document;
mod index;
mod lower;
mod operation;
mod parameter;
mod response;
mod security;
mod strict;
mod warning;

pub use api::{Api, Version};
pub use bundle::Bundle;
pub use content::Content;
pub use document::{Document, DocumentError, relative};
pub use index::{Declared, Direction};
pub use operation::Operation;
pub use parameter::{Parameter, ParameterLocation};
pub use response::{Response, ResponseHeader, ResponseStatus};
pub use security::{Credential, SecurityScheme};
pub use warning::{Warning, Warnings};
