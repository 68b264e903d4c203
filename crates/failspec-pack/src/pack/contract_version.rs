//! The dated contracts of one pack: `contract.yaml` is the newest, `contract@2026-03.yaml` an older one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

use failspec_base::syntax::{Diagnostic, Diagnostics, Location, Node, Source, yaml};

use super::{
    files::{Files, Texts},
    version::Version,
};

/// One of the contracts of a pack.
#[derive(Debug)]
pub(super) struct ContractVersion {
    /// The path of its file, relative to the root.
    pub path: String,
    /// The version in its file name; `None` for the newest.
    pub version: Option<Version>,
    /// The date of the documentation that it is based on.
    as_of: Option<Date>,
    file: ParsedFile,
}

/// A YAML file, parsed once.
#[derive(Debug)]
pub(super) struct ParsedFile {
    /// Its text, as source of messages.
    pub source: Arc<Source>,
    /// Its root; `None` if the text is not YAML.
    pub node: Option<Node>,
    /// The errors that parsing found.
    pub mistakes: Diagnostics,
}

impl ParsedFile {
    /// Parses a file.
    pub fn parse(source: Arc<Source>) -> Self {
        let (node, mistakes) = yaml::read(&source);
        Self { source, node, mistakes }
    }
}

/// The bases that the contracts of a pack extend, by the path of their file.
pub(super) type Bases = BTreeMap<String, ParsedFile>;

/// The contracts of one pack: the dated ones, oldest first, then the newest.
#[derive(Debug, Default)]
pub(super) struct ContractVersions(Vec<ContractVersion>);

/// Failures by id, with their causes.
pub(super) type Known = BTreeMap<String, BTreeSet<String>>;

/// The base that a contract extends: its folder and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extended {
    /// The folder under `schemas`.
    pub folder: String,
    /// The name of the file in the folder.
    pub file: String,
}

impl Extended {
    /// Parses `platform`, or `platform@2026-03` for a base that is not the newest.
    pub fn parse(text: &str) -> Option<Self> {
        let (folder, version) = super::split_version(text);
        let is_name =
            |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"_-".contains(&letter);
        if folder.is_empty() || !folder.bytes().all(is_name) {
            return None;
        }
        let file = match version {
            Some(version) => format!("base@{}.yaml", Version::parse(version)?),
            None => "base.yaml".to_owned(),
        };
        Some(Self { folder: folder.to_owned(), file })
    }

    /// Returns the base that a contract extends, if there is one.
    pub fn of(node: &Node) -> Option<Self> {
        Self::parse(node.get("extends")?.as_text()?)
    }

    /// Returns the path of its file, relative to the root.
    pub fn path(&self) -> String {
        format!("schemas/{}/{}", self.folder, self.file)
    }
}

impl ContractVersions {
    /// Finds the contracts among the files of a pack, and checks their versions.
    pub fn find(files: &Files, texts: &Texts, name: &str) -> (Self, Diagnostics) {
        let mut mistakes = Diagnostics::default();
        let mut all = Vec::new();
        let prefix = format!("schemas/{name}/contract");
        let contracts = texts.iter().filter_map(|(path, text)| {
            let rest = path.strip_prefix(&prefix)?.strip_suffix(".yaml")?;
            (rest.is_empty() || rest.starts_with('@')).then_some((path, rest, text))
        });
        for (path, rest, text) in contracts {
            let version = rest.strip_prefix('@').map(|version| (version, Version::parse(version)));
            if let Some((written, None)) = &version {
                let title = format!("{}: `{written}` is not a valid version", files.shown(path));
                let hint = "a version is a year, a month or a day: contract@2026-03.yaml";
                mistakes.0.push(Diagnostic::error(None, title).hint(hint));
                continue;
            }
            let source = Source::new(files.shown(path), Arc::clone(text));
            let file = ParsedFile::parse(source);
            let as_of = file.node.as_ref().and_then(|node| node.get("as_of")?.as_text()?.parse().ok());
            let version = version.and_then(|(_, version)| version);
            all.push(ContractVersion { path: path.clone(), version, as_of, file });
        }
        all.sort_by_key(|edition| (edition.version.is_none(), edition.as_of));
        let editions = Self(all);
        editions.check(&mut mistakes);
        (editions, mistakes)
    }

    /// Checks that each date matches the version in the file name, that no two dates are the same, and that
    /// `contract.yaml` is the newest. Otherwise it would be unclear which of two contracts is valid on a day.
    fn check(&self, mistakes: &mut Diagnostics) {
        for (at, edition) in self.0.iter().enumerate() {
            let (Some(version), Some(as_of)) = (&edition.version, edition.as_of) else { continue };
            let mut wrong = |title: String, hint: String| {
                mistakes.0.push(Diagnostic::error(edition.place_of_date(), title).hint(hint));
            };
            if !version.holds(as_of) {
                wrong(
                    format!("the version {version} does not contain {as_of}"),
                    format!("give `as_of` and the file name contract@{version}.yaml the same date"),
                );
            }
            let earlier = &self.0[..at];
            if earlier.iter().any(|other| other.as_of == Some(as_of)) {
                wrong(
                    format!("two versions have `as_of: {as_of}`"),
                    "one of them would never be used: give them different days, or remove one".to_owned(),
                );
            }
            if self.newest().and_then(|newest| newest.as_of).is_some_and(|newest| newest < as_of) {
                wrong(
                    format!("the version {version} is newer than contract.yaml"),
                    "contract.yaml must be the newest: swap the files, or correct a date".to_owned(),
                );
            }
        }
    }

    fn newest(&self) -> Option<&ContractVersion> {
        self.0.iter().find(|edition| edition.version.is_none())
    }

    /// Returns the contract for a run: the newest, or for a version the one with that name, or else the last one that
    /// was documented by the end of that version.
    pub fn choose(&self, told: Option<&Version>) -> Option<&ContractVersion> {
        let Some(told) = told else { return self.newest() };
        let of_that_name = self.0.iter().find(|edition| edition.version.as_ref() == Some(told));
        let by_then =
            |edition: &&ContractVersion| edition.as_of.is_some_and(|as_of| as_of <= told.last_day());
        of_that_name.or_else(|| self.0.iter().rfind(by_then))
    }

    /// Returns the versions of the dated contracts, without the newest, oldest first.
    pub fn versions(&self) -> Vec<Version> {
        self.0.iter().filter_map(|edition| edition.version.clone()).collect()
    }

    /// Describes all contracts in messages.
    pub fn in_words(&self) -> String {
        let word = |edition: &ContractVersion| {
            let as_of = edition.as_of.map(|as_of| format!(" (as of {as_of})")).unwrap_or_default();
            match &edition.version {
                Some(version) => format!("{version}{as_of}"),
                None => format!("the newest{as_of}"),
            }
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    /// Returns the base of each contract that extends one.
    pub fn extended(&self) -> impl Iterator<Item = Extended> {
        self.0.iter().filter_map(|edition| edition.extended())
    }

    /// Parses the bases of all contracts, as far as their files exist.
    pub fn bases(&self, files: &Files, texts: &Texts) -> Bases {
        let paths: BTreeSet<String> = self.extended().map(|extended| extended.path()).collect();
        let parse = |path: String| {
            let source = Source::new(files.shown(&path), Arc::clone(texts.get(&path)?));
            Some((path, ParsedFile::parse(source)))
        };
        paths.into_iter().filter_map(parse).collect()
    }

    /// Returns the failures of all contracts except the one at `path`, including those of their bases.
    pub fn known_besides(&self, path: &str, bases: &Bases) -> Known {
        let mut known = Known::new();
        for edition in self.0.iter().filter(|edition| edition.path != path) {
            let Some(node) = &edition.file.node else { continue };
            collect(node, &mut known);
            let base = Extended::of(node).and_then(|extended| bases.get(&extended.path()));
            if let Some(node) = base.and_then(|base| base.node.as_ref()) {
                collect(node, &mut known);
            }
        }
        known
    }
}

fn collect(contract: &Node, known: &mut Known) {
    let list = |node: Option<&Node>| match node.map(|node| &node.value) {
        Some(failspec_base::syntax::NodeValue::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    for failure in list(contract.get("failures")) {
        let Some(id) = failure.get("id").and_then(Node::as_text) else { continue };
        let causes = list(failure.get("causes"));
        let causes = causes.iter().filter_map(Node::as_text).map(str::to_owned);
        known.entry(id.to_owned()).or_default().extend(causes);
    }
}

impl ContractVersion {
    /// Returns the file of the contract.
    pub fn file(&self) -> &ParsedFile {
        &self.file
    }

    /// Returns the date of the documentation.
    pub fn as_of(&self) -> Option<Date> {
        self.as_of
    }

    /// Returns the base that it extends, if there is one.
    pub fn extended(&self) -> Option<Extended> {
        Extended::of(self.file.node.as_ref()?)
    }

    fn place_of_date(&self) -> Option<Location> {
        let node = self.file.node.as_ref()?.get("as_of")?;
        Some(Location { source: Arc::clone(&self.file.source), span: node.span })
    }
}
