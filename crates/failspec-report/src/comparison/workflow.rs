//! Comparisons as annotations of GitHub Actions.

use crate::github::{Checkout, Level, command};
use failspec_diff::Comparison;

/// Returns an annotation for each difference: an error if it counts, else a notice.
pub fn workflow(comparison: &Comparison, checkout: &Checkout) -> String {
    let mut text = String::new();
    for group in &comparison.groups {
        let level = if group.counts { Level::Error } else { Level::Notice };
        for difference in &group.differences {
            let place =
                difference.file.as_ref().zip(difference.line).map(|(file, line)| (checkout.path(file), line));
            let place = place.map(|(file, line)| (file, line.to_string()));
            let place = place.as_ref().map(|(file, line)| (file.as_str(), Some(line.as_str())));
            let title = format!("failspec: {}", group.title);
            text.push_str(&command(level, &title, place, &difference.message));
        }
    }
    text
}
