//! The content of a board: the verified certificates of a programme, by product.

use serde::Serialize;

pub use crate::html::{board_index as index, board_product as product};

/// A board of verified certificates. Everything in it follows from the certificates, the programme and the day.
#[derive(Debug, Clone, Serialize)]
pub struct Board {
    /// The name of the programme.
    pub programme: String,
    /// The day for which it holds: certificates that have expired by then are history.
    pub as_of: String,
    /// The products, by name.
    pub products: Vec<BoardProduct>,
    /// The files of the board, relative to its folder, sorted.
    pub files: Vec<String>,
}

/// A product with its certificates.
#[derive(Debug, Clone, Serialize)]
pub struct BoardProduct {
    /// Its name, as its certificates state it.
    pub name: String,
    /// The name of its files.
    pub slug: String,
    /// Its certificates, the latest first.
    pub certificates: Vec<BoardCertificate>,
}

/// One certificate.
#[derive(Debug, Clone, Serialize)]
pub struct BoardCertificate {
    /// Its file, relative to the folder of the board.
    pub file: String,
    /// The version of the product, as the certificate states it.
    pub version: Option<String>,
    /// Its profile.
    pub profile: String,
    /// `PASSED`, `WARNED` or `FAILED`.
    pub result: String,
    /// True if it is a pass under the programme.
    pub passed: bool,
    /// The reason why it no longer counts, if it does not.
    pub outdated: Option<String>,
    /// The day of its run.
    pub run: String,
    /// The day on which it expires.
    pub valid_until: String,
    /// The owner of its key.
    pub signer: String,
    /// The version of failspec.
    pub failspec: String,
    /// Violations that belong to no single failure.
    pub violations: Vec<String>,
    /// The packs that it covers.
    pub packs: Vec<BoardPack>,
}

/// One pack of a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct BoardPack {
    /// Its name, with its version.
    pub pack: String,
    /// The date of its documentation.
    pub as_of: Option<String>,
    /// Its digest, SHA-256 in hex.
    pub digest: String,
    /// Optional parts of the API: name, and the state in words.
    pub features: Vec<BoardFeature>,
    /// The documented failures and causes, in the order of the contract.
    pub requirements: Vec<BoardRequirement>,
}

/// An optional part of the API.
#[derive(Debug, Clone, Serialize)]
pub struct BoardFeature {
    /// Its name.
    pub name: String,
    /// The abilities of a product with it.
    pub about: String,
    /// False if the product does not have it.
    pub present: bool,
}

/// A documented failure or cause.
#[derive(Debug, Clone, Serialize)]
pub struct BoardRequirement {
    /// The failure, or `failure/cause`.
    pub id: String,
    /// True if the profile requires it.
    pub required: bool,
    /// Its outcome.
    pub outcome: BoardOutcome,
    /// The reason, if it was not met.
    pub why: Option<String>,
}

/// The outcome of a failure for a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardOutcome {
    /// Covered, and every case of it passed.
    Passed,
    /// A case of it broke a documented rule.
    Failed,
    /// A known violation.
    Waived,
    /// It belongs to an optional part that the product does not have.
    NotApplicable,
    /// No case showed it.
    NotCovered,
}

impl BoardOutcome {
    /// All outcomes, in the order of the counts.
    pub const ALL: [Self; 5] =
        [Self::Passed, Self::Failed, Self::Waived, Self::NotApplicable, Self::NotCovered];

    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Waived => "waived",
            Self::NotApplicable => "not applicable",
            Self::NotCovered => "not covered",
        }
    }
}

impl BoardProduct {
    /// Returns the latest certificate that covers a pack of this name.
    pub fn latest(&self, pack: &str) -> Option<(&BoardCertificate, &BoardPack)> {
        self.certificates.iter().find_map(|certificate| Some((certificate, certificate.pack(pack)?)))
    }
}

impl BoardCertificate {
    /// Returns what it says about a pack.
    pub fn pack(&self, name: &str) -> Option<&BoardPack> {
        self.packs.iter().find(|pack| pack.pack == name)
    }
}

impl BoardPack {
    /// Returns the number of failures and causes with an outcome.
    pub fn count(&self, outcome: BoardOutcome) -> usize {
        self.requirements.iter().filter(|it| it.outcome == outcome).count()
    }
}
