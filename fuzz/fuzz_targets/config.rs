//! Any text as `failspec.toml`.
#![no_main]

use std::path::Path;

use failspec_base::syntax::Source;
use failspec_pack::target_config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(mistakes) = Config::read(&Source::new("failspec.toml", text), None, Path::new(".")) {
        assert!(!mistakes.to_string().is_empty());
    }
});
