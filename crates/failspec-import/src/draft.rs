//! What a pack will be.

use std::fmt::Write as _;

use serde_json::Value;

use failspec_pack::pack::Retry;

use super::{envelope::DraftEnvelope, yaml};

/// What a pack will be.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// The day of the documentation, as `YYYY-MM-DD`.
    pub as_of: String,
    /// Where the documentation is.
    pub documentation: String,
    /// The digest of the page.
    pub digest: Option<String>,
    /// What the API calls itself.
    pub title: Option<String>,
    /// What success looks like: a status, and for codes that tell success apart, pointer and value.
    pub success: (String, Option<(String, Value)>),
    /// The shape that error responses share.
    pub envelope: DraftEnvelope,
    /// The failures.
    pub failures: Vec<DraftFailure>,
    /// The OpenAPI document among its schema files.
    pub openapi: Option<String>,
    /// What a target must bring: roles, and variables with what they are and a default.
    pub requires: DraftRequires,
    /// The request that shows whether a run can still go on, as YAML.
    pub health_check: Option<String>,
    /// Contradictions in the documentation, each with where it stands.
    pub errata: Vec<(String, String)>,
}

/// What a target must bring.
#[derive(Debug, Clone, Default)]
pub struct DraftRequires {
    /// Roles: name, and what they may do.
    pub roles: Vec<(String, String)>,
    /// Variables: name, what they are, and a default.
    pub variables: Vec<(String, String, Option<Value>)>,
}

/// A failure of a draft.
#[derive(Debug, Clone, Default)]
pub struct DraftFailure {
    /// Its name.
    pub id: String,
    /// Its statuses; none: the documentation gives none, and it stays a comment.
    pub statuses: Vec<u16>,
    /// Its code.
    pub code: Option<Value>,
    /// All codes that are accepted, where the documentation does not say which one it is.
    pub codes: Vec<Value>,
    /// What it means.
    pub summary: String,
    /// Where it is documented.
    pub documentation: String,
    /// Its causes: name, and the documentation's words.
    pub causes: Vec<(String, String)>,
    /// What a client should do.
    pub retry: Option<Retry>,
    /// The headers that its responses have.
    pub headers: Vec<DraftHeader>,
    /// What was guessed about it.
    pub guess: Option<String>,
    /// Whether its responses do not have the shape that the others share.
    pub bare: bool,
    /// Whether that it exists is our own reading.
    pub inferred: bool,
    /// Why it has no scenario.
    pub excluded: Option<String>,
}

/// A header of a failure's responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftHeader {
    /// Its name.
    pub name: String,
    /// Whether its value is a whole number.
    pub numeric: bool,
    /// Why it is only proposed, where the documentation does not promise it.
    pub proposed: Option<String>,
}

impl Draft {
    /// The text of `contract.yaml`.
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
    /// Its entry in the list of failures; a comment if it has no status.
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
