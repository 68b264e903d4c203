//! `failspec lint --fix`: replaces old names of the file formats by the new ones.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use failspec_base::syntax::{MappingSchema, Source, renamed::rename, toml, yaml};
use failspec_certificate::PROGRAMME;
use failspec_pack::{
    pack::{CONTRACT, SCENARIOS, split_version},
    target_config::CONFIG,
};
use failspec_report::terminal::visible;

use super::{arguments::LintArguments, error::CliError, pack_sources::PackSources, stdout::stdout};

/// The default file of targets and waivers.
const CONFIG_FILE: &str = "failspec.toml";

/// The default file of a programme.
const PROGRAMME_FILE: &str = "programme.toml";

/// A file and the mapping schema of its top level.
type File = (PathBuf, &'static MappingSchema);

/// Replaces old names in the files of packs, targets, waivers and programmes, and prints which files were changed.
///
/// # Errors
/// When the packs are the built-in ones, or a file cannot be read or written.
pub(super) fn rename_everything(arguments: &LintArguments) -> Result<(), CliError> {
    let sources = PackSources::of(&arguments.packs.from, None)?;
    let Some(root) = sources.own_folder() else {
        return Err(CliError::usage_hint(
            "the built-in packs cannot be changed",
            "`--fix` changes the files of your own packs: give `--packs DIR`, or `packs` in failspec.toml",
        ));
    };
    let mut files = Vec::new();
    let packs: BTreeSet<&str> = arguments.packs.names.iter().map(|name| split_version(name).0).collect();
    let wanted = |pack: &str| packs.is_empty() || packs.contains(pack);
    for folder in folders(&root.join("schemas"))? {
        files.extend(contracts(&folder, wanted(&name(&folder)))?);
    }
    for folder in folders(&root.join("scenarios"))?.iter().filter(|folder| wanted(&name(folder))) {
        scenarios(folder, &mut files)?;
    }
    files.extend(beside(root, arguments.config.as_deref(), CONFIG_FILE).map(|path| (path, &CONFIG)));
    files.extend(beside(root, arguments.programme.as_deref(), PROGRAMME_FILE).map(|path| (path, &PROGRAMME)));
    for (path, shape) in &files {
        if let Some(count) = rename_in(path, shape)? {
            let names = if count == 1 { "name" } else { "names" };
            let _ = writeln!(stdout(), "renamed {count} {names} in {}", visible(&path.display().to_string()));
        }
    }
    Ok(())
}

/// Returns the contracts of a folder, and the bases that other packs extend.
fn contracts(folder: &Path, wanted: bool) -> Result<Vec<File>, CliError> {
    let is_one = |path: &Path| {
        let name = name(path);
        name.ends_with(".yaml") && (name.starts_with("base") || (wanted && name.starts_with("contract")))
    };
    Ok(entries(folder)?.into_iter().filter(|path| is_one(path)).map(|path| (path, &CONTRACT)).collect())
}

/// Collects the scenario files of a folder and of its subfolders.
fn scenarios(folder: &Path, files: &mut Vec<File>) -> Result<(), CliError> {
    for path in entries(folder)? {
        if path.is_dir() {
            scenarios(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push((path, &SCENARIOS));
        }
    }
    Ok(())
}

/// Returns the file that is named; else those with the usual name, in the current folder and next to the packs.
fn beside(root: &Path, named: Option<&Path>, usual: &str) -> impl Iterator<Item = PathBuf> {
    let usual = match named {
        Some(path) => vec![path.to_owned()],
        None => {
            let mut paths = vec![PathBuf::from(usual), root.join(usual)];
            paths.dedup_by_key(|path| fs::canonicalize(path).ok());
            paths.retain(|path| path.is_file());
            paths
        }
    };
    usual.into_iter()
}

/// Replaces old names in one file; returns their number, if there were any. A file that cannot be parsed is left for
/// `lint` to report.
fn rename_in(path: &Path, shape: &'static MappingSchema) -> Result<Option<usize>, CliError> {
    let text = fs::read_to_string(path).map_err(|error| failed("read", path, &error))?;
    let source = Source::new(path.display().to_string(), text);
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let node = if is_toml { toml::parse(&source) } else { yaml::parse(&source) };
    let Ok(node) = node else { return Ok(None) };
    let (renamed, count) = rename(&source, &node, shape);
    if count == 0 {
        return Ok(None);
    }
    fs::write(path, renamed).map_err(|error| failed("write", path, &error))?;
    Ok(Some(count))
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    Ok(entries(path)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Returns the contents of a folder, sorted; nothing if there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| failed("read", folder, &error))?,
    };
    let paths: io::Result<Vec<PathBuf>> = read.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|error| failed("read", folder, &error))?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn failed(what: &str, path: &Path, error: &io::Error) -> CliError {
    CliError::usage(format!("cannot {what} {}: {error}", path.display()))
}
