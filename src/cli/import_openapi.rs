//! `failspec import openapi`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;

use failspec_import::{
    FromOpenApi, LeftOut, Need, OpenApiOptions, USER_ROLE, UnknownValue, from_openapi, unknown_values,
};
use failspec_judge::report_model::exit;
use failspec_lint::lint_without_document;
use failspec_pack::{
    openapi::{Api, Declared, Document, Overlay, Warning, Warnings, relative},
    pack::{Files, Pack, Texts, show_statuses},
};
use failspec_report::{count, terminal::Styles, visible};

use super::{
    error::CliError,
    given::GivenDocument,
    import_next::{kept_contract, next},
    init::{check_name, editor_schemas},
    lint::without_case,
    stdout::stdout,
    unusable_document::{malformed_files, no_operations, nothing_to_ask, unreadable},
};

/// Maximum number of warnings about a document that are shown by default.
const WARNINGS_SHOWN: usize = 10;

/// Maximum number of names that are shown for each reason why something was left out.
pub(super) const NAMES_SHOWN: usize = 3;

/// Options of `import openapi`.
#[derive(Debug, Args)]
pub struct ImportOpenApiArguments {
    /// The document: OpenAPI 3.0 to 3.2 or Swagger 2.0, YAML or JSON, a file or a URL (`https://…`); files that it refers to must be
    /// below its folder, or below --root
    #[arg(value_name = "FILE|URL")]
    pub file: PathBuf,
    /// The folder of a repository with several documents: `../common/errors.yaml` may be anywhere below it
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// An OpenAPI Overlay (1.0) that mends the document: YAML or JSON; may be repeated, applied in this order
    #[arg(long, value_name = "FILE")]
    pub overlay: Vec<PathBuf>,
    /// The name of the pack
    #[arg(long)]
    pub name: String,
    /// The URL of the document, for readers of the contract (default: the URL or the name of the file)
    #[arg(long, value_name = "URL")]
    pub documentation: Option<String>,
    /// Also generate requests that write; they change only resources that the run created
    #[arg(long)]
    pub allow_writes: bool,
    /// With --allow-writes: also send valid requests that create resources which no operation deletes
    #[arg(long, requires = "allow_writes")]
    pub allow_leftovers: bool,
    /// Send credentials with every request, even if the document does not mention them
    #[arg(long)]
    pub credentials: bool,
    /// Send no credentials, and test none: the API is meant to be open, whatever the document says
    #[arg(long, conflicts_with = "credentials")]
    pub no_auth: bool,
    /// Also send one large body (11 MB) to an operation that takes JSON
    #[arg(long)]
    pub large_body: bool,
    /// The value of a parameter or of a member of a body, such as the id of a resource that exists; `${unique}` in it
    /// stands for a name that is unique to the run
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub value: Vec<(String, String)>,
    /// Skip operations, by method and path (`'PUT /admin/*'`) or by id
    #[arg(long, value_name = "GLOB")]
    pub skip: Vec<String>,
    /// A role with valid credentials that may call no guarded operation: every operation that declares 403 or is guarded is
    /// asked as this role, too
    #[arg(long, value_name = "NAME", conflicts_with = "no_auth")]
    pub denied_role: Option<String>,
    /// The role of another tenant, who must see nothing of the first: what the run creates is asked for as this role, too
    #[arg(long, value_name = "NAME", requires = "allow_writes", conflicts_with = "no_auth")]
    pub other_role: Option<String>,
    /// With --other-role: operations that are meant to show one tenant what belongs to another, by method and path or by id
    #[arg(long, value_name = "GLOB", requires = "other_role")]
    pub shared: Vec<String>,
    /// The seed that selects among valid values
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Show all problems of the document itself
    #[arg(long)]
    pub warnings: bool,
    /// The folder to write schemas and scenarios to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Checks the names of the roles.
///
/// # Errors
/// When one is not a name, or two are the same.
fn check_roles(arguments: &ImportOpenApiArguments) -> Result<(), CliError> {
    let given: Vec<&str> =
        [&arguments.denied_role, &arguments.other_role].into_iter().flatten().map(String::as_str).collect();
    for (index, role) in given.iter().enumerate() {
        check_name(role)?;
        if *role == USER_ROLE || given[..index].contains(role) {
            let hint = format!("`{USER_ROLE}` may call every operation; the others are two different roles");
            return Err(CliError::usage_hint(format!("two roles have the name {role}"), hint));
        }
    }
    Ok(())
}

/// Creates a pack from a document, or generates the scenarios of an existing one again.
///
/// # Errors
/// When the document cannot be read or has no operations, or a pack with that name exists that was not imported from
/// one.
pub fn command(arguments: &ImportOpenApiArguments) -> Result<u8, CliError> {
    check_name(&arguments.name)?;
    check_roles(arguments)?;
    let name = &arguments.name;
    let given = GivenDocument::open(&arguments.file)?;
    let before = existing(arguments)?;
    let overlays = Overlays::of(arguments, before.as_deref())?;
    let loaded = Document::load_with(&given.path, arguments.root.as_deref(), &overlays.read);
    let document = loaded.map_err(|error| unreadable(&given, &error))?;
    let api = Api::strict(&document);
    if api.operations.is_empty() {
        return Err(no_operations(&given, &document, &api));
    }
    let (file, mut copies) = copies(&given.path, &document, name)?;
    copies.extend(overlays.copies);
    let declared = Declared::new(api);
    let options = OpenApiOptions {
        name: name.clone(),
        file,
        overlays: overlays.names,
        documentation: arguments.documentation.clone().unwrap_or_else(|| given.address()),
        read: jiff::Zoned::now().date(),
        seed: arguments.seed,
        allow_writes: arguments.allow_writes,
        allow_leftovers: arguments.allow_leftovers,
        credentials: arguments.credentials,
        no_auth: arguments.no_auth,
        large_body: arguments.large_body,
        values: arguments.value.iter().cloned().collect(),
        skip: arguments.skip.clone(),
        denied_role: arguments.denied_role.clone(),
        other_role: arguments.other_role.clone(),
        shared: arguments.shared.clone(),
    };
    let knows = |need: Need<'_>| match (&before, need) {
        (None, _) => true,
        (Some(pack), Need::Failure(id)) => pack.contract.failure(id).is_some(),
        (Some(pack), Need::Role(role)) => pack.contract.roles.contains_key(role),
        (Some(pack), Need::Variable(name)) => pack.contract.variables.contains_key(name),
    };
    let made = from_openapi(&declared, &options, &knows);
    if before.is_none() && made.draft.failures.is_empty() {
        return Err(nothing_to_ask(&given, &made.left_out));
    }
    let mut files: BTreeMap<String, String> = copies;
    files.insert(format!("scenarios/{name}/generated.yaml"), made.scenarios.to_yaml());
    let mut texts = Texts::new();
    match &before {
        Some(pack) => texts.extend((*pack.texts).clone()),
        None => {
            files.insert(format!("schemas/{name}/contract.yaml"), made.draft.contract().to_yaml());
            if let Some(schema) = &made.draft.envelope.schema {
                files.insert(format!("schemas/{name}/envelope.schema.json"), format!("{schema:#}\n"));
            }
        }
    }
    texts.extend(files.iter().map(|(path, text)| (path.clone(), text.as_str().into())));
    // A pack that cannot be loaded is an error of failspec.
    let pack = Pack::from_texts(&Files::Directory(arguments.dir.clone()), name, texts)
        .map_err(|error| CliError::Broken(format!("the generated pack cannot be read: {error}")))?;
    let written = write(arguments, files)?;
    let mut text = summary(name, &made, &pack);
    text += &warnings(&declared.api.warnings.with(declared.unusable_schemas()), arguments.warnings);
    text += &malformed_files(&given, &document);
    text += &unknown(&unknown_values(&declared, options.values.keys().map(String::as_str)));
    text += &written;
    if let Some(before) = &before {
        text += &kept_contract(arguments, &made, before);
    }
    text += &next(arguments, &made, &declared, &pack, before.is_some());
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Returns the path of the document among the schema files of the pack, and the copies of its files: as
/// `openapi.yaml`, or in a folder if there are several.
fn copies(
    path: &Path,
    document: &Document,
    pack: &str,
) -> Result<(String, BTreeMap<String, String>), CliError> {
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let names: Vec<&str> = document.files().collect();
    let ending = |name: &str| if name.ends_with(".json") { "json" } else { "yaml" };
    // A document that refers to itself by its name keeps it.
    let single = names.len() == 1 && !document.names_itself();
    let mut copies = BTreeMap::new();
    let mut own = String::new();
    for (index, name) in names.iter().enumerate() {
        let text = fs::read_to_string(folder.join(name)).map_err(|error| {
            CliError::usage(format!("cannot read {}: {error}", folder.join(name).display()))
        })?;
        // A file above the folder of the document is above it in the pack, too.
        let place = match single {
            true => format!("openapi.{}", ending(name)),
            false => relative(&format!("openapi/{}", document.folder()), name).unwrap_or_default(),
        };
        if index == 0 {
            own.clone_from(&place);
        }
        copies.insert(format!("schemas/{pack}/{place}"), text);
    }
    Ok((own, copies))
}

/// The overlays of a document.
struct Overlays {
    /// Their content, in the order in which they are applied.
    read: Vec<Overlay>,
    /// Their names among the schema files of the pack.
    names: Vec<String>,
    /// Copies of those that were given.
    copies: BTreeMap<String, String>,
}

impl Overlays {
    /// Reads the overlays that were given, or else those that the existing contract names.
    ///
    /// # Errors
    /// When a file cannot be read or is not an overlay, two have the same name, or the existing contract does not name
    /// the same ones.
    fn of(arguments: &ImportOpenApiArguments, before: Option<&Pack>) -> Result<Self, CliError> {
        let refused = |error: &dyn std::fmt::Display| CliError::usage(error.to_string());
        let folder = format!("schemas/{}/", arguments.name);
        let mut overlays = Self { read: Vec::new(), names: Vec::new(), copies: BTreeMap::new() };
        for path in &arguments.overlay {
            let shown = path.display().to_string();
            let text = fs::read_to_string(path)
                .map_err(|error| CliError::usage(format!("cannot read {shown}: {error}")))?;
            overlays.read.push(Overlay::parse(&shown, &text).map_err(|error| refused(&error))?);
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let place = format!("overlays/{name}");
            if overlays.copies.insert(format!("{folder}{place}"), text).is_some() {
                return Err(CliError::usage(format!("two overlays have the name {name}")));
            }
            overlays.names.push(place);
        }
        let Some(pack) = before else { return Ok(overlays) };
        if overlays.names.is_empty() {
            overlays.read = Overlay::of(pack).map_err(|error| refused(&error))?;
            return Ok(overlays);
        }
        let known = pack.contract.openapi_overlays.iter().map(|file| file.path.strip_prefix(&folder));
        if !known.eq(overlays.names.iter().map(|name| Some(name.as_str()))) {
            return Err(CliError::usage_hint(
                "contract.yaml does not name the same overlays, and an import never changes it",
                format!("write `openapi_overlays: [{}]` into it", overlays.names.join(", ")),
            ));
        }
        Ok(overlays)
    }
}

/// Loads the pack with that name without its generated scenarios, if there is one.
fn existing(arguments: &ImportOpenApiArguments) -> Result<Option<Arc<Pack>>, CliError> {
    let name = &arguments.name;
    if !arguments.dir.join(format!("schemas/{name}/contract.yaml")).exists() {
        return Ok(None);
    }
    let files = Files::Directory(arguments.dir.clone());
    let mut texts = files.read_pack(name)?;
    texts.remove(&format!("scenarios/{name}/generated.yaml"));
    let pack = Pack::from_texts(&files, name, texts)?;
    if pack.contract.openapi.is_none() {
        return Err(CliError::usage_hint(
            format!("{} exists already and was not imported from an OpenAPI document", name),
            "give another --name; or add `openapi: openapi.yaml` to its contract.yaml to generate scenarios",
        ));
    }
    Ok(Some(Arc::new(pack)))
}

fn write(arguments: &ImportOpenApiArguments, files: BTreeMap<String, String>) -> Result<String, CliError> {
    let mut text = String::new();
    let told = |wrote: bool| match wrote {
        true => Styles::dab(Styles::GOOD, "wrote"),
        false => Styles::dab(Styles::FAINT, "unchanged"),
    };
    // A document may have thousands of files: only their folder is shown.
    let folder = format!("schemas/{}/openapi/", arguments.name);
    let mut copied: BTreeMap<bool, usize> = BTreeMap::new();
    for (file, content) in files {
        let path = arguments.dir.join(&file);
        let shown = path.display();
        let failed = |error: std::io::Error| CliError::usage(format!("cannot write {shown}: {error}"));
        let differs = fs::read_to_string(&path).ok().is_none_or(|before| before != content);
        if differs {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(failed)?;
            }
            fs::write(&path, content).map_err(failed)?;
        }
        if file.starts_with(&folder) {
            *copied.entry(differs).or_default() += 1;
        } else {
            let _ = writeln!(text, "{} {shown}", told(differs));
        }
    }
    for (wrote, count) in copied {
        let shown = arguments.dir.join(&folder);
        let files = if count == 1 { "file" } else { "files" };
        let _ = writeln!(text, "{} {} ({count} {files} of the document)", told(wrote), shown.display());
    }
    if arguments.dir == Path::new(".") {
        text += &editor_schemas()?;
    }
    Ok(text)
}

fn summary(name: &str, made: &FromOpenApi, pack: &Pack) -> String {
    let mut text = format!(
        "{} {}, {}, {}\n",
        Styles::dab(Styles::STRONG, name),
        count(made.operations, "operation"),
        count(pack.contract.failures.len(), "failure"),
        count(made.scenarios.value.scenarios.len(), "scenario")
    );
    let mut by_failure: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, scenario) in &made.scenarios.value.scenarios {
        *by_failure.entry(scenario.failure().unwrap_or_default()).or_default() += 1;
    }
    for failure in &pack.contract.failures {
        let status = show_statuses(failure.statuses());
        let scenarios = by_failure.get(failure.id.as_str());
        let what = match (scenarios, &failure.excluded) {
            (Some(scenarios), _) => count(*scenarios, "scenario"),
            (None, Some(reason)) => format!("excluded: {}", visible(reason)),
            (None, None) => "no generated scenario".to_owned(),
        };
        let _ = writeln!(text, "  {} {status} · {what}", Styles::dab(Styles::STRONG, &failure.id));
    }
    if let Some(style) = made.draft.style {
        let _ = writeln!(text, "  style {}: {}", style.name, style.title);
    }
    let envelope = &made.draft.envelope;
    let places =
        [("code", &envelope.code), ("message", &envelope.message), ("request id", &envelope.request_id)];
    for (part, place) in places {
        if let Some((pointer, _)) = place {
            let _ = writeln!(text, "  {part} at {}", visible(pointer.as_str()));
        }
    }
    if !made.asked.is_empty() {
        let _ = writeln!(text, "\n{}", Styles::dab(Styles::STRONG, "asks"));
        for (question, count) in &made.asked {
            let _ = writeln!(text, "  {count:>4} × {}", question.as_str());
        }
    }
    if !made.left_out.is_empty() {
        let count: usize = made.left_out.iter().map(|left_out| left_out.names.len()).sum();
        let _ =
            writeln!(text, "\n{} ({count}, listed in generated.yaml)", Styles::dab(Styles::WARN, "left out"));
        for LeftOut { reason, names } in &made.left_out {
            let _ = writeln!(text, "  {:>4} × {}", names.len(), visible(&reason.to_string()));
            for name in names.iter().take(NAMES_SHOWN) {
                let _ = writeln!(text, "         {}", Styles::dab(Styles::FAINT, visible(name)));
            }
            if names.len() > NAMES_SHOWN {
                let _ = writeln!(text, "         {}", Styles::dab(Styles::FAINT, "…"));
            }
        }
    }
    text += &without_case(pack);
    let lacking = made.left_out.iter().filter(|left_out| left_out.reason.is_about_contract());
    let lacking: usize = lacking.map(|left_out| left_out.names.len()).sum();
    if lacking > 0 {
        let _ = writeln!(
            text,
            "\n{}: {lacking} scenarios are left out because contract.yaml does not declare what they need. \
             An import never changes an existing contract.yaml; delete it to have it written again.",
            Styles::dab(Styles::WARN, "warning")
        );
    }
    let lint = lint_without_document(pack);
    if !lint.0.is_empty() {
        let _ = writeln!(text, "\n{}", lint.render(true));
    }
    text.push('\n');
    text
}

/// Returns what is said of names for which values were given and which the document does not have.
fn unknown(values: &[UnknownValue]) -> String {
    let mut text = String::new();
    for UnknownValue { name, meant } in values {
        let meant = meant.as_ref().map(|meant| format!(" (did you mean `{meant}`?)")).unwrap_or_default();
        let _ = writeln!(
            text,
            "{} no parameter and no member of a body is called `{}`{}: the value serves only bodies of which the document names no \
             member",
            Styles::dab(Styles::WARN, "--value"),
            visible(name),
            visible(&meant)
        );
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn warnings(warnings: &Warnings, all: bool) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "{} ({})\n",
        Styles::dab(Styles::WARN, "parts of the document that cannot be used as written"),
        warnings.count()
    );
    let shown = if all { usize::MAX } else { WARNINGS_SHOWN };
    // What is lost is first: it is neither asked nor checked.
    let (lost, others): (Vec<&Warning>, Vec<&Warning>) = warnings.iter().partition(|warning| warning.is_loss);
    for warning in lost.into_iter().chain(others).take(shown) {
        let _ = writeln!(text, "  {}", visible(&warning.to_string()));
    }
    if warnings.count() > shown {
        text.push_str("  … --warnings shows all\n");
    }
    text.push('\n');
    text
}
