//! A contract in other forms, for those who read no contract: the table of a page, an overlay of an OpenAPI document, and codes
//! for clients. The contract is the one source of them; [`drift`](crate::drift) of what was exported finds no difference.

mod codes;
mod overlay;
mod page;

pub use codes::{CodeList, ListedFailure};
pub use overlay::{ExportedOverlay, NotDeclared, overlay};
pub use page::page;

use failspec_pack::pack::{Contract, Failure};

/// Returns the failures that a source states. What the author of a pack inferred is nothing to publish.
fn stated(contract: &Contract) -> impl Iterator<Item = &Failure> {
    contract.failures.iter().filter(|failure| failure.source.is_binding())
}
