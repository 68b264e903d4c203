//! Counts with their nouns, for sentences.

/// Formats a count with its noun, which has a plural in `s`: `1 case`, `2 cases`.
pub fn count(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Returns the number of contradictions and gaps in the documentation, in words.
pub(super) fn errata(errata: usize) -> String {
    match errata {
        1 => "1 contradiction or gap in the documentation itself".to_owned(),
        _ => format!("{errata} contradictions and gaps in the documentation itself"),
    }
}
