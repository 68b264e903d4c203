//! The result of a comparison.

use schemars::JsonSchema;
use serde::Serialize;

/// The result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    /// The names of the compared items, in one line.
    pub title: String,
    /// Notes on the comparison, such as different versions of failspec.
    pub notes: Vec<String>,
    /// The differences by kind. Empty groups are omitted.
    pub groups: Vec<Group>,
}

/// Differences of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Group {
    /// Their kind, such as `breaking` or `worse`.
    pub title: String,
    /// True if they count: a comparison with a difference that counts ends with exit code 1.
    pub counts: bool,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The name of its kind, as in contracts and `failspec explain`.
    pub kind: String,
    /// The subject: a failure, a field, a case.
    pub subject: String,
    /// The difference in one sentence.
    pub message: String,
    /// The file that contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl Comparison {
    /// Creates a comparison without differences.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a group of differences of one kind. Adds nothing if there are no differences.
    pub fn group(&mut self, title: &str, counts: bool, differences: Vec<Difference>) {
        if !differences.is_empty() {
            self.groups.push(Group { title: title.to_owned(), counts, differences });
        }
    }

    /// Returns the number of differences that count.
    pub fn counting(&self) -> usize {
        self.groups.iter().filter(|group| group.counts).map(|group| group.differences.len()).sum()
    }

    /// Returns true if there are no differences.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Difference {
    /// Creates a difference without a location in a file.
    pub fn new(kind: &str, subject: impl Into<String>, message: impl Into<String>) -> Self {
        let (subject, message) = (subject.into(), message.into());
        Self { kind: kind.to_owned(), subject, message, file: None, line: None }
    }

    /// Sets the file and the line of the difference.
    #[must_use]
    pub fn at(self, file: &str, line: usize) -> Self {
        Self { file: Some(file.to_owned()), line: Some(line), ..self }
    }
}
