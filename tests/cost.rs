//! What a run costs may not grow unnoticed: memory that the parts of a run ask for, and the growth of instructions.
//!
//! Counts, and never times: they are the same on a fast machine, on a slow one and on a busy one. The baseline is
//! `tests/cost/allocations.txt`; `UPDATE_COSTS=1 cargo test --test cost` writes what is measured now.

#[path = "../benches/workload/mod.rs"]
mod workload;

#[path = "cost/counting.rs"]
mod counting;

use std::{env, fmt::Write as _, fs, path::Path, process::Command};

use counting::{Allocations, Counting};
use workload::{Api, Parts};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Scenarios of the workload.
const COUNT: usize = 400;

/// How much more than the baseline is too much, in percent.
const MOST: f64 = 15.0;

const BASELINE: &str = "tests/cost/allocations.txt";

/// Does one part of a run, and says how much it made.
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

/// What each part asks for now. What is made once and kept is made before.
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

/// How much more `now` is than `before`, in percent.
fn growth(before: u64, now: u64) -> f64 {
    (now as f64 / before.max(1) as f64 - 1.0) * 100.0
}

#[test]
fn no_part_of_a_run_asks_for_much_more_memory_than_it_did() {
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
        if number > MOST || bytes > MOST {
            worse.push(format!("{name}: {number:+.1} % allocations, {bytes:+.1} % bytes"));
        }
    }
    assert!(
        worse.is_empty(),
        "more than {MOST} % above {BASELINE} (if it must be: UPDATE_COSTS=1 cargo test --test cost):\n  {}",
        worse.join("\n  ")
    );
}

#[test]
fn a_part_that_asks_for_more_is_noticed() {
    let once = counting::during(|| vec![0_u8; 1000].len());
    let twice = counting::during(|| vec![0_u8; 1000].len() + vec![0_u8; 1000].len());
    assert_eq!((once.number, twice.number), (1, 2));
    assert!(growth(once.number, twice.number) > MOST && growth(once.bytes, twice.bytes) > MOST);
    assert!(growth(100, 115) <= MOST && growth(100, 116) > MOST && growth(100, 50) <= MOST);
}

/// Instructions that a whole command executes, as callgrind counts them.
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

/// Twice as many scenarios may take twice as long: what each further one costs must not depend on how many there are.
/// That is a ratio of counts of one build on one machine, the same whatever compiler made it.
#[test]
#[ignore = "needs valgrind"]
fn each_further_scenario_costs_the_same() {
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
        assert!(growth(first, second) <= MOST, "{name}: {first}, then {second}");
    }
}
