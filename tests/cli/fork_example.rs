//! The example of a fork: a pack of eleven lines that follows KubeGlass, and sends its own search.

use crate::support::{done, failspec};

#[test]
fn fork_of_kubeglass_has_all_of_its_cases() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |arguments: &[&str]| {
        let listed = done(failspec(folder).args(arguments)).exits(0);
        let cases =
            listed.stdout.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned));
        let cases = cases.filter_map(|name| name.split_once("::").map(|(_, rest)| rest.to_owned()));
        cases.collect::<std::collections::BTreeSet<String>>()
    };
    let base = names(&["list", "kubeglass"]);
    let fork = names(&["list", "glasshouse", "--packs", "examples/kubeglass-fork"]);
    assert_eq!(fork, base);
    done(failspec(folder).args(["lint", "--packs", "examples/kubeglass-fork"])).exits(0);
}
