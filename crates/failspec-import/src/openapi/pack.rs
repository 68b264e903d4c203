//! Generation of a complete pack from an OpenAPI document.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use serde_json::Value;
use wildmatch::WildMatch;

use crate::{
    draft::{Draft, DraftFailure},
    envelope::DraftEnvelope,
    names::Unique,
    style::{Evidence, Style},
};
use failspec_pack::{
    openapi::{Api, Content, Declared, Direction, Operation, ResponseStatus},
    pack::{
        StatusPattern, Variable,
        writing::{
            Commented, Override, RequestSource, RequiresSource, ScenarioFileSource, ScenarioSource,
            SuccessSource,
        },
    },
};

use super::{
    crud::CreateOperations,
    error_envelope::ErrorEnvelope,
    failure_catalog::FailureCatalog,
    generate::{Generator, OpenOperations, is_never_sent},
    listed_values::Lists,
    path_values::Paths,
    request_spec::ROLE,
    scenario::{Question, Scenario},
    scenario_file::file,
    scheme_roles::{SchemeRole, SchemeRoles},
    second_credentials::SecondCredentials,
    success_code::success_code,
    value_generator::ValueGenerator,
};

/// Options of the import of an OpenAPI document.
#[derive(Debug, Clone, Default)]
pub struct OpenApiOptions {
    /// The name of the pack.
    pub name: String,
    /// The name of the document among the schema files of the pack.
    pub file: String,
    /// The names of its overlays among the schema files of the pack, in the order in which they are applied.
    pub overlays: Vec<String>,
    /// The address of the document, for people.
    pub documentation: String,
    /// The day on which the document was read.
    pub read: Date,
    /// The seed that selects among several valid values.
    pub seed: u64,
    /// True if requests that change data are generated, too.
    pub allow_writes: bool,
    /// True if controls may create resources that the run cannot delete.
    pub allow_leftovers: bool,
    /// True if every request has credentials, even if the document does not mention them.
    pub credentials: bool,
    /// True if no request has credentials: the API is meant to be open, whatever the document says.
    pub no_auth: bool,
    /// True if one large body is sent.
    pub large_body: bool,
    /// Values of parameters by name.
    pub values: BTreeMap<String, String>,
    /// Operations that are skipped: globs for method and path (`PUT /admin/*`) or for their ids.
    pub skip: Vec<String>,
    /// A role with valid credentials that may call no guarded operation.
    pub denied_role: Option<String>,
    /// The role of another tenant, who must see nothing of the first.
    pub other_role: Option<String>,
    /// Operations that show to all tenants what belongs to one: globs as in `skip`.
    pub shared: Vec<String>,
}

/// The result of the import of an OpenAPI document.
#[derive(Debug)]
pub struct FromOpenApi {
    /// The contract.
    pub draft: Draft,
    /// The generated scenarios.
    pub scenarios: Commented<ScenarioFileSource>,
    /// The number of operations in the document.
    pub operations: usize,
    /// The number of scenarios that ask each question.
    pub asked: BTreeMap<Question, usize>,
    /// The scenarios and faults that were not generated.
    pub left_out: Vec<LeftOut>,
    /// The roles of operations that do not take the credential of [`USER_ROLE`](super::USER_ROLE).
    pub scheme_roles: Vec<SchemeRole>,
}

/// Scenarios or faults that were not generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The reason.
    pub reason: LeftOutReason,
    /// Their names.
    pub names: Vec<String>,
}

/// The reason why scenarios were not generated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum LeftOutReason {
    /// The existing contract lacks a failure.
    #[error("contract.yaml has no failure `{0}`: add it, or import into a new pack")]
    NoFailure(String),
    /// The existing contract lacks a role.
    #[error("contract.yaml does not require the role `{0}`")]
    NoRole(String),
    /// The existing contract lacks a variable.
    #[error("contract.yaml does not require the variable `{0}`")]
    NoVariable(String),
    /// The document or the options do not allow them.
    #[error("{0}")]
    NotPossible(String),
}

impl LeftOutReason {
    /// Returns true if an addition to the existing contract would remove the reason.
    pub fn is_about_contract(&self) -> bool {
        !matches!(self, Self::NotPossible(_))
    }
}

/// Creates a pack from a document. `keep` returns true if the existing contract contains a prerequisite of a scenario
/// (a failure, a role or a variable, by name). Without an existing contract, it always returns true.
pub fn from_openapi(
    declared: &Declared,
    options: &OpenApiOptions,
    keep: &dyn Fn(Need<'_>) -> bool,
) -> FromOpenApi {
    let api = &declared.api;
    let style = style(api);
    let shape = usable_envelope(declared, style);
    let mut generator = generator(declared, options, shape.as_ref());
    generator.run();
    let skipped: BTreeSet<String> =
        api.operations.iter().filter(|it| generator.skips(it)).map(Operation::name).collect();
    let is_skipped = |operation: &Operation| skipped.contains(&operation.name());
    let Generator {
        catalogue,
        paths,
        scenarios,
        left_out,
        optional_members,
        listed_values,
        existing_things,
        second_credentials,
        scheme_roles: SchemeRoles { roles: mut scheme_roles },
        ..
    } = generator;
    let mut left_out: BTreeMap<LeftOutReason, Vec<String>> =
        left_out.into_iter().map(|(why, names)| (LeftOutReason::NotPossible(why), names)).collect();
    let sources: Vec<(String, ScenarioSource, Question)> = scenarios
        .iter()
        .map(|scenario| (scenario.name.clone(), scenario.source(), scenario.question))
        .collect();
    let mut used: BTreeSet<String> = sources.iter().flat_map(|(_, source, _)| parameters(source)).collect();
    used.extend(existing_things.iter().map(|(_, thing)| thing.variable.clone()));
    let mut variables = paths.variables;
    variables.retain(|(name, _)| used.contains(name));
    variables.extend(sent_credentials(&second_credentials, &scenarios));
    let is_variable = |name: &String| variables.iter().any(|(known, _)| known == name);
    let mut kept: Vec<(String, ScenarioSource)> = Vec::new();
    let mut asked: BTreeMap<Question, usize> = BTreeMap::new();
    for (name, source, question) in sources {
        let variables = parameters(&source).into_iter().filter(|name| is_variable(name));
        match lacking(&source, variables, keep) {
            Some(why) => left_out.entry(why).or_default().push(name),
            None => {
                *asked.entry(question).or_default() += 1;
                kept.push((name, source));
            }
        }
    }
    let used: BTreeSet<&str> = kept.iter().filter_map(|(_, source)| source.failure()).collect();
    let guarded = kept.iter().any(|(_, source)| source.roles().next().is_some());
    let used_roles: BTreeSet<&str> = kept.iter().flat_map(|(_, source)| source.roles()).collect();
    let of_user = |it: &&Operation| !scheme_roles.iter().any(|role| role.operations.contains(&it.name()));
    let roles = required_roles(declared, options, &scheme_roles, &used_roles);
    let health_check = match options.allow_writes {
        true => {
            let open = api.operations.iter().filter(|it| !is_skipped(it)).filter(of_user);
            health_checks(open, guarded, options)
        }
        false => Vec::new(),
    };
    let writes_by_status = blocked(api.operations.iter(), options.allow_writes);
    scheme_roles.retain(|role| used_roles.contains(role.name.as_str()));
    let failures = catalogue.finish(&writes_by_status, &used);
    let mut left_out: Vec<LeftOut> =
        left_out.into_iter().map(|(reason, names)| LeftOut { reason, names }).collect();
    left_out.sort_by_cached_key(|left_out| left_out.reason.to_string());
    FromOpenApi {
        draft: Draft {
            name: options.name.clone(),
            as_of: options.read,
            documentation: options.documentation.clone(),
            title: Some(api.title.clone()).filter(|title| !title.is_empty()),
            success: SuccessSource {
                status: vec![StatusPattern::Class(2)].into(),
                matches: success_code(api).into_iter().collect(),
            },
            style,
            envelope: shape.as_ref().map_or_else(DraftEnvelope::default, |shape| shape.envelope.clone()),
            failures: failures
                .into_iter()
                .map(|source| DraftFailure { source, ..DraftFailure::default() })
                .collect(),
            openapi: Some(options.file.clone()),
            openapi_overlays: options.overlays.clone(),
            requires: RequiresSource { roles, variables, conditions: Vec::new() },
            health_check,
            optional_members,
            listed_values,
            existing_things,
            ..Draft::default()
        },
        scenarios: file(options, kept, &left_out),
        operations: api.operations.len(),
        asked,
        left_out,
        scheme_roles,
    }
}

/// Returns the generator of the scenarios, before it has run.
fn generator<'a>(
    declared: &'a Declared,
    options: &'a OpenApiOptions,
    shape: Option<&'a ErrorEnvelope>,
) -> Generator<'a> {
    let api = &declared.api;
    let sampler = ValueGenerator { declared, seed: options.seed };
    let mut paths = Paths::new(sampler, &options.values);
    let second_credentials = match options.no_auth {
        true => SecondCredentials::default(),
        false => SecondCredentials::of(api, paths.names()),
    };
    let scheme_roles = match options.no_auth {
        true => SchemeRoles::default(),
        false => {
            let others = [&options.denied_role, &options.other_role].into_iter().flatten();
            let taken: Vec<&str> = std::iter::once(ROLE).chain(others.map(String::as_str)).collect();
            SchemeRoles::of(api, &taken)
        }
    };
    let skip: Vec<WildMatch> = options.skip.iter().map(|glob| WildMatch::new(glob)).collect();
    Generator {
        declared,
        sampler,
        catalogue: FailureCatalog::new(api, &options.file, shape),
        paths,
        second_credentials,
        scheme_roles,
        creators: CreateOperations::new(api),
        open: OpenOperations::new(&api.operations, &skip),
        making: Vec::new(),
        allow_writes: options.allow_writes,
        allow_leftovers: options.allow_leftovers,
        credentials: options.credentials,
        no_auth: options.no_auth,
        large_body: options.large_body,
        sent_large: false,
        sent_deep: false,
        asked_parameters: HashMap::new(),
        asked_parts: HashMap::new(),
        skip,
        denied_role: options.denied_role.clone(),
        other_role: options.other_role.clone(),
        shared: options.shared.iter().map(|glob| WildMatch::new(glob)).collect(),
        names: Unique::default(),
        scenarios: Vec::new(),
        optional_members: Vec::new(),
        lists: Lists::new(api),
        listed_values: Vec::new(),
        listed_ids: BTreeMap::new(),
        existing_things: Vec::new(),
        left_out: BTreeMap::new(),
    }
}

/// Returns the style of the errors that a document declares.
fn style(api: &Api) -> Option<&'static Style> {
    let responses = api.operations.iter().flat_map(|operation| &operation.responses);
    let contents: Vec<&Content> =
        responses.filter(|it| it.status.may_be_failure()).flat_map(|it| &it.content).collect();
    let essence =
        |content: &'_ &Content| content.media_type.split(';').next().unwrap_or_default().trim().to_owned();
    let media_types: BTreeSet<String> = contents.iter().map(essence).collect();
    let mut schemas: Vec<&Value> = Vec::new();
    for schema in contents.iter().filter_map(|content| content.schema.as_ref()) {
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }
    let evidence = Evidence {
        media_types: media_types.iter().map(String::as_str).collect(),
        examples: contents.iter().flat_map(|content| &content.examples).collect(),
        schemas: schemas.into_iter().map(|schema| api.bundle.complete(schema)).collect(),
    };
    evidence.style()
}

/// Returns the envelope of the errors of a document, without a schema that cannot be used: a contract with it could not be
/// loaded, and the document says it all the same.
fn usable_envelope(declared: &Declared, style: Option<&Style>) -> Option<ErrorEnvelope> {
    let mut shape = ErrorEnvelope::of(&declared.api)?;
    if let Some(style) = style {
        style.complete(&mut shape.envelope);
    }
    let schema = &mut shape.envelope.schema;
    schema.take_if(|schema| declared.unusable(schema, Direction::Response).is_some());
    Some(shape)
}

/// Returns the variables with the credentials that scenarios send beside those of their roles.
fn sent_credentials(credentials: &SecondCredentials, scenarios: &[Scenario]) -> Vec<(String, Variable)> {
    let sent: BTreeSet<String> = scenarios
        .iter()
        .flat_map(|scenario| scenario.faulty.placeholders())
        .filter_map(|placeholder| placeholder.name().map(str::to_owned))
        .collect();
    credentials.variables().filter(|(name, _)| sent.contains(name)).collect()
}

/// Returns the names of the parameters in the paths of a scenario.
fn parameters(scenario: &ScenarioSource) -> BTreeSet<String> {
    scenario.requests().flat_map(RequestSource::parameters).collect()
}

/// Returns what the existing contract lacks for a scenario.
fn lacking(
    scenario: &ScenarioSource,
    mut variables: impl Iterator<Item = String>,
    keep: &dyn Fn(Need<'_>) -> bool,
) -> Option<LeftOutReason> {
    if let Some(failure) = scenario.failure().filter(|failure| !keep(Need::Failure(failure))) {
        return Some(LeftOutReason::NoFailure(failure.to_owned()));
    }
    if let Some(role) = scenario.roles().find(|role| !keep(Need::Role(role))) {
        return Some(LeftOutReason::NoRole(role.to_owned()));
    }
    variables.find(|name| !keep(Need::Variable(name))).map(LeftOutReason::NoVariable)
}

/// A prerequisite of a scenario in the contract, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'n> {
    /// A failure.
    Failure(&'n str),
    /// A role.
    Role(&'n str),
    /// A variable.
    Variable(&'n str),
}

/// Returns the roles that the scenarios need, each with what it may do.
fn required_roles(
    declared: &Declared,
    options: &OpenApiOptions,
    scheme_roles: &[SchemeRole],
    used: &BTreeSet<&str>,
) -> Vec<(String, String)> {
    let denied = options
        .denied_role
        .iter()
        .map(|name| (name.clone(), "has valid credentials, and may call no guarded operation".to_owned()));
    let other = options.other_role.iter().map(|name| {
        (name.clone(), format!("is another tenant than {ROLE}, and may see nothing that belongs to {ROLE}"))
    });
    let own = scheme_roles.iter().map(|role| {
        let about = format!("may call what takes {}: {}", role.scheme, role.operations.join(", "));
        (role.name.clone(), about)
    });
    let all = std::iter::once(user(declared, scheme_roles)).chain(own).chain(denied).chain(other);
    all.filter(|(name, _)| used.contains(name.as_str())).collect()
}

fn user(declared: &Declared, scheme_roles: &[SchemeRole]) -> (String, String) {
    let schemes: Vec<&str> = declared.api.schemes.keys().map(String::as_str).collect();
    let schemes =
        if schemes.is_empty() { "authentication is not documented".to_owned() } else { schemes.join(", ") };
    let others: Vec<&str> = scheme_roles.iter().map(|role| role.name.as_str()).collect();
    let but = if others.is_empty() { String::new() } else { format!(" but those of {}", others.join(", ")) };
    (ROLE.to_owned(), format!("may call every operation{but} ({schemes})"))
}

/// Returns the reason for each status that is declared only by operations that are not sent.
fn blocked<'o>(operations: impl Iterator<Item = &'o Operation>, allow_writes: bool) -> BTreeMap<u16, String> {
    let mut safe: BTreeMap<u16, bool> = BTreeMap::new();
    for operation in operations {
        for response in &operation.responses {
            if let ResponseStatus::Exactly(status) = response.status {
                *safe.entry(status).or_default() |= operation.is_safe();
            }
        }
    }
    let only_writes = safe.into_iter().filter(|(_, safe)| !safe && !allow_writes);
    only_writes
        .map(|(status, _)| (status, "only operations that write declare it (--allow-writes)".to_owned()))
        .collect()
}

/// Maximum number of candidates for the health check: an API of which the first few fail may have none.
const MAX_HEALTH_CHECKS: usize = 5;

/// Selects safe requests that need only credentials, those about the caller first. Which of them succeeds is found out
/// at the run.
fn health_checks<'o>(
    operations: impl Iterator<Item = &'o Operation>,
    guarded: bool,
    options: &OpenApiOptions,
) -> Vec<RequestSource> {
    let fitting = operations.filter(|it| {
        let free = it.parameters.iter().all(|parameter| !parameter.required);
        it.method == "GET"
            && free
            && !is_never_sent(it)
            && !it.path.contains('{')
            && (!options.no_auth && (it.is_guarded() || options.credentials)) == guarded
    });
    let own = ["me", "self", "user", "account", "profile", "whoami", "session"];
    let mut fitting: Vec<&Operation> = fitting.collect();
    fitting.sort_by_key(|it| {
        let last = it.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        own.iter().position(|word| last == *word).unwrap_or(own.len())
    });
    let role = guarded.then(|| Override::Set(ROLE.to_owned()));
    let request = |it: &Operation| RequestSource { role: role.clone(), ..RequestSource::to(it.name()) };
    fitting.into_iter().take(MAX_HEALTH_CHECKS).map(request).collect()
}
