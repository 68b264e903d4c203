//! The parts of a run, each on its own, for 1,000 scenarios: `cargo bench --bench parts`.

#[path = "../workload/mod.rs"]
mod workload;

use std::sync::OnceLock;

use divan::{Bencher, counter::ItemsCount};
use workload::{Api, Parts};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Scenarios of the workload.
const COUNT: usize = 1_000;

fn main() {
    divan::main();
}

fn parts() -> &'static Parts {
    static PARTS: OnceLock<Parts> = OnceLock::new();
    PARTS.get_or_init(|| Parts::new(COUNT, &Api::start()))
}

fn measure(bencher: Bencher<'_, '_>, part: fn(&Parts) -> usize) {
    let parts = parts();
    bencher.counter(ItemsCount::new(COUNT)).bench(|| part(parts));
}

macro_rules! measured {
    ($($part:ident),+) => {
        $(#[divan::bench(sample_count = 20)]
        fn $part(bencher: Bencher<'_, '_>) {
            measure(bencher, Parts::$part);
        })+
    };
}

measured!(read, lint, plan, template, validate, checks, snapshots, mask, run, json, junit, html, markdown);
