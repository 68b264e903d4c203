//! Operations of an OpenAPI document that no scenario is about.

use failspec_pack::{
    openapi::{Declared, Operation},
    pack::Pack,
};

/// Returns the operations of the pack's OpenAPI document to which no scenario sends a request under test, as
/// `METHOD /path`; none if the pack has no document, or one that cannot be read.
pub fn operations_without_case(pack: &Pack) -> Vec<String> {
    let Ok(Some(declared)) = Declared::of(pack) else { return Vec::new() };
    let asked = pack.scenarios.iter().filter_map(|scenario| {
        let line = &scenario.faulty.request.line;
        let path = line.path.written.split('?').next().unwrap_or_default();
        declared.operation(&line.method, path)
    });
    let asked: Vec<&str> = asked.map(|operation| operation.pointer.as_str()).collect();
    let is_asked = |operation: &&Operation| asked.contains(&operation.pointer.as_str());
    let operations = declared.api.operations.iter();
    operations
        .filter(|operation| !is_asked(operation))
        .map(|operation| operation.name().to_string())
        .collect()
}
