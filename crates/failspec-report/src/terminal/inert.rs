//! The last gate before a terminal and a log. Text of packs, reports and servers is made visible where it is put into a
//! line; what is forgotten there does not pass here: colours are the only escape sequences that failspec writes, and no
//! line is a command for the runner of a workflow, but for those of the report `github`.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use failspec_base::sanitize::is_unsafe;

const ESCAPE: u8 = 0x1b;

/// A stream of a terminal, through the gate.
#[derive(Debug)]
pub struct Inert<W> {
    out: W,
    /// True if a runner obeys commands in the output.
    is_obeyed: bool,
    /// True if nothing but space was written since the last line break.
    is_start: bool,
}

impl<W: Write> Inert<W> {
    /// Returns a stream that lets nothing through that a terminal, or the runner of a workflow if there is one, would
    /// obey.
    pub fn new(out: W) -> Self {
        let is_obeyed = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| !value.is_empty());
        Self { out, is_obeyed, is_start: true }
    }

    /// Returns a stream that lets commands for the runner of a workflow through.
    pub const fn with_commands(out: W) -> Self {
        Self { out, is_obeyed: false, is_start: true }
    }
}

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, output: &[u8]) -> io::Result<usize> {
        let safe = inert(output);
        let safe = if self.is_obeyed { disarmed(safe, &mut self.is_start) } else { safe };
        self.out.write_all(&safe)?;
        Ok(output.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns standard error, without colours if they are not wanted.
pub fn stderr() -> Inert<impl Write> {
    Inert::new(anstream::stderr())
}

/// Returns output in which every character that could mislead a terminal or a person is written out, as `\u{1b}`, but
/// for line breaks, tabs and sequences that set colours. A sequence in two writes counts as none.
fn inert(output: &[u8]) -> Cow<'_, [u8]> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if output.iter().all(is_plain) {
        return Cow::Borrowed(output);
    }
    let mut safe = Vec::with_capacity(output.len() + 16);
    for chunk in output.utf8_chunks() {
        let mut text = chunk.valid();
        while let Some(character) = text.chars().next() {
            let is_line_break = text.starts_with("\r\n");
            let len = colour(text.as_bytes()).unwrap_or(character.len_utf8());
            if is_unsafe(character) && len == character.len_utf8() && !is_line_break {
                safe.extend_from_slice(character.escape_unicode().to_string().as_bytes());
            } else {
                safe.extend_from_slice(&text.as_bytes()[..len]);
            }
            text = &text[len..];
        }
        // A part of a character: the rest of it is in another write.
        safe.extend_from_slice(chunk.invalid());
    }
    Cow::Owned(safe)
}

/// Returns output in which the runner of a workflow finds no command. It obeys a line that begins with `::`, also after
/// space, and `##[` anywhere. `is_start` is true if nothing but space was written since the last line break.
fn disarmed<'o>(output: Cow<'o, [u8]>, is_start: &mut bool) -> Cow<'o, [u8]> {
    let mut safe = Vec::new();
    let (mut at, mut copied) = (0, 0);
    while at < output.len() {
        let rest = &output[at..];
        let len = colour(rest).unwrap_or(1);
        let is_command = (*is_start && rest.starts_with(b"::")) || rest.starts_with(b"##[");
        if is_command {
            safe.extend_from_slice(&output[copied..at]);
            safe.extend_from_slice(char::from(rest[0]).escape_unicode().to_string().as_bytes());
            copied = at + 1;
        }
        *is_start = match rest[0] {
            b'\n' => true,
            b' ' | b'\t' | b'\r' | ESCAPE => *is_start,
            _ => false,
        };
        at += len;
    }
    if copied == 0 {
        return output;
    }
    safe.extend_from_slice(&output[copied..]);
    Cow::Owned(safe)
}

/// Returns the length of the sequence that sets colours at the beginning of `output`: `ESC [ 1 ; 31 m`.
fn colour(output: &[u8]) -> Option<usize> {
    let parameters = output.strip_prefix(&[ESCAPE, b'['])?;
    let len = parameters.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
    (parameters.get(len) == Some(&b'm')).then_some(len + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_only_colours_reach_a_terminal() {
        for (output, expected) in [
            ("plain \u{2713} text\n\tmore\r\n", "plain \u{2713} text\n\tmore\r\n"),
            ("\u{1b}[1m\u{1b}[38;5;9mred\u{1b}[0m", "\u{1b}[1m\u{1b}[38;5;9mred\u{1b}[0m"),
            ("\u{1b}]52;c;cHduZWQ=\u{7}", "\\u{1b}]52;c;cHduZWQ=\\u{7}"),
            ("\u{1b}[2J\u{1b}[1A", "\\u{1b}[2J\\u{1b}[1A"),
            ("a\u{1b}", "a\\u{1b}"),
            ("a\u{1b}[1", "a\\u{1b}[1"),
            ("over\rwritten\u{8}", "over\\u{d}written\\u{8}"),
            ("\u{9b}2J\u{a0}\u{c2}", "\\u{9b}2J\u{a0}\u{c2}"),
            ("\u{0}\u{7f}", "\\u{0}\\u{7f}"),
            ("a\u{202e}b\u{2066}\u{e0041}\u{2028}", "a\\u{202e}b\\u{2066}\\u{e0041}\\u{2028}"),
            ("日本 \u{1f600}", "日本 \u{1f600}"),
        ] {
            assert_eq!(String::from_utf8_lossy(&inert(output.as_bytes())), expected);
        }
    }

    #[test]
    fn security_no_line_is_a_command_for_a_runner() {
        for (writes, expected) in [
            (&["kubeglass::conflict\n::error::x\n"][..], "kubeglass::conflict\n\\u{3a}:error::x\n"),
            (&["  \t::add-mask::x"], "  \t\\u{3a}:add-mask::x"),
            (&["\u{1b}[31m::x", "\u{1b}[0m\n", " ", "::y"], "\u{1b}[31m\\u{3a}:x\u{1b}[0m\n \\u{3a}:y"),
            (&["a ##[error]b ::c", "::d"], "a \\u{23}#[error]b ::c::d"),
            (&["## [x] :: y"], "## [x] :: y"),
        ] {
            let mut stream = Inert { out: Vec::new(), is_obeyed: true, is_start: true };
            writes.iter().for_each(|output| stream.write_all(output.as_bytes()).unwrap());
            assert_eq!(String::from_utf8_lossy(&stream.out), expected);
        }
    }
}
