//! The credential of a role.

use std::path::Path;

use base64::Engine as _;

use failspec_base::{
    message::Header,
    secret::{RedactedPart, RedactedText, Secret},
    syntax::{Decoder, Entry, Field, MappingSchema, Node, NodeValue, ValueType},
};

use super::{
    command::{COMMAND, Command},
    environment::{Environment, only_variable},
    login::{LOGIN, Login},
    oauth::{OAUTH, read_oauth},
    tls::{CERTIFICATE, identity},
};

/// The credential of a role.
#[derive(Debug, Clone)]
pub enum Credential {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer(Secret),
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: Secret,
        /// The source of both in the environment, if a shell can make them of it.
        source: Option<PairSource>,
    },
    /// A custom header, such as `X-Api-Key`.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// Several headers, such as a key and a tenant.
    Headers(Vec<(String, Secret)>),
    /// A cookie.
    Cookie {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A query parameter.
    Query {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A client certificate with its private key (PEM).
    Certificate(Secret),
    /// The output of a program.
    Command(Command),
    /// The result of a login.
    Login(Box<Login>),
}

/// The source of user and password: `before`, followed by the value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairSource {
    /// The variable.
    pub env: String,
    /// `user:` as written in the file; empty if the variable contains both.
    pub before: String,
}

/// The part of a request that carries a credential.
#[derive(Debug, Clone)]
pub enum Carried {
    /// A header.
    Header(Header),
    /// Several headers.
    Headers(Vec<Header>),
    /// A query parameter.
    Query {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
        /// The text that is shown in place of the value.
        shown: RedactedText,
    },
    /// No part of the request; the connection carries the credential.
    Connection,
}

/// A role of the target.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its credential.
    pub credential: Credential,
    /// True if scenarios that use it must never overlap.
    pub exclusive: bool,
}

pub(super) static ROLE: MappingSchema = MappingSchema {
    name: "role",
    about: "the credential of a role: exactly one kind",
    fields: &[
        Field::optional("bearer", ValueType::Text, "a bearer token; write `${env:NAME}`"),
        Field::optional("basic", ValueType::MappingSchema(&BASIC), "user and password"),
        Field::optional("header", ValueType::MappingSchema(&NAMED), "a custom header"),
        Field::optional(
            "headers",
            ValueType::Map(&ValueType::Text),
            "several headers by name, such as `Authorization` and one for the tenant",
        ),
        Field::optional("cookie", ValueType::MappingSchema(&NAMED), "a cookie"),
        Field::optional("query", ValueType::MappingSchema(&NAMED), "a query parameter"),
        Field::optional("certificate", ValueType::MappingSchema(&CERTIFICATE), "a client certificate (TLS)"),
        Field::optional(
            "command",
            ValueType::MappingSchema(&COMMAND),
            "a program that prints the credential",
        ),
        Field::optional("login", ValueType::MappingSchema(&LOGIN), "requests that log the role in"),
        Field::optional(
            "oauth",
            ValueType::MappingSchema(&OAUTH),
            "a login by OAuth 2.0 with client credentials",
        ),
        Field::optional("exclusive", ValueType::Bool, "scenarios that use the role never overlap"),
    ],
    also: &[],
};

static BASIC: MappingSchema = MappingSchema {
    name: "user and password",
    about: "user and password",
    fields: &[
        Field::required("user", ValueType::Text, "the user name"),
        Field::required("password", ValueType::Text, "the password; write `${env:NAME}`"),
    ],
    also: &[],
};

static NAMED: MappingSchema = MappingSchema {
    name: "name and value",
    about: "name and value",
    fields: &[
        Field::required("name", ValueType::Text, "the name"),
        Field::required("value", ValueType::Text, "the value; write `${env:NAME}`"),
    ],
    also: &[],
};

impl Role {
    pub(super) fn read(
        name: &str,
        node: &Node,
        reader: &Decoder,
        environment: &Environment,
        folder: &Path,
    ) -> Option<Self> {
        let fields = reader.fields(node, &ROLE)?;
        let secret = |node: &Node| {
            let value = environment.text(node, reader)?;
            Some(Secret::new(value, format!("role {name}")).with_env(only_variable(node)))
        };
        let named = |node: &Node| {
            let fields = reader.fields(node, &NAMED)?;
            let name = reader.text(fields.get("name")?)?.to_owned();
            Some((name, secret(fields.get("value")?)?))
        };
        let kinds = [
            "bearer",
            "basic",
            "header",
            "headers",
            "cookie",
            "query",
            "certificate",
            "command",
            "login",
            "oauth",
        ];
        let given: Vec<&str> = kinds.into_iter().filter(|kind| fields.has(kind)).collect();
        let [kind] = given.as_slice() else {
            let hint = "give one of `bearer`, `basic`, `header`, `headers`, `cookie`, `query`, `certificate`, `command`, `login` and `oauth`";
            reader.error_hint(node.span, format!("the role `{name}` needs exactly one credential"), hint);
            return None;
        };
        let value = fields.get(kind)?;
        let credential = match *kind {
            "bearer" => Credential::Bearer(secret(value)?),
            "basic" => {
                let fields = reader.fields(value, &BASIC)?;
                let written = fields.get("user")?;
                let user = environment.text(written, reader)?;
                let password = secret(fields.get("password")?)?;
                // Some APIs take a key in place of the user: one from the environment is shown nowhere.
                let is_public = written.as_text().is_some_and(|text| !text.contains("${env:"));
                let env = password.env().filter(|_| is_public).map(str::to_owned);
                let source = env.map(|env| PairSource { env, before: format!("{user}:") });
                Credential::Basic { user, password, source }
            }
            "header" => named(value).map(|(name, value)| Credential::Header { name, value })?,
            "headers" => {
                let read = |entry: &Entry| Some((entry.key.clone(), secret(&entry.value)?));
                Credential::Headers(reader.entries(value).iter().map(read).collect::<Option<_>>()?)
            }
            "cookie" => named(value).map(|(name, value)| Credential::Cookie { name, value })?,
            "query" => named(value).map(|(name, value)| Credential::Query { name, value })?,
            "command" => Credential::Command(Command::read(value, reader)?),
            "certificate" if *environment == Environment::Unused => {
                Credential::Certificate(Secret::new("unused", format!("role {name}")))
            }
            "certificate" => {
                let fields = reader.fields(value, &CERTIFICATE)?;
                Credential::Certificate(identity("file", &fields, reader, folder, &format!("role {name}"))?)
            }
            "oauth" => Credential::Login(Box::new(read_oauth(value, reader, *environment)?)),
            _ => Credential::Login(Box::new(Login::read(value, reader, environment)?)),
        };
        let exclusive = match fields.get("exclusive") {
            Some(Node { value: NodeValue::Null, .. }) | None => false,
            Some(node) => reader.bool(node)?,
        };
        Some(Self { credential, exclusive })
    }

    /// Reads the value of `--role NAME=…`: `bearer:env:VAR`, `basic:env:VAR` (user:password), `header:NAME:env:VAR`,
    /// `cookie:NAME:env:VAR`, `query:NAME:env:VAR`.
    ///
    /// # Errors
    /// Returns a message that describes what is wrong; it never quotes a value.
    pub fn from_option(name: &str, text: &str) -> Result<Self, String> {
        let usage =
            "write bearer:env:VAR, basic:env:VAR (user:password), or header, cookie or query:NAME:env:VAR";
        let parts: Vec<&str> = text.split(':').collect();
        let value = |variable: &str| {
            std::env::var(variable).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
                format!("role {name}: the environment variable {variable} is not set or empty")
            })
        };
        let secret = |variable: &str| {
            Ok::<_, String>(Secret::new(value(variable)?, format!("role {name}")).with_env(Some(variable)))
        };
        let credential = match parts.as_slice() {
            ["bearer", "env", variable] => Credential::Bearer(secret(variable)?),
            ["basic", "env", variable] => {
                let pair = value(variable)?;
                let (user, password) = pair.split_once(':').ok_or_else(|| {
                    format!("role {name}: {variable} does not have the form `user:password`")
                })?;
                Credential::Basic {
                    user: user.to_owned(),
                    password: Secret::new(password, format!("role {name}")),
                    source: Some(PairSource { env: (*variable).to_owned(), before: String::new() }),
                }
            }
            ["header", header, "env", variable] => {
                Credential::Header { name: (*header).to_owned(), value: secret(variable)? }
            }
            ["cookie", cookie, "env", variable] => {
                Credential::Cookie { name: (*cookie).to_owned(), value: secret(variable)? }
            }
            ["query", query, "env", variable] => {
                Credential::Query { name: (*query).to_owned(), value: secret(variable)? }
            }
            // A credential on the command line would be in the shell's history and in the process list.
            ["bearer" | "basic" | "header" | "cookie" | "query", ..] => {
                return Err(format!("role {name}: credentials must come from the environment; {usage}"));
            }
            _ => return Err(format!("role {name}: this is not a valid credential; {usage}")),
        };
        Ok(Self { credential, exclusive: false })
    }
}

impl Credential {
    /// Returns the secrets in it. The secret of a login is known only after the login.
    pub fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::Bearer(secret) | Self::Basic { password: secret, .. } => vec![secret],
            Self::Header { value, .. } | Self::Cookie { value, .. } | Self::Query { value, .. } => {
                vec![value]
            }
            Self::Headers(headers) => headers.iter().map(|(_, value)| value).collect(),
            // A private key is never sent, and a certificate is not secret.
            Self::Certificate(_) | Self::Command(_) | Self::Login(_) => Vec::new(),
        }
    }

    /// Returns the part of a request that carries it. `role` names the secret in the text that is shown in its place.
    pub fn carried(&self, role: &str) -> Carried {
        let unknown = || RedactedText::secret(format!("role {role}"));
        let secret = self.secrets().first().copied();
        let redacted = secret.map_or_else(unknown, |secret| secret.placeholder().into());
        let (name, value, shown) = match self {
            Self::Bearer(secret) => (
                "Authorization",
                format!("Bearer {}", secret.expose()),
                RedactedText::from("Bearer ").with(redacted),
            ),
            Self::Basic { user, password, source } => {
                let pair = format!("{user}:{}", password.expose());
                let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
                let part = RedactedPart::Secret {
                    secret: password.origin().to_owned(),
                    env: source.as_ref().map(|source| source.env.clone()),
                    base64_after: source.as_ref().map(|source| source.before.clone()),
                };
                ("Authorization", format!("Basic {encoded}"), RedactedText::from("Basic ").with(part))
            }
            Self::Header { name, value } => (name.as_str(), value.expose().to_owned(), redacted),
            Self::Cookie { name, value } => (
                "Cookie",
                format!("{name}={}", value.expose()),
                RedactedText::from(format!("{name}=")).with(redacted),
            ),
            Self::Query { name, value } => {
                return Carried::Query {
                    name: name.clone(),
                    value: value.expose().to_owned(),
                    shown: redacted,
                };
            }
            Self::Headers(headers) => {
                let header = |(name, value): &(String, Secret)| Header {
                    name: name.clone(),
                    value: value.expose().to_owned(),
                    shown: value.placeholder().into(),
                };
                return Carried::Headers(headers.iter().map(header).collect());
            }
            Self::Certificate(_) => return Carried::Connection,
            Self::Command(command) => (command.header.as_str(), String::new(), redacted),
            Self::Login(login) => (login.header.0.as_str(), String::new(), redacted),
        };
        Carried::Header(Header { name: name.to_owned(), value, shown })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use failspec_base::{secret::RedactedPart, syntax::Source};

    use super::{super::config::Config, Carried};

    /// Returns the secret in the header of a role.
    fn secret(role: &str) -> (Option<String>, Option<String>) {
        let text = format!("[target.t]\nurl = \"http://127.0.0.1:9\"\n[target.t.roles.r]\n{role}\n");
        let config = Config::read(&Source::new("failspec.toml", text), Some("t"), Path::new(".")).unwrap();
        let Carried::Header(header) = config.target.roles["r"].credential.carried("r") else { panic!() };
        let mut found = None;
        header.shown.for_each(|part| {
            if let failspec_base::secret::RedactedView::Replaced(RedactedPart::Secret {
                env,
                base64_after,
                ..
            }) = part
            {
                found = Some((env.clone(), base64_after.clone()));
            }
        });
        found.unwrap()
    }

    #[test]
    fn a_secret_names_the_variable_that_it_consists_of() {
        let some = |text: &str| Some(text.to_owned());
        for (role, expected) in [
            ("bearer = \"${env:PATH}\"", (some("PATH"), None)),
            ("bearer = \"x${env:PATH}\"", (None, None)),
            ("bearer = \"${env:PATH}${env:PATH}\"", (None, None)),
            ("bearer = \"written-in-the-file\"", (None, None)),
            ("header = { name = \"X-Key\", value = \"${env:PATH}\" }", (some("PATH"), None)),
            ("basic = { user = \"ann\", password = \"${env:PATH}\" }", (some("PATH"), some("ann:"))),
            // Some APIs take a key in place of the user: it must not be shown.
            ("basic = { user = \"${env:PATH}\", password = \"${env:PATH}\" }", (None, None)),
            ("basic = { user = \"ann\", password = \"x${env:PATH}\" }", (None, None)),
        ] {
            assert_eq!(secret(role), expected, "{role}");
        }
    }
}
