//! Cost of a run: memory that its parts allocate, and the growth of the number of instructions. Neither may increase
//! unnoticed.
//!
//! Only counts, no times: counts are the same on fast, slow and busy machines. The baseline is
//! `tests/cost/allocations.txt`; `UPDATE_COSTS=1 cargo test --test cost` writes the current values.

#[path = "../benches/workload/mod.rs"]
mod workload;

#[path = "cost/counting.rs"]
mod counting;

use std::{env, fmt::Write as _, fs, path::Path, process::Command};

use counting::{Allocations, Counting};
use workload::{Api, Parts};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Number of scenarios of the workload.
const COUNT: usize = 400;

/// Maximum increase over the baseline, in percent.
const MAX_INCREASE: f64 = 15.0;

const BASELINE: &str = "tests/cost/allocations.txt";

/// A function that performs one part of a run, and returns the amount that it produced.
type Part = fn(&Parts) -> usize;

const PARTS: &[(&str, Part)] = &[
    ("read", Parts::read),
    ("lint", Parts::lint),
    ("plan", Parts::plan),
    ("template", Parts::template),
    ("validate", Parts::validate),
    ("checks", Parts::checks),
    ("snapshots", Parts::snapshots),
    ("mask", Parts::mask),
    ("run", Parts::run),
    ("json", Parts::json),
    ("junit", Parts::junit),
    ("html", Parts::html),
    ("markdown", Parts::markdown),
];

/// Measures the current allocations of each part. A first call excludes values that are created once and kept.
fn measured() -> Vec<(&'static str, Allocations)> {
    let parts = Parts::new(COUNT, &Api::start());
    PARTS
        .iter()
        .map(|(name, part)| {
            part(&parts);
            (*name, counting::during(|| part(&parts)))
        })
        .collect()
}

fn baseline() -> Vec<(String, Allocations)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(BASELINE)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, number, bytes] = words.as_slice() else { panic!("{BASELINE}: {line}") };
        ((*name).to_owned(), Allocations { number: number.parse().unwrap(), bytes: bytes.parse().unwrap() })
    };
    lines.map(read).collect()
}

/// Returns the increase from `before` to `now`, in percent.
fn growth(before: u64, now: u64) -> f64 {
    (now as f64 / before.max(1) as f64 - 1.0) * 100.0
}

#[test]
fn run_parts_stay_within_their_allocation_baseline() {
    let measured = measured();
    if env::var_os("UPDATE_COSTS").is_some() {
        let mut text =
            format!("# Allocations and bytes of each part of a run of {COUNT} scenarios (tests/cost.rs).\n");
        for (name, now) in &measured {
            let _ = writeln!(text, "{name} {} {}", now.number, now.bytes);
        }
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(BASELINE), text).unwrap();
        return;
    }
    let baseline = baseline();
    let names: Vec<&str> = baseline.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, PARTS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{BASELINE}");
    let mut worse = Vec::new();
    for ((name, before), (_, now)) in baseline.iter().zip(&measured) {
        let (number, bytes) = (growth(before.number, now.number), growth(before.bytes, now.bytes));
        println!(
            "{name:<10} {:>9} allocations ({number:+.1} %) {:>10} bytes ({bytes:+.1} %)",
            now.number, now.bytes
        );
        if number > MAX_INCREASE || bytes > MAX_INCREASE {
            worse.push(format!("{name}: {number:+.1} % allocations, {bytes:+.1} % bytes"));
        }
    }
    assert!(
        worse.is_empty(),
        "more than {MAX_INCREASE} % above {BASELINE} (if it must be: UPDATE_COSTS=1 cargo test --test cost):\n  {}",
        worse.join("\n  ")
    );
}

#[test]
fn increased_allocations_are_detected() {
    let once = counting::during(|| vec![0_u8; 1000].len());
    let twice = counting::during(|| vec![0_u8; 1000].len() + vec![0_u8; 1000].len());
    assert_eq!((once.number, twice.number), (1, 2));
    assert!(
        growth(once.number, twice.number) > MAX_INCREASE && growth(once.bytes, twice.bytes) > MAX_INCREASE
    );
    assert!(
        growth(100, 115) <= MAX_INCREASE
            && growth(100, 116) > MAX_INCREASE
            && growth(100, 50) <= MAX_INCREASE
    );
}

/// Returns the number of instructions that a command executes, as counted by callgrind.
fn instructions(folder: &Path, arguments: &[&str]) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env!("CARGO_BIN_EXE_failspec"))
        .args(arguments)
        .current_dir(folder)
        .env("CI", "true")
        .output()
        .expect("valgrind starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let line = said.lines().find_map(|line| line.split_once("Collected :")).expect("callgrind counts");
    line.1.trim().parse().expect("a number")
}

/// Twice as many scenarios may cost twice as much: the cost of an additional scenario must not depend on their
/// number. The ratio of counts of one build on one machine is the same for every compiler.
#[test]
#[ignore = "needs valgrind"]
fn instructions_grow_linearly_with_scenarios() {
    let api = Api::start();
    let sizes = [100, 200, 400];
    let folders = sizes.map(|count| {
        let folder = tempfile::tempdir().unwrap();
        workload::write(folder.path(), &api.url(), count).unwrap();
        folder
    });
    let run = ["run", "--packs", ".", "--snapshots", "check", "--quiet"];
    let reports = ["--report", "json=r.json", "--report", "junit=r.xml", "--report", "html=r.html"];
    let ways =
        [("lint", vec!["lint", "--packs", "."]), ("run with reports", [&run[..], &reports[..]].concat())];
    for (name, arguments) in ways {
        let [small, middle, large] = [0, 1, 2].map(|at| instructions(folders[at].path(), &arguments));
        let per = |many: u64, few: u64, at: usize| (many - few) / (sizes[at + 1] - sizes[at]) as u64;
        let (first, second) = (per(middle, small, 0), per(large, middle, 1));
        println!("{name}: {first} instructions for each further scenario, then {second}");
        assert!(growth(first, second) <= MAX_INCREASE, "{name}: {first}, then {second}");
    }
}
