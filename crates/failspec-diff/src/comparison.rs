//! The outcome of a comparison.

use schemars::JsonSchema;
use serde::Serialize;

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    /// What was compared, in one line.
    pub title: String,
    /// Notes on the comparison, such as other versions of failspec.
    pub notes: Vec<String>,
    /// The differences by kind; groups without any are left out.
    pub groups: Vec<Group>,
}

/// Differences of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Group {
    /// Their kind, such as `breaking` or `worse`.
    pub title: String,
    /// Whether they count: a comparison with one that counts ends with exit code 1.
    pub counts: bool,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The name of its kind, as contracts and `failspec explain` know it.
    pub kind: String,
    /// The subject: a failure, a field, a case.
    pub subject: String,
    /// The difference in one sentence.
    pub message: String,
    /// The file where it can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl Comparison {
    /// Nothing is different so far.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds differences of one kind; none make no group.
    pub fn group(&mut self, title: &str, counts: bool, differences: Vec<Difference>) {
        if !differences.is_empty() {
            self.groups.push(Group { title: title.to_owned(), counts, differences });
        }
    }

    /// How many differences count.
    pub fn counting(&self) -> usize {
        self.groups.iter().filter(|group| group.counts).map(|group| group.differences.len()).sum()
    }

    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Difference {
    /// A difference that can be seen in no file.
    pub fn new(kind: &str, subject: impl Into<String>, message: impl Into<String>) -> Self {
        let (subject, message) = (subject.into(), message.into());
        Self { kind: kind.to_owned(), subject, message, file: None, line: None }
    }

    /// Says where it can be seen.
    #[must_use]
    pub fn at(self, file: &str, line: usize) -> Self {
        Self { file: Some(file.to_owned()), line: Some(line), ..self }
    }
}
