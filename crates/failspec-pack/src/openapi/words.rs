//! The words of a document that say what an operation does.

use super::Operation;

/// Verbs of operations that make something that was not there before.
const CREATING_VERBS: [&str; 5] = ["create", "add", "register", "insert", "new"];

/// Returns a name in lower case, with its words separated by `_`: `recheckAll` is `recheck_all`.
pub fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            snake.push('_');
        }
        snake.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' });
        before = letter;
    }
    snake
}

/// Returns true if a word is one of these verbs, also in the third person: `returns`.
pub fn is_verb(word: &str, verbs: &[&str]) -> bool {
    let stems = [Some(word), word.strip_suffix('s'), word.strip_suffix("es")];
    stems.into_iter().flatten().any(|stem| verbs.contains(&stem))
}

impl Operation {
    /// Returns the first words of the summary and of the id, in lower case. An id may have the name of a service before it, as in
    /// `PermissionsService_CheckPermission`.
    pub fn first_words(&self) -> impl Iterator<Item = String> {
        let id = self.id.as_deref().unwrap_or_default();
        let within = id.rsplit_once(['_', '.', '/']).map(|(_, own)| own);
        let within = within.filter(|own| own.starts_with(|letter: char| letter.is_ascii_uppercase()));
        let texts = [Some(self.summary.as_str()), Some(id), within];
        texts.into_iter().flatten().filter_map(first_word).collect::<Vec<_>>().into_iter()
    }

    /// Returns true if the first word of the summary or of the id says that it makes something new.
    pub fn says_that_it_creates(&self) -> bool {
        self.first_words().any(|word| is_verb(&word, &CREATING_VERBS))
    }
}

fn first_word(text: &str) -> Option<String> {
    snake(text).split('_').find(|word| !word.is_empty()).map(str::to_owned)
}
