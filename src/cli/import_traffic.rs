//! `failspec import traffic`.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use failspec_import::{TrafficCollector, TrafficDraft};
use failspec_judge::report_model::exit;
use failspec_observe::read;
use failspec_pack::pack::{Files, Pack};
use failspec_report::{count, terminal::Styles, visible};

use super::{
    error::CliError,
    init::{check_name, editor_schemas, write_all},
    stdout::stdout,
};

/// Options of `import traffic`.
#[derive(Debug, Args)]
pub struct ImportTrafficArguments {
    /// Recordings: HAR 1.2, JSON or NDJSON reports of failspec; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The name of the pack
    #[arg(long)]
    pub name: String,
    /// The base URL of the API in the recording; may be repeated
    #[arg(long = "url", value_name = "URL", required = true)]
    pub urls: Vec<url::Url>,
    /// The folder to write schemas and scenarios to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

/// Creates a pack from recorded traffic.
///
/// # Errors
/// When a recording cannot be read or has no failure, or a file exists already.
pub(super) fn command(arguments: &ImportTrafficArguments) -> Result<u8, CliError> {
    check_name(&arguments.name)?;
    let mut collector = TrafficCollector::new(arguments.urls.clone());
    for file in &arguments.files {
        let name = file.display().to_string();
        let input: Box<dyn Read> = match file.as_path() == Path::new("-") {
            true => Box::new(io::stdin().lock()),
            false => {
                let opened = File::open(file);
                Box::new(opened.map_err(|error| CliError::usage(format!("cannot read {name}: {error}")))?)
            }
        };
        read(&name, input, &mut |exchange| collector.add(&exchange))
            .map_err(|error| CliError::usage(error.to_string()))?;
    }
    let files: Vec<String> = arguments.files.iter().map(|file| file.display().to_string()).collect();
    let draft = collector
        .into_draft(&arguments.name, jiff::Zoned::now().date(), &files.join(", "))
        .map_err(|error| CliError::usage(error.to_string()))?;
    let written = write(arguments, &draft)?;
    let text = format!("{}{written}{}", summary(arguments, &draft), next(arguments));
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Writes the whole pack or nothing: a pack that cannot be loaded is an error of failspec.
fn write(arguments: &ImportTrafficArguments, draft: &TrafficDraft) -> Result<String, CliError> {
    let name = &arguments.name;
    let files = [
        (format!("schemas/{name}/contract.yaml"), draft.contract.to_yaml()),
        (format!("scenarios/{name}/{name}.yaml"), draft.scenarios.to_yaml()),
    ];
    Pack::from_texts(&Files::Directory(arguments.dir.clone()), name, files.iter().cloned())
        .map_err(|error| CliError::Broken(format!("the generated pack cannot be read: {error}")))?;
    let placed = files.into_iter().map(|(path, text)| (arguments.dir.join(path).display().to_string(), text));
    let mut text = write_all(placed)?;
    if arguments.dir == Path::new(".") {
        text += &editor_schemas()?;
    }
    Ok(text)
}

fn summary(arguments: &ImportTrafficArguments, draft: &TrafficDraft) -> String {
    let mut text = String::new();
    let contract = &draft.contract.value;
    let coded = contract.failures.iter().filter(|failure| failure.code.is_some()).count();
    let _ = writeln!(
        text,
        "{} {}, {coded} of them with a code, {}",
        Styles::dab(Styles::STRONG, &arguments.name),
        count(contract.failures.len(), "failure"),
        count(draft.scenarios.value.scenarios.len(), "scenario"),
    );
    for (part, pointer, seen) in &draft.envelope {
        let _ = writeln!(text, "  {part} at {}: {}", visible(pointer), visible(seen));
    }
    if !draft.notes.is_empty() {
        let _ = writeln!(text, "\n{}", Styles::dab(Styles::WARN, "to do"));
        for note in &draft.notes {
            let _ = writeln!(text, "  {}", visible(&note.to_string()));
        }
    }
    text.push('\n');
    text
}

fn next(arguments: &ImportTrafficArguments) -> String {
    let (name, dir) = (&arguments.name, arguments.dir.display());
    let url = arguments.urls.first().map(ToString::to_string).unwrap_or_default();
    format!(
        "\nnext:\n  compare {dir}/schemas/{name}/contract.yaml with the documentation: everything in it is inferred\n  \
         failspec run {name} --packs {dir} --url {} --role user=bearer:env:TOKEN\n",
        visible(&url)
    )
}
