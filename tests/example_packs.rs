//! The packs under `examples/packs` are complete: they can be read, and the completeness gate finds nothing.

use failspec::{
    lint::lint,
    pack::{Files, Pack},
};

#[test]
fn the_example_packs_are_complete() {
    let files = Files::Directory("examples/packs".into());
    let names = files.packs().unwrap();
    assert_eq!(names, ["apinizer"]);
    for (name, documented) in names.iter().zip([15]) {
        let pack = Pack::load(&files, name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(pack.contract.failures.len(), documented, "{name}");
        let found = lint(&pack);
        assert!(found.0.is_empty(), "{name}: {found}");
    }
}
