//! A third-party server: the pack `oci-distribution` against the docker-registry of Debian.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::support::{Done, done, failspec};
use serde_json::Value;

/// Maximum time until a registry listens: it takes a moment on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The version whose responses are approved. Other versions may word them differently.
const APPROVED: &str = "2.8.2";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/oci-distribution")
}

/// A docker-registry on a free port. It ends when this is dropped.
struct Registry {
    child: Child,
    url: String,
}

impl Registry {
    /// Starts it with a configuration of the example; only port and folder are replaced.
    fn start(configuration: &str, storage: &Path) -> Self {
        let mut child = Command::new("docker-registry")
            .args(["serve", configuration])
            .current_dir(example().join("registry"))
            .env("REGISTRY_HTTP_ADDR", "127.0.0.1:0")
            .env("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", storage)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("docker-registry is installed");
        let log = child.stderr.take().expect("a pipe");
        let (tell, told) = mpsc::channel();
        // The pipe is read to its end: a registry that cannot write its log would block.
        thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("listening on ") {
                    let address: String =
                        rest.chars().take_while(|it| it.is_ascii_digit() || ".:".contains(*it)).collect();
                    let _ = tell.send(address);
                }
            }
        });
        let mut registry = Self { child, url: String::new() };
        let address = told.recv_timeout(START_TIMEOUT).expect("docker-registry says where it listens");
        registry.url = format!("http://{address}");
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The three registries of the example.
struct Registries {
    open: Registry,
    no_deletion: Registry,
    authenticated: Registry,
    _storage: [tempfile::TempDir; 2],
}

impl Registries {
    fn start() -> Self {
        let storage = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        Self {
            open: Registry::start("open.yml", storage[0].path()),
            no_deletion: Registry::start("no-deletion.yml", storage[0].path()),
            authenticated: Registry::start("authenticated.yml", storage[1].path()),
            _storage: storage,
        }
    }

    fn run(&self, config: &Path, arguments: &[&str]) -> Done {
        done(
            failspec(Path::new(env!("CARGO_MANIFEST_DIR")))
                // No snapshot is written, whatever the responses are.
                .env("CI", "true")
                .env("OPEN_REGISTRY", &self.open.url)
                .env("NO_DELETION_REGISTRY", &self.no_deletion.url)
                .env("AUTHENTICATED_REGISTRY", &self.authenticated.url)
                .args(["run", "--packs", "examples/oci-distribution", "--config"])
                .arg(config)
                .args(arguments),
        )
    }
}

/// Returns the snapshot mode: `report` if another version responds, whose texts are not approved.
fn snapshots() -> &'static str {
    let version = done(Command::new("docker-registry").arg("--version"));
    if version.all().contains(APPROVED) { "check" } else { "report" }
}

fn read(report: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(report).expect("a report")).expect("JSON")
}

/// Returns all findings of a kind as `scenario: check`, without the name of the pack.
fn found(report: &Value, kind: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for case in report["cases"].as_array().expect("cases") {
        let name = case["name"].as_str().expect("a name").trim_start_matches("oci-distribution::");
        for finding in case[kind].as_array().into_iter().flatten() {
            found.insert(format!("{name}: {}", finding["check"].as_str().expect("a check")));
        }
    }
    found
}

#[test]
#[ignore = "needs docker-registry"]
fn registry_conforms_with_waivers() {
    let registries = Registries::start();
    let config = example().join("failspec.toml");
    for target in ["open", "authenticated"] {
        registries
            .run(&config, &["--target", target, "--snapshots", snapshots()])
            .exits(0)
            .says("5 waived")
            .says("9 of 17 documented failures exercised, 2 of 2 causes")
            .says("name_invalid covered by an alternative: code HTTP 404 without a code");
    }
}

#[test]
#[ignore = "needs docker-registry"]
fn registry_without_waivers_has_exactly_the_known_deviations() {
    let registries = Registries::start();
    let folder = tempfile::tempdir().unwrap();
    let waived = fs::read_to_string(example().join("failspec.toml")).unwrap();
    let (targets, _) = waived.split_once("[[waivers]]").expect("there are waivers");
    let config = folder.path().join("failspec.toml");
    fs::write(&config, targets).unwrap();
    let report = folder.path().join("report.json");
    let to = format!("json={}", report.display());
    registries.run(&config, &["--target", "open", "--report", &to]).exits(1).says("violations");
    let report = read(&report);
    let violations = [
        "chunk_out_of_order::begin_with_a_later_chunk: not-rejected",
        "manifest_invalid::push_something_that_is_no_manifest::empty_object: code",
        "manifest_invalid::push_something_that_is_no_manifest::null_alone: code",
        "manifest_unknown::pull_by_what_is_neither_tag_nor_digest: server-error",
        "name_invalid::push_under_a_very_long_name: server-error",
    ];
    assert_eq!(found(&report, "violations"), violations.map(str::to_owned).into());
    // Deviations from recommendations, or from expectations that the specification does not require.
    let warnings = [
        "manifest_invalid::push_something_that_is_no_manifest::empty_object: status",
        "manifest_invalid::push_something_that_is_no_manifest::null_alone: status",
        "manifest_too_large::push_a_manifest_that_is_too_large: status",
        "manifest_unknown::pull_by_what_is_neither_tag_nor_digest: code",
        "manifest_unknown::pull_by_what_is_neither_tag_nor_digest: status",
        "name_invalid::push_under_a_very_long_name: code",
        "name_invalid::push_under_a_very_long_name: status",
        "size_invalid::send_less_than_the_range_says: not-rejected",
        "unsupported::delete_a_blob_where_deletion_is_disabled: allow",
        "unsupported::delete_a_manifest_where_deletion_is_disabled: allow",
        "unsupported::delete_a_tag_where_tags_stay: code",
    ];
    assert_eq!(found(&report, "warnings"), warnings.map(str::to_owned).into());
}

#[test]
#[ignore = "needs docker-registry"]
fn credentials_are_required_only_with_authentication() {
    let registries = Registries::start();
    let config = example().join("failspec.toml");
    let run = |target| registries.run(&config, &["oci-distribution::unauthorized", "--target", target]);
    // A registry without authentication provides no role for it: nothing is tested, and the run is not successful.
    run("open").exits(4).never_says("conforms");
    run("authenticated").exits(0).says("3 passed");
}

#[test]
fn pack_without_a_reference_implementation_cannot_run_against_it() {
    done(failspec(Path::new(env!("CARGO_MANIFEST_DIR"))).args([
        "run",
        "--packs",
        "examples/oci-distribution",
        "--reference",
    ]))
    .exits(2)
    .says("reference");
}

#[test]
fn example_is_complete() {
    done(failspec(Path::new(env!("CARGO_MANIFEST_DIR"))).args([
        "lint",
        "--packs",
        "examples/oci-distribution",
    ]))
    .exits(0)
    .says("0 errors, 0 warnings");
}
