//! The first element of a document.

use std::io::{self, Write};

/// Maximum length of what comes before the end of the first element, in bytes: it has a few short attributes.
const MAX_HEAD_LEN: usize = 4096;

/// A writer that removes the attribute `skipped` of `testsuites`, which the schema of Jenkins' xUnit plugin has for
/// `testsuite` only.
pub(super) struct WithoutSkipped<W> {
    out: W,
    /// The text that was written so far; `None` after the first element.
    head: Option<Vec<u8>>,
}

impl<W: Write> WithoutSkipped<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, head: Some(Vec::new()) }
    }

    fn write_head(&mut self) -> io::Result<()> {
        let Some(head) = self.head.take() else { return Ok(()) };
        self.out.write_all(without_skipped(&String::from_utf8_lossy(&head)).as_bytes())
    }
}

fn without_skipped(head: &str) -> String {
    let parts =
        head.split_once(" skipped=\"").and_then(|(before, after)| Some((before, after.split_once('"')?.1)));
    parts.map_or_else(|| head.to_owned(), |(before, after)| format!("{before}{after}"))
}

impl<W: Write> Write for WithoutSkipped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(head) = &mut self.head else { return self.out.write(bytes) };
        head.extend_from_slice(bytes);
        let root = head.windows(11).position(|part| part == b"<testsuites");
        let ended = root.is_some_and(|start| head[start..].contains(&b'>'));
        if ended || head.len() > MAX_HEAD_LEN {
            self.write_head()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_head()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_is_removed_from_the_first_element_only() {
        let text = r#"<?xml version="1.0"?><testsuites name="a" skipped="12" tests="1"><testsuite skipped="3"/></testsuites>"#;
        for size in [1, 7, 1000] {
            let mut written = Vec::new();
            let mut out = WithoutSkipped::new(&mut written);
            for part in text.as_bytes().chunks(size) {
                out.write_all(part).unwrap();
            }
            out.flush().unwrap();
            drop(out);
            assert_eq!(String::from_utf8(written).unwrap(), text.replacen(" skipped=\"12\"", "", 1));
        }
    }
}
