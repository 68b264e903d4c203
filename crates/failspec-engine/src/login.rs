//! Credentials of roles: configured, or obtained by a login that is done once and shared.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::Value;

use failspec_base::{
    clock::after,
    message::{Body, Header, Request, Response},
    secret::RedactedText,
    template::{Scope, VariableValue},
};
use failspec_judge::check::View;
use failspec_pack::{
    pack::Part,
    target_config::{Captured, Command, Login, LoginStep},
};

use super::{login_renewal::LoggedIn, session::Session, uncaptured::body_in_place};

/// Time before its expiry at which a login is renewed, because a request takes time.
const MARGIN: Duration = Duration::from_secs(5);

/// Timeout of a program that prints a credential: it may query a remote secret store.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

impl Session {
    /// Runs a program and uses its standard output as a credential. Its standard error is discarded, because it may
    /// contain secrets.
    pub(super) async fn run_command(&self, command: &Command, role: &str) -> Result<LoggedIn, String> {
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

    pub(super) async fn log_in(&self, login: &Login, role: &str) -> Result<LoggedIn, String> {
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
        let expires = told
            .or(login.lifetime)
            .map(|lifetime| after(began, lifetime.saturating_sub(MARGIN.min(lifetime / 2))));
        let secret = RedactedText::secret(format!("role {role}"));
        // Only a scheme is no secret: before the first space of a `Cookie` there is a cookie.
        let is_scheme = name.eq_ignore_ascii_case("Authorization");
        let shown = match value.split_once(' ').filter(|_| is_scheme) {
            Some((scheme, _)) => RedactedText::from(format!("{scheme} ")).with(secret),
            None => secret,
        };
        Ok(LoggedIn { header: Header { name: name.clone(), value, shown }, expires })
    }

    async fn login_step(&self, step: &LoginStep, role: &str, scope: &mut Scope) -> Result<Response, String> {
        let request = super::logs::traced(self.login_request(step, scope)?, scope);
        let line = format!("{} {}", step.method, step.address.shown);
        let response =
            self.clients.send_login(request).await.result.map_err(|error| format!("{line}: {error}"))?;
        let view = View::new(&response, None);
        // A login by a form usually ends with a redirect to the first page.
        let captures_cookie = step.capture.iter().any(|(_, captured)| match captured {
            Captured::Cookie(_) => true,
            Captured::Part(part) => is_set_cookie(part),
        });
        let is_redirect = captures_cookie && (300..400).contains(&response.status);
        if !(200..300).contains(&response.status) && !is_redirect {
            return Err(format!("{line} got {}", self.describe(view)));
        }
        for (name, captured) in &step.capture {
            let value = capture(captured, view).filter(|value| !value.is_null());
            let value = value.ok_or_else(|| {
                let there = self.in_place_of(captured, &response);
                format!("{line} got {}, with nothing to capture as {name}{there}", self.describe(view))
            })?;
            if let Some(text) = value.as_str() {
                self.mask.add_value(text, &format!("role {role}"));
            }
            scope.set(name.clone(), VariableValue::secret(value));
        }
        Ok(response)
    }

    /// Returns what a response to a login has in place of a value. It may have the credential elsewhere: no value of it is shown.
    fn in_place_of(&self, captured: &Captured, response: &Response) -> String {
        match captured {
            Captured::Part(Part::Body(pointer)) => {
                format!(" in {pointer}: {}", body_in_place(response, pointer, true, &self.mask))
            }
            Captured::Part(Part::Header(name)) => format!(": it has no header {name}"),
            Captured::Cookie(_) => {
                let cookies = cookies(&response.header_lines("set-cookie"));
                let names: Vec<&str> = cookies.iter().map(|(name, _)| &**name).collect();
                match names.is_empty() {
                    true => ": it sets no cookie".to_owned(),
                    false => format!(": it sets the cookies {}", names.join(", ")),
                }
            }
        }
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
        // Not to another host, such as an identity provider: a header may hold a key.
        let is_target = url.origin() == self.target.url.origin();
        for header in self.target.headers.iter().filter(|_| is_target) {
            if !headers.iter().any(|own| own.name.eq_ignore_ascii_case(&header.name)) {
                headers.push(header.clone());
            }
        }
        let body = body.map(|bytes| Body { bytes, shown: RedactedText::secret("login") });
        let shown_url = step.address.shown.clone().into();
        Ok(Request { shown_url, headers, body, ..Request::new(step.method.clone(), url) })
    }
}

/// Returns a value that a login takes from a response.
fn capture(captured: &Captured, view: View<'_>) -> Option<Value> {
    match captured {
        Captured::Part(part) if is_set_cookie(part) => {
            let cookies = cookies(&view.response.header_lines("set-cookie"));
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (!pairs.is_empty()).then(|| pairs.join("; ").into())
        }
        Captured::Part(part) => view.part(part),
        Captured::Cookie(wanted) => {
            let cookies = cookies(&view.response.header_lines("set-cookie"));
            cookies.into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value.into())
        }
    }
}

fn is_set_cookie(part: &Part) -> bool {
    matches!(part, Part::Header(name) if name.eq_ignore_ascii_case("set-cookie"))
}

/// Returns the cookies that the lines of `Set-Cookie` leave (RFC 6265, section 5.2): name and value without attributes;
/// of several with one name the last. One that is empty or has no time to live is removed.
fn cookies(lines: &[std::borrow::Cow<'_, str>]) -> Vec<(String, String)> {
    let mut cookies: Vec<(String, String)> = Vec::new();
    for line in lines {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
        let (name, value) = (name.trim(), value.trim());
        let is_over = parts.any(|attribute| {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let lifetime = value.trim().parse::<i64>();
            key.trim().eq_ignore_ascii_case("max-age") && lifetime.is_ok_and(|seconds| seconds <= 0)
        });
        cookies.retain(|(known, _)| known != name);
        if !name.is_empty() && !value.is_empty() && !is_over {
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }
    cookies
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
    fn cookies_are_sent_back_without_attributes() {
        let of = |lines: &[&str]| {
            let lines: Vec<std::borrow::Cow<'_, str>> = lines.iter().map(|line| (*line).into()).collect();
            let pairs = cookies(&lines).into_iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<String>>().join("; ")
        };
        for (lines, expected) in [
            (&["a=1"][..], "a=1"),
            (
                &[
                    "csrf=x; Path=/; SameSite=Lax",
                    "session=s; HttpOnly; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
                ],
                "csrf=x; session=s",
            ),
            (&[" a = 1 ;Secure"], "a=1"),
            (&["a=b=c=="], "a=b=c=="),
            (&["a=1", "b=2", "a=3"], "b=2; a=3"),
            (&["a=1", "a=; Max-Age=0"], ""),
            (&["a=1; max-age=0", "b=2; Max-Age=-1", "c=3; Max-Age=60"], "c=3"),
            (&["nothing", "=x", ""], ""),
        ] {
            assert_eq!(of(lines), expected, "{lines:?}");
        }
    }

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
