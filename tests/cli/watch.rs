//! `run --watch`: which cases run again after which change, and what does not end it.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Background, Done, Server, failspec, tiny_server, write_pack};

const CONTRACT: &str = "\
contract: tiny
as_of: 2026-01-31
success: { status: 2xx }
envelope: { code: /error, message: /message, schema: envelope.schema.json }
failures:
  - { id: not_found, status: 404, code: not_found, summary: There is no such thing }
";

const ONE: &str = "\
contract: tiny
scenarios:
  one: { triggers: not_found, request: GET /one, control: { request: GET /things/one } }
";

const TWO: &str = "\
contract: tiny
scenarios:
  two:
    triggers: not_found
    fixtures: [thing]
    request: GET /two/${n}
    each: rows.csv
    control: { request: GET /things/one }
";

const FIXTURES: &str = "\
contract: tiny
fixtures:
  thing: { setup: [{ request: POST /things/fixture }] }
";

/// How long a change may take to be noticed, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run with `--watch`, and the server that it tests.
struct Watch {
    folder: tempfile::TempDir,
    server: Server,
    process: Option<Background>,
    output: Arc<Mutex<String>>,
    /// Number of requests that were looked at.
    seen: usize,
    /// Number of times that it waited.
    waits: usize,
}

impl Watch {
    /// Starts it, and waits for the end of the first run.
    fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_pack(folder.path(), "tiny", CONTRACT, ONE);
        let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
        write("schemas/tiny/envelope.schema.json", r#"{ "required": ["error"] }"#);
        write("scenarios/tiny/two.yaml", TWO);
        write("scenarios/tiny/fixtures.yaml", FIXTURES);
        write("scenarios/tiny/rows.csv", "row,n\nr,a\n");
        let server = tiny_server();
        write("failspec.toml", &config(&server.url));
        let mut command = failspec(folder.path());
        command.args(["run", "--watch"]).args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let output = Arc::<Mutex<String>>::default();
        let pipes: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for mut pipe in pipes {
            let output = Arc::clone(&output);
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                    output.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
                }
            });
        }
        let process = Some(Background(child));
        let mut watch = Self { folder, server, process, output, seen: 0, waits: 0 };
        watch.after("the first run");
        watch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits until it says a text.
    fn says(&self, text: &str) {
        let start = Instant::now();
        while !self.output().contains(text) {
            assert!(start.elapsed() < PATIENCE, "`{text}` is missing in\n{}", self.output());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the run after a change has ended; returns the paths that it requested, sorted, each once.
    fn after(&mut self, change: &str) -> Vec<String> {
        let start = Instant::now();
        while self.output().matches("Ctrl-C ends").count() <= self.waits {
            assert!(start.elapsed() < PATIENCE, "{change} was not noticed\n{}", self.output());
            thread::sleep(Duration::from_millis(20));
        }
        self.waits += 1;
        let received = self.server.received();
        let mut paths: Vec<String> =
            received[self.seen..].iter().map(|request| request.path.clone()).collect();
        self.seen = received.len();
        paths.sort();
        paths.dedup();
        paths.retain(|path| path != "/things/one");
        paths
    }

    fn write(&mut self, path: &str, text: &str) -> Vec<String> {
        fs::write(self.path(path), text).unwrap();
        self.after(path)
    }

    /// Writes a file as many editors do: a new one, which gets the name of the old one.
    fn replace(&mut self, path: &str, text: &str) -> Vec<String> {
        let new = self.path(&format!("{path}.tmp"));
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(path)).unwrap();
        self.after(path)
    }

    fn interrupt(mut self) -> Done {
        let process = self.process.take().unwrap();
        process.signal("INT");
        process.finish(30)
    }
}

fn config(url: &str) -> String {
    format!("packs = \".\"\ndefault_target = \"a\"\n[target.a]\nurl = \"{url}\"\n")
}

#[test]
fn each_changed_file_runs_what_it_touches() {
    let mut watch = Watch::start(&[]);
    let scenario = "scenarios/tiny/all.yaml";
    // In place, by rename, and as a new file.
    assert_eq!(watch.write(scenario, &ONE.replace("/one,", "/one-b,")), ["/one-b"]);
    assert_eq!(watch.replace(scenario, &ONE.replace("/one,", "/one-c,")), ["/one-c"]);
    let new = ONE.replace("  one:", "  new:").replace("/one,", "/new,");
    assert_eq!(watch.write("scenarios/tiny/sub.yaml", &new), ["/new"]);
    fs::create_dir(watch.path("scenarios/tiny/deep")).unwrap();
    let deep = ONE.replace("  one:", "  deep:").replace("/one,", "/deep,");
    assert_eq!(watch.write("scenarios/tiny/deep/more.yaml", &deep), ["/deep"]);
    // Rows and fixtures.
    assert_eq!(watch.write("scenarios/tiny/rows.csv", "row,n\nr,b\n"), ["/things/fixture", "/two/b"]);
    assert_eq!(watch.replace("scenarios/tiny/rows.csv", "row,n\nr,c\n"), ["/things/fixture", "/two/c"]);
    let fixtures = FIXTURES.replace("/fixture", "/fixture-b");
    assert_eq!(watch.write("scenarios/tiny/fixtures.yaml", &fixtures), ["/things/fixture-b", "/two/c"]);
    // Contract, schema and target: all.
    let all = ["/deep", "/new", "/one-c", "/things/fixture-b", "/two/c"];
    assert_eq!(watch.replace("schemas/tiny/envelope.schema.json", r#"{ "type": "object" }"#), all);
    assert_eq!(watch.write("schemas/tiny/contract.yaml", &CONTRACT.replace("such", "such a")), all);
    let target = format!("{}# changed\n", config(&watch.server.url));
    assert_eq!(watch.replace("failspec.toml", &target), all);
    // A file that is removed takes its cases with it, and touches no others.
    fs::remove_file(watch.path("scenarios/tiny/sub.yaml")).unwrap();
    assert_eq!(watch.after("the removal"), [""; 0]);
    watch.says("no selected case depends on what changed");
    assert_eq!(watch.interrupt().code, 0);
}

#[test]
fn broken_file_is_shown_and_ends_nothing() {
    let mut watch = Watch::start(&[]);
    let scenario = "scenarios/tiny/all.yaml";
    assert_eq!(watch.write(scenario, &ONE.replace("not_found", "not_fund")), [""; 0]);
    watch.says("scenarios/tiny/all.yaml:3:20");
    // Emptied, and written later.
    assert_eq!(watch.write(scenario, ""), [""; 0]);
    watch.says("the file is empty");
    assert_eq!(watch.write("scenarios/tiny/rows.csv", "row,n\nr,b\nr,b\n"), [""; 0]);
    watch.says("rows.csv:3:1");
    // What changed while it was broken is not forgotten.
    assert_eq!(watch.write("scenarios/tiny/rows.csv", "row,n\nr,b\n"), [""; 0]);
    assert_eq!(watch.write(scenario, ONE), ["/things/fixture", "/two/b"]);
    assert_eq!(watch.write("failspec.toml", "packs = 5\n"), [""; 0]);
    let target = config(&watch.server.url);
    assert_eq!(watch.write("failspec.toml", &target), [""; 0]);
    let target = target.replace("\"a\"\n", "\"a\" \n");
    assert_eq!(watch.write("failspec.toml", &target), ["/one", "/things/fixture", "/two/b"]);
    assert_eq!(watch.interrupt().code, 0);
}

#[test]
fn only_selected_cases_run_again_and_the_exit_code_is_that_of_the_last_run() {
    let mut watch = Watch::start(&["--only", "scenario=one"]);
    assert_eq!(watch.write("scenarios/tiny/rows.csv", "row,n\nr,b\n"), [""; 0]);
    // It is not rejected.
    watch.write("scenarios/tiny/all.yaml", &ONE.replace("GET /one,", "POST /one,"));
    assert_eq!(watch.interrupt().code, 1);
}

#[test]
fn watch_without_a_file_that_can_change_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let run = |folder: &Path, more: &[&str]| {
        let mut command = failspec(folder);
        crate::support::done(command.args(["run", "--watch"]).args(more))
    };
    run(folder.path(), &["kubeglass", "--url", "http://127.0.0.1:9"]).exits(2).says("nothing to watch");
    run(folder.path(), &["--reference"]).exits(2).says("nothing to watch");
    for other in [&["--dry-run"][..], &["--repeat", "2"], &["--rerun", "failed"], &["--shard", "1/2"]] {
        run(folder.path(), other).exits(2).says("cannot be used with");
    }
}
