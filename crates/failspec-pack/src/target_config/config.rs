//! `failspec.toml`: targets and waivers.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::pack::{Version, split_version};
use failspec_base::{
    message::{Header, Limits},
    secret::Secret,
    syntax::{
        Decoder, Diagnostic, Diagnostics, Entry, Field, Fields, Location, MappingSchema, Node, Source,
        ValueType, toml,
    },
    template::VariableValue,
};

use super::{
    Environment,
    check_level::{CHECK_LEVEL, CheckLevel},
    condition::{CONDITION, Condition},
    credential::{Credential, ROLE, Role},
    network::Network,
    operation::Operation,
    rate::Rate,
    readiness::{READINESS, ReadinessProbe},
    redaction::redact,
    timeouts::{self, TIMEOUTS},
    tls::{TLS, Tls},
    tracing::{CASE_HEADER, LOG_URL, TRACEPARENT, Tracing},
    waiver::{OUT_OF_REACH, OutOfReach, WAIVER, Waiver},
};

/// The live API under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name in `failspec.toml`, or its URL.
    pub name: String,
    /// The base URL; paths of packs are appended to its path.
    pub url: url::Url,
    /// Base URLs of packs that have another one than the target.
    pub urls: BTreeMap<String, url::Url>,
    /// Credentials by role.
    pub roles: BTreeMap<String, Role>,
    /// Headers of all requests to it.
    pub headers: Vec<Header>,
    /// Values of variables that packs declare.
    pub variables: BTreeMap<String, VariableValue>,
    /// Conditions that the target can create.
    pub conditions: BTreeMap<String, Condition>,
    /// Secrets that its roles, conditions and variables take from the environment.
    pub secrets: Vec<Secret>,
    /// Failures that cannot be covered on the target.
    pub out_of_reach: Vec<OutOfReach>,
    /// Optional parts of the API: feature → true if the product is said to have it.
    pub features: BTreeMap<String, bool>,
    /// The folder of its snapshots (approved responses).
    pub snapshots: Option<PathBuf>,
    /// The limits for the time and size of its responses.
    pub limits: Limits,
    /// Operations with another method or path than in the pack.
    pub operations: BTreeMap<String, Operation>,
    /// Its TLS settings.
    pub tls: Tls,
    /// The way of its traffic, if not to the address in its URL.
    pub network: Network,
    /// The maximum request rate.
    pub rate: Option<Rate>,
    /// The readiness check that a run waits for before it starts.
    pub wait_for: Option<ReadinessProbe>,
    /// Checks whose severity is changed.
    pub checks: Vec<CheckLevel>,
    /// True if no other process uses the target at the same time.
    pub isolated: bool,
    /// True if nothing on it may change: only requests with a safe method are sent, and logins.
    pub read_only: bool,
    /// Hosts that `Host` of a request may name besides that of its URL, each as it is written in the header.
    pub hosts: Vec<String>,
    /// Headers and links that lead from a finding to its own logs.
    pub tracing: Tracing,
    /// True if it is an embedded reference implementation, so that results say nothing about any other API.
    pub reference: bool,
}

/// The contents of `failspec.toml` that apply to one run.
#[derive(Debug, Clone)]
pub struct Config {
    /// The target.
    pub target: Target,
    /// Known violations.
    pub waivers: Vec<Waiver>,
}

/// The keys of `failspec.toml`.
pub static CONFIG: MappingSchema = MappingSchema {
    name: "config",
    about: "targets and waivers",
    fields: &[
        Field::optional(
            "packs",
            ValueType::Text,
            "the folder of your own packs (with schemas/PACK and scenarios/PACK), relative to this file: as --packs",
        ),
        Field::optional("default_target", ValueType::Name, "the target of a run without `--target`"),
        Field::optional("target", ValueType::Map(&ValueType::MappingSchema(&TARGET)), "targets by name"),
        Field::optional(
            "waivers",
            ValueType::List(&ValueType::MappingSchema(&WAIVER)),
            "known violations that do not fail a run",
        ),
    ],
    also: &[],
};

pub(super) static TARGET: MappingSchema = MappingSchema {
    name: "target",
    about: "a live API under test",
    fields: &[
        Field::required("url", ValueType::Text, "the base URL"),
        Field::optional(
            "urls",
            ValueType::Map(&ValueType::Text),
            "base URLs of single packs, by pack or pack@version, so that one run can test several packs",
        ),
        Field::optional("roles", ValueType::Map(&ValueType::MappingSchema(&ROLE)), "credentials by role"),
        Field::optional(
            "headers",
            ValueType::Map(&ValueType::Text),
            "headers of all requests to the target, logins included, such as the key of a gateway in front of the \
             API; a scenario or a role that has the header itself counts",
        ),
        Field::optional(
            "origin",
            ValueType::Text,
            "the origin of a web page that uses the API, such as `https://app.example.com`: all requests carry it as \
             `Origin`, and failures must be as readable to the page as successes",
        ),
        Field::optional(
            "variables",
            ValueType::Map(&ValueType::Any),
            "values of variables that packs declare",
        ),
        Field::optional(
            "conditions",
            ValueType::Map(&ValueType::MappingSchema(&CONDITION)),
            "how the target creates conditions",
        ),
        Field::optional(
            "out_of_reach",
            ValueType::List(&ValueType::MappingSchema(&OUT_OF_REACH)),
            "failures that cannot be covered on the target, and why",
        ),
        Field::optional(
            "features",
            ValueType::Map(&ValueType::Bool),
            "features that the product is said to have (`true`) or not to have (`false`): feature of the contract → \
             true or false (default: its probe tells)",
        ),
        Field::optional("timeouts", ValueType::MappingSchema(&TIMEOUTS), "time limits for the target"),
        Field::optional(
            "snapshots",
            ValueType::Text,
            "the folder of the target's snapshots (approved responses), relative to this file",
        ),
        Field::optional(
            "operations",
            ValueType::Map(&ValueType::Text),
            "operations with another method or path than in the pack: name → `METHOD /path/{parameter}`",
        ),
        Field::optional("tls", ValueType::MappingSchema(&TLS), "the TLS settings of the target"),
        Field::optional(
            "connect_to",
            ValueType::Text,
            "the address that every request goes to in place of that in its URL: `10.0.0.7:8443` or `unix:/run/api.sock`",
        ),
        Field::optional(
            "proxy",
            ValueType::Text,
            "the proxy of the target, such as `http://proxy.internal:3128`, or `none` (default: that of the environment)",
        ),
        Field::optional("rate", ValueType::Text, "the maximum request rate, such as `50/s` or `300/m`"),
        Field::optional(
            "wait_for",
            ValueType::MappingSchema(&READINESS),
            "the readiness check that a run waits for before it starts",
        ),
        Field::optional(
            "checks",
            ValueType::Map(&ValueType::MappingSchema(&CHECK_LEVEL)),
            "checks that are off, only warn, or fail the run on this target, each with a reason",
        ),
        Field::optional(
            "isolated",
            ValueType::Bool,
            "whether no other process uses the target at the same time",
        ),
        Field::optional(
            "read_only",
            ValueType::Bool,
            "whether nothing on the target may change: only GET, HEAD, OPTIONS and TRACE are sent, and logins; \
             the other cases are skipped",
        ),
        Field::optional(
            "hosts",
            ValueType::List(&ValueType::Text),
            "hosts that the header `Host` of a pack's requests may name besides that of the URL",
        ),
        TRACEPARENT,
        CASE_HEADER,
        LOG_URL,
    ],
    also: &[],
};

impl Config {
    /// Reads the text of a `failspec.toml` for the target `name`, or for its default target.
    ///
    /// # Errors
    /// Returns all errors in the file. Secrets of other targets may be missing.
    pub fn read(source: &Arc<Source>, name: Option<&str>, folder: &Path) -> Result<Self, Diagnostics> {
        let node = toml::parse(source).map_err(|mistakes| redact(mistakes, source, None))?;
        let reader = Decoder::new(source);
        let config = Self::read_node(&node, &reader, name, folder);
        match config {
            Some(config) if !reader.failed() => Ok(config),
            _ => Err(redact(reader.finish(), source, Some(&node))),
        }
    }

    /// Reads only the folder of the packs, with its place in the file.
    ///
    /// # Errors
    /// Returns the errors in the syntax of the file, and in that key.
    pub fn packs(source: &Arc<Source>) -> Result<Option<(String, Location)>, Diagnostics> {
        let node = toml::parse(source).map_err(|mistakes| redact(mistakes, source, None))?;
        let Some(packs) = node.get("packs") else { return Ok(None) };
        let reader = Decoder::new(source);
        match reader.text(packs) {
            Some(text) => Ok(Some((text.to_owned(), reader.place(packs.span)))),
            None => Err(redact(reader.finish(), source, Some(&node))),
        }
    }

    /// Reads only the waivers, for a command that needs no target.
    ///
    /// # Errors
    /// Returns all errors in the waivers, and keys that the file must not contain.
    pub fn waivers(source: &Arc<Source>) -> Result<Vec<Waiver>, Diagnostics> {
        let node = toml::parse(source).map_err(|mistakes| redact(mistakes, source, None))?;
        let reader = Decoder::new(source);
        let fields = reader.fields(&node, &CONFIG);
        let waivers = fields.as_ref().and_then(|fields| fields.get("waivers"));
        let waivers = waivers.map(|node| reader.list(node)).unwrap_or_default();
        let waivers = waivers.iter().filter_map(|node| Waiver::read(node, &reader)).collect();
        if reader.failed() { Err(redact(reader.finish(), source, Some(&node))) } else { Ok(waivers) }
    }

    fn read_node(node: &Node, reader: &Decoder, name: Option<&str>, folder: &Path) -> Option<Self> {
        let fields = reader.fields(node, &CONFIG)?;
        let default = fields.get("default_target").and_then(|node| reader.text(node));
        let Some(wanted) = name.or(default) else {
            reader.report(
                Diagnostic::error(None, "no target was named")
                    .hint("give `--target NAME`, or `default_target = \"NAME\"` in the file"),
            );
            return None;
        };
        let mut target = None;
        let targets: Vec<_> = fields.get("target").into_iter().flat_map(|node| reader.named(node)).collect();
        for entry in &targets {
            let environment = if entry.key == wanted { Environment::Process } else { Environment::Unused };
            let read = Target::read(&entry.key, &entry.value, reader, &environment, folder);
            if entry.key == wanted {
                target = read;
            }
        }
        if !targets.iter().any(|entry| entry.key == wanted) {
            let span =
                fields.get("default_target").filter(|_| name.is_none()).map_or(node.span, |node| node.span);
            reader.unknown(span, "target", wanted, targets.iter().map(|entry| entry.key.as_str()));
        }
        let waivers = fields.get("waivers").map(|node| reader.list(node)).unwrap_or_default();
        Some(Self {
            target: target?,
            waivers: waivers.iter().filter_map(|node| Waiver::read(node, reader)).collect(),
        })
    }
}

impl Target {
    /// Returns the target for one pack: with the pack's own base URL, if it has one. Paths of the target file, such
    /// as that of the readiness check, are then below that URL.
    #[must_use]
    pub fn of_pack(&self, pack: &str) -> Self {
        let mut target = self.clone();
        if let Some(url) = target.urls.get(pack) {
            target.url = url.clone();
        }
        target
    }

    /// Creates a target from only a URL.
    ///
    /// # Errors
    /// Returns a message that describes what is wrong with the URL.
    pub fn from_url(url: &str) -> Result<Self, String> {
        let url = parse_url(url)?;
        Ok(Self {
            name: url.to_string(),
            url,
            urls: BTreeMap::new(),
            roles: BTreeMap::new(),
            headers: Vec::new(),
            variables: BTreeMap::new(),
            conditions: BTreeMap::new(),
            secrets: Vec::new(),
            out_of_reach: Vec::new(),
            features: BTreeMap::new(),
            snapshots: None,
            limits: Limits::default(),
            operations: BTreeMap::new(),
            tls: Tls::default(),
            network: Network::default(),
            rate: None,
            wait_for: None,
            checks: Vec::new(),
            isolated: false,
            read_only: false,
            hosts: Vec::new(),
            tracing: Tracing::default(),
            reference: false,
        })
    }

    /// Sets a bearer token as the credential of a role.
    #[must_use]
    pub fn bearer(mut self, role: &str, token: &str) -> Self {
        let credential = Credential::Bearer(Secret::new(token, format!("role {role}")));
        self.roles.insert(role.to_owned(), Role { credential, exclusive: false });
        self
    }

    /// Sets the value of a variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), VariableValue::open(value));
        self
    }

    fn read(
        name: &str,
        node: &Node,
        reader: &Decoder,
        environment: &Environment,
        folder: &Path,
    ) -> Option<Self> {
        let fields = reader.fields(node, &TARGET)?;
        let named = |key: &str| fields.get(key).into_iter().flat_map(|node| reader.named(node));
        let url = read_url(fields.get("url")?, reader, environment);
        let roles = named("roles")
            .filter_map(|entry| {
                Some((entry.key.clone(), Role::read(&entry.key, &entry.value, reader, environment, folder)?))
            })
            .collect();
        let variables = named("variables")
            .filter_map(|entry| Some((entry.key.clone(), environment.held(&entry.value, reader)?)))
            .collect();
        let labelled = |key: &'static str, label: fn(&str) -> String| {
            named(key).flat_map(move |entry| environment.secrets(&entry.value, &label(&entry.key)))
        };
        let secrets = labelled("roles", |role| format!("role {role}"))
            .chain(labelled("conditions", |condition| format!("condition {condition}")))
            .chain(labelled("variables", str::to_owned))
            .chain(fields.get("headers").into_iter().flat_map(|node| environment.secrets(node, "header")))
            .collect();
        let conditions = named("conditions")
            .filter_map(|entry| {
                Some((entry.key.clone(), Condition::read(&entry.value, reader, environment)?))
            })
            .collect();
        let out_of_reach = fields.get("out_of_reach").map(|node| reader.list(node)).unwrap_or_default();
        Some(Self {
            name: name.to_owned(),
            url: url?,
            urls: fields
                .get("urls")
                .into_iter()
                .flat_map(|node| reader.entries(node))
                .filter_map(|entry| read_pack_url(entry, reader, environment))
                .collect(),
            roles,
            headers: fields
                .get("headers")
                .into_iter()
                .flat_map(|node| reader.entries(node))
                .filter_map(|entry| environment.header(&entry.key, &entry.value, reader))
                .chain(read_origin(&fields, reader))
                .collect(),
            variables,
            conditions,
            secrets,
            out_of_reach: out_of_reach.iter().filter_map(|node| OutOfReach::read(node, reader)).collect(),
            features: named("features")
                .filter_map(|entry| Some((entry.key.clone(), reader.bool(&entry.value)?)))
                .collect(),
            snapshots: fields
                .get("snapshots")
                .and_then(|node| reader.text(node))
                .map(|path| folder.join(path)),
            limits: fields.get("timeouts").and_then(|node| timeouts::read(node, reader)).unwrap_or_default(),
            operations: named("operations")
                .filter_map(|entry| Some((entry.key.clone(), Operation::read(&entry.value, reader)?)))
                .collect(),
            // The files of other targets need not exist.
            tls: match (*environment, fields.get("tls")) {
                (Environment::Process, Some(node)) => Tls::read(node, reader, folder)?,
                _ => Tls::default(),
            },
            network: Network::read(&fields, reader, *environment, folder),
            rate: fields.get("rate").and_then(|node| Rate::read(node, reader)),
            wait_for: fields
                .get("wait_for")
                .and_then(|node| ReadinessProbe::read(node, reader, *environment)),
            checks: fields
                .get("checks")
                .into_iter()
                .flat_map(|node| reader.entries(node))
                .filter_map(|entry| CheckLevel::read(entry, reader))
                .collect(),
            isolated: fields.get("isolated").and_then(|node| reader.bool(node)).unwrap_or(false),
            read_only: fields.get("read_only").and_then(|node| reader.bool(node)).unwrap_or(false),
            hosts: fields
                .get("hosts")
                .into_iter()
                .flat_map(|node| reader.list(node))
                .filter_map(|node| reader.text(node).map(str::to_owned))
                .collect(),
            tracing: Tracing::read(&fields, reader, *environment),
            reference: false,
        })
    }
}

/// Reads the URL of one pack, or of one version of it.
fn read_pack_url(entry: &Entry, reader: &Decoder, environment: &Environment) -> Option<(String, url::Url)> {
    let (name, version) = split_version(&entry.key);
    if !reader.check_name(name, entry.key_span) {
        return None;
    }
    if let Some(version) = version.filter(|version| Version::parse(version).is_none()) {
        let hint = format!("a version is a year, a month or a day: {name}@2026-03");
        reader.error_hint(
            entry.key_span,
            format!("`{}` is not a valid version", version.escape_debug()),
            hint,
        );
    }
    Some((entry.key.clone(), read_url(&entry.value, reader, environment)?))
}

pub(super) fn read_url(node: &Node, reader: &Decoder, environment: &Environment) -> Option<url::Url> {
    let text = environment.text(node, reader)?;
    if *environment == Environment::Unused {
        return url::Url::parse("http://unused.invalid").ok();
    }
    match parse_url(&text) {
        Ok(url) => Some(url),
        Err(error) => {
            reader.error(node.span, error);
            None
        }
    }
}

fn parse_url(text: &str) -> Result<url::Url, String> {
    let hint = "write it like `https://staging.example.com`";
    if text.trim().is_empty() {
        return Err(format!("the URL of the target is empty; {hint}"));
    }
    let url = url::Url::parse(text.trim()).map_err(|error| format!("this is not a URL ({error}); {hint}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("the URL of a target must use http or https; {hint}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(String::from("a URL must not contain credentials; give the target a role with `basic`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(String::from("the URL of a target must not have a query or a fragment"));
    }
    Ok(url)
}

/// Reads the origin of a web page as the header that its requests carry: scheme, host and port, and nothing else.
fn read_origin(fields: &Fields<'_>, reader: &Decoder) -> Option<Header> {
    let node = fields.get("origin")?;
    let text = reader.text(node)?;
    let is_origin = url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    });
    if !is_origin {
        let hint = "write scheme, host and port as a browser does, such as `https://app.example.com`";
        reader.error_hint(node.span, format!("`{}` is not the origin of a page", text.escape_debug()), hint);
        return None;
    }
    let headers = fields.get("headers").map(|node| reader.entries(node)).unwrap_or_default();
    if headers.iter().any(|entry| entry.key.eq_ignore_ascii_case("origin")) {
        reader.error_hint(node.span, "the target has the header Origin twice", "remove it from `headers`");
        return None;
    }
    Some(Header::open("Origin", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Diagnostics> {
        Config::read(&Source::new("failspec.toml", text), None, Path::new("."))
    }

    #[test]
    fn a_missing_secret_is_a_mistake_and_that_of_another_target_is_not() {
        let other =
            "[target.other]\nurl = \"https://x\"\nroles.editor = { bearer = \"${env:FAILSPEC_NOT_SET}\" }\n";
        let text = format!("default_target = \"mine\"\n[target.mine]\nurl = \"http://h/base\"\n{other}");
        assert_eq!(read(&text).unwrap().target.url.as_str(), "http://h/base");
        let error = read(&text.replace("\"mine\"", "\"other\"")).unwrap_err().render(false);
        assert!(error.contains("`FAILSPEC_NOT_SET` is not set"), "{error}");
        assert!(error.contains("failspec.toml:6"), "{error}");
    }

    #[test]
    fn messages_never_quote_a_credential() {
        for text in [
            "default_target = \"a\"\n[target.a]\nurl = \"http://h\"\nroles.editor = { bearer = \"hunter2-secret\", bsic = 1 }\n",
            "default_target = \"a\"\n[target.a]\nurl = \"http://joe:hunter2-secret@h\"\n",
            "default_target = \"a\"\n[target.a]\nroles.editor = { bearer = \"hunter2-secret }\n",
            "default_target = \"a\"\n[target.a]\nurl=\"http://h\"\nroles.editor.header = { name = \"X\", valu = \"hunter2-secret\" }\n",
        ] {
            let error = read(text).unwrap_err().render(false);
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_address_that_would_not_go_out_as_written_is_a_mistake() {
        let target = "default_target = \"a\"\n[target.a]\nurl = \"http://h\"\n";
        for (line, says) in [
            (
                "roles.r.login = { header = \"A: b\", steps = [{ request = \"POST /a/../b\" }] }",
                "URL parsing changes",
            ),
            (
                "roles.r.login = { header = \"A: b\", steps = [{ request = \"/login\" }] }",
                "this is not a request",
            ),
            (
                "conditions.c = { begin = { request = \"PUT ftp://h/x\" }, end = { request = \"PUT /x\" } }",
                "http or https",
            ),
            ("wait_for = { path = \"healthz\" }", "neither a path nor a URL"),
            ("wait_for = { path = \"https://joe:hunter2-secret@h/\" }", "must not contain credentials"),
        ] {
            let error = read(&format!("{target}{line}\n")).unwrap_err().render(false);
            assert!(error.contains(says) && error.contains("failspec.toml:4"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_comes_from_the_environment_is_a_secret_wherever_it_stands() {
        // Cargo sets this variable for every test.
        let value = std::env::var("CARGO_PKG_NAME").unwrap();
        let target = "default_target = \"a\"\n[target.a]\nurl = \"http://${env:CARGO_PKG_NAME}\"\n";
        for (line, secrets) in [
            ("roles.r.header = { name = \"X\", value = \"Key ${env:CARGO_PKG_NAME}\" }", 1),
            ("roles.r.basic = { user = \"${env:CARGO_PKG_NAME}\", password = \"x\" }", 0),
            (
                "roles.r.login = { header = \"A: b\", steps = [{ request = \"POST /x\", json = { user = [\"${env:CARGO_PKG_NAME}\"] } }] }",
                1,
            ),
            (
                "roles.r.login = { header = \"A: b\", steps = [{ request = \"POST https://${env:CARGO_PKG_NAME}/x\" }] }",
                0,
            ),
            ("variables.v = { deep = [\"${env:CARGO_PKG_NAME}\"] }", 1),
            ("conditions.c = { variables = { v = \"${env:CARGO_PKG_NAME}\" } }", 1),
            ("conditions.c = { url = \"http://h/${env:CARGO_PKG_NAME}\" }", 1),
        ] {
            let found = read(&format!("{target}{line}\n")).unwrap().target.secrets;
            let found: Vec<&str> = found.iter().map(Secret::expose).collect();
            assert_eq!(found, vec![value.as_str(); secrets], "{line}");
        }
        let target =
            read(&format!("{target}variables.v = {{ deep = [\"${{env:CARGO_PKG_NAME}}\"] }}\n")).unwrap();
        assert_eq!(target.target.variables["v"].value["deep"][0], value.as_str());
    }

    #[test]
    fn an_unknown_target_is_named_with_what_was_meant() {
        let error = read("default_target = \"stagin\"\n[target.staging]\nurl = \"http://h\"\n")
            .unwrap_err()
            .render(false);
        assert!(error.contains("did you mean `staging`?"), "{error}");
    }
}
