//! A complete pack, read and checked.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use jiff::civil::Date;

use failspec_base::syntax::{Decoder, Diagnostic, Diagnostics, Location, Source, yaml};

use super::{
    Contract, Scenario, Version,
    body_file::BodyFiles,
    contract_version::{Bases, ContractVersion, ContractVersions, ParsedFile},
    files::{Files, FilesError, Texts, digest},
    fixture::Fixtures,
    inherited::{self, Inherited},
    parallel::side_by_side,
    row_file::{self, RowFiles},
    scenario::Shared,
    schema::SchemaRegistry,
    split_version,
};

/// Everything about one API under one name.
#[derive(Debug)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// The source of its files.
    pub files: Files,
    /// SHA-256 over its sorted paths and contents and the requested version, in hexadecimal.
    pub digest: String,
    /// The requested version; `None` for the newest.
    pub version: Option<Version>,
    /// The versions of the dated contracts, without the newest, oldest first.
    pub versions: Vec<Version>,
    /// The name with which its cases begin if another version of the pack is in the same run.
    qualified: Option<String>,
    /// The pack that it extends, if it extends one.
    pub extends: Option<String>,
    /// The contract.
    pub contract: Contract,
    /// The scenarios for the failures of this version, in the order of the files.
    pub scenarios: Vec<Arc<Scenario>>,
    /// The fixtures that no scenario uses, by name; their steps are not read.
    pub unused_fixtures: Vec<(String, Location)>,
    /// The files that it was read from.
    pub texts: Arc<Texts>,
    /// Contracts and bases that only other versions use.
    pub others: Arc<Texts>,
    /// Doubtful parts of the files, which can be used all the same; `failspec lint` reports it.
    pub warnings: Diagnostics,
}

/// An error that makes a pack unusable.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Its files cannot be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// There is no pack of that name.
    #[error("there is no pack `{name}`; the packs are {known}")]
    Unknown {
        /// The requested name.
        name: String,
        /// The names of the available packs.
        known: String,
    },
    /// The text after the `@` of its name is not a version.
    #[error(
        "`{version}` is not a valid version of {name}: a version is a year, a month or a day, \
         such as {name}@2026-03"
    )]
    NotAVersion {
        /// The name of the pack.
        name: String,
        /// The text after the `@`.
        version: String,
    },
    /// All its contracts are newer than the requested version.
    #[error("{name} has no contract from {version} or earlier; the versions are {known}")]
    NoVersion {
        /// The name of the pack.
        name: String,
        /// The requested version.
        version: String,
        /// The available versions.
        known: String,
    },
    /// Its files contain errors.
    #[error(transparent)]
    Wrong(#[from] Diagnostics),
}

impl Pack {
    /// Reads the pack `name` in its newest version, or in the version of `name@version`.
    ///
    /// # Errors
    /// Returns all errors in its files, not only the first, or that there is no such version.
    pub fn load(files: &Files, name: &str) -> Result<Self, PackError> {
        let (folder, version) = told(name)?;
        let mut texts = files.read_pack(folder)?;
        let contracts = ContractVersions::find(files, &texts, folder);
        let bases: BTreeSet<String> = contracts.0.extended().map(|extended| extended.folder).collect();
        for base in bases {
            texts.extend(files.read_schemas(&base)?);
        }
        Self::from_contracts(files, folder, version, texts, contracts)
    }

    /// Reads the pack `name`, or a version of it, from texts in memory; `files` is where they come from.
    ///
    /// # Errors
    /// Returns all errors in the texts, not only the first, or that there is no such version.
    pub fn from_texts(
        files: &Files,
        name: &str,
        texts: impl IntoIterator<Item = (String, impl Into<Arc<str>>)>,
    ) -> Result<Self, PackError> {
        let texts: Texts = texts.into_iter().map(|(path, text)| (path, text.into())).collect();
        let (name, version) = told(name)?;
        let contracts = ContractVersions::find(files, &texts, name);
        Self::from_contracts(files, name, version, texts, contracts)
    }

    /// Reads a pack whose contracts are parsed already: each file is parsed once for a load.
    fn from_contracts(
        files: &Files,
        name: &str,
        version: Option<Version>,
        texts: Texts,
        (editions, mut mistakes): (ContractVersions, Diagnostics),
    ) -> Result<Self, PackError> {
        let Some(edition) = editions.choose(version.as_ref()) else {
            return Err(match version {
                Some(version) if texts.keys().any(|path| path.starts_with(&format!("schemas/{name}/"))) => {
                    let (name, known) = (name.to_owned(), editions.in_words());
                    PackError::NoVersion { name, version: version.to_string(), known }
                }
                _ => PackError::Unknown { name: name.to_owned(), known: files.packs()?.join(", ") },
            });
        };
        let bases = editions.bases(files, &texts);
        let mut elsewhere = editions.known_besides(&edition.path, &bases);
        let (texts, others) = parted(texts, name, edition);
        let library = SchemaRegistry::new(Arc::clone(&texts), name);
        let on = version.as_ref().map(Version::last_day).or_else(|| edition.as_of());
        let inherited = Inherited::of(files, edition)?;
        let (base, mistaken) = read_base(files, &texts, name, edition, &bases, on);
        let (base, inherited_files, texts) = match inherited {
            Some(mut inherited) => {
                let mut all = (*inherited.texts).clone();
                all.extend(texts.iter().map(|(path, text)| (path.clone(), text.clone())));
                // Its scenarios may be those of its other versions.
                for (failure, causes) in &inherited.contract.elsewhere {
                    elsewhere.entry(failure.clone()).or_default().extend(causes.iter().cloned());
                }
                let contract =
                    std::mem::replace(&mut inherited.contract, Contract::nothing_at(edition.file()));
                (Some(contract), Some(inherited), Arc::new(all))
            }
            None => (base, None, texts),
        };
        let (mut contract, read) = read_contract(edition.file(), &library, base, on, false);
        mistakes.0.extend(mistaken.0);
        mistakes.0.extend(read.0);
        name_is_that_of_the_folder(contract.as_ref(), edition.file(), name, &mut mistakes);
        if let Some(contract) = &mut contract {
            contract.elsewhere = elsewhere;
        }
        // Scenarios are read even if the contract has errors, so that all errors are reported at once. Without any
        // contract, only YAML errors in them are reported.
        let own = format!("scenarios/{name}/");
        let is_rows = |path: &str| row_file::ENDINGS.iter().any(|ending| path.ends_with(ending));
        let files_of_scenarios = texts.iter().filter(|(path, _)| path.starts_with(&own));
        let read: Vec<_> = files_of_scenarios.filter(|(path, _)| !is_rows(path)).collect();
        let (fixtures, wrong) = find_fixtures(files, &read, inherited_files.as_ref());
        mistakes.0.extend(wrong);
        let inherited_name = inherited_files.as_ref().map(|inherited| inherited.name.as_str());
        let row_files = RowFiles::new(files, &texts, name, inherited_name);
        let body_files = BodyFiles::new(files, &texts, name, inherited_name);
        let shared = Shared { row_files, body_files, fixtures };
        let mut read = side_by_side(&read, |(path, text)| {
            let source = Source::new(files.shown(path), Arc::clone(text));
            match &contract {
                Some(contract) => {
                    read_scenarios(&source, contract, &library, inherited_files.as_ref(), &shared)
                }
                None => (Vec::new(), yaml::read(&source).1, BTreeSet::new()),
            }
        });
        if let (Some(inherited), Some(contract)) = (&inherited_files, &contract) {
            let own: BTreeSet<String> = read.iter().flat_map(|(.., names)| names.clone()).collect();
            let library = SchemaRegistry::new(Arc::clone(&texts), &inherited.name);
            for (source, node) in inherited.files.values() {
                let reader = Decoder::new(source);
                let rest = Inherited::without(node, &own);
                let found =
                    Scenario::read_file(&rest, &reader, contract, &library, Some(&inherited.name), &shared);
                read.push((found.into_iter().map(Arc::new).collect(), reader.finish(), BTreeSet::new()));
            }
        }
        let mut scenarios = Vec::with_capacity(read.iter().map(|(scenarios, ..)| scenarios.len()).sum());
        for (of_file, wrong, _) in read {
            scenarios.extend(of_file);
            mistakes.0.extend(wrong.0);
        }
        mistakes.0.extend(twice(&scenarios));
        // What several scenarios share is read with each of them.
        each_once(&mut mistakes);
        let unused_fixtures = shared.fixtures.unused();
        match contract {
            Some(contract) if !mistakes.has_errors() => Ok(Self {
                name: name.to_owned(),
                files: files.clone(),
                digest: digest(&texts, &shared.body_files.besides_texts(), version.as_ref()),
                version,
                versions: editions.versions(),
                qualified: None,
                extends: inherited_files.map(|inherited| inherited.name),
                contract,
                scenarios,
                unused_fixtures,
                texts,
                others,
                warnings: mistakes,
            }),
            _ => Err(mistakes.into()),
        }
    }

    /// Returns the files of the pack that look like its contracts, scenarios, rows or bodies and are not read, sorted.
    pub fn ignored_files(&self) -> Vec<String> {
        let scenarios = || self.texts.iter().filter(|(path, _)| path.starts_with("scenarios/"));
        // A scenario of another version is not read, but it may be the one that has its rows or a body there.
        let is_named =
            |file: &str| scenarios().any(|(path, text)| path.ends_with('l') && text.contains(file));
        self.files.ignored(&self.name, is_named)
    }

    /// Returns the schema files of the pack.
    pub fn library(&self) -> SchemaRegistry {
        SchemaRegistry::new(Arc::clone(&self.texts), &self.name)
    }

    /// Makes the names of its cases carry the requested version, because another version is in the same run.
    #[must_use]
    pub fn qualified(mut self) -> Self {
        self.qualified = Some(self.label());
        self
    }

    /// Returns the name with which the names of its cases begin: that of the pack, with the version only if another
    /// version is in the same run.
    pub fn prefix(&self) -> &str {
        self.qualified.as_deref().unwrap_or(&self.name)
    }

    /// Returns the name of every version of the pack, oldest first: `name@version`, and `name` for the newest.
    pub fn all_versions(&self) -> Vec<String> {
        let dated = self.versions.iter().map(|version| label(&self.name, Some(version.as_str())));
        dated.chain([self.name.clone()]).collect()
    }

    /// Returns its name, with the requested version if there is one.
    pub fn label(&self) -> String {
        label(&self.name, self.version.as_ref().map(Version::as_str))
    }
}

/// Returns the name of a pack, with its version if there is one.
pub fn label(name: &str, version: Option<&str>) -> String {
    version.map_or_else(|| name.to_owned(), |version| format!("{name}@{version}"))
}

/// Splits a name into the name of the pack and the version after its `@`.
fn told(name: &str) -> Result<(&str, Option<Version>), PackError> {
    let (name, version) = split_version(name);
    let wrong = |text: &str| PackError::NotAVersion { name: name.to_owned(), version: text.to_owned() };
    Ok((name, version.map(|text| Version::parse(text).ok_or_else(|| wrong(text))).transpose()?))
}

/// Splits the files into those of a version, and those that only other versions have: their contracts and bases.
fn parted(texts: Texts, name: &str, edition: &ContractVersion) -> (Arc<Texts>, Arc<Texts>) {
    let extended = edition.extended();
    let own = |path: &str| {
        let Some(path) = path.strip_prefix("schemas/") else { return true };
        let Some((folder, file)) = path.split_once('/') else { return true };
        let of_base = extended.as_ref().filter(|extended| extended.folder == folder);
        match file {
            _ if folder == name && is_of(file, "contract") => path == &edition.path["schemas/".len()..],
            _ if is_of(file, "base") => of_base.is_some_and(|extended| extended.file == file),
            _ => folder == name || of_base.is_some(),
        }
    };
    let (own, others): (Texts, Texts) = texts.into_iter().partition(|(path, _)| own(path));
    (Arc::new(own), Arc::new(others))
}

/// Returns true if a file is the newest or a dated one of its kind.
fn is_of(file: &str, kind: &str) -> bool {
    let rest = file.strip_prefix(kind).and_then(|rest| rest.strip_suffix(".yaml"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
}

/// Reads the base that a contract extends, if it extends one and the file exists.
fn read_base(
    files: &Files,
    texts: &Arc<Texts>,
    name: &str,
    edition: &ContractVersion,
    bases: &Bases,
    on: Option<Date>,
) -> (Option<Contract>, Diagnostics) {
    let Some(extended) = edition.extended() else {
        return (None, Diagnostics::default());
    };
    let (folder, path) = (&extended.folder, extended.path());
    let Some(file) = bases.get(&path) else {
        let title = format!("`{name}` extends `{folder}`, but there is no {}", files.shown(&path));
        return (None, Diagnostics(vec![Diagnostic::error(None, title)]));
    };
    let (base, mut mistakes) =
        read_contract(file, &SchemaRegistry::new(Arc::clone(texts), folder), None, on, true);
    if file.node.as_ref().is_some_and(|node| node.get("extends").is_some()) {
        mistakes.0.push(Diagnostic::error(
            base.as_ref().map(|base| base.place.clone()),
            "a base cannot extend another base",
        ));
    }
    (base, mistakes)
}

fn name_is_that_of_the_folder(
    contract: Option<&Contract>,
    file: &ParsedFile,
    name: &str,
    mistakes: &mut Diagnostics,
) {
    let Some(contract) = contract.filter(|contract| contract.name != name) else {
        return;
    };
    let reader = Decoder::new(&file.source);
    let place = file.node.as_ref().and_then(|node| node.get("contract")).map(|node| reader.place(node.span));
    let title = format!("the contract is named `{}`, but its folder is `{name}`", contract.name);
    mistakes.0.push(Diagnostic::error(place, title).hint("give both the same name"));
}

fn read_contract(
    file: &ParsedFile,
    library: &SchemaRegistry,
    base: Option<Contract>,
    on: Option<Date>,
    is_base: bool,
) -> (Option<Contract>, Diagnostics) {
    let written = file.mistakes.clone();
    let Some(node) = &file.node else { return (None, written) };
    let reader = Decoder::new(&file.source);
    let contract = Contract::read(node, &reader, library, base, on);
    if let Some(contract) = contract.as_ref().filter(|_| !is_base) {
        contract.check_not_empty(&reader);
    }
    (contract, merged(written, reader.finish()))
}

/// Reads a scenario file. Returns its scenarios, what is wrong with it, and the names of its scenarios.
fn read_scenarios(
    source: &Arc<Source>,
    contract: &Contract,
    library: &SchemaRegistry,
    inherited: Option<&Inherited>,
    shared: &Shared<'_>,
) -> (Vec<Arc<Scenario>>, Diagnostics, BTreeSet<String>) {
    let (node, written) = yaml::read(source);
    let Some(node) = node else { return (Vec::new(), written, BTreeSet::new()) };
    // A large pack is not copied for what few packs have.
    let (names, node) = match inherited {
        Some(inherited) => (inherited::names(&node).collect(), inherited.complete(&node)),
        None => (BTreeSet::new(), node),
    };
    let reader = Decoder::new(source);
    let scenarios = Scenario::read_file(&node, &reader, contract, library, None, shared);
    (scenarios.into_iter().map(Arc::new).collect(), merged(written, reader.finish()), names)
}

/// Merges the errors of both passes, in the order of the file. If the first pass reports an error for a value, the
/// second one need not report the same value again.
fn merged(written: Diagnostics, read: Diagnostics) -> Diagnostics {
    let start = |diagnostic: &Diagnostic| diagnostic.place.as_ref().map(|place| place.span.start);
    // An error may be in another file: in that of rows or fixtures.
    let file = |diagnostic: &Diagnostic| Some(diagnostic.place.as_ref()?.source.name().to_owned());
    let known: HashSet<_> =
        written.0.iter().map(|diagnostic| (start(diagnostic), file(diagnostic))).collect();
    let mut all = written.0;
    all.extend(read.0.into_iter().filter(|found| !known.contains(&(start(found), file(found)))));
    all.sort_by_key(start);
    Diagnostics(all)
}

/// Finds the fixtures in the scenario files of a pack, and in those of the pack that it extends.
fn find_fixtures(
    files: &Files,
    scenarios: &[(&String, &Arc<str>)],
    inherited: Option<&Inherited>,
) -> (Fixtures, Vec<Diagnostic>) {
    let (mut fixtures, mut wrong) = (Fixtures::default(), Vec::new());
    // Few files have any, and all others are parsed once.
    for (path, text) in scenarios.iter().filter(|(_, text)| text.contains("fixtures")) {
        let source = Source::new(files.shown(path), Arc::clone(text));
        if let (Some(node), _) = yaml::read(&source) {
            wrong.extend(fixtures.add(&source, &node, false));
        }
    }
    for (source, node) in inherited.iter().flat_map(|inherited| inherited.files.values()) {
        wrong.extend(fixtures.add(source, node, true));
    }
    (fixtures, wrong)
}

/// Keeps of several equal diagnostics about one place the first one.
fn each_once(mistakes: &mut Diagnostics) {
    let mut known = HashSet::new();
    mistakes.0.retain(|diagnostic| {
        let Some(place) = &diagnostic.place else { return true };
        known.insert((place.source.name().to_owned(), place.span, diagnostic.title.clone()))
    });
}

/// Reports names that two files use for scenarios of the same failure.
fn twice(scenarios: &[Arc<Scenario>]) -> Vec<Diagnostic> {
    let mut seen = std::collections::HashMap::new();
    scenarios
        .iter()
        .filter_map(|scenario| {
            let first = seen.insert((scenario.failure, scenario.name.as_str()), &scenario.place)?;
            let title = format!("the scenario `{}` appears twice", scenario.name);
            Some(Diagnostic::error(scenario.place.clone(), title).label(format!("first at {first}")))
        })
        .collect()
}
