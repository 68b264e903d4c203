//! Any text as a report that `merge` or `waive` reads.
#![no_main]

use failspec_report::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(mistake) = json::read(text) {
        assert!(!mistake.to_string().is_empty());
    }
});
