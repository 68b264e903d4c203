//! Comparison of two certificates.

use std::collections::BTreeMap;

use super::comparison::{Comparison, Difference};

/// A requirement in a certificate.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The names of the pack and of the requirement.
    pub name: String,
    /// True if its profile requires it.
    pub required: bool,
    /// True if it was met.
    pub met: bool,
    /// Its outcome.
    pub outcome: &'static str,
}

/// Compares the requirements of two certificates. `names` are the names of the certificates; `notes` are listed with
/// the differences.
pub fn certificates(
    names: (&str, &str),
    old: &[Certified],
    new: &[Certified],
    notes: Vec<String>,
) -> Comparison {
    let mut comparison = Comparison::new(format!("{} → {}", names.0, names.1));
    comparison.notes = notes;
    let by_name = |all: &'_ [Certified]| -> BTreeMap<String, Certified> {
        all.iter().map(|it| (it.name.clone(), it.clone())).collect()
    };
    let (before, now) = (by_name(old), by_name(new));
    let (mut worse, mut better, mut added, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, is) in &now {
        let Some(was) = before.get(name) else {
            let message = format!("{name}: new, {}", is.outcome);
            let list = if is.required && !is.met { &mut worse } else { &mut added };
            list.push(Difference::new("requirement-new", name, message));
            continue;
        };
        let message = format!("{name}: was {}, is now {}", was.outcome, is.outcome);
        match (was.met, is.met) {
            (true, false) => worse.push(Difference::new("requirement-worse", name, message)),
            (false, true) => better.push(Difference::new("requirement-better", name, message)),
            _ => {}
        }
        match (was.required, is.required) {
            // A certificate with fewer requirements proves less.
            (true, false) => {
                worse.push(Difference::new(
                    "requirement-dropped",
                    name,
                    format!("{name}: no longer required"),
                ));
            }
            (false, true) => {
                added.push(Difference::new("requirement-raised", name, format!("{name}: now required")));
            }
            _ => {}
        }
    }
    for (name, was) in before.iter().filter(|(name, _)| !now.contains_key(*name)) {
        let message = format!("{name}: not in the new certificate; was {}", was.outcome);
        let list = if was.required { &mut worse } else { &mut gone };
        list.push(Difference::new("requirement-gone", name, message));
    }
    comparison.group("worse", true, worse);
    comparison.group("better", false, better);
    comparison.group("new", false, added);
    comparison.group("gone", false, gone);
    comparison
}
