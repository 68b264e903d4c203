//! Packs are embedded in the binary: new or removed files must bring about a new build.

fn main() {
    for folder in ["schemas", "scenarios", "snapshots"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
