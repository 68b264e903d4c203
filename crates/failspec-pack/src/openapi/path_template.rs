//! Paths with parameters, such as `/pets/{petId}`, `/pets/{petId}.json` and `/pets/{from}-{to}`.

use std::cmp::Reverse;

/// A part of a segment of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    /// Text that a requested path has as it is.
    Literal(&'t str),
    /// A parameter, whose value is not empty.
    Parameter,
}

/// The order of templates that match the same path: the smallest one applies.
pub(super) type Rank = (usize, Reverse<usize>);

/// Splits one segment of a template at its parameters.
fn parts(segment: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = segment;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else { break };
        if start > 0 {
            parts.push(Part::Literal(&rest[..start]));
        }
        parts.push(Part::Parameter);
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest));
    }
    parts
}

/// Returns true if the parts match the whole text. Each text between parameters is taken where it first can be, which
/// is right for all but the last one, and needs no second attempt: a template of many parameters costs no more.
fn fits_parts(parts: &[Part<'_>], text: &str) -> bool {
    let mut rest = text;
    // The number of parameters before the next text; each has at least one character.
    let mut least = 0;
    for (index, part) in parts.iter().enumerate() {
        let Part::Literal(literal) = part else {
            least += 1;
            continue;
        };
        let after = match least {
            0 => rest.strip_prefix(literal),
            _ if index + 1 == parts.len() => {
                return rest.strip_suffix(literal).is_some_and(|value| value.chars().count() >= least);
            }
            _ => behind(rest, least).and_then(|rest| rest.split_once(literal)).map(|(_, after)| after),
        };
        let Some(after) = after else { return false };
        (rest, least) = (after, 0);
    }
    if least == 0 { rest.is_empty() } else { rest.chars().count() >= least }
}

/// Returns the text behind so many characters, if it has them.
fn behind(text: &str, characters: usize) -> Option<&str> {
    let starts = text.char_indices().map(|(start, _)| start).chain([text.len()]);
    starts.skip(characters).map(|start| &text[start..]).next()
}

/// Returns true if a segment of a requested path matches one of a template. A requested path may be that of a scenario,
/// with `{placeholders}` of its own: each can have any value.
pub(super) fn fits_segment(template: &str, asked: &str) -> bool {
    template == asked || template.contains('{') && fits_parts(&parts(template), asked)
}

/// Returns the rank of a template. By the specification, a concrete path comes before one with parameters; of several
/// with parameters, the one with the fewest comes first, then the one with the most text (`/{id}.json` before `/{id}`).
pub(super) fn rank(template: &str) -> Rank {
    let all = template.split('/').flat_map(parts);
    let (mut parameters, mut literals) = (0, 0);
    for part in all {
        match part {
            Part::Parameter => parameters += 1,
            Part::Literal(text) => literals += text.len(),
        }
    }
    (parameters, Reverse(literals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_matched_as_what_they_are() {
        for (template, asked, fits) in [
            ("pets", "pets", true),
            ("pets", "pet", false),
            ("{id}", "7", true),
            ("{id}", "", false),
            ("{id}.json", "7.json", true),
            ("{id}.json", "7.xml", false),
            ("{id}.json", ".json", false),
            ("{id}.json", "a.json.json", true),
            ("{id}:verb", "7:verb", true),
            ("{id}:verb", "7:other", false),
            ("{id}:verb", "7", false),
            ("{a}-{b}", "1-2", true),
            ("{a}-{b}", "1-2-3", true),
            ("{a}-{b}", "1-", false),
            ("{a}-{b}", "12", false),
            ("{a}{b}", "12", true),
            ("{a}{b}", "1", false),
            ("v{major}.{minor}", "v1.2", true),
            ("v{major}.{minor}", "1.2", false),
            ("{name}.é", "ü.é", true),
            ("{a}-{b}-{c}", "1-2-3-4", true),
            ("{a}-{b}-{c}", "1-2", false),
            ("{a}-{b}.x", "--.x", false),
            ("{a}-{b}.x", "1-2.x.x", true),
            ("x{a}", "x", false),
            // The path of a scenario, before its placeholders have values.
            ("{id}.json", "{pet_id}.json", true),
            ("{id}", "{pet_id}", true),
            ("a{b", "a{b", true),
        ] {
            assert_eq!(fits_segment(template, asked), fits, "{template} {asked}");
        }
    }

    #[test]
    fn many_parameters_cost_no_more() {
        let (template, long) = ("{a}{b}-".repeat(200), "--".repeat(5_000));
        assert!(fits_segment(&template, &long));
        assert!(!fits_segment(&format!("{template}x"), &long));
    }

    #[test]
    fn the_most_concrete_template_is_first() {
        for (first, second) in [
            ("/pets/mine", "/pets/{id}"),
            ("/pets/{id}.json", "/pets/{id}"),
            ("/pets/{id}:sell", "/pets/{id}"),
            ("/pets/{id}", "/{kind}/{id}"),
            ("/pets/{id}", "/pets/{a}-{b}"),
        ] {
            assert!(rank(first) < rank(second), "{first} {second}");
        }
    }
}
