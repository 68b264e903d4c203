//! Hostile files: packs may come from untrusted authors, target files from scripts.

use std::{
    fs,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::hostile_file::{Mutator, Reader, seeds};
use crate::support::{
    Done, Reply, Server, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, pack_with, tiny, tiny_server,
};

/// Maximum time to refuse a file, in an unoptimised build on a busy machine. What takes quadratic time takes hours.
const RUN_TIMEOUT: Duration = Duration::from_secs(120);

/// Maximum size of the output about files, in bytes.
const MAX_PRINTED: usize = 400_000;

/// Number of mutated files, distributed over the seeds.
const MUTATIONS: usize = 400;

/// Asserts that the pack is refused quickly, before anything is sent, and without control characters in the output.
#[track_caller]
fn refused(folder: &Path, says: &str) -> Done {
    let server = tiny_server();
    let began = Instant::now();
    let done = done(failspec(folder).args(["run", "--packs", ".", "--url", &server.url]));
    let (took, text) = (began.elapsed(), done.all());
    assert!(took < RUN_TIMEOUT, "it took {took:?}");
    assert!(text.len() < MAX_PRINTED, "it printed {} bytes", text.len());
    assert_eq!(done.code, 2, "{}", &text[..text.floor_char_boundary(3000)]);
    assert!(text.contains(says), "`{says}` is missing in {}", &text[..text.floor_char_boundary(3000)]);
    let obeyed = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
    assert!(!text.contains(obeyed), "a terminal would obey {text:?}");
    assert_eq!(server.connections(), 0, "something was sent");
    done
}

#[test]
fn mutated_files_never_cause_a_panic() {
    let seeds = seeds();
    for reader in [Reader::Contract, Reader::Scenario, Reader::Config, Reader::Programme] {
        assert!(seeds.iter().any(|seed| seed.reader == reader), "no seed for {reader:?}");
    }
    let (wrong, refused) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let (next, threads) = (AtomicUsize::new(0), 2);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= MUTATIONS {
                        return;
                    }
                    let seed = &seeds[number % seeds.len()];
                    let text = Mutator::new(number as u64).mutate(&seed.text);
                    let began = Instant::now();
                    match seed.read(&text) {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => drop(refused.fetch_add(1, Ordering::SeqCst)),
                        Err(_) => wrong.lock().unwrap().push(format!("{}: panic at\n{text}", seed.name)),
                    }
                    if began.elapsed() > RUN_TIMEOUT {
                        wrong.lock().unwrap().push(format!("{}: slow with\n{text}", seed.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {MUTATIONS}:\n{}", wrong.len(), wrong.join("\n"));
    // If no file were refused, the mutations would have no effect; if all were, only the first error would be tested.
    let refused = refused.into_inner();
    assert!(refused > MUTATIONS / 4 && refused < MUTATIONS, "{refused} of {MUTATIONS} were refused");
}

#[test]
fn fuzz_corpus_is_read_or_refused_with_a_reason() {
    let mut seen = Vec::new();
    for seed in seeds().iter().filter(|seed| seed.name.starts_with("fuzz/")) {
        let read = seed.read(&seed.text).unwrap_or_else(|_| panic!("{} makes it panic", seed.name));
        let is_right = seed.name.contains("/small.");
        assert_eq!(read.is_ok(), is_right, "{}: {read:?}", seed.name);
        assert!(read.err().is_none_or(|reason| reason.len() > 20), "{}", seed.name);
        seen.push(seed.reader);
    }
    assert!(seen.len() >= 9, "{seen:?}");
}

/// Reports are hostile input too: `merge` and `waive` read files from other machines.
#[test]
fn mutated_reports_never_cause_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let server = tiny_server();
    let packs = pack_with(TINY_CONTRACT, TINY_SCENARIOS);
    let report = folder.path().join("r.json");
    let mut command = failspec(packs.path());
    command.args(["run", "--packs", ".", "--url", &server.url, "--report"]);
    done(command.arg(format!("json={}", report.display()))).exits(0);
    let text = fs::read_to_string(report).unwrap();
    assert!(failspec_report::json::read(&text).is_ok());
    let mut refused = 0;
    for number in 0..200 {
        let mutated = Mutator::new(number).mutate(&text);
        if let Err(mistake) = failspec_report::json::read(&mutated) {
            assert!(!mistake.to_string().is_empty());
            refused += 1;
        }
    }
    assert!(refused > 50, "{refused} of 200 were refused");
    for deep in [
        "[".repeat(200_000),
        "{\"format\":".repeat(100_000),
        format!("{{\"format\":1,\"x\":{}", "[".repeat(200_000)),
    ] {
        assert!(failspec_report::json::read(&deep).is_err());
    }
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb = "contract: tiny\nas_of: 2026-01-31\nx0: &x0 [lol, lol, lol, lol]\n".to_owned();
    for level in 1..60 {
        let below = format!("*x{}", level - 1);
        bomb.push_str(&format!("x{level}: &x{level} [{}]\n", [below.as_str(); 9].join(", ")));
    }
    refused(pack_with(&bomb, TINY_SCENARIOS).path(), "aliases repeat more than 10000 values");
    let own = TINY_CONTRACT.replace("success: { status: 2xx }", "success: &s { status: *s }");
    refused(pack_with(&own, TINY_SCENARIOS).path(), "this alias has no anchor above it");
}

#[test]
fn files_of_ten_megabytes_are_refused_quickly() {
    // Ten megabytes in 20,000 values: with more values the test would measure how slow an unoptimised build is.
    let long = "x".repeat(490);
    let unknown: String = (0..20_000).map(|number| format!("unknown_key_{number}: {long}\n")).collect();
    let twice = format!("{{{}}}", format!("a: {long}, ").repeat(20_000));
    let key = "k".repeat(10 << 20);
    let text = format!("contract: \"{}\"\n", "x".repeat(10 << 20));
    let ambiguous =
        format!("{TINY_CONTRACT}errata: [{}]\n", format!("yes,{}", " ".repeat(490)).repeat(20_000));
    for (name, contract, says) in [
        ("unknown keys", format!("{TINY_CONTRACT}{unknown}"), "unknown key `unknown_key_0`"),
        ("one key again and again", twice, "`a` appears twice"),
        ("a long key", format!("{TINY_CONTRACT}{key}"), "not well-formed YAML"),
        ("a long quoted key", format!("{TINY_CONTRACT}? \"{key}\"\n: 1\n"), "unknown key"),
        ("a long value", text, "the contract is named"),
        ("ambiguous scalars", ambiguous, "quote it"),
        ("no line break", "a".repeat(10 << 20), "a mapping"),
        ("a binary", "\u{1}\u{1b}[31m".repeat(1 << 20), "expected a mapping"),
        ("too large a file", "#".repeat(17 << 20), "it has more than 16777216 bytes"),
    ] {
        println!("{name}");
        refused(pack_with(&contract, TINY_SCENARIOS).path(), says);
    }
    // A file that is only long is valid.
    let folder = pack_with(&format!("{TINY_CONTRACT}# {}\n", "c".repeat(10 << 20)), TINY_SCENARIOS);
    let server = tiny_server();
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(0);
}

#[test]
fn deep_nesting_is_refused() {
    let block: String = (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    for deep in
        ["[".repeat(200_000), "{a: ".repeat(200_000), "- ".repeat(100_000), block, "? ".repeat(50_000)]
    {
        let contract = format!(
            "{TINY_CONTRACT}errata:\n{}",
            deep.lines().map(|line| format!("  {line}\n")).collect::<String>()
        );
        refused(pack_with(&contract, TINY_SCENARIOS).path(), "error");
    }
    let toml = format!("x = {}{}", "[".repeat(200_000), "]".repeat(200_000));
    refused_config(&toml, "not well-formed TOML");
}

#[track_caller]
fn refused_config(text: &str, says: &str) {
    let folder = pack_with(TINY_CONTRACT, TINY_SCENARIOS);
    fs::write(folder.path().join("failspec.toml"), text).unwrap();
    let began = Instant::now();
    let done = done(failspec(folder.path()).args(["run", "--packs", "."])).exits(2).says(says);
    assert!(began.elapsed() < RUN_TIMEOUT && done.all().len() < MAX_PRINTED, "{:?}", began.elapsed());
}

#[test]
fn large_and_endless_targets_are_refused() {
    refused_config(&"[target.t]\nurl = \"http://h\"\n".repeat(300_000), "TOML");
    refused_config(&"k = 1\n".repeat(3 << 20), "larger than");
    let folder = pack_with(TINY_CONTRACT, TINY_SCENARIOS);
    if Path::new("/dev/zero").exists() {
        let options = ["run", "--packs", ".", "--config", "/dev/zero"];
        done(failspec(folder.path()).args(options)).exits(2).says("larger than");
    }
}

#[test]
fn self_referencing_schemas_terminate() {
    for schema in [
        r##"{ "$ref": "#" }"##,
        r##"{ "allOf": [{ "$ref": "#/$defs/a" }], "$defs": { "a": { "anyOf": [{ "$ref": "#/$defs/b" }] }, "b": { "$ref": "#/$defs/a" } } }"##,
        r##"{ "$ref": "other.schema.json" }"##,
        r##"{ "properties": { "error": { "not": { "$ref": "#/properties/error" } } } }"##,
    ] {
        let contract = TINY_CONTRACT.replace("envelope:\n", "envelope:\n  schema: envelope.schema.json\n");
        let folder = pack_with(&contract, TINY_SCENARIOS);
        let schemas = folder.path().join("schemas/tiny");
        fs::write(schemas.join("envelope.schema.json"), schema).unwrap();
        fs::write(schemas.join("other.schema.json"), r#"{ "$ref": "envelope.schema.json" }"#).unwrap();
        // The schema accepts any value, and validating it must not overflow the stack.
        let server = tiny_server();
        let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]));
        assert!(matches!(done.code, 0..=2), "{schema}: {}", done.all());
    }
    // The schema of a tree refers to itself too, one level deeper each time.
    let tree = r##"{ "properties": { "error": {}, "causes": { "items": { "$ref": "#" } } } }"##;
    let contract = TINY_CONTRACT.replace("envelope:\n", "envelope:\n  schema: envelope.schema.json\n");
    let folder = pack_with(&contract, TINY_SCENARIOS);
    fs::write(folder.path().join("schemas/tiny/envelope.schema.json"), tree).unwrap();
    let server = tiny_server();
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(0);
}

#[test]
fn snapshot_names_stay_in_their_folder() {
    for name in ["../../x", "..", ".", "/etc/x", "a/b", "a\\b", "C:x", "", "a\0b", "x\u{202e}y"] {
        let quoted = serde_json::Value::from(name).to_string();
        let scenario = TINY_SCENARIOS.replace("  read_a_missing_thing:", &format!("  {quoted}:"));
        refused(pack_with(TINY_CONTRACT, &scenario).path(), "is not a valid name");
        let row = format!("{TINY_SCENARIOS}    each: {{ {quoted}: {{ a: 1 }} }}\n");
        refused(pack_with(TINY_CONTRACT, &row).path(), "is not a valid name");
        let failure = TINY_CONTRACT.replace("id: not_found", &format!("id: {quoted}"));
        refused(pack_with(&failure, TINY_SCENARIOS).path(), "is not a valid name");
    }
}

const WITH_VARIABLE: &str = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: GET /things/none
    PLACE
    control: { request: GET /things/one }
";

#[test]
fn variable_value_never_changes_the_request() {
    for (place, value, sent) in [
        ("query: { q: \"${thing}\" }", "a/../b&c=d#e\r\nX-Evil: 1", Some("GET /things/none?q=")),
        ("path: {}", "", Some("GET /things/none")),
        ("headers: { X-Thing: \"${thing}\" }", "a\r\nX-Evil: 1", None),
        ("headers: { X-Thing: \"${thing}\" }", "a\nX-Evil: 1", None),
        ("headers: { X-Thing: \"${thing}\" }", "a\u{1b}[31m", None),
    ] {
        let folder = pack_with(TINY_CONTRACT, &WITH_VARIABLE.replace("PLACE", place));
        injected(folder.path(), value, sent);
    }
    let in_path = WITH_VARIABLE.replace("PLACE", "").replace("/things/none", "/things/${thing}/none");
    for (value, sent) in [
        ("a/b", Some("GET /things/a%2Fb/none")),
        ("../admin", Some("GET /things/..%2Fadmin/none")),
        ("a b?c#d", Some("GET /things/a%20b%3Fc%23d/none")),
        ("x\r\nX-Evil: 1", Some("GET /things/x%0D%0AX-Evil%3A%201/none")),
        ("a\\b", Some("GET /things/a%5Cb/none")),
        ("%2e%2e", Some("GET /things/%252e%252e/none")),
        ("..", None),
        (".", None),
    ] {
        injected(pack_with(TINY_CONTRACT, &in_path).path(), value, sent);
    }
}

/// Asserts that a run with this value of `thing` sends exactly this request, or if `None`, reports why it sends
/// nothing.
#[track_caller]
fn injected(folder: &Path, value: &str, sent: Option<&str>) {
    let server = Server::start(|request| match request.path.starts_with("/things/one") {
        true => Reply::json(200, "{}"),
        false => tiny(request),
    });
    let variable = format!("thing={value}");
    let done = done(failspec(folder).args(["run", "--packs", ".", "--url", &server.url, "--var", &variable]));
    let evil = server.received().iter().any(|request| request.header("x-evil").is_some());
    assert!(!evil, "{value:?} became a header");
    let lines = server.lines();
    let known = |line: &String| {
        line.starts_with("GET /things/one") || sent.is_some_and(|sent| line.starts_with(sent))
    };
    assert!(lines.iter().all(known), "{value:?} became {lines:?}");
    match sent {
        Some(sent) => {
            assert!(lines.iter().any(|line| line.starts_with(sent)), "{value:?}: {lines:?}\n{}", done.all());
            assert_eq!(done.code, 0, "{value:?}: {}", done.all());
        }
        // Nothing was sent, and the run reports why.
        None => {
            let says = ["line break", "control character", "cannot"];
            let told = says.iter().any(|says| done.all().contains(says));
            assert!(matches!(done.code, 2 | 3) && told, "{value:?}: {}", done.all());
        }
    }
    assert!(!done.all().contains('\u{1b}'), "{:?}", done.all());
}

#[test]
fn captured_value_never_changes_the_request() {
    let scenarios = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    setup: [{ request: POST /things, capture: { id: /id } }]
    request: GET /things/none
    headers: { X-Id: \"${id}\" }
    no_control: it is about captures
    teardown: [{ request: \"DELETE /things/${id}\" }]
";
    for (id, removed) in [
        ("../../admin", "DELETE /things/..%2F..%2Fadmin"),
        ("a\\r\\nX-Evil: 1", "DELETE /things/a%0D%0AX-Evil%3A%201"),
        ("http://elsewhere.invalid/", "DELETE /things/http%3A%2F%2Felsewhere.invalid%2F"),
        ("${env:PATH}", "DELETE /things/%24%7Benv%3APATH%7D"),
    ] {
        let body = format!("{{\"id\":\"{id}\"}}");
        let server = Server::start(move |request| match request.line().as_str() {
            "POST /things" => Reply::json(201, &body),
            _ => tiny(request),
        });
        let folder = pack_with(TINY_CONTRACT, scenarios);
        let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]));
        assert!(matches!(done.code, 0 | 3), "{id}: {}", done.all());
        let lines = server.lines();
        assert!(lines.iter().any(|line| line == removed), "{id}: {lines:?}");
        let known = ["POST /things", "GET /things/none", removed];
        assert!(lines.iter().all(|line| known.contains(&line.as_str())), "{id}: {lines:?}");
        assert!(server.received().iter().all(|request| request.header("x-evil").is_none()), "{id}");
    }
}
