//! Query parameters.

use super::{Code, Failure};

/// The query as names and values.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// A value is `None` where it cannot be decoded.
    pairs: Vec<(String, Option<String>)>,
}

impl Query {
    /// Splits and decodes a query as HTML forms write it.
    pub(super) fn read(query: Option<&str>) -> Self {
        let pairs = query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name).unwrap_or_else(|| name.to_owned()), decode(value))
            })
            .collect();
        Self { pairs }
    }

    /// The value of a parameter; the first one, if it was sent several times. Parameters that an operation does not
    /// ask for are ignored.
    ///
    /// A value with a broken percent-encoding is a malformed request.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.pairs.iter().find(|(known, _)| known == name) {
            None => Ok(None),
            Some((_, Some(value))) => Ok(Some(value)),
            Some((_, None)) => Err(Failure::new(
                Code::BadRequest,
                format!("query parameter {name} has an invalid percent-encoding"),
            )),
        }
    }
}

fn decode(text: &str) -> Option<String> {
    super::route::decode(&text.replace('+', " "))
}
