//! Reads recordings as a stream: the memory that it takes depends on the largest exchange, not on the recording.

use std::{
    cell::Cell,
    fmt,
    io::{self, BufRead, BufReader, Read},
    rc::Rc,
};

use flate2::bufread::MultiGzDecoder;
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{exchange::RecordedExchange, har::HarEntry, own::OwnCase};

/// Maximum size of one entry, in bytes: 64 MiB. It is in memory as a whole.
const MAX_ENTRY_SIZE: u64 = 64 << 20;

/// Size of the read buffer, in bytes.
const BUFFER: usize = 256 << 10;

/// Maximum length of what an error quotes, in characters: it may contain anything.
const MAX_QUOTE_LEN: usize = 200;

/// Reason why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {file}: {reason}")]
    Io {
        /// The file.
        file: String,
        /// The error of the operating system.
        reason: String,
    },
    /// It is not a recording, or contains something else.
    #[error("{file}, line {line}, column {column}{}: {what}", .entry.map(|entry| format!(", entry {entry}")).unwrap_or_default())]
    Wrong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The number of the entry, from 1; `None` outside of entries.
        entry: Option<u64>,
        /// The problem there.
        what: String,
    },
    /// It ends in the middle.
    #[error(
        "{file}, line {line}, column {column}: the recording ends in the middle, after {entries} complete entries"
    )]
    Cut {
        /// The file.
        file: String,
        /// The last line.
        line: usize,
        /// Its length.
        column: usize,
        /// The number of entries before.
        entries: u64,
    },
    /// An entry is too large.
    #[error("{file}, entry {entry}: it is larger than {} MiB", MAX_ENTRY_SIZE >> 20)]
    TooLarge {
        /// The file.
        file: String,
        /// The number of the entry, from 1.
        entry: u64,
    },
    /// The file has no exchanges, and nothing that could have some.
    #[error(
        "{file} is no recording: it has neither `log` (HAR), nor `cases` (a JSON report), nor lines of events"
    )]
    NotARecording {
        /// The file.
        file: String,
    },
}

/// Reads a recording and calls `each` with every exchange, in order: a HAR file, a JSON report of failspec, or lines, of
/// which each is an event of failspec or an entry of HAR. It may be compressed (gzip). `file` is its name in errors.
///
/// # Errors
/// When it cannot be read, is cut, or is no recording, with the place. The exchanges before that were passed on.
pub fn read(file: &str, input: impl Read, each: &mut dyn FnMut(RecordedExchange)) -> Result<(), ReadError> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let io = |error: io::Error| ReadError::Io { file: file.to_owned(), reason: error.to_string() };
    if input.fill_buf().map_err(io)?.starts_with(&[0x1f, 0x8b]) {
        let unzipped = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(input));
        return read_text(file, unzipped, each);
    }
    read_text(file, input, each)
}

fn read_text(
    file: &str,
    mut input: impl BufRead,
    each: &mut dyn FnMut(RecordedExchange),
) -> Result<(), ReadError> {
    let io = |error: io::Error| ReadError::Io { file: file.to_owned(), reason: error.to_string() };
    let start = input.fill_buf().map_err(io)?;
    if start.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    let start = input.fill_buf().map_err(io)?;
    if is_lines(start) { read_lines(file, input, each) } else { read_document(file, input, each) }
}

/// Returns true if a recording that begins like this has one value in each line: an event, or an entry of HAR.
fn is_lines(start: &[u8]) -> bool {
    let text = start.trim_ascii_start();
    let first_key = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).unwrap_or_default();
    if first_key.starts_with(b"\"event\"") {
        return true;
    }
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    #[derive(Deserialize)]
    struct Entry {
        #[serde(rename = "request")]
        _request: IgnoredAny,
    }
    serde_json::from_slice::<Entry>(first_line).is_ok()
}

/// A line: an event of failspec that may have a case, or an entry of HAR.
enum Line {
    Event(Option<OwnCase>),
    Entry(Box<HarEntry>),
}

#[derive(Deserialize)]
struct EventLine {
    #[serde(rename = "event")]
    _event: IgnoredAny,
    #[serde(default)]
    case: Option<OwnCase>,
}

impl Line {
    fn parse(line: &[u8]) -> serde_json::Result<Self> {
        let key =
            line.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start).unwrap_or_default();
        match key.starts_with(b"\"event\"") {
            true => serde_json::from_slice::<EventLine>(line).map(|line| Self::Event(line.case)),
            false => serde_json::from_slice(line).map(|entry| Self::Entry(Box::new(entry))),
        }
    }
}

fn read_lines(
    file: &str,
    mut input: impl BufRead,
    each: &mut dyn FnMut(RecordedExchange),
) -> Result<(), ReadError> {
    let (mut line, mut number, mut entries) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        number += 1;
        let read = (&mut input).take(MAX_ENTRY_SIZE + 1).read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| ReadError::Io { file: file.to_owned(), reason: error.to_string() })?;
        if read == 0 {
            return Ok(());
        }
        if read as u64 > MAX_ENTRY_SIZE {
            return Err(ReadError::TooLarge { file: file.to_owned(), entry: entries + 1 });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let parsed = Line::parse(&line).map_err(|error| {
            let is_last = error.is_eof() && line.last() != Some(&b'\n');
            of_json(file, &error, (number, entries, Some(entries + 1)), is_last)
        })?;
        let (case, entry) = match parsed {
            Line::Event(case) => (case, None),
            Line::Entry(entry) => (None, Some(entry)),
        };
        // What was sent once for several cases stands in each of them.
        let own = case.into_iter().flat_map(|case| case.exchanges).filter(|it| it.same_as.is_none());
        for exchange in own {
            entries += 1;
            each(exchange.into_exchange(entries));
        }
        if let Some(entry) = entry {
            entries += 1;
            each(entry.into_exchange(entries));
        }
    }
}

/// Returns the error for one of the JSON parser. `place` has the lines before, the complete entries, and the entry.
fn of_json(
    file: &str,
    error: &serde_json::Error,
    (before, entries, entry): (usize, u64, Option<u64>),
    is_cut: bool,
) -> ReadError {
    let (line, column) = (before.max(1) - 1 + error.line().max(1), error.column());
    if is_cut {
        return ReadError::Cut { file: file.to_owned(), line, column, entries };
    }
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text).chars().take(MAX_QUOTE_LEN).collect();
    ReadError::Wrong { file: file.to_owned(), line, column, entry, what }
}

/// The state of a document that is being read.
struct Progress {
    /// Number of bytes that the current entry may still take.
    left: Cell<u64>,
    /// Number of complete entries.
    entries: Cell<u64>,
    /// True while an entry is read.
    in_entry: Cell<bool>,
    /// True if something was found that can have exchanges.
    is_recording: Cell<bool>,
}

impl Progress {
    fn begin(&self) {
        self.left.set(MAX_ENTRY_SIZE);
        self.in_entry.set(true);
    }
}

/// A reader that ends where one entry is too large.
struct Bounded<R> {
    input: R,
    progress: Rc<Progress>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.progress.left.get();
        if left == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let read = self.input.read(buffer)?;
        self.progress.left.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

fn read_document(
    file: &str,
    input: impl BufRead,
    each: &mut dyn FnMut(RecordedExchange),
) -> Result<(), ReadError> {
    let progress = Rc::new(Progress {
        left: Cell::new(MAX_ENTRY_SIZE),
        entries: Cell::new(0),
        in_entry: Cell::new(false),
        is_recording: Cell::new(false),
    });
    let bounded = Bounded { input, progress: Rc::clone(&progress) };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER, bounded));
    let seed = Document { each, progress: &progress };
    let read = seed.deserialize(&mut json).and_then(|()| json.end());
    match read {
        Ok(()) if progress.is_recording.get() => Ok(()),
        Ok(()) => Err(ReadError::NotARecording { file: file.to_owned() }),
        Err(error) => {
            let entries = progress.entries.get();
            let entry = progress.in_entry.get().then_some(entries + 1);
            if error.io_error_kind() == Some(io::ErrorKind::FileTooLarge) {
                return Err(ReadError::TooLarge { file: file.to_owned(), entry: entries + 1 });
            }
            if error.is_io() {
                let reason = io::Error::from(error).to_string();
                return Err(ReadError::Io { file: file.to_owned(), reason });
            }
            Err(of_json(file, &error, (1, entries, entry), error.is_eof()))
        }
    }
}

/// The whole document: an object with `log` or `cases`.
struct Document<'e> {
    each: &'e mut dyn FnMut(RecordedExchange),
    progress: &'e Progress,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a recording: an object with `log` or `cases`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let list = match key.as_str() {
                "log" => {
                    map.next_value_seed(Log { each: &mut *self.each, progress: self.progress })?;
                    continue;
                }
                "cases" => List { kind: Kind::Cases, each: &mut *self.each, progress: self.progress },
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    self.progress.left.set(MAX_ENTRY_SIZE);
                    continue;
                }
            };
            map.next_value_seed(list)?;
        }
        Ok(())
    }
}

/// The value of `log`: an object with `entries`.
struct Log<'e> {
    each: &'e mut dyn FnMut(RecordedExchange),
    progress: &'e Progress,
}

impl<'de> DeserializeSeed<'de> for Log<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Log<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the log of HAR: an object with `entries`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_entries = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "entries" {
                has_entries = true;
                let list = List { kind: Kind::Entries, each: &mut *self.each, progress: self.progress };
                map.next_value_seed(list)?;
            } else {
                map.next_value::<IgnoredAny>()?;
                self.progress.left.set(MAX_ENTRY_SIZE);
            }
        }
        if has_entries { Ok(()) } else { Err(A::Error::custom("`log` has no `entries`")) }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Entries,
    Cases,
}

/// A list whose items are passed on one by one.
struct List<'e> {
    kind: Kind,
    each: &'e mut dyn FnMut(RecordedExchange),
    progress: &'e Progress,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.progress.is_recording.set(true);
        let next = || {
            let number = self.progress.entries.get() + 1;
            self.progress.entries.set(number);
            number
        };
        loop {
            self.progress.begin();
            match self.kind {
                Kind::Entries => match items.next_element::<HarEntry>()? {
                    Some(entry) => (self.each)(entry.into_exchange(next())),
                    None => break,
                },
                Kind::Cases => {
                    let Some(case) = items.next_element::<OwnCase>()? else { break };
                    for exchange in case.exchanges.into_iter().filter(|it| it.same_as.is_none()) {
                        (self.each)(exchange.into_exchange(next()));
                    }
                }
            }
        }
        self.progress.in_entry.set(false);
        Ok(())
    }
}
