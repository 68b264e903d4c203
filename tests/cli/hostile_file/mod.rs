//! Seed files, a deterministic mutator, and the decoders under test.

use std::{
    any::Any,
    fmt::Debug,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use failspec_base::syntax::Source;
use failspec_certificate::Programme;
use failspec_observe::{ObserveOptions, Observer, read as read_recording};
use failspec_pack::{
    pack::{
        Pack, Texts,
        writing::{Commented, Comments, ContractSource, FileDocument, ScenarioFileSource},
    },
    target_config::{Config, Target},
};

/// The decoder that a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Contract,
    Scenario,
    Config,
    Programme,
    Recording,
}

/// A valid file that is mutated.
pub struct Seed {
    pub name: String,
    pub text: String,
    pub reader: Reader,
    /// The other files of its pack.
    beside: Texts,
    pack: String,
}

impl Seed {
    /// Decodes `text` instead of the seed. Returns success, the reason of the refusal, or the panic.
    pub fn read(&self, text: &str) -> Result<Result<(), String>, Box<dyn Any + Send>> {
        catch_unwind(AssertUnwindSafe(|| match self.reader {
            Reader::Config => Config::read(&Source::new("failspec.toml", text), None, Path::new("."))
                .map(drop)
                .map_err(|mistakes| mistakes.to_string()),
            Reader::Programme => Programme::read(&Source::new("programme.toml", text), Path::new("/nowhere"))
                .map(drop)
                .map_err(|mistake| mistake.to_string()),
            Reader::Recording => observe(text),
            Reader::Contract | Reader::Scenario => {
                let mut texts = self.beside.clone();
                let path = match self.reader {
                    Reader::Contract => format!("schemas/{}/contract.yaml", self.pack),
                    _ => format!("scenarios/{}/mutated.yaml", self.pack),
                };
                texts.insert(path, text.into());
                let pack = Pack::from_texts(&failspec::builtin::built_in(), &self.pack, texts)
                    .map_err(|mistakes| mistakes.to_string())?;
                match self.reader {
                    Reader::Contract => read_as_written::<ContractSource>(text),
                    _ => read_as_written::<ScenarioFileSource>(text),
                }
                drop(pack);
                Ok(())
            }
        }))
    }
}

/// Judges a recording by a small contract; what came before a mistake is judged, too.
fn observe(text: &str) -> Result<(), String> {
    let contract = read("fuzz/corpus/contract/small.yaml");
    let texts = [("schemas/fuzz/contract.yaml".to_owned(), contract)];
    let pack = Arc::new(Pack::from_texts(&failspec::builtin::built_in(), "fuzz", texts).expect("a pack"));
    let target = Target::from_url("https://api.test").expect("a target");
    let sources = ["a.har".to_owned()];
    let observer = Observer::new(pack, target, Vec::new(), Vec::new(), &sources);
    let mut observer = observer.unwrap_or_else(|error| panic!("{error}"));
    let read = read_recording("a.har", text.as_bytes(), &mut |exchange| drop(observer.observe(0, &exchange)));
    if let Ok(report) = observer.finish(&ObserveOptions::default()) {
        assert!(report.is_observation() && report.cases.iter().all(|case| case.is_consistent()));
        assert!(serde_json::to_vec(&report).is_ok());
    }
    read.map_err(|error| error.to_string())
}

/// Writes a file that can be loaded, and reads it again.
fn read_as_written<T: FileDocument + PartialEq + Debug + Clone>(text: &str) {
    let parse = |text: &str| T::parse(&Source::new("written.yaml", text));
    let value = parse(text).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let written = Commented { value: value.clone(), comments: Comments::default() }.to_yaml();
    let read = parse(&written).unwrap_or_else(|mistakes| panic!("{}\n{written}", mistakes.render(false)));
    assert_eq!(read, value, "{written}");
}

/// Returns the corpus of the fuzz targets, and the smallest built-in packs with all their files.
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let contract = read("fuzz/corpus/contract/small.yaml");
    let folders = [
        ("contract", Reader::Contract),
        ("scenario", Reader::Scenario),
        ("config", Reader::Config),
        ("programme", Reader::Programme),
        ("recording", Reader::Recording),
    ];
    for (folder, reader) in folders {
        for name in names(&format!("fuzz/corpus/{folder}")) {
            let beside = match reader {
                Reader::Scenario => {
                    Texts::from([("schemas/fuzz/contract.yaml".to_owned(), contract.as_str().into())])
                }
                _ => Texts::new(),
            };
            seeds.push(Seed { text: read(&name), name, reader, beside, pack: "fuzz".to_owned() });
        }
    }
    for pack in ["kubeadapt", "k0rdent"] {
        let all = failspec::builtin::built_in().read_pack(pack).expect("a built-in pack");
        for (name, text) in all.iter().filter(|(name, _)| name.ends_with(".yaml")) {
            let reader = if name.starts_with("schemas/") { Reader::Contract } else { Reader::Scenario };
            let mut beside = all.clone();
            beside.remove(name);
            seeds.push(Seed {
                name: name.clone(),
                text: text.to_string(),
                reader,
                beside,
                pack: pack.to_owned(),
            });
        }
    }
    seeds
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect(folder);
    let name = |entry: fs::DirEntry| format!("{folder}/{}", entry.file_name().to_string_lossy());
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    names
}

/// Texts that are inserted into files: syntax of YAML and TOML, of templates and pointers, and boundary values.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "!!int ",
    "? ",
    "---\n",
    "...\n",
    "#",
    "%YAML 9.9\n",
    "${",
    "${unique}",
    "${fill(99999999999999)}",
    "${totp(",
    "$${",
    "}",
    "null",
    "~",
    "yes",
    "-1",
    "0",
    "99999999999999999999999",
    "1e999",
    ".nan",
    "0x7fffffff",
    "1s",
    "-300s",
    "9999999999999999999m",
    "/a/~2",
    "/~",
    "..",
    "%2e%2e",
    "\\",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\u{1b}[31m",
    "é",
    "\u{10ffff}",
    "(((((a+)+)+)+)+)$",
    "$ref",
    "#/$defs/x",
    "http://127.0.0.1:1/x",
    "2026-02-30",
    "2xx",
    "status",
    "request",
    "each",
    "control",
    "then",
    "resend: true",
    "setup",
    "capture",
    "repeat",
    "inferred",
    "= 1\n",
    "[[waivers]]\n",
];

/// A deterministic mutator: the same seed number gives the same file.
pub struct Mutator(u64);

impl Mutator {
    pub fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `bound`. xorshift64 is sufficient for choosing positions, and is the same on all
    /// platforms.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).expect("less than the bound")
    }

    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        text.floor_char_boundary(at)
    }

    /// Makes a few changes to `text`.
    pub fn mutate(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(3) {
            let (one, other) = (self.place(&text), self.place(&text));
            let (from, to) = (one.min(other), one.max(other));
            let near = text.floor_char_boundary((from + self.below(30)).min(text.len())).max(from);
            let piece = PIECES[self.below(PIECES.len())];
            match self.below(8) {
                0 => drop(text.drain(from..near)),
                1 => text.insert_str(from, piece),
                2 => text.replace_range(from..near, piece),
                3 => text.truncate(from),
                4 => text = swap_lines(&text, from, to),
                5 => text.insert_str(from, &piece.repeat(1 + self.below(300))),
                6 => {
                    let part = text[from..to].to_owned();
                    text.insert_str(to, &part);
                }
                _ => text = value(&text, from, piece),
            }
        }
        text
    }
}

/// Swaps two lines.
fn swap_lines(text: &str, one: usize, other: usize) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let line = |at: usize| text[..at].matches('\n').count();
    let (one, other, last) = (line(one), line(other), lines.len().saturating_sub(1));
    if !lines.is_empty() {
        lines.swap(one.min(last), other.min(last));
    }
    lines.concat()
}

/// Replaces the value after the next colon.
fn value(text: &str, from: usize, piece: &str) -> String {
    let Some(colon) = text[from..].find(": ").map(|at| from + at + 2) else { return text.to_owned() };
    let end = text[colon..].find(['\n', ',', '}']).map_or(text.len(), |at| colon + at);
    format!("{}{piece}{}", &text[..colon], &text[end..])
}
