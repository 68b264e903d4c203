//! The content of both.

/// The result of verifying a certificate, in words. Texts in it may come from a stranger's certificate.
#[derive(Debug, Clone, Default)]
pub struct CertificateSummary {
    /// The statements of the certificate: names and values.
    pub facts: Vec<Fact>,
    /// Lists of requirements and problems; those without items are not shown.
    pub lists: Vec<ListOfIssues>,
    /// How far the certificate can be relied on.
    pub confidence: Confidence,
    /// The verdict in a word or two: `verified`.
    pub verdict: String,
    /// The text that follows it, such as a reason or what to do.
    pub explanation: String,
}

/// How far a certificate can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confidence {
    /// It was verified, its key is trusted, and it is a pass.
    Good,
    /// Something is open.
    Open,
    /// It was not verified, or is not a pass.
    #[default]
    Bad,
}

/// One line of what a certificate says.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The name; empty if it is that of the line before.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

/// A list of requirements or problems.
#[derive(Debug, Clone)]
pub struct ListOfIssues {
    /// Its title.
    pub title: &'static str,
    /// How bad its items are.
    pub confidence: Confidence,
    /// The items.
    pub items: Vec<String>,
}

/// Lists what verification checks, and what no signature proves.
pub(crate) const CHECKED: &str =
    "the signature over the exact bytes, every digest, and every requirement, recomputed from the report";

/// The facts that no signature proves.
pub(crate) const NOT_PROVEN: &str =
    "that the signer ran what the report shows; that the same software responds elsewhere, or later";

impl CertificateSummary {
    /// Adds a fact.
    pub fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push(Fact { name, value: value.into() });
    }
}
