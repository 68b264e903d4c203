//! Snapshot files: insta's format and its `.snap.new` convention.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A snapshot as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The file of the scenario.
    pub source: String,
    /// The name of the case.
    pub expression: String,
    /// The response as text.
    pub contents: String,
}

/// Returns the file of a case below `snapshots/<pack>`: `<failure>/<scenario>[--row].snap`.
pub fn file_name(failure: &str, scenario: &str, row: Option<&str>) -> String {
    match row {
        Some(row) => format!("{failure}/{scenario}--{row}.snap"),
        None => format!("{failure}/{scenario}.snap"),
    }
}

impl SnapshotFile {
    /// Reads a file with insta.
    ///
    /// # Errors
    /// The error of insta, in one line.
    pub fn read(path: &Path) -> Result<Self, String> {
        let snapshot = insta::Snapshot::from_file(path).map_err(|error| error.to_string())?;
        let contents = snapshot.as_text().ok_or("it is not a text snapshot")?.to_string();
        Ok(Self {
            source: snapshot.metadata().source().unwrap_or_default().to_owned(),
            expression: snapshot.metadata().expression().unwrap_or_default().to_owned(),
            contents: contents.trim_end().to_owned(),
        })
    }

    /// Returns true if `text` is a file as [`Self::to_text`] writes it, with these contents. insta reads the same
    /// from it, but takes a hundred times as long; for any other text the result has no meaning.
    pub(super) fn is_plainly(text: &str, contents: &str) -> bool {
        let own = |line: &str| {
            let value = line.strip_prefix("source: ").or_else(|| line.strip_prefix("expression: "));
            value.is_some_and(|value| {
                plain_or_quoted(value) == value || serde_json::from_str::<&str>(value).is_ok()
            })
        };
        let head = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        // insta ends the head at the first line that begins like the separator, and converts Windows line ends.
        head.is_some_and(|(head, rest)| {
            head.lines().all(own) && !head.contains('\r') && rest.strip_suffix('\n') == Some(contents)
        })
    }

    /// Parses the text of a file that was built into the binary.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("---\n")?;
        let (head, contents) = rest.split_once("\n---\n")?;
        let field = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(|value| value.trim().trim_matches('"').to_owned()).unwrap_or_default()
        };
        Some(Self {
            source: field("source"),
            expression: field("expression"),
            contents: contents.trim_end().to_owned(),
        })
    }

    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        format!(
            "---\nsource: {}\nexpression: {}\n---\n{}\n",
            plain_or_quoted(&self.source),
            quote(&self.expression),
            self.contents
        )
    }

    /// Writes the file and creates its folders.
    ///
    /// # Errors
    /// When the file system reports an error.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, self.to_text())
    }
}

/// Formats a text as insta does: without quotes if YAML needs none, so that accepting with either tool gives the same
/// file.
fn plain_or_quoted(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let begins_plain = text.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_plain && begins_plain { text.to_owned() } else { quote(text) }
}

/// Quotes a text as a JSON string, which is also a YAML string.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Approves a pending response: `x.snap.new` becomes `x.snap`.
///
/// # Errors
/// When the file system reports an error.
pub fn accept(pending: &Path) -> io::Result<PathBuf> {
    // An empty extension removes `.new` from the name.
    let approved = pending.with_extension("");
    fs::rename(pending, &approved)?;
    Ok(approved)
}

/// Discards a pending response.
///
/// # Errors
/// When the file system reports an error.
pub fn reject(pending: &Path) -> io::Result<()> {
    fs::remove_file(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_as_it_is_written_is_plainly_the_same() {
        let file = |head: &str, contents: &str| format!("---\n{head}\n---\n{contents}\n");
        for (text, is_same) in [
            (file("source: a/b.yaml\nexpression: \"t::a\"", "x"), true),
            (file("source: a/b.yaml", "x"), true),
            (file("expression: \"t\"", "x"), true),
            (file("source: \"a b\"", "x"), true),
            (file("source: a b", "x"), false),
            (file("source: 1", "x"), false),
            (file("source: [a]", "x"), false),
            (file("assertion_line: 3", "x"), false),
            (file("source: a\nassertion_line: 3", "x"), false),
            (file("source: a\r", "x"), false),
            (file("source: a\r\nexpression: \"t\"", "x"), false),
            (file("source: a", "y"), false),
            (file("source: a", "x\n"), false),
            (file("source: a", "x").trim_end().to_owned(), false),
            ("source: a\n---\nx\n".to_owned(), false),
            ("---\nsource: a\nx\n".to_owned(), false),
        ] {
            assert_eq!(SnapshotFile::is_plainly(&text, "x"), is_same, "{text:?}");
        }
    }
}
