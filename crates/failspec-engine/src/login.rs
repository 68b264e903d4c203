//! Credentials of roles: configured, or obtained by a login that is done once and shared.

use std::{
    collections::{HashMap, HashSet},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Mutex;

use failspec_base::{
    message::{Body, Header, Request, Response},
    secret::RedactedText,
    template::{Scope, VariableValue},
};
use failspec_judge::check::View;
use failspec_pack::target_config::{Carried, Command, Credential, Login, LoginStep};

use super::session::Session;

/// Time before its expiry at which a login is renewed, because a request takes time.
const MARGIN: Duration = Duration::from_secs(5);

/// Timeout of a program that prints a credential: it may query a remote secret store.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// Cached logins of one target, by role.
#[derive(Debug, Default)]
pub struct Logins {
    done: Mutex<HashMap<String, Arc<Mutex<Option<LoggedIn>>>>>,
    /// Roles whose new login was not accepted either: they do not log in again.
    refused: Mutex<HashSet<String>>,
}

/// The result of a login.
#[derive(Debug, Clone)]
struct LoggedIn {
    header: Header,
    expires: Option<Instant>,
}

impl Session {
    /// Returns the credential that a role sends with its requests; logs the role in if necessary.
    ///
    /// # Errors
    /// If the target does not provide the role, or if its login failed.
    pub(super) async fn credential(&self, role: &str) -> Result<Carried, String> {
        let known = self
            .target
            .roles
            .get(role)
            .ok_or_else(|| format!("the target does not provide the role {role}"))?;
        if !matches!(known.credential, Credential::Login(_) | Credential::Command(_)) {
            return Ok(known.credential.carried(role));
        }
        let place = Arc::clone(self.logins.done.lock().await.entry(role.to_owned()).or_default());
        // Concurrent callers wait here and then use the finished login.
        let mut held = place.lock().await;
        let valid = held.as_ref().filter(|held| held.expires.is_none_or(|expires| Instant::now() < expires));
        if let Some(valid) = valid {
            return Ok(Carried::Header(valid.header.clone()));
        }
        let fresh = match &known.credential {
            Credential::Login(login) => self.log_in(login, role).await,
            Credential::Command(command) => self.run_command(command, role).await,
            other => return Ok(other.carried(role)),
        };
        let fresh =
            fresh.map_err(|reason| format!("the role {role} cannot log in: {}", self.mask.text(&reason)))?;
        *held = Some(fresh.clone());
        Ok(Carried::Header(fresh.header))
    }

    /// Forgets the credential of a role after it was not accepted (401), so that the role logs in again. Returns false
    /// if the role does not log in, or if a new login was not accepted either.
    pub(super) async fn renew(&self, role: &str, used: &Carried) -> bool {
        let logs_in = self
            .target
            .roles
            .get(role)
            .is_some_and(|role| matches!(role.credential, Credential::Login(_) | Credential::Command(_)));
        if !logs_in || self.logins.refused.lock().await.contains(role) {
            return false;
        }
        let place = Arc::clone(self.logins.done.lock().await.entry(role.to_owned()).or_default());
        let mut held = place.lock().await;
        // Another case may have renewed it meanwhile.
        let is_used = held.as_ref().is_some_and(|held| match used {
            Carried::Header(header) => header.value == held.header.value,
            _ => false,
        });
        if is_used {
            *held = None;
        }
        true
    }

    /// Records that a new login was not accepted either.
    pub(super) async fn renewed_in_vain(&self, role: &str) {
        self.logins.refused.lock().await.insert(role.to_owned());
    }

    /// Logs in every role that needs it, before any case runs.
    ///
    /// # Errors
    /// The error of the first login that failed.
    pub(super) async fn log_in_all<'r>(&self, roles: impl Iterator<Item = &'r str>) -> Result<(), String> {
        for role in roles {
            let logs_in =
                self.target.roles.get(role).is_some_and(|role| {
                    matches!(role.credential, Credential::Login(_) | Credential::Command(_))
                });
            if logs_in {
                self.credential(role).await?;
            }
        }
        Ok(())
    }

    /// Runs a program and uses its standard output as a credential. Its standard error is discarded, because it may
    /// contain secrets.
    async fn run_command(&self, command: &Command, role: &str) -> Result<LoggedIn, String> {
        let (program, arguments) = command.run.split_first().ok_or("no program")?;
        if !self.commands_allowed {
            return Err(format!("its credential is printed by `{program}`, and commands are not allowed"));
        }
        let mut child = tokio::process::Command::new(program);
        child.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(COMMAND_TIMEOUT, child.output())
            .await
            .map_err(|_| format!("`{program}` printed nothing within {} s", COMMAND_TIMEOUT.as_secs()))?
            .map_err(|error| format!("`{program}` cannot be run: {error}"))?;
        if !output.status.success() {
            return Err(format!("`{program}` failed: {}", output.status));
        }
        let text = String::from_utf8(output.stdout).map_err(|_| format!("`{program}` printed no text"))?;
        let printed = text.trim_end_matches(['\r', '\n']);
        if printed.is_empty() || printed.contains(['\r', '\n']) {
            return Err(format!("`{program}` did not print one line"));
        }
        self.mask.add_value(printed, &format!("role {role}"));
        let value = format!("{}{printed}", command.prefix);
        let shown =
            RedactedText::from(command.prefix.as_str()).with(RedactedText::secret(format!("role {role}")));
        Ok(LoggedIn { header: Header { name: command.header.clone(), value, shown }, expires: None })
    }

    async fn log_in(&self, login: &Login, role: &str) -> Result<LoggedIn, String> {
        let began = Instant::now();
        let mut scope = self.scope();
        let mut last = None;
        for step in &login.steps {
            let response = self.login_step(step, role, &mut scope).await?;
            last = Some(response);
        }
        let (name, template) = &login.header;
        let value = template.fill(&scope).map_err(|error| error.to_string())?.sent;
        // The whole value is masked too: its secret part may be too short to be masked by itself.
        self.mask.add_value(&value, &format!("role {role}"));
        let told = login
            .expires_in
            .as_ref()
            .and_then(|pointer| seconds(pointer.find(last.as_ref()?.document().value.as_ref()?)?));
        let expires =
            told.or(login.lifetime).map(|lifetime| began + lifetime.saturating_sub(MARGIN.min(lifetime / 2)));
        let secret = RedactedText::secret(format!("role {role}"));
        let shown = match value.split_once(' ') {
            Some((scheme, _)) => RedactedText::from(format!("{scheme} ")).with(secret),
            None => secret,
        };
        Ok(LoggedIn { header: Header { name: name.clone(), value, shown }, expires })
    }

    async fn login_step(&self, step: &LoginStep, role: &str, scope: &mut Scope) -> Result<Response, String> {
        let request = self.login_request(step, scope)?;
        let line = format!("{} {}", step.method, step.address.shown);
        let response =
            self.clients.send(request, None).await.result.map_err(|error| format!("{line}: {error}"))?;
        let view = View::new(&response, None);
        if !(200..300).contains(&response.status) {
            return Err(format!("{line} got {}", self.describe(view)));
        }
        for (name, part) in &step.capture {
            let value = view.part(part).filter(|value| !value.is_null());
            let value = value.ok_or_else(|| {
                format!("{line} got {}, with nothing to capture as {name}", self.describe(view))
            })?;
            if let Some(text) = value.as_str() {
                self.mask.add_value(text, &format!("role {role}"));
            }
            scope.set(name.clone(), VariableValue::secret(value));
        }
        Ok(response)
    }

    fn login_request(&self, step: &LoginStep, scope: &Scope) -> Result<Request, String> {
        let url = step.address.on(&self.target.url)?;
        let fill = |template: &failspec_base::template::Template| {
            template.fill(scope).map_err(|error| error.to_string())
        };
        let mut headers = Vec::new();
        for (name, template) in &step.headers {
            headers.push(hidden(name, fill(template)?.sent));
        }
        let mut body = None;
        if let Some(json) = &step.json {
            let value: Value = json.fill(scope).map_err(|error| error.to_string())?.sent;
            headers.push(hidden("Content-Type", "application/json".to_owned()));
            body = Some(Bytes::from(value.to_string()));
        } else if !step.form.is_empty() {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, template) in &step.form {
                form.append_pair(name, &fill(template)?.sent);
            }
            headers.push(hidden("Content-Type", "application/x-www-form-urlencoded".to_owned()));
            body = Some(Bytes::from(form.finish()));
        }
        let body = body.map(|bytes| Body { bytes, shown: RedactedText::secret("login") });
        let shown_url = step.address.shown.clone().into();
        Ok(Request { method: step.method.clone(), shown_url, url, headers, suppressed: Vec::new(), body })
    }
}

/// Reads a lifetime in seconds: a number, or a text with one, as many servers write it.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// A header whose value is redacted completely in reports.
fn hidden(name: &str, value: String) -> Header {
    Header { name: name.to_owned(), value, shown: RedactedText::secret("login") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lifetime_is_a_number_or_a_text_with_one() {
        for (value, expected) in [
            (json!(2), Some(2.0)),
            (json!(2.5), Some(2.5)),
            (json!("2"), Some(2.0)),
            (json!(" 3600 "), Some(3600.0)),
            (json!(-1), None),
            (json!(1e300), None),
            (json!("soon"), None),
            (json!(null), None),
        ] {
            assert_eq!(seconds(&value), expected.map(Duration::from_secs_f64), "{value}");
        }
    }
}
