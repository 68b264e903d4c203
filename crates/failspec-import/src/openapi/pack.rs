//! Generation of a complete pack from an OpenAPI document.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use wildmatch::WildMatch;

use crate::{
    draft::{Draft, DraftRequires},
    envelope::DraftEnvelope,
    names::Unique,
    yaml,
};
use failspec_pack::openapi::{Declared, Operation};

use super::{
    crud::CreateOperations, error_envelope::ErrorEnvelope, failure_catalog::FailureCatalog,
    generate::Generator, path_values::Paths, scenario::Scenario, value_generator::ValueGenerator,
};

/// Options of the import of an OpenAPI document.
#[derive(Debug, Clone, Default)]
pub struct OpenApiOptions {
    /// The name of the pack.
    pub name: String,
    /// The name of the document among the schema files of the pack.
    pub file: String,
    /// The address of the document, for people.
    pub documentation: String,
    /// The day on which the document was read, as `YYYY-MM-DD`.
    pub read: String,
    /// The seed that selects among several valid values.
    pub seed: u64,
    /// True if requests that change data are generated, too.
    pub allow_writes: bool,
    /// True if controls may create resources that the run cannot delete.
    pub allow_leftovers: bool,
    /// True if every request has credentials, even if the document does not mention them.
    pub credentials: bool,
    /// Values of parameters by name.
    pub values: BTreeMap<String, String>,
    /// Operations that are skipped: globs for method and path (`PUT /admin/*`) or for their ids.
    pub skip: Vec<String>,
}

/// The result of the import of an OpenAPI document.
#[derive(Debug)]
pub struct FromOpenApi {
    /// The contract.
    pub draft: Draft,
    /// The text of `generated.yaml`.
    pub scenarios: String,
    /// The number of operations in the document.
    pub operations: usize,
    /// The names of the scenarios, and the failures that they trigger.
    pub triggers: Vec<(String, String)>,
    /// The scenarios and faults that were not generated: the reason, and their names.
    pub left_out: Vec<(String, Vec<String>)>,
}

/// Creates a pack from a document. `keep` returns true if the existing contract contains a prerequisite of a scenario
/// (a failure, a role or a variable, by name). Without an existing contract, it always returns true.
pub fn from_openapi(
    declared: &Declared,
    options: &OpenApiOptions,
    keep: &dyn Fn(Need<'_>) -> bool,
) -> FromOpenApi {
    let api = &declared.api;
    let shape = ErrorEnvelope::of(api);
    let sampler = ValueGenerator { declared, seed: options.seed };
    let mut generator = Generator {
        declared,
        sampler,
        catalogue: FailureCatalog::new(api, &options.file, shape.as_ref()),
        paths: Paths::new(sampler, &options.values),
        creators: CreateOperations::new(api),
        making: Vec::new(),
        allow_writes: options.allow_writes,
        allow_leftovers: options.allow_leftovers,
        credentials: options.credentials,
        skip: options.skip.iter().map(|glob| WildMatch::new(glob)).collect(),
        names: Unique::default(),
        scenarios: Vec::new(),
        left_out: BTreeMap::new(),
    };
    generator.run();
    let Generator { catalogue, mut paths, mut scenarios, mut left_out, .. } = generator;
    let texts: Vec<String> = scenarios.iter().map(Scenario::yaml).collect();
    paths.retain(|hole| texts.iter().any(|text| text.contains(hole)));
    let uses = |text: &str, name: &str| text.contains(&format!("{{{name}}}"));
    let missing_requirements = |scenario: &Scenario, text: &str| {
        let variable =
            paths.variables.iter().find(|(name, ..)| uses(text, name) && !keep(Need::Variable(name)));
        if !keep(Need::Failure(&scenario.failure)) {
            Some(format!(
                "contract.yaml has no failure `{}`: add it, or import into a new pack",
                scenario.failure
            ))
        } else if text.contains("as: user") && !keep(Need::Role("user")) {
            Some("contract.yaml does not require the role `user`".to_owned())
        } else {
            variable.map(|(name, ..)| format!("contract.yaml does not require the variable `{name}`"))
        }
    };
    let mut kept = String::new();
    let mut triggers = Vec::new();
    for (scenario, text) in scenarios.drain(..).zip(&texts) {
        match missing_requirements(&scenario, text) {
            Some(why) => left_out.entry(why).or_default().push(scenario.name),
            None => {
                kept.push_str(text);
                triggers.push((scenario.name, scenario.failure));
            }
        }
    }
    let used: BTreeSet<&str> = triggers.iter().map(|(_, failure)| failure.as_str()).collect();
    let guarded = kept.contains("as: user");
    let health_check = options
        .allow_writes
        .then(|| health_check(api.operations.iter(), guarded, options.credentials))
        .flatten();
    let writes_by_status = blocked(api.operations.iter(), options.allow_writes);
    let left_out: Vec<(String, Vec<String>)> = left_out.into_iter().collect();
    FromOpenApi {
        scenarios: file(options, &kept, &left_out),
        draft: Draft {
            name: options.name.clone(),
            as_of: options.read.clone(),
            documentation: options.documentation.clone(),
            title: Some(api.title.clone()).filter(|title| !title.is_empty()),
            success: ("2xx".to_owned(), None),
            envelope: shape.as_ref().map_or_else(DraftEnvelope::default, |shape| shape.envelope.clone()),
            failures: catalogue.finish(&writes_by_status, &used),
            openapi: Some(options.file.clone()),
            requires: DraftRequires {
                roles: if guarded { vec![user(declared)] } else { Vec::new() },
                variables: paths.variables,
            },
            health_check,
            ..Draft::default()
        },
        operations: api.operations.len(),
        triggers,
        left_out,
    }
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

fn user(declared: &Declared) -> (String, String) {
    let schemes: Vec<&str> = declared.api.schemes.keys().map(String::as_str).collect();
    let schemes =
        if schemes.is_empty() { "authentication is not documented".to_owned() } else { schemes.join(", ") };
    ("user".to_owned(), format!("may call every operation ({schemes})"))
}

/// Returns the reason for each status that is declared only by operations that are not sent.
fn blocked<'o>(operations: impl Iterator<Item = &'o Operation>, allow_writes: bool) -> BTreeMap<u16, String> {
    let mut safe: BTreeMap<u16, bool> = BTreeMap::new();
    for operation in operations {
        for response in &operation.responses {
            if let failspec_pack::openapi::ResponseStatus::Exactly(status) = response.status {
                *safe.entry(status).or_default() |= operation.is_safe();
            }
        }
    }
    let only_writes = safe.into_iter().filter(|(_, safe)| !safe && !allow_writes);
    only_writes
        .map(|(status, _)| (status, "only operations that write declare it (--allow-writes)".to_owned()))
        .collect()
}

/// Selects a safe request that needs only credentials, preferably one about the caller.
fn health_check<'o>(
    operations: impl Iterator<Item = &'o Operation>,
    guarded: bool,
    all_with_credentials: bool,
) -> Option<String> {
    let fitting = operations.filter(|it| {
        let free = it.parameters.iter().all(|parameter| !parameter.required);
        it.method == "GET"
            && free
            && !it.path.contains('{')
            && (it.is_guarded() || all_with_credentials) == guarded
    });
    let own = ["me", "self", "user", "account", "profile", "whoami", "session"];
    let best = fitting.min_by_key(|it| {
        let last = it.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        own.iter().position(|word| last == *word).unwrap_or(own.len())
    })?;
    let role = if guarded { ", as: user" } else { "" };
    Some(format!("{{ request: {}{role} }}", yaml::quoted(&best.name())))
}

fn file(options: &OpenApiOptions, scenarios: &str, left_out: &[(String, Vec<String>)]) -> String {
    let mut writes = if options.allow_writes { " --allow-writes" } else { "" }.to_owned();
    if options.allow_leftovers {
        writes.push_str(" --allow-leftovers");
    }
    if options.credentials {
        writes.push_str(" --credentials");
    }
    for (name, value) in &options.values {
        let _ = write!(writes, " --value '{}={}'", name.escape_debug(), value.escape_debug());
    }
    for glob in &options.skip {
        let _ = write!(writes, " --skip '{}'", glob.escape_debug());
    }
    let mut text = format!(
        "# Generated by `failspec import openapi --name {} --seed {}{writes}`, which overwrites this file:\n\
         # put your own scenarios into other files. Each request breaks one rule of the document\n\
         # (`documentation`); its control does not.\n\
         # yaml-language-server: $schema=../../schemas/scenario.schema.json\n\
         contract: {}\nscenarios:{}\n",
        options.name,
        options.seed,
        options.name,
        if scenarios.is_empty() { " {}" } else { "" },
    );
    text.push_str(scenarios);
    for (why, what) in left_out {
        let _ = writeln!(text, "\n{}", yaml::comment(&format!("not generated: {why}")));
        for what in what {
            let _ = writeln!(text, "{}", yaml::comment(&format!("  {what}")));
        }
    }
    text
}
