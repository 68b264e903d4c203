//! Named flags that are on or off.

use std::{collections::BTreeSet, sync::Mutex};

use super::lock;

/// A flag that can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// The name, in kebab-case.
    pub name: &'static str,
    /// The description, in one line.
    pub about: &'static str,
}

/// A fixed set of switches, all off at first. Names outside the set are rejected, so that a misspelt one is noticed.
#[derive(Debug)]
pub struct Switches {
    known: &'static [Switch],
    on: Mutex<BTreeSet<&'static str>>,
    ignored: Mutex<BTreeSet<&'static str>>,
}

impl Switches {
    /// Creates a set of switches that are all off.
    #[must_use]
    pub fn new(known: &'static [Switch]) -> Self {
        Self { known, on: Mutex::default(), ignored: Mutex::default() }
    }

    /// All switches of the set.
    #[must_use]
    pub fn known(&self) -> &'static [Switch] {
        self.known
    }

    /// Returns true if a switch is on; an unknown one is off.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        lock(&self.on).contains(name) && !lock(&self.ignored).contains(name)
    }

    /// Switches one on; `false` if it is unknown.
    pub fn switch_on(&self, name: &str) -> bool {
        self.find(name).is_some_and(|name| {
            lock(&self.on).insert(name);
            true
        })
    }

    /// Switches one off; `false` if it is unknown.
    pub fn switch_off(&self, name: &str) -> bool {
        self.find(name).is_some_and(|name| {
            lock(&self.on).remove(name);
            true
        })
    }

    /// Makes a switch ineffective: switching it on has no effect from now on; `false` if it is unknown.
    pub fn ignore(&self, name: &str) -> bool {
        self.find(name).is_some_and(|name| {
            lock(&self.ignored).insert(name);
            true
        })
    }

    /// Switches all off.
    pub fn switch_all_off(&self) {
        lock(&self.on).clear();
    }

    fn find(&self, name: &str) -> Option<&'static str> {
        self.known.iter().find(|known| known.name == name).map(|known| known.name)
    }
}
