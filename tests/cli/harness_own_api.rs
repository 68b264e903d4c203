//! Custom APIs in `cargo test`: the example in `examples/notes-api`, and how its harness behaves when something is
//! wrong. The example is a separate package; its files are used here without building it again.

#[path = "../../examples/notes-api/src/lib.rs"]
mod notes_api;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::support::{Reply, Server};
use failspec::harness::{Arguments, Conclusion, Harness, HarnessError};
use failspec_lint::lint;
use failspec_pack::pack::{Files, Pack};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/notes-api")
}

fn harness() -> Harness {
    Harness::new().packs(example().join("conformance"))
}

/// Failures that the tests below cause must not look like test failures: their output is discarded.
fn arguments(words: &[&str]) -> Arguments {
    Arguments::from_iter(["tests", "--logfile", "/dev/null"].iter().chain(words))
}

fn counts(conclusion: &Conclusion) -> (u64, u64, u64) {
    (conclusion.num_passed, conclusion.num_failed, conclusion.num_ignored)
}

fn full() -> Harness {
    harness().serve(notes_api::serve).bearer("reader", "sesame").variable("note", "1")
}

#[test]
fn example_conforms_and_its_pack_has_no_gaps() {
    assert_eq!(counts(&full().run(arguments(&[])).unwrap()), (4, 0, 0));
    assert_eq!(counts(&full().run(arguments(&["--exact", "notes::coverage"])).unwrap()), (1, 0, 0));
    let pack = Pack::load(&Files::Directory(example().join("conformance")), "notes").unwrap();
    let found = lint(&pack);
    assert!(found.0.is_empty(), "{}", found.render(false));
}

#[test]
fn documentation_shows_the_ten_lines_of_the_example() {
    let test = fs::read_to_string(example().join("tests/conformance.rs")).unwrap();
    for page in
        [example().join("README.md"), Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cargo-test.md")]
    {
        assert!(fs::read_to_string(&page).unwrap().contains(&test), "{}", page.display());
    }
    assert!(test.lines().count() <= 10);
}

#[test]
fn harness_fails_only_the_wrong_scenario() {
    let wrong = Server::start(|request| match (request.header("authorization"), request.path.as_str()) {
        (Some("Bearer sesame"), "/notes/1") => Reply::json(200, r#"{"text":"buy milk"}"#),
        (Some("Bearer sesame"), _) => Reply::json(404, r#"{"error":"no_such_note","message":"no"}"#),
        _ => Reply::json(401, r#"{"error":"unauthorized","message":"no"}"#),
    });
    let own = || harness().url(&wrong.url).bearer("reader", "sesame").variable("note", "1");
    // The scenario, and the run as a whole.
    assert_eq!(counts(&own().run(arguments(&[])).unwrap()), (2, 2, 0));
    assert_eq!(counts(&own().run(arguments(&["notes::unauthorized"])).unwrap()), (2, 0, 0));
}

#[test]
fn harness_fails_if_cases_were_not_judged() {
    // Without a role every scenario is skipped, and the run as a whole fails.
    let none = harness().serve(notes_api::serve);
    assert_eq!(counts(&none.run(arguments(&[])).unwrap()), (0, 1, 3));
    // No API, and no valid URL.
    for url in ["http://127.0.0.1:9", "nonsense", ""] {
        let gone = harness().url(url).bearer("reader", "sesame").variable("note", "1");
        assert_eq!(counts(&gone.run(arguments(&[])).unwrap()), (0, 4, 0), "{url}");
    }
}

#[test]
fn harness_starts_the_api_only_for_tests() {
    let started = Arc::new(AtomicUsize::new(0));
    let own = || {
        let started = Arc::clone(&started);
        harness().bearer("reader", "sesame").variable("note", "1").serve(move || {
            started.fetch_add(1, Ordering::SeqCst);
            notes_api::serve()
        })
    };
    assert!(!own().run(arguments(&["--list"])).unwrap().has_failed());
    assert!(!own().run(arguments(&["no_such_test"])).unwrap().has_failed());
    assert_eq!(started.load(Ordering::SeqCst), 0);
    assert!(!own().run(arguments(&[])).unwrap().has_failed());
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[test]
fn harness_refuses_names_that_the_contract_does_not_know() {
    let unknown = harness().url("http://127.0.0.1:9").bearer("raeder", "sesame").run(arguments(&[]));
    assert!(matches!(unknown, Err(HarnessError::Unknown { kind: "role", .. })));
    let unknown = harness().url("http://127.0.0.1:9").variable("nota", "1").run(arguments(&[]));
    assert!(matches!(unknown, Err(HarnessError::Unknown { kind: "variable", .. })));
    let several =
        Harness::new().packs(env!("CARGO_MANIFEST_DIR")).url("http://127.0.0.1:9").run(arguments(&[]));
    assert!(matches!(several, Err(HarnessError::SeveralPacks(_))));
    let none = Harness::new().packs("no/such/folder").run(arguments(&[]));
    assert!(matches!(none, Err(HarnessError::Files(_) | HarnessError::NoPacks)));
}
