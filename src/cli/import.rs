//! `failspec import`.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use failspec_base::files;
use failspec_import::{
    Draft, Page, docs_scraper as page,
    docs_scraper::{Findings, Format},
    from_page,
    style::mentioned_media_types,
};
use failspec_judge::report_model::exit;
use failspec_pack::pack::{Files, Pack, writing::FailureSource};
use failspec_report::{count, terminal::Styles, visible};

use super::{
    error::CliError,
    examples::{IMPORT_OPENAPI_EXAMPLES, IMPORT_TRAFFIC_EXAMPLES},
    given::GivenDocument,
    import_openapi::{self, ImportOpenApiArguments},
    import_traffic::{self, ImportTrafficArguments},
    init::{check_name, editor_schemas, write_all},
    stdout::stdout,
};

/// The source of an imported pack.
#[derive(Debug, Subcommand)]
pub enum ImportAction {
    /// Import a documentation page: Markdown, HTML, CSV or plain text
    Docs(ImportDocsArguments),
    /// Import an OpenAPI document: a contract, and scenarios with controls
    #[command(after_help = IMPORT_OPENAPI_EXAMPLES)]
    Openapi(ImportOpenApiArguments),
    /// Import recorded traffic (HAR, reports): the failures that were seen
    #[command(after_help = IMPORT_TRAFFIC_EXAMPLES)]
    Traffic(ImportTrafficArguments),
}

/// Options of `import docs`.
#[derive(Debug, Args)]
pub struct ImportDocsArguments {
    /// The page: a file, or a URL (`https://…`)
    #[arg(value_name = "FILE|URL")]
    pub file: PathBuf,
    /// The name of the pack
    #[arg(long)]
    pub name: String,
    /// The URL of the page, for readers of the contract (default: the URL or the name of the file)
    #[arg(long, value_name = "URL")]
    pub documentation: Option<String>,
    /// The HTTP status of codes without a status on the page; they are marked as guessed
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(100..600))]
    pub status: Option<u16>,
    /// The folder to write schemas and scenarios to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

/// Creates a pack from documentation.
///
/// # Errors
/// When the page cannot be read or documents no failure, or a file exists already.
pub fn command(action: &ImportAction) -> Result<u8, CliError> {
    match action {
        ImportAction::Docs(arguments) => docs(arguments),
        ImportAction::Openapi(arguments) => import_openapi::command(arguments),
        ImportAction::Traffic(arguments) => import_traffic::command(arguments),
    }
}

/// Reads a page. A page in which nothing was recognised is an error: continuing with it would test nothing.
pub(super) fn read_page(shown: &GivenDocument) -> Result<(Vec<u8>, Findings), CliError> {
    let path = &shown.path;
    let text = files::bytes(path, page::MAX_SIZE as u64)
        .map_err(|error| CliError::usage(format!("cannot read {shown}: {error}")))?;
    let findings = page::read(&text, Format::of(path, &text))
        .map_err(|error| CliError::usage(format!("cannot read {shown}: {error}")))?;
    if findings.failures.is_empty() {
        return Err(CliError::usage_hint(
            format!("no error code and no status was recognised in {shown}"),
            "tables, lists and headings are read: a column of codes or statuses, `code: meaning`, \
             `404 Not Found`; save a page that a script fills in as the browser shows it",
        ));
    }
    Ok((text, findings))
}

fn docs(arguments: &ImportDocsArguments) -> Result<u8, CliError> {
    check_name(&arguments.name)?;
    let given = GivenDocument::open(&arguments.file)?;
    let (text, mut findings) = read_page(&given)?;
    if let Some(status) = arguments.status {
        for stated in findings.failures.iter_mut().filter(|stated| stated.status.is_none()) {
            stated.status = Some(status);
            stated.guess = Some(format!("the page gives no status for it; {status} is from --status"));
        }
    }
    let file = given.address();
    let address = arguments.documentation.as_deref().unwrap_or(&file);
    let page = Page {
        address,
        digest: &page::digest(&text),
        read: jiff::Zoned::now().date(),
        media_types: &mentioned_media_types(&String::from_utf8_lossy(&text)),
    };
    let draft = from_page(&arguments.name, &findings, page);
    if draft.failures.iter().all(|failure| failure.statuses().is_empty()) {
        return Err(CliError::usage_hint(
            format!("{given} gives no status for any of its codes"),
            "a contract needs the HTTP status of each failure: a column, `404` next to the code, a heading, \
             or a sentence such as `All responses use HTTP 200`; without one on the page, set it with \
             `--status 400`",
        ));
    }
    let written = write(arguments, &draft)?;
    let text = format!("{}{written}{}", summary(&draft, &findings), next(arguments));
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Writes the whole pack or nothing: a pack that cannot be loaded is an error of failspec.
fn write(arguments: &ImportDocsArguments, draft: &Draft) -> Result<String, CliError> {
    let name = &arguments.name;
    let mut files = vec![
        (format!("schemas/{name}/contract.yaml"), draft.contract().to_yaml()),
        (format!("scenarios/{name}/{name}.yaml"), draft.scenarios().to_yaml()),
    ];
    if let Some(schema) = &draft.envelope.schema {
        files.push((format!("schemas/{name}/envelope.schema.json"), format!("{schema:#}\n")));
    }
    Pack::from_texts(&Files::Directory(arguments.dir.clone()), name, files.iter().cloned())
        .map_err(|error| CliError::Broken(format!("the generated pack cannot be read: {error}")))?;
    let placed = files.into_iter().map(|(path, text)| (arguments.dir.join(path).display().to_string(), text));
    let mut text = write_all(placed)?;
    if arguments.dir == Path::new(".") {
        text += &editor_schemas()?;
    }
    Ok(text)
}

fn summary(draft: &Draft, findings: &Findings) -> String {
    let mut text = String::new();
    let usable = draft.failures.iter().filter(|failure| !failure.statuses().is_empty());
    let coded = usable.clone().filter(|failure| failure.source.code.is_some()).count();
    let _ = writeln!(
        text,
        "{} {}, {coded} of them with a code",
        Styles::dab(Styles::STRONG, &draft.name),
        count(usable.count(), "failure"),
    );
    if let Some(style) = draft.style {
        let _ = writeln!(text, "  style {}: {}", style.name, style.title);
    }
    if let Some((header, seen)) = &draft.envelope.code_header {
        let _ = writeln!(text, "  code in the header {}: {}", visible(header), visible(seen));
    }
    let parts = [
        ("code", &draft.envelope.code),
        ("message", &draft.envelope.message),
        ("request id", &draft.envelope.request_id),
        ("status", &draft.envelope.status),
    ];
    for (part, found) in parts {
        if let Some((pointer, seen)) = found {
            let _ = writeln!(text, "  {part} at {}: {}", visible(pointer.as_str()), visible(seen));
        }
    }
    let documented =
        |source: &FailureSource| visible(source.documentation.as_deref().unwrap_or_default()).into_owned();
    let guesses =
        draft.failures.iter().filter_map(|failure| Some((&failure.source, failure.guess.as_ref()?)));
    list(
        &mut text,
        "guessed, please check",
        guesses
            .map(|(failure, guess)| format!("{}: {} ({})", failure.id, visible(guess), documented(failure))),
    );
    let without = draft.failures.iter().filter(|failure| failure.statuses().is_empty());
    list(
        &mut text,
        "without a status: commented out in the contract until you add it",
        without.map(|failure| format!("{} ({})", failure.source.id, documented(&failure.source))),
    );
    list(
        &mut text,
        "not imported",
        findings.unplaced.iter().map(|unplaced| {
            format!(
                "line {}: {}: {}",
                unplaced.line,
                visible(&unplaced.text),
                visible(&unplaced.why.to_string())
            )
        }),
    );
    text.push('\n');
    text
}

fn list(text: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if !items.is_empty() {
        let _ = writeln!(text, "\n{} ({})", Styles::dab(Styles::WARN, title), items.len());
        for item in items {
            let _ = writeln!(text, "  {item}");
        }
    }
}

fn next(arguments: &ImportDocsArguments) -> String {
    let (name, dir) = (&arguments.name, arguments.dir.display());
    format!(
        "\nnext:\n  failspec run {name} --packs {dir} --url http://localhost:8080\n  \
         edit {dir}/scenarios/{name}/{name}.yaml: one stub for each failure\n  \
         failspec drift {name} --packs {dir} --docs {}\n",
        arguments.file.display()
    )
}
