//! The numbers of mutants and of their expected detections, which are known without running a mutant.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{ExpectedDetection, Severity, Subject};

/// Formats two Markdown tables of the mutants of all packs: by pack, and by expected detection.
#[must_use]
pub fn census(subjects: &[Subject]) -> String {
    let mut packs: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut noticed: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for subject in subjects {
        let counts = packs.entry(subject.pack.label()).or_default();
        let kind = match subject.noticed {
            ExpectedDetection::Harmless => 1,
            ExpectedDetection::Unpromised(_) => 2,
            _ => 0,
        };
        counts[kind] += 1;
        let (by, warns) = match subject.noticed {
            ExpectedDetection::By { check, severity, .. } => {
                (format!("`{check}`"), severity == Severity::Warning)
            }
            ExpectedDetection::Run(check) => (format!("`{check}`"), false),
            ExpectedDetection::Diagnosis(_) => ("one diagnosis, exit code 3".to_owned(), false),
            ExpectedDetection::Inconclusive(_) => ("inconclusive, with the reason".to_owned(), false),
            ExpectedDetection::Harmless | ExpectedDetection::Unpromised(_) => continue,
        };
        noticed.entry(by).or_default()[usize::from(warns)] += 1;
    }
    let mut text = String::from(
        "| pack | must be noticed | harmless, must pass | not documented, must pass |\n|---|--:|--:|--:|\n",
    );
    let mut all = [0; 3];
    for (pack, counts) in &packs {
        let _ = writeln!(text, "| `{pack}` | {} | {} | {} |", counts[0], counts[1], counts[2]);
        all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let _ = writeln!(text, "| **all** | **{}** | **{}** | **{}** |", all[0], all[1], all[2]);
    text.push_str("\n| must be noticed by | as a violation | as a warning |\n|---|--:|--:|\n");
    let number = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    for (by, [violations, warnings]) in &noticed {
        let _ = writeln!(text, "| {by} | {} | {} |", number(*violations), number(*warnings));
    }
    text
}
