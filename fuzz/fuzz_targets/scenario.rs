//! Any text as a file of scenarios, beside a contract that is right.
#![no_main]

use failspec_pack::pack::{Files, Pack};
use libfuzzer_sys::fuzz_target;

const CONTRACT: &str = include_str!("../corpus/contract/small.yaml");

fuzz_target!(|text: &str| {
    let texts = [
        ("schemas/fuzz/contract.yaml".to_owned(), CONTRACT.to_owned()),
        ("scenarios/fuzz/all.yaml".to_owned(), text.to_owned()),
    ];
    if let Err(mistakes) = Pack::from_texts(&Files::Directory("/nowhere".into()), "fuzz", texts) {
        assert!(!mistakes.to_string().is_empty());
    }
});
