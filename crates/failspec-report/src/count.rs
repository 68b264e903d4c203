//! Numbers of things in sentences.

/// `1 case`, `2 cases`: a count with its noun, whose plural ends in `s`.
pub fn count(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The number of contradictions and gaps in the documentation, in words.
pub(super) fn errata(errata: usize) -> String {
    match errata {
        1 => "1 contradiction or gap in the documentation itself".to_owned(),
        _ => format!("{errata} contradictions and gaps in the documentation itself"),
    }
}
