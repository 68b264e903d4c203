//! The packs that are built into the program.

use failspec_pack::pack::{BuiltInPacks, Files, Texts, register_built_in};
use include_dir::include_dir;

/// Folder by folder, because the JSON Schemas of the file formats are next to them, which no run needs.
static PACKS: BuiltInPacks = BuiltInPacks {
    schemas: &[
        ("apinizer", include_dir!("$CARGO_MANIFEST_DIR/schemas/apinizer")),
        ("k0rdent", include_dir!("$CARGO_MANIFEST_DIR/schemas/k0rdent")),
        ("kubeadapt", include_dir!("$CARGO_MANIFEST_DIR/schemas/kubeadapt")),
        ("kubeglass", include_dir!("$CARGO_MANIFEST_DIR/schemas/kubeglass")),
        ("kubevision", include_dir!("$CARGO_MANIFEST_DIR/schemas/kubevision")),
    ],
    scenarios: include_dir!("$CARGO_MANIFEST_DIR/scenarios"),
    snapshots: include_dir!("$CARGO_MANIFEST_DIR/snapshots"),
};

/// Makes the built-in packs known: packs of a directory can extend them.
pub fn register() {
    register_built_in(&PACKS);
}

/// Returns the built-in packs as files.
pub fn built_in() -> Files {
    Files::Embedded(&PACKS)
}

/// Returns the approved responses of a built-in pack: path below `snapshots/<pack>` → text.
pub fn snapshots_of(pack: &str) -> Texts {
    PACKS.snapshots_of(pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_has_every_pack_of_the_repository_whole() {
        let repository = Files::Directory(env!("CARGO_MANIFEST_DIR").into());
        let packs = repository.packs().unwrap();
        assert_eq!(built_in().packs().unwrap(), packs);
        for pack in packs {
            let texts = built_in().read_pack(&pack).unwrap();
            assert!(texts.keys().any(|path| path.starts_with("scenarios/")), "{pack}");
            assert_eq!(texts, repository.read_pack(&pack).unwrap(), "{pack}");
        }
    }
}
