//! Query parameters.

use super::{Code, Failure};
use crate::query;

/// The query as names and values.
#[derive(Debug, Default)]
pub(super) struct Query(query::Query);

impl Query {
    /// Splits and decodes a query as HTML forms write it.
    pub(super) fn read(query: Option<&str>) -> Self {
        Self(query::Query::read(query))
    }

    /// The value of a parameter; the first one, if it was sent several times. Parameters that an operation does not
    /// ask for are ignored.
    ///
    /// A value with a broken percent-encoding is a malformed request.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, Failure> {
        self.0.first(name).map_err(|_| {
            Failure::new(Code::BadRequest, format!("query parameter {name} has an invalid percent-encoding"))
        })
    }
}
