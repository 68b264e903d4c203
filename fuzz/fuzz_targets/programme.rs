//! Any text as `programme.toml`.
#![no_main]

use std::path::Path;

use failspec_base::syntax::Source;
use failspec_certificate::Programme;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(mistake) = Programme::read(&Source::new("programme.toml", text), Path::new("/nowhere")) {
        assert!(!mistake.to_string().is_empty());
    }
});
