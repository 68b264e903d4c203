//! Any bytes as a recording that `observe` reads and judges.
#![no_main]

use std::sync::{Arc, LazyLock};

use failspec_observe::{ObserveOptions, Observer, read};
use failspec_pack::{
    pack::{Files, Pack},
    target_config::Target,
};
use libfuzzer_sys::fuzz_target;

static PACK: LazyLock<Arc<Pack>> = LazyLock::new(|| {
    let contract = include_str!("../corpus/contract/small.yaml");
    let texts = [("schemas/fuzz/contract.yaml".to_owned(), contract.to_owned())];
    Arc::new(Pack::from_texts(&Files::Directory(".".into()), "fuzz", texts).expect("a pack"))
});

fuzz_target!(|bytes: &[u8]| {
    let target = Target::from_url("https://api.test").expect("a target");
    let sources = ["a.har".to_owned()];
    let observer = Observer::new(Arc::clone(&PACK), target, Vec::new(), Vec::new(), &sources);
    let mut observer = observer.expect("an observer");
    if let Err(mistake) = read("a.har", bytes, &mut |exchange| drop(observer.observe(0, &exchange))) {
        assert!(!mistake.to_string().is_empty());
    }
    // Judged is what came before the mistake.
    if let Ok(report) = observer.finish(&ObserveOptions::default()) {
        assert!(report.is_observation() && report.cases.iter().all(|case| case.is_consistent()));
        assert!(serde_json::to_vec(&report).is_ok());
    }
});
