//! The last gate before a terminal. Text of packs, reports and servers is made visible where it is put into a line; what is
//! forgotten there does not pass here: colours are the only escape sequences that failspec writes.

use std::{
    borrow::Cow,
    io::{self, Write},
};

const ESCAPE: u8 = 0x1b;

/// A stream of a terminal, through the gate.
#[derive(Debug)]
pub struct Inert<W>(pub W);

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, output: &[u8]) -> io::Result<usize> {
        self.0.write_all(&inert(output))?;
        Ok(output.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns standard error, without colours if they are not wanted.
pub fn stderr() -> Inert<impl Write> {
    Inert(anstream::stderr())
}

/// Returns output in which every control character is written out, as `\u{1b}`, but for line breaks, tabs and sequences
/// that set colours. A sequence in two writes counts as none.
fn inert(output: &[u8]) -> Cow<'_, [u8]> {
    let is_control = |at: usize| match output[at] {
        b'\n' | b'\t' => false,
        b'\r' => output.get(at + 1) != Some(&b'\n'),
        ESCAPE => colour(&output[at..]).is_none(),
        0..b' ' | 0x7f => true,
        // U+0080 to U+009F in UTF-8: some terminals take U+009B for the beginning of a sequence.
        0xc2 => output.get(at + 1).is_some_and(|next| (0x80..=0x9f).contains(next)),
        _ => false,
    };
    if !(0..output.len()).any(is_control) {
        return Cow::Borrowed(output);
    }
    let mut safe = Vec::with_capacity(output.len() + 16);
    let mut at = 0;
    while at < output.len() {
        let byte = output[at];
        if !is_control(at) {
            safe.push(byte);
            at += 1;
            continue;
        }
        let (code, len) = if byte == 0xc2 { (output[at + 1], 2) } else { (byte, 1) };
        safe.extend_from_slice(format!("\\u{{{code:x}}}").as_bytes());
        at += len;
    }
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
        ] {
            assert_eq!(String::from_utf8_lossy(&inert(output.as_bytes())), expected);
        }
    }
}
