//! Files of the repository that are written from the code.

use std::{env, fs, path::Path};

use serde_json::Value;

/// Fails where the file at `path`, below the root of the repository, is not `schema`; with `UPDATE_SCHEMAS` set it is
/// written instead.
pub(crate) fn compare(path: &str, schema: &Value) {
    let (file, text) = (Path::new(env!("CARGO_MANIFEST_DIR")).join(path), format!("{schema:#}\n"));
    if env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap();
    assert!(there == text, "{path} is not what the types say: UPDATE_SCHEMAS=1 cargo test --lib json_schema");
}
