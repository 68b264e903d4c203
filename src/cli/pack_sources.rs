//! The sources of the packs of a command: a folder of one's own, and the program itself.

use std::path::{Component, Path, PathBuf};

use failspec_base::syntax::{Diagnostic, Source};
use failspec_pack::{pack::Files, target_config::Config};

use super::{
    arguments::PacksFrom,
    default_config::{default_config, read_config},
    error::CliError,
};

/// Maximum number of packs that a notice names.
const PACKS_SHOWN: usize = 3;

/// The packs of a command: those of a folder, if there is one, and the built-in ones. A pack of the folder comes before a
/// built-in one of the same name.
#[derive(Debug)]
pub(super) struct PackSources {
    own: Option<Own>,
    /// The names of the built-in packs.
    built_in: Vec<String>,
}

/// The packs of a folder.
#[derive(Debug)]
struct Own {
    files: Files,
    names: Vec<String>,
    /// The file that names the folder; `None` if the command line does.
    named_by: Option<PathBuf>,
}

impl PackSources {
    /// Returns the packs of the folder that `--packs` names, or else the one that `packs` in `failspec.toml` names: in
    /// `config`, or in the default one.
    ///
    /// # Errors
    /// When the file or the folder cannot be read.
    pub(super) fn of(from: &PacksFrom, config: Option<&Path>) -> Result<Self, CliError> {
        if from.packs.is_some() {
            return Self::given(from);
        }
        let Some(config) = config.map(Path::to_owned).or_else(default_config) else {
            return Self::built_in();
        };
        match folder_of(&config)? {
            Some(folder) => Self::folder(folder, Some(config)),
            None => Self::built_in(),
        }
    }

    /// Returns the packs of the folder that `--packs` names, if it is given: for commands whose result must not depend on
    /// a file that lies around.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn given(from: &PacksFrom) -> Result<Self, CliError> {
        from.packs.as_ref().map_or_else(Self::built_in, |folder| Self::folder(folder.clone(), None))
    }

    /// Returns only the built-in packs.
    ///
    /// # Errors
    /// Never; packs of a folder have such errors.
    pub(super) fn built_in() -> Result<Self, CliError> {
        Ok(Self { own: None, built_in: crate::builtin::built_in().packs()? })
    }

    /// Returns the packs of a folder, which the command line or a file names.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn folder(folder: PathBuf, named_by: Option<PathBuf>) -> Result<Self, CliError> {
        let files = Files::Directory(folder);
        let own = Own { names: files.packs()?, files, named_by };
        Ok(Self { own: Some(own), ..Self::built_in()? })
    }

    /// Returns the folder of the packs; `None` if there are only the built-in ones.
    pub(super) fn own_folder(&self) -> Option<&Path> {
        match &self.own.as_ref()?.files {
            Files::Directory(folder) => Some(folder),
            Files::Embedded(_) => None,
        }
    }

    /// Returns the packs of a command that names none: those of the folder, or else the built-in ones.
    pub(super) fn default_names(&self) -> &[String] {
        self.own.as_ref().map_or(&self.built_in, |own| &own.names)
    }

    /// Returns the names of all packs, those of the folder first.
    pub(super) fn all_names(&self) -> Vec<String> {
        let own = self.own.iter().flat_map(|own| &own.names);
        let built_in = self.built_in.iter().filter(|name| !self.is_own(name));
        own.chain(built_in).cloned().collect()
    }

    /// Returns the built-in packs that a command must name, because the folder has others.
    pub(super) fn further_names(&self) -> Vec<&str> {
        let further = self.built_in.iter().filter(|name| self.own.is_some() && !self.is_own(name));
        further.map(String::as_str).collect()
    }

    /// Returns true for a pack that is built in and not in the folder.
    pub(super) fn is_built_in(&self, name: &str) -> bool {
        !self.is_own(name) && self.built_in.iter().any(|known| known == name)
    }

    /// Returns the files of a pack; those of the folder if there is no such pack.
    pub(super) fn files_of(&self, name: &str) -> Files {
        match &self.own {
            Some(own) if !self.is_built_in(name) => own.files.clone(),
            _ => crate::builtin::built_in(),
        }
    }

    /// Returns a notice for a command that names no pack and takes the built-in ones, if there are others in the current folder.
    pub(super) fn overlooked(&self) -> Option<String> {
        if self.own.is_some() {
            return None;
        }
        let here = Files::Directory(PathBuf::from(".")).packs().unwrap_or_default();
        let others: Vec<&str> =
            here.iter().filter(|name| !self.built_in.contains(name)).map(String::as_str).collect();
        let shown = others.iter().take(PACKS_SHOWN).copied().collect::<Vec<_>>().join(", ");
        let more = if others.len() > PACKS_SHOWN { ", …" } else { "" };
        (!others.is_empty()).then(|| {
            format!(
                "these are the built-in packs. For those of this folder ({shown}{more}), add --packs ., or `packs = \".\"` to \
                 failspec.toml"
            )
        })
    }

    /// Returns a notice if a pack of the folder stands for a built-in one, and no option of the command line says so.
    pub(super) fn notice(&self, name: &str) -> Option<String> {
        let own = self.own.as_ref().filter(|own| own.names.iter().any(|known| known == name))?;
        let named_by = own.named_by.as_ref().filter(|_| self.built_in.iter().any(|known| known == name))?;
        let folder = own.files.shown(&format!("schemas/{name}"));
        Some(format!(
            "{name} is the pack in {folder} (`packs` in {}), not the built-in one",
            named_by.display()
        ))
    }

    fn is_own(&self, name: &str) -> bool {
        self.own.as_ref().is_some_and(|own| own.names.iter().any(|known| known == name))
    }
}

/// Returns the folder that `packs` in a `failspec.toml` names, relative to that file.
fn folder_of(config: &Path) -> Result<Option<PathBuf>, CliError> {
    let text = read_config(config)?;
    let source = Source::new(config.display().to_string(), text);
    let Some((name, place)) = Config::packs(&source)? else { return Ok(None) };
    let folder = config.parent().unwrap_or(Path::new("")).join(name);
    let plain: PathBuf = folder.components().filter(|part| *part != Component::CurDir).collect();
    let folder = if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain };
    if !folder.join("schemas").is_dir() {
        let title = format!("there are no packs in {}: it has no folder `schemas`", folder.display());
        let diagnostic = Diagnostic::error(place, title)
            .hint("`packs` is the folder that has schemas/PACK and scenarios/PACK, relative to this file");
        return Err(failspec_base::syntax::Diagnostics::from(diagnostic).into());
    }
    Ok(Some(folder))
}
