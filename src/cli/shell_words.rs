//! Words of a command line, split as a POSIX shell or bash does.

/// The words of the first command of a command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ShellWords {
    /// The words, without quotes.
    pub words: Vec<String>,
    /// Expansions of the shell, such as `$TOKEN` or `$(date)`, that stand unexpanded in the words.
    pub expansions: Vec<String>,
    /// The rest of the line, from the operator that ends the command: `| jq .`.
    pub rest: Option<String>,
}

/// Reason why a command line cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShellError {
    /// A quote is never closed.
    #[error("a quote in the command line is never closed")]
    Quote,
    /// Quoting of the Windows command prompt.
    #[error("the command line is written for the Windows command prompt (^)")]
    CommandPrompt,
    /// Line continuations of `PowerShell`.
    #[error("the command line is written for PowerShell (lines end with `)")]
    PowerShell,
    /// An escape sequence that is no text.
    #[error("an escape sequence in $'…' is not text (UTF-8)")]
    NotText,
    /// Input from the command line itself.
    #[error("the command line has a here-document (<<)")]
    HereDocument,
}

/// Splits the first command of `line`.
///
/// # Errors
/// When a quote is not closed, or the line is not written for a POSIX shell.
pub fn split(line: &str) -> Result<ShellWords, ShellError> {
    let line = line.replace("\r\n", "\n");
    let mut splitter =
        Splitter { rest: line.trim(), word: None, bytes: Vec::new(), found: ShellWords::default() };
    splitter.all()?;
    Ok(splitter.found)
}

struct Splitter<'line> {
    rest: &'line str,
    /// The word that is being read. `None` between words.
    word: Option<String>,
    /// Bytes of `\x` escapes that may be parts of one character.
    bytes: Vec<u8>,
    found: ShellWords,
}

impl<'line> Splitter<'line> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn push(&mut self, text: char) {
        self.word.get_or_insert_default().push(text);
    }

    fn end_word(&mut self) {
        self.found.words.extend(self.word.take());
    }

    fn all(&mut self) -> Result<(), ShellError> {
        loop {
            let before = self.rest;
            let Some(next) = self.next() else { break };
            match next {
                '\n' if !self.rest.trim().is_empty() => {
                    self.end_word();
                    self.found.rest = Some(self.rest.trim().to_owned());
                    return Ok(());
                }
                next if next.is_whitespace() => self.end_word(),
                '#' if self.word.is_none() => {
                    self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
                }
                '\'' => self.single()?,
                '"' => self.double()?,
                '\\' => match self.next() {
                    Some('\n') => {}
                    Some(escaped) => self.push(escaped),
                    None => {}
                },
                '^' if self.rest.starts_with(['\n', '"', '^', '&', '%', '\\']) || self.rest.is_empty() => {
                    return Err(ShellError::CommandPrompt);
                }
                '`' if self.rest.starts_with('\n') => return Err(ShellError::PowerShell),
                '$' if self.rest.starts_with('\'') => self.ansi_c()?,
                // `$"…"` is a translated text: the quotes are those of any text.
                '$' if self.rest.starts_with('"') => {}
                '$' | '`' => self.expansion(before, next),
                '<' if self.rest.starts_with('<') => return Err(ShellError::HereDocument),
                '|' | ';' | '&' | '>' | '<' | '(' | ')' => {
                    // `2>/dev/null` redirects a stream, and is no word.
                    if matches!(next, '>' | '<') && self.word.as_deref().is_some_and(is_number) {
                        self.word = None;
                    }
                    self.end_word();
                    self.found.rest = Some(before.trim().to_owned());
                    return Ok(());
                }
                other => self.push(other),
            }
        }
        self.end_word();
        Ok(())
    }

    fn single(&mut self) -> Result<(), ShellError> {
        self.word.get_or_insert_default();
        loop {
            match self.next().ok_or(ShellError::Quote)? {
                '\'' => return Ok(()),
                other => self.push(other),
            }
        }
    }

    fn double(&mut self) -> Result<(), ShellError> {
        self.word.get_or_insert_default();
        loop {
            let before = self.rest;
            match self.next().ok_or(ShellError::Quote)? {
                '"' => return Ok(()),
                '\\' => match self.next().ok_or(ShellError::Quote)? {
                    '\n' => {}
                    escaped @ ('"' | '\\' | '$' | '`') => self.push(escaped),
                    other => {
                        self.push('\\');
                        self.push(other);
                    }
                },
                next @ ('$' | '`') => self.expansion(before, next),
                other => self.push(other),
            }
        }
    }

    /// Keeps an expansion as it is written, and lists it: its value is known to the shell alone.
    fn expansion(&mut self, text: &'line str, first: char) {
        self.push(first);
        let rest = &text[1..];
        let name = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let until = |close: char| rest.find(close).map_or(rest.len(), |end| end + 1);
        let length = match rest.chars().next() {
            _ if first == '`' => until('`'),
            Some('(') => until(')'),
            Some('{') => until('}'),
            _ => name,
        };
        if length > 0 {
            self.found.expansions.push(text[..=length].to_owned());
        }
        // The rest of a command in backticks or brackets is no operator of the command line.
        if first == '`' || rest.starts_with(['(', '{']) {
            self.word.get_or_insert_default().push_str(&rest[..length]);
            self.rest = &rest[length..];
        }
    }

    /// Reads the text of `$'…'`, after the dollar sign.
    fn ansi_c(&mut self) -> Result<(), ShellError> {
        self.word.get_or_insert_default();
        self.next();
        loop {
            let next = self.next().ok_or(ShellError::Quote)?;
            if next != '\\' {
                self.flush()?;
                if next == '\'' {
                    return Ok(());
                }
                self.push(next);
                continue;
            }
            let escape = self.next().ok_or(ShellError::Quote)?;
            let byte = match escape {
                'a' => 0x07,
                'b' => 0x08,
                'e' | 'E' => 0x1b,
                'f' => 0x0c,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 0x0b,
                'x' => u8::try_from(self.number(16, 2)?).map_err(|_| ShellError::NotText)?,
                digit @ '0'..='7' => {
                    let more = self.rest.chars().take(2).take_while(|next| next.is_digit(8)).count();
                    let (digits, rest) = self.rest.split_at(more);
                    self.rest = rest;
                    u8::from_str_radix(&format!("{digit}{digits}"), 8).map_err(|_| ShellError::NotText)?
                }
                'u' | 'U' => {
                    let point = self.number(16, if escape == 'u' { 4 } else { 8 })?;
                    self.flush()?;
                    self.push(char::from_u32(point).ok_or(ShellError::NotText)?);
                    continue;
                }
                other => {
                    self.flush()?;
                    if !matches!(other, '\\' | '\'' | '"' | '?') {
                        self.push('\\');
                    }
                    self.push(other);
                    continue;
                }
            };
            self.bytes.push(byte);
        }
    }

    /// Reads up to `most` digits.
    fn number(&mut self, radix: u32, most: usize) -> Result<u32, ShellError> {
        let digits = self.rest.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        u32::from_str_radix(number, radix).map_err(|_| ShellError::NotText)
    }

    /// Adds the bytes of escapes to the word.
    fn flush(&mut self) -> Result<(), ShellError> {
        let text = String::from_utf8(std::mem::take(&mut self.bytes)).map_err(|_| ShellError::NotText)?;
        self.word.get_or_insert_default().push_str(&text);
        Ok(())
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_unquotes_words_as_bash_does() {
        let table: &[(&str, &[&str])] = &[
            ("curl  'a b' \"c d\" e\\ f", &["curl", "a b", "c d", "e f"]),
            ("curl 'it'\\''s' \"\\\"x\\\" \\n\"", &["curl", "it's", "\"x\" \\n"]),
            ("curl \\\n  -H 'a: b' \\\r\n -s", &["curl", "-H", "a: b", "-s"]),
            ("curl $'it\\'s\\u0021\\n\\x41\\xc3\\xa4\\101'", &["curl", "it's!\nAäA"]),
            ("curl -d '' # a remark", &["curl", "-d", ""]),
            ("curl 'a'$'b'\"c\"", &["curl", "abc"]),
            ("curl http://h/a^b?x=1", &["curl", "http://h/a^b?x=1"]),
        ];
        for (line, words) in table {
            assert_eq!(split(line).unwrap().words, *words, "{line}");
        }
    }

    #[test]
    fn split_stops_at_operators_and_lists_expansions() {
        let found = split("curl -H \"A: $TOKEN\" $(cat x | y)`z` h/'$no' 2>/dev/null | jq .").unwrap();
        assert_eq!(found.words, ["curl", "-H", "A: $TOKEN", "$(cat x | y)`z`", "h/$no"]);
        assert_eq!(found.expansions, ["$TOKEN", "$(cat x | y)", "`z`"]);
        assert_eq!(found.rest.as_deref(), Some(">/dev/null | jq ."));
        assert_eq!(split("curl a\ncurl b").unwrap().rest.as_deref(), Some("curl b"));
        assert_eq!(split("curl '$5'").unwrap().expansions, [""; 0]);
    }

    #[test]
    fn split_names_what_it_does_not_read() {
        let table = [
            ("curl 'a", ShellError::Quote),
            ("curl \"a", ShellError::Quote),
            ("curl ^\"http://h^\" ^\n -H ^\"a: b^\"", ShellError::CommandPrompt),
            ("curl -X POST ^\n http://h", ShellError::CommandPrompt),
            ("curl -X POST `\n http://h", ShellError::PowerShell),
            ("curl $'\\xff'", ShellError::NotText),
            ("curl -d @- h <<EOF", ShellError::HereDocument),
        ];
        for (line, error) in table {
            assert_eq!(split(line), Err(error), "{line}");
        }
    }
}
