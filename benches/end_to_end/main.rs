//! Whole runs of `failspec`, with ratios to what else asks the same API as often.
//!
//! ```text
//! cargo bench --bench end_to_end                     the table
//! cargo bench --bench end_to_end -- --rounds 9       more rounds
//! cargo bench --bench end_to_end -- --serve DIR N    a pack of N scenarios in DIR and its API, for a profiler
//! ```
//!
//! The API runs in this process; all others are processes of their own and are timed whole. They run in turn, and of
//! each the fastest round counts: what another program on the machine takes away only ever makes a round slower.
//! `hurl` and `oha` are measured where they are on the `PATH`.

#[path = "../workload/mod.rs"]
mod workload;

mod process;
mod runners;
mod table;

use std::{env, fs, io, path::Path, process::ExitCode};

use runners::Runner;
use table::Table;
use workload::Api;

/// How many scenarios the comparison has.
const MANY: usize = 2_000;

/// How many scenarios show how cost grows.
const GROWTH: usize = 100_000;

/// Packs of this size are listed and linted.
const LINTED: usize = 10_000;

/// How many rounds there are by default.
const ROUNDS: usize = 7;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] => measure(ROUNDS),
        ["--rounds", rounds] => match rounds.parse() {
            Ok(rounds) if rounds > 0 => measure(rounds),
            _ => Err(io::Error::other("--rounds wants a number from 1")),
        },
        ["--serve", folder, count] => match count.parse() {
            Ok(count) => serve(Path::new(folder), count),
            Err(_) => Err(io::Error::other("--serve wants a folder and a number of scenarios")),
        },
        // The reqwest loop is a process of its own, as the others are.
        [runners::REQWEST, url, count] => runners::reqwest_loop(url, count.parse().unwrap_or_default()),
        // What other benches are asked for (`cargo bench -- FILTER`) is not for this one.
        _ => return ExitCode::SUCCESS,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until it is killed.
fn serve(folder: &Path, count: usize) -> io::Result<()> {
    let api = Api::start();
    fs::create_dir_all(folder)?;
    workload::write(folder, &api.url(), count)?;
    println!("{} responses; try: failspec run --packs {} (there)", api.url(), folder.display());
    loop {
        std::thread::park();
    }
}

fn measure(rounds: usize) -> io::Result<()> {
    let api = Api::start();
    let home = tempfile::tempdir()?;
    let mut table = Table::default();
    // A short run is at the mercy of whatever else runs; the fastest of two long ones would be no match for that of many.
    let parts = [
        ("1 scenario", 1, rounds * 3),
        ("2,000 scenarios", MANY, rounds),
        ("100,000 scenarios", GROWTH, rounds.div_ceil(3).max(2)),
    ];
    for (title, count, rounds) in parts {
        let folder = home.path().join(count.to_string());
        fs::create_dir_all(&folder)?;
        let files = workload::write(&folder, &api.url(), count)?;
        let (lines, certificate) = api.secure();
        let config = folder.join("failspec.toml");
        let https = "snapshots = \"approved\"\ntls = { ca = \"ca.pem\" }\n";
        fs::write(&config, format!("{}[target.https]\n{lines}\n{https}", fs::read_to_string(&config)?))?;
        fs::write(folder.join("ca.pem"), certificate)?;
        let runners = Runner::all(&folder, &api.url(), count, &files);
        table.section(title, count);
        compare(&mut table, &runners, rounds, &api)?;
    }
    let folder = home.path().join(LINTED.to_string());
    workload::write(&folder, &api.url(), LINTED)?;
    table.section("10,000 scenarios, nothing sent", LINTED);
    compare(&mut table, &Runner::without_target(&folder), rounds, &api)?;
    print!("{table}");
    Ok(())
}

/// All runners in turn, round after round.
fn compare(table: &mut Table, runners: &[Runner], rounds: usize, api: &Api) -> io::Result<()> {
    for round in 0..=rounds {
        for runner in runners {
            let before = api.answered();
            let cost = runner.run()?;
            let sent = api.answered() - before;
            if sent != runner.requests {
                let why = format!("{}: {sent} requests were answered, not {}", runner.name, runner.requests);
                return Err(io::Error::other(why));
            }
            // The first round warms caches: files that were just written, pages of the programs.
            if round > 0 {
                table.note(runner, cost);
            }
        }
    }
    Ok(())
}
