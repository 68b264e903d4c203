//! Completeness check of packs: reports everything in a pack that is untested, unproven or unused.
//!
//! A pack that cannot be *read* is not linted; [`failspec_pack::pack::Pack::load`] reports its errors.

mod contract_keys;
mod coverage;
mod fault_rules;
mod openapi;
mod openapi_errors;
mod overlap;
mod sources;
mod success;
mod unused;
mod without_case;

pub use without_case::operations_without_case;

use failspec_base::syntax::{Diagnostic, Diagnostics};
use failspec_pack::{openapi::Declared, pack::Pack};

/// Reports everything in a pack that is untested, unproven or unused. Untested and unproven parts are errors; unused
/// and doubtful parts are warnings, and so are parts of the OpenAPI document that are not used.
pub fn lint(pack: &Pack) -> Diagnostics {
    // Held so that the document is read once for all rules. One that cannot be read is reported by one of them.
    let _document = Declared::shared(pack);
    let mut found = lint_without_document(pack);
    found.0.extend(openapi::losses(pack));
    found
}

/// Does the same without the parts of the OpenAPI document that are not used: an import reports them itself.
pub fn lint_without_document(pack: &Pack) -> Diagnostics {
    let rules: [fn(&Pack) -> Vec<Diagnostic>; 15] = [
        success::successes_that_take_in_failures,
        success::json_rpc_without_match,
        coverage::failures_without_scenario,
        coverage::causes_without_scenario,
        coverage::scenarios_without_proof,
        coverage::success_with_errors,
        coverage::failures_alike,
        coverage::summaries_with_or,
        fault_rules::orders_without_scenario,
        fault_rules::names_without_scenario,
        sources::unsourced,
        unused::declarations,
        unused::files,
        openapi::requests,
        overlap::scenarios_without_lock,
    ];
    let found = rules.iter().flat_map(|rule| rule(pack));
    Diagnostics(pack.warnings.0.iter().cloned().chain(found).collect())
}
