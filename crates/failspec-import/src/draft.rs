//! Drafts of packs.

use std::fmt::Write as _;

use serde_json::Value;

use failspec_pack::pack::Retry;

use super::{envelope::DraftEnvelope, yaml};

/// A draft of a pack.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// The date of the documentation, as `YYYY-MM-DD`.
    pub as_of: String,
    /// The address of the documentation.
    pub documentation: String,
    /// The digest of the page.
    pub digest: Option<String>,
    /// The title of the API or of its documentation.
    pub title: Option<String>,
    /// The definition of success: a status and, if a code distinguishes success from failure, its pointer and value.
    pub success: (String, Option<(String, Value)>),
    /// The common envelope of error responses.
    pub envelope: DraftEnvelope,
    /// The failures.
    pub failures: Vec<DraftFailure>,
    /// The name of the OpenAPI document among its schema files.
    pub openapi: Option<String>,
    /// The requirements that a target must provide: roles and variables.
    pub requires: DraftRequires,
    /// The health check, as YAML: the request that must succeed for a run to go on.
    pub health_check: Option<String>,
    /// Contradictions in the documentation, each with its location.
    pub errata: Vec<(String, String)>,
}

/// The requirements that a target must provide.
#[derive(Debug, Clone, Default)]
pub struct DraftRequires {
    /// Roles: name and permissions.
    pub roles: Vec<(String, String)>,
    /// Variables: name, description and default value.
    pub variables: Vec<(String, String, Option<Value>)>,
}

/// A failure of a draft.
#[derive(Debug, Clone, Default)]
pub struct DraftFailure {
    /// Its name.
    pub id: String,
    /// Its statuses. Empty if the documentation gives none; the failure is then written as a comment.
    pub statuses: Vec<u16>,
    /// Its code.
    pub code: Option<Value>,
    /// All accepted codes, if the documentation does not say which one it is.
    pub codes: Vec<Value>,
    /// Its description.
    pub summary: String,
    /// The location of its documentation.
    pub documentation: String,
    /// Its causes: name, and the description in the documentation.
    pub causes: Vec<(String, String)>,
    /// The retry advice for clients.
    pub retry: Option<Retry>,
    /// The headers that its responses have.
    pub headers: Vec<DraftHeader>,
    /// The guess that was made about it, if any.
    pub guess: Option<String>,
    /// True if its responses do not have the common envelope.
    pub bare: bool,
    /// True if its existence is inferred, not documented.
    pub inferred: bool,
    /// The reason why it has no scenario, if it is excluded.
    pub excluded: Option<String>,
}

/// A header of a failure's responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftHeader {
    /// Its name.
    pub name: String,
    /// True if its value is an integer.
    pub numeric: bool,
    /// The reason why it is only proposed, if the documentation does not promise it.
    pub proposed: Option<String>,
}

impl Draft {
    /// Returns the text of `contract.yaml`.
    pub fn contract(&self) -> String {
        let mut text = String::new();
        let title = self.title.as_deref().unwrap_or(&self.name);
        let _ = writeln!(text, "{}", yaml::comment(&format!("The documented failures of {title}.")));
        text.push_str("# yaml-language-server: $schema=../contract.schema.json\n");
        let _ = writeln!(text, "contract: {}\nas_of: {}", self.name, self.as_of);
        let _ = writeln!(text, "documentation: {}", yaml::quoted(&self.documentation));
        if let Some(digest) = &self.digest {
            let _ = writeln!(text, "documentation_digest: {digest}");
        }
        if let Some(file) = &self.openapi {
            let _ = writeln!(text, "openapi: {}", yaml::text(file));
        }
        let (status, told_by) = &self.success;
        let _ = match told_by {
            Some((pointer, value)) => writeln!(
                text,
                "\nsuccess: {{ status: {status}, match: {{ {}: {{ const: {value} }} }} }}",
                yaml::quoted(pointer)
            ),
            None => writeln!(text, "\nsuccess: {{ status: {status} }}"),
        };
        text.push_str(&self.envelope.yaml());
        if self.openapi.is_some() {
            text.push_str(&self.requires.yaml());
            if let Some(health_check) = &self.health_check {
                let _ = writeln!(
                    text,
                    "\n# Sent after each scenario that writes; if it fails, the run stops.\n\
                     health_check: {health_check}"
                );
            }
        } else if self
            .failures
            .iter()
            .any(|failure| failure.statuses.iter().any(|it| [401, 403].contains(it)))
        {
            text.push_str(
                "\n# To send credentials, uncomment `requires`, write `as: user` in scenarios and run with \
                 `--role user=bearer:env:TOKEN`.\n\
                 # requires: { roles: { user: may do what any client may } }\n",
            );
        }
        text.push_str("\nfailures:\n");
        for failure in &self.failures {
            text.push_str(&failure.yaml(&self.documentation, &self.envelope));
        }
        if !self.errata.is_empty() {
            text.push_str("\nerrata:\n");
            for (about, link) in &self.errata {
                let _ =
                    writeln!(text, "  - about: {}\n    links: [{}]", yaml::quoted(about), yaml::quoted(link));
            }
        }
        text
    }
}

impl DraftRequires {
    fn yaml(&self) -> String {
        if self.roles.is_empty() && self.variables.is_empty() {
            return String::new();
        }
        let mut text = "\nrequires:\n".to_owned();
        if !self.roles.is_empty() {
            text.push_str("  roles:\n");
        }
        for (name, about) in &self.roles {
            let _ = writeln!(text, "    {name}: {}", yaml::text(about));
        }
        if !self.variables.is_empty() {
            text.push_str("  variables:\n");
        }
        for (name, about, default) in &self.variables {
            let default = default.as_ref().map(|value| format!(", default: {value}")).unwrap_or_default();
            let _ = writeln!(text, "    {name}: {{ about: {}{default} }}", yaml::quoted(about));
        }
        text
    }
}

impl DraftFailure {
    /// Returns its entry in the list of failures. The entry is a comment if the failure has no status.
    fn yaml(&self, documentation: &str, envelope: &DraftEnvelope) -> String {
        let mut text = String::new();
        if let Some(guess) = &self.guess {
            let _ = writeln!(text, "  {}", yaml::comment(&format!("guessed: {guess}")));
        }
        let _ = writeln!(text, "  - id: {}", yaml::text(&self.id));
        let _ = match self.statuses.as_slice() {
            [] => writeln!(text, "    status: # not documented"),
            [one] => writeln!(text, "    status: {one}"),
            several => writeln!(text, "    status: {several:?}"),
        };
        if let Some(code) = &self.code {
            let _ = writeln!(text, "    code: {}", yaml::within(code));
        }
        if !self.codes.is_empty() {
            let _ = writeln!(text, "    codes: {}", Value::from(self.codes.clone()));
        }
        let _ = writeln!(text, "    summary: {}", yaml::text(&self.summary));
        if self.inferred {
            text.push_str("    source: inferred\n");
        }
        if self.bare {
            let _ = writeln!(text, "    envelope: {{ {} }}", envelope.nothing_of_it());
        }
        if let Some(reason) = &self.excluded {
            let _ = writeln!(text, "    excluded: {}", yaml::text(reason));
        }
        if self.documentation != documentation {
            let _ = writeln!(text, "    documentation: {}", yaml::quoted(&self.documentation));
        }
        if !self.causes.is_empty() {
            let names: Vec<String> = self.causes.iter().map(|(name, _)| yaml::text(name)).collect();
            let _ = writeln!(text, "    causes: [{}]", names.join(", "));
        }
        if let Some(retry) = self.retry {
            let word = serde_json::to_value(retry).ok().and_then(|word| word.as_str().map(str::to_owned));
            let _ = writeln!(text, "    retry: {}", word.unwrap_or_default());
        }
        let (promised, proposed): (Vec<_>, Vec<_>) =
            self.headers.iter().partition(|it| it.proposed.is_none());
        if !promised.is_empty() {
            text.push_str("    headers:\n");
            for header in promised {
                let schema = if header.numeric { "{ type: integer }" } else { "{}" };
                let _ = writeln!(text, "      {}: {schema}", header.name);
            }
        }
        for header in proposed {
            let why = header.proposed.as_deref().unwrap_or_default();
            let _ = writeln!(
                text,
                "    {}",
                yaml::comment(&format!("headers: {{ {}: {{}} }}   # {why}", header.name))
            );
        }
        if self.statuses.is_empty() {
            return text
                .lines()
                .map(|line| format!("  # {}\n", line.strip_prefix("  ").unwrap_or(line)))
                .collect();
        }
        text
    }
}
