//! Any text as YAML, of our dialect and of those of others, with anchors and aliases: what is read is bounded, however
//! often its aliases name their anchors.
#![no_main]

use failspec_base::syntax::{Node, NodeValue, Source, yaml};
use libfuzzer_sys::fuzz_target;

/// More nodes than aliases may bring, and what is written out in a text of the size of the fuzzer's.
const MOST: usize = 1_500_000;

fn nodes(node: &Node) -> usize {
    1 + match &node.value {
        NodeValue::List(items) => items.iter().map(nodes).sum(),
        NodeValue::Map(entries) => entries.iter().map(|entry| nodes(&entry.value)).sum(),
        _ => 0,
    }
}

fuzz_target!(|text: &str| {
    let source = Source::new("any.yaml", text);
    for (node, mistakes) in [yaml::read(&source), yaml::read_foreign(&source)] {
        assert!(node.is_some() || !mistakes.to_string().is_empty());
        assert!(node.is_none_or(|node| nodes(&node) <= MOST));
    }
});
