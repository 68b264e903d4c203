//! Query strings in the encoding of HTML forms.

use super::path::decode;

/// The parameters in the order in which they were sent.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(String, Result<String, Undecodable>)>,
}

/// A value with an invalid percent-encoding, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} has an invalid percent-encoding")]
pub struct Undecodable(pub String);

impl Query {
    /// Splits and decodes the part of a URL after the `?`.
    #[must_use]
    pub fn read(query: Option<&str>) -> Self {
        let decoded = |text: &str| decode(&text.replace('+', " "));
        let pairs = query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let value = decoded(value).ok_or_else(|| Undecodable(value.to_owned()));
                (decoded(name).unwrap_or_else(|| name.to_owned()), value)
            })
            .collect();
        Self { pairs }
    }

    /// Returns the value of a parameter; the first one, if it was sent several times.
    ///
    /// # Errors
    /// If that value cannot be decoded.
    pub fn first(&self, name: &str) -> Result<Option<&str>, &Undecodable> {
        self.values(name).next().map(|value| value.as_deref()).transpose()
    }

    /// Returns the value of a parameter; the last one, if it was sent several times.
    ///
    /// # Errors
    /// If that value cannot be decoded.
    pub fn last(&self, name: &str) -> Result<Option<&str>, &Undecodable> {
        self.values(name).next_back().map(|value| value.as_deref()).transpose()
    }

    fn values<'a>(&'a self, name: &str) -> impl DoubleEndedIterator<Item = &'a Result<String, Undecodable>> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value)
    }
}
