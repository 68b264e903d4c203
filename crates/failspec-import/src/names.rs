//! Generation of names.

use std::collections::BTreeSet;

/// Maximum length of a generated name, in characters.
const MAX_LEN: usize = 60;

/// Converts a text to a name for use in files: `AccessDenied` becomes `access_denied`. Returns an empty text if no
/// character can be used.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    let mut before = ' ';
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            // An upper-case letter after a lower-case letter begins a word.
            if letter.is_ascii_uppercase() && before.is_ascii_lowercase() && !slug.is_empty() {
                slug.push('_');
            }
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') && letter != '\'' && letter != '’' {
            slug.push('_');
        }
        before = letter;
    }
    if slug.len() > MAX_LEN {
        let cut = slug[..MAX_LEN].rfind('_').filter(|at| *at > MAX_LEN / 2).unwrap_or(MAX_LEN);
        slug.truncate(cut);
    }
    slug.trim_end_matches('_').to_owned()
}

/// A set of names without duplicates.
#[derive(Debug, Default)]
pub(super) struct Unique(BTreeSet<String>);

impl Unique {
    /// Returns `name`, with `addition` or a number appended if it is taken.
    pub fn name(&mut self, name: &str, addition: &str) -> String {
        let base = if name.is_empty() { "failure" } else { name };
        let mut candidate = base.to_owned();
        if self.0.contains(&candidate) && !addition.is_empty() {
            candidate = format!("{base}_{addition}");
        }
        let mut number = 2;
        let stem = candidate.clone();
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{stem}_{number}");
            number += 1;
        }
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_there_is() {
        for (text, wanted) in [
            ("AccessDenied", "access_denied"),
            ("NOT_FOUND", "not_found"),
            ("Bad Request", "bad_request"),
            ("I'm a teapot", "im_a_teapot"),
            ("https://example.com/problems/out-of-credit", "https_example_com_problems_out_of_credit"),
            ("...", ""),
        ] {
            assert_eq!(slug(text), wanted);
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Unique::default();
        let given = [names.name("a", "1"), names.name("a", "1"), names.name("a", "1"), names.name("", "")];
        assert_eq!(given, ["a", "a_1", "a_1_2", "failure"]);
    }
}
