//! A whole pack, read and checked.

use std::{collections::HashSet, num::NonZero, sync::Arc};

use crate::document::{Diagnostic, Diagnostics, Reader, Source, yaml};

use super::{
    Contract, Scenario,
    files::{Files, FilesError, Texts, digest},
    schema::Library,
};

/// From so many files of scenarios on, they are read on several threads; to start one takes as long as to read one.
const MANY_FILES: usize = 4;

/// Everything about one API under one name.
#[derive(Debug)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Where it was read from.
    pub files: Files,
    /// SHA-256 over its sorted paths and contents, in hex.
    pub digest: String,
    /// The contract.
    pub contract: Contract,
    /// The scenarios, in the order of the files.
    pub scenarios: Vec<Arc<Scenario>>,
    /// The files that it was read from.
    pub texts: Arc<Texts>,
}

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Its files cannot be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// There is no pack of that name.
    #[error("there is no pack `{name}`: there are {known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// Its files are wrong.
    #[error(transparent)]
    Wrong(#[from] Diagnostics),
}

impl Pack {
    /// Reads the pack `name`.
    ///
    /// # Errors
    /// Every mistake in its files, not the first alone.
    pub fn load(files: &Files, name: &str) -> Result<Self, PackError> {
        let mut texts = files.read_pack(name)?;
        if let Some(folder) = texts.get(&contract_path(name)).and_then(|text| extended(text)) {
            texts.extend(files.read_schemas(&folder)?);
        }
        Self::from_texts(files, name, texts)
    }

    /// Reads the pack `name` from texts that are at hand; `files` says where they are from.
    ///
    /// # Errors
    /// Every mistake in them, not the first alone.
    pub fn from_texts(files: &Files, name: &str, texts: Texts) -> Result<Self, PackError> {
        let contract_path = contract_path(name);
        let texts = Arc::new(texts);
        let Some(contract_text) = texts.get(&contract_path) else {
            let known = files.packs()?.join(", ");
            return Err(PackError::Unknown { name: name.to_owned(), known });
        };
        let source = Source::new(files.shown(&contract_path), contract_text);
        let library = Library::new(Arc::clone(&texts), name);
        let (base, mistaken) = read_base(files, &texts, name, contract_text);
        let (contract, mut mistakes) = read_contract(&source, &library, base);
        name_is_that_of_the_folder(contract.as_ref(), &source, name, &mut mistakes);
        mistakes.0.splice(0..0, mistaken.0);
        // Scenarios are read against the contract even when it has mistakes: all of them are shown at once. Without
        // any contract, what is wrong with them as YAML still is.
        let files_of_scenarios = texts.iter().filter(|(path, _)| path.starts_with("scenarios/"));
        let read: Vec<_> = files_of_scenarios.filter(|(path, _)| !path.ends_with(".json")).collect();
        let read = side_by_side(&read, |(path, text)| {
            let source = Source::new(files.shown(path), text.as_str());
            match &contract {
                Some(contract) => read_scenarios(&source, contract, &library),
                None => (Vec::new(), yaml::read(&source).1),
            }
        });
        let mut scenarios = Vec::with_capacity(read.iter().map(|(scenarios, _)| scenarios.len()).sum());
        for (of_file, wrong) in read {
            scenarios.extend(of_file);
            mistakes.0.extend(wrong.0);
        }
        mistakes.0.extend(twice(&scenarios));
        match contract {
            Some(contract) if !mistakes.has_errors() => Ok(Self {
                name: name.to_owned(),
                files: files.clone(),
                digest: digest(&texts),
                contract,
                scenarios,
                texts,
            }),
            _ => Err(mistakes.into()),
        }
    }

    /// The schema files of the pack.
    pub fn library(&self) -> Library {
        Library::new(Arc::clone(&self.texts), &self.name)
    }
}

fn contract_path(name: &str) -> String {
    format!("schemas/{name}/contract.yaml")
}

/// The folder of what a contract extends, if it extends something.
fn extended(contract: &str) -> Option<String> {
    // Most contracts extend nothing, and need not be read twice.
    if !contract.contains("extends") {
        return None;
    }
    let (node, _) = yaml::read(&Source::new("contract.yaml", contract));
    let folder = node?.get("extends")?.as_text()?.to_owned();
    let is_name =
        |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"_-".contains(&letter);
    folder.bytes().all(is_name).then_some(folder)
}

/// What a contract extends, if it extends something and that is there.
fn read_base(
    files: &Files,
    texts: &Arc<Texts>,
    name: &str,
    contract: &str,
) -> (Option<Contract>, Diagnostics) {
    let Some(folder) = extended(contract) else {
        return (None, Diagnostics::default());
    };
    let path = format!("schemas/{folder}/base.yaml");
    let Some(text) = texts.get(&path) else {
        let title = format!("`{name}` extends `{folder}`, and there is no {}", files.shown(&path));
        return (None, Diagnostics(vec![Diagnostic::error(None, title)]));
    };
    let source = Source::new(files.shown(&path), text);
    let (base, mut mistakes) = read_contract(&source, &Library::new(Arc::clone(texts), &folder), None);
    if extended(text).is_some() {
        mistakes.0.push(Diagnostic::error(
            base.as_ref().map(|base| base.place.clone()),
            "a base extends nothing itself",
        ));
    }
    (base, mistakes)
}

fn name_is_that_of_the_folder(
    contract: Option<&Contract>,
    source: &Arc<Source>,
    name: &str,
    mistakes: &mut Diagnostics,
) {
    let Some(contract) = contract.filter(|contract| contract.name != name) else {
        return;
    };
    let (node, _) = yaml::read(source);
    let reader = Reader::new(source);
    let place = node.as_ref().and_then(|node| node.get("contract")).map(|node| reader.place(node.span));
    let title = format!("the contract calls itself `{}` and lies in the folder `{name}`", contract.name);
    mistakes.0.push(Diagnostic::error(place, title).hint("give both the same name"));
}

fn read_contract(
    source: &Arc<Source>,
    library: &Library,
    base: Option<Contract>,
) -> (Option<Contract>, Diagnostics) {
    let (node, written) = yaml::read(source);
    let Some(node) = node else { return (None, written) };
    let reader = Reader::new(source);
    let contract = Contract::read(&node, &reader, library, base);
    (contract, merged(written, reader.finish()))
}

fn read_scenarios(
    source: &Arc<Source>,
    contract: &Contract,
    library: &Library,
) -> (Vec<Arc<Scenario>>, Diagnostics) {
    let (node, written) = yaml::read(source);
    let Some(node) = node else { return (Vec::new(), written) };
    let reader = Reader::new(source);
    let scenarios = Scenario::read_file(&node, &reader, contract, library).into_iter().map(Arc::new);
    (scenarios.collect(), merged(written, reader.finish()))
}

/// What `read` makes of each item, in the order of the items. Many items are shared out among the processors: no file
/// of scenarios depends on another.
fn side_by_side<T: Sync, R: Send>(items: &[T], read: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = match items.len() {
        0..MANY_FILES => 1,
        many => std::thread::available_parallelism().map_or(1, NonZero::get).min(many / (MANY_FILES / 2)),
    };
    if threads == 1 {
        return items.iter().map(read).collect();
    }
    let read = &read;
    let (first, others) = items.split_at(items.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let parts = others.chunks(items.len().div_ceil(threads));
        let parts: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().map(read).collect::<Vec<R>>())).collect();
        let mut done: Vec<R> = first.iter().map(read).collect();
        for part in parts {
            done.extend(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    })
}

/// The mistakes of both passes, in the order of the file. What the first pass found wrong with a value, the second
/// one need not find wrong again.
fn merged(written: Diagnostics, read: Diagnostics) -> Diagnostics {
    let start = |diagnostic: &Diagnostic| diagnostic.place.as_ref().map(|place| place.span.start);
    let known: HashSet<_> = written.0.iter().map(start).collect();
    let mut all = written.0;
    all.extend(read.0.into_iter().filter(|diagnostic| !known.contains(&start(diagnostic))));
    all.sort_by_key(start);
    Diagnostics(all)
}

/// Names that two files use for two scenarios of one failure.
fn twice(scenarios: &[Arc<Scenario>]) -> Vec<Diagnostic> {
    let mut seen = std::collections::HashMap::new();
    scenarios
        .iter()
        .filter_map(|scenario| {
            let first = seen.insert((scenario.failure, scenario.name.as_str()), &scenario.place)?;
            let title = format!("the scenario `{}` is there twice", scenario.name);
            Some(Diagnostic::error(scenario.place.clone(), title).label(format!("first at {first}")))
        })
        .collect()
}
