//! A list of codes, for clients.

use serde::Serialize;
use serde_json::Value;

use failspec_pack::pack::{Failure, Pack, Retry, StatusPattern};

use super::stated;

/// The failures of a contract, as data.
#[derive(Debug, Serialize)]
pub struct CodeList<'p> {
    /// The name of the pack.
    pub contract: &'p str,
    /// The version of the contract, if the pack has versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The day of the documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// The URL of the documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation: Option<&'p str>,
    /// The location of the code in an error, as the contract writes it: mostly a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_at: Option<Value>,
    /// The failures that a source states, in the order of the contract.
    pub failures: Vec<ListedFailure<'p>>,
}

/// One failure.
#[derive(Debug, Serialize)]
pub struct ListedFailure<'p> {
    /// Its name in the pack.
    pub id: &'p str,
    /// Its codes; empty if it has none of its own.
    pub codes: Vec<&'p Value>,
    /// Its HTTP statuses, as numbers or classes such as `4xx`.
    pub statuses: &'p [StatusPattern],
    /// Its meaning, in the terms of the documentation.
    pub summary: &'p str,
    /// The documented advice to clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// The page or line that documents it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation: Option<&'p str>,
}

impl<'p> CodeList<'p> {
    /// Lists the failures of a pack.
    pub fn of(pack: &'p Pack) -> Self {
        let contract = &pack.contract;
        Self {
            contract: &pack.name,
            version: pack.version.as_ref().map(ToString::to_string),
            as_of: contract.as_of.map(|day| day.to_string()),
            documentation: contract.documentation.as_deref(),
            code_at: contract.envelope.code.as_ref().map(|code| code.rule.to_json()),
            failures: stated(contract).map(listed).collect(),
        }
    }
}

fn listed(failure: &Failure) -> ListedFailure<'_> {
    ListedFailure {
        id: &failure.id,
        codes: codes(failure),
        statuses: failure.statuses(),
        summary: &failure.summary,
        retry: failure.retry,
        documentation: failure.documentation.as_deref(),
    }
}

/// Returns the codes that the documentation allows for a failure.
pub(super) fn codes(failure: &Failure) -> Vec<&Value> {
    let alternatives = failure.rules.codes.iter();
    let mut codes: Vec<&Value> = failure.code().into_iter().collect();
    for code in alternatives {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}
