//! Hostile servers: a run ends in time, reports why, cleans up and reveals no secret.
//!
//! Every row of the table is one behaviour of a server on loopback. The real binary runs against it, with a small
//! pack that has a setup, a control, a teardown and a role with a secret.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Mutex,
    thread,
};

use crate::hostile_server::{behaviour::Behaviour, echo, run::mistakes, text, transport};

/// Number of concurrent runs. Most of them wait for a timeout.
const AT_ONCE: usize = 8;

/// Runs every row; asserts their minimum number and that their names are unique.
fn all(rows: Vec<Behaviour>, coloured: bool, at_least: usize) {
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "two rows have one name");
    assert!(rows.len() >= at_least, "there are {} rows", rows.len());
    let (count, queue) = (rows.len(), Mutex::new(VecDeque::from(rows)));
    let (wrong, ran) = (Mutex::new(Vec::new()), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("the queue").pop_front();
                    let Some(row) = next else { return };
                    let name = row.name;
                    let found = mistakes(row, coloured);
                    *ran.lock().expect("the count") += 1;
                    if !found.is_empty() {
                        wrong.lock().expect("the list").push(format!("{name}:\n  {}", found.join("\n  ")));
                    }
                }
            });
        }
    });
    assert_eq!(*ran.lock().expect("the count"), count, "not every row ran");
    let wrong = wrong.into_inner().expect("the list");
    assert!(wrong.is_empty(), "{} of {count} behaviours:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn honest_server_passes() {
    all(vec![text::honest()], false, 1);
}

#[test]
fn responses_that_never_arrive_or_are_not_http() {
    all(transport::rows(), false, 45);
}

#[test]
fn bodies_that_are_broken_or_evil() {
    all(text::rows(), false, 40);
}

#[test]
fn bodies_that_are_evil_in_colour() {
    all(text::rows(), true, 40);
}

#[test]
fn responses_that_send_the_credentials_back() {
    all(echo::rows(), false, 20);
}
