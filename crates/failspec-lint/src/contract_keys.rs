//! The places of keys in the file of a contract.

use failspec_base::syntax::{Location, Node, yaml};
use failspec_pack::pack::Contract;

/// The keys of a contract's file, for findings about one of them.
pub(super) struct ContractKeys<'c> {
    contract: &'c Contract,
    root: Option<Node>,
}

impl<'c> ContractKeys<'c> {
    /// Reads the file of a contract once more: the contract itself keeps the places of few of its parts.
    pub fn of(contract: &'c Contract) -> Self {
        Self { contract, root: yaml::read(&contract.place.source).0 }
    }

    /// Returns the place of a key, by the keys on the way to it; that of the contract if its base has the key.
    pub fn place(&self, keys: &[&str]) -> Location {
        let mut node = self.root.as_ref();
        let mut span = None;
        for key in keys {
            let entry = node.and_then(Node::as_map).and_then(|all| all.iter().find(|it| it.key == *key));
            node = entry.map(|entry| &entry.value);
            span = entry.map(|entry| entry.key_span);
        }
        let source = self.contract.place.source.clone();
        span.map_or_else(|| self.contract.place.clone(), |span| Location { source, span })
    }
}
