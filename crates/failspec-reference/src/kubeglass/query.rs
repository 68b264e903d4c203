//! Query parameters.

use super::{Code, Failure};
use crate::query;

/// The query as names and values.
#[derive(Debug, Default)]
pub(super) struct Query(query::Query);

impl Query {
    /// Splits and decodes a query in the encoding of HTML forms.
    pub(super) fn read(query: Option<&str>) -> Self {
        Self(query::Query::read(query))
    }

    /// Returns the value of a parameter; the first one, if it was sent several times. Parameters that an operation
    /// does not use are ignored.
    ///
    /// A value with an invalid percent-encoding is a malformed request.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, Failure> {
        self.0.first(name).map_err(|_| {
            Failure::new(Code::BadRequest, format!("query parameter {name} has an invalid percent-encoding"))
        })
    }
}
