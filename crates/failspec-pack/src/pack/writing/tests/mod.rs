//! Everything that is written is read as the same values.

mod built_in;
mod samples;

use std::sync::Arc;

use serde_json::{Value, json};

use failspec_base::syntax::{MappingSchema, Source};

use super::*;
use samples::{Rng, contract_with, file_with, scenario_with, texts};

/// The keys of a type, and the mapping schema of the loader.
pub(super) trait Keys {
    const SHAPE: &'static MappingSchema;

    fn keys() -> Vec<&'static str>;
}

fn same_keys<T: Keys>() {
    let mut known: Vec<&str> = T::SHAPE.keys().map(|field| field.name).collect();
    let mut own = T::keys();
    known.sort_unstable();
    own.sort_unstable();
    assert_eq!(own, known, "{}", T::SHAPE.name);
}

#[test]
fn keys_are_those_of_the_loader() {
    same_keys::<ContractSource>();
    same_keys::<SuccessSource>();
    same_keys::<ListedValueSource>();
    same_keys::<ExistingThingSource>();
    same_keys::<RequiresSource>();
    same_keys::<ProfileSource>();
    same_keys::<CleanupSource>();
    same_keys::<OperationParts>();
    same_keys::<InferredPartsSource>();
    same_keys::<EnvelopeSource>();
    same_keys::<InferredEnvelopeSource>();
    same_keys::<FailureSource>();
    same_keys::<InferredSource>();
    same_keys::<ScenarioFileSource>();
    same_keys::<ScenarioSource>();
    same_keys::<FixtureSource>();
    same_keys::<ControlSource>();
    same_keys::<IndistinguishableFromSource>();
    same_keys::<StepSource>();
    same_keys::<ExpectSource>();
    same_keys::<AtSource>();
    same_keys::<ConcurrentSource>();
    same_keys::<LaterSource>();
    same_keys::<SlowBodySource>();
    same_keys::<RepeatSource>();
}

fn parse<T: FileDocument>(text: &str) -> T {
    T::parse(&Source::new("test.yaml", text))
        .unwrap_or_else(|mistakes| panic!("{}\n{text}", mistakes.render(false)))
}

/// Writes a value and reads it again.
fn round_trip<T: FileDocument + PartialEq + std::fmt::Debug + Clone>(value: &T) -> String {
    let text = Commented { value: value.clone(), comments: Comments::default() }.to_yaml();
    let read: T = parse(&text);
    assert_eq!(read, *value, "\n{text}");
    text
}

#[test]
fn every_text_is_read_as_it_was_written() {
    for text in texts() {
        round_trip(&file_with(&text, &Value::from(text.as_str())));
        round_trip(&contract_with(&text, &Value::from(text.as_str())));
    }
}

/// Comments from a document stay comments: they end no line, and change no value.
#[test]
fn comments_never_become_values() {
    for text in texts() {
        for text in
            [text.clone(), format!("a\n{text}"), format!("{text}\r\nfailures: []"), format!("\u{2028}{text}")]
        {
            let value = contract_with("x", &json!(1));
            let mut comments = Comments::default();
            comments.head(text.clone());
            let mut disabled = Comments::default();
            disabled.before("/id", text.clone());
            disabled.beside("/summary", text.clone());
            let failure = &contract_with(&text, &json!(1)).failures[0];
            for at in
                ["/contract", "/success", "/envelope/code", "/failures", "/failures/0", "/failures/0/id"]
            {
                comments.before(at, text.clone());
                comments.before(at, Note::Blank);
                comments.beside(at, text.clone());
                comments.after(at, text.clone());
            }
            for at in ["/failures/0", "/failures"] {
                comments.before(at, Note::item_without(failure, "id", "status", disabled.clone()));
                comments.after(at, Note::keys(failure, disabled.clone()));
                comments.after(at, Note::key(&text, failure, Comments::default()));
            }
            let written = Commented { value: value.clone(), comments };
            let yaml = written.to_yaml();
            assert_eq!(parse::<ContractSource>(&yaml), value, "{text:?}\n{yaml}");
            let bare = Commented { value, comments: Comments::default() }.to_yaml();
            let own = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
            let count = |text: &str| text.lines().filter(own).count();
            assert_eq!(count(&yaml), count(&bare), "{text:?}\n{yaml}");
        }
    }
}

/// Lines that are commented out can be used again: without its `# `, it is the value that it was.
#[test]
fn disabled_keys_can_be_enabled() {
    let mut file = Commented { value: ScenarioFileSource::default(), comments: Comments::default() };
    file.value.contract = "things".to_owned();
    let scenario = scenario_with("GET /a", &json!({ "b": [1, null, 2.5] }));
    let mut comments = Comments::default();
    comments.beside("/stub/no_control", "because");
    file.comments.after("/scenarios", Note::Blank);
    file.comments.after("/scenarios", Note::key("stub", &scenario, comments));
    let text = file.to_yaml();
    assert!(text.starts_with("contract: things\nscenarios: {}\n\n"), "{text}");
    let enabled = text.replace("scenarios: {}", "scenarios:").replace("# ", "  ");
    let enabled = enabled.replace("     because", "   # because");
    let read: ScenarioFileSource = parse(&enabled);
    assert_eq!(read.scenarios, [("stub".to_owned(), scenario)]);
}

#[test]
fn random_values_are_read_as_they_were_written() {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    for _ in 0..400 {
        let (text, value) = (rng.text(), rng.value(0));
        round_trip(&file_with(&text, &value));
        round_trip(&contract_with(&text, &value));
    }
}

#[test]
fn numbers_at_the_limits_are_read_as_they_were_written() {
    for number in [
        json!(u64::MAX),
        json!(i64::MIN),
        json!(-0.0),
        json!(f64::MAX),
        json!(5e-324),
        json!(1e21),
        json!(0.1),
    ] {
        round_trip(&file_with("x", &number));
    }
}

#[test]
fn what_no_file_can_say_is_refused() {
    for (text, said) in [
        ("contract: a\nscenarios: { a: { triggers: b, reqest: GET / } }\n", "reqest"),
        ("contract: a\nscenarios: { a: { request: GET /, expect: fine } }\n", "`fine` is not a valid value"),
        ("contract: a\nscenarios: { a: { triggers: b, bytes: '?' } }\n", "not base64"),
        ("contract: a\nscenarios: { a: { triggers: b, setup: x } }\n", "expected a list"),
    ] {
        let error = ScenarioFileSource::parse(&Source::new("test.yaml", text)).unwrap_err().render(false);
        assert!(error.contains(said), "{error}");
    }
    let source: Arc<Source> = Source::new("test.yaml", "contract: a\nas_of: soon\n");
    assert!(ContractSource::parse(&source).unwrap_err().render(false).contains("not a date"));
}
