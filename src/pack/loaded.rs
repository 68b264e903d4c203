//! A whole pack, read and checked.

use std::{collections::HashSet, sync::Arc};

use crate::document::{Diagnostic, Diagnostics, Reader, Source, yaml};

use super::{
    Contract, Scenario,
    files::{Files, FilesError, Texts, digest},
    schema::Library,
};

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
        Self::from_texts(files, name, files.read_pack(name)?)
    }

    /// Reads the pack `name` from texts that are at hand; `files` says where they are from.
    ///
    /// # Errors
    /// Every mistake in them, not the first alone.
    pub fn from_texts(files: &Files, name: &str, texts: Texts) -> Result<Self, PackError> {
        let contract_path = format!("schemas/{name}/contract.yaml");
        let Some(contract_text) = texts.get(&contract_path) else {
            let known = files.packs()?.join(", ");
            return Err(PackError::Unknown { name: name.to_owned(), known });
        };
        let source = Source::new(files.shown(&contract_path), contract_text);
        let texts = Arc::new(texts);
        let library = Library::new(Arc::clone(&texts), name);
        let (contract, mut mistakes) = read_contract(&source, &library, name);
        let mut scenarios = Vec::new();
        // Scenarios are read against the contract even when it has mistakes: all of them are shown at once. Without
        // any contract, what is wrong with them as YAML still is.
        let files_of_scenarios = texts.iter().filter(|(path, _)| path.starts_with("scenarios/"));
        for (path, text) in files_of_scenarios.filter(|(path, _)| !path.ends_with(".json")) {
            let source = Source::new(files.shown(path), text);
            mistakes.0.extend(match &contract {
                Some(contract) => read_scenarios(&source, contract, &library, &mut scenarios).0,
                None => yaml::read(&source).1.0,
            });
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

fn read_contract(source: &Arc<Source>, library: &Library, name: &str) -> (Option<Contract>, Diagnostics) {
    let (node, written) = yaml::read(source);
    let Some(node) = node else { return (None, written) };
    let reader = Reader::new(source);
    let contract = Contract::read(&node, &reader, library);
    if let Some(contract) = &contract
        && contract.name != name
    {
        reader.error_hint(
            node.get("contract").map_or(node.span, |node| node.span),
            format!("the contract calls itself `{}` and lies in the folder `{name}`", contract.name),
            "give both the same name",
        );
    }
    (contract, merged(written, reader.finish()))
}

fn read_scenarios(
    source: &Arc<Source>,
    contract: &Contract,
    library: &Library,
    scenarios: &mut Vec<Arc<Scenario>>,
) -> Diagnostics {
    let (node, written) = yaml::read(source);
    let Some(node) = node else { return written };
    let reader = Reader::new(source);
    scenarios.extend(Scenario::read_file(&node, &reader, contract, library).into_iter().map(Arc::new));
    merged(written, reader.finish())
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
