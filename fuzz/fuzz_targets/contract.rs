//! Any text as `contract.yaml`: it is read, or every mistake in it can be told.
#![no_main]

use failspec_pack::pack::{Files, Pack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let texts = [("schemas/fuzz/contract.yaml".to_owned(), text.to_owned())];
    if let Err(mistakes) = Pack::from_texts(&Files::Directory("/nowhere".into()), "fuzz", texts) {
        assert!(!mistakes.to_string().is_empty());
    }
});
