//! Any text as a file of a pack: what can be read is written as text that is read as the same values.
#![no_main]

use failspec_base::syntax::Source;
use failspec_pack::pack::writing::{Commented, Comments, ContractSource, FileDocument, ScenarioFileSource};
use libfuzzer_sys::fuzz_target;

fn round_trip<T: FileDocument + PartialEq + std::fmt::Debug + Clone>(text: &str) {
    let Ok(value) = T::parse(&Source::new("read.yaml", text)) else { return };
    let written = Commented { value: value.clone(), comments: Comments::default() }.to_yaml();
    let read = T::parse(&Source::new("written.yaml", written.as_str()));
    assert_eq!(read.expect("it is read"), value, "{written}");
}

fuzz_target!(|text: &str| {
    round_trip::<ContractSource>(text);
    round_trip::<ScenarioFileSource>(text);
});
