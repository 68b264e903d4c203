//! API proxies.

use serde_json::{Map, Value, json};

use super::{Apinizer, Body, Call, Code, Failure, Outcome, Success, call::RESTRICTED, quirks};
use crate::{
    paging::Page,
    store::{Key, Resource},
};

/// The store collection of proxies, in the form in which responses show them.
pub(super) const PROXIES: &str = "apiProxies";
/// The store collection of the paths that proxies use.
pub(super) const PATHS: &str = "relativePaths";
/// The store collection of the proxies with restricted visibility.
pub(super) const RESTRICTIONS: &str = "restrictions";

/// The field with a proxy's name.
pub(super) const PROXY_NAME: &str = "apiProxyName";

/// A proxy as it was sent.
struct Sent {
    name: String,
    path: String,
    proxy: Map<String, Value>,
}

impl Apinizer {
    pub(super) fn list_proxies(&self, call: &Call<'_>, project: &str) -> Outcome {
        let (page, mut bad) = Page::read(&call.query);
        let by_creation = match call.query.first("sort") {
            Ok(None | Some("name")) => false,
            Ok(Some("created")) => true,
            _ => {
                bad.push(("sort", "must be name or created"));
                false
            }
        };
        if let Some((name, rule)) = bad.first()
            && !self.quirks.is_on(quirks::BAD_PARAMETER)
        {
            return Err(Failure::new(Code::InvalidParameter, format!("{name} {rule}")));
        }
        self.enter(call, project)?;
        let (mut proxies, _) = self.store.resources.list(PROXIES, project, None, usize::MAX);
        proxies.retain(|proxy| self.may_see(call, proxy));
        if by_creation {
            // Proxies never change, so their versions are in the order of their creation.
            proxies.sort_by_key(|proxy| proxy.version);
        }
        let (proxies, _) = page.cut(proxies);
        Ok(Success::list(proxies.into_iter().map(|proxy| proxy.body).collect()))
    }

    pub(super) fn create_proxy(&self, call: &Call<'_>, project: &str) -> Outcome {
        let Sent { name, path, mut proxy } = self.read_proxy(call)?;
        self.enter(call, project)?;
        let taken = || Failure::new(Code::DuplicateName, format!("API proxy {name:?} already exists"));
        let replace = self.quirks.is_on(quirks::DUPLICATE_NAME);
        if !replace && self.find(PROXIES, PROXY_NAME, project, &name).is_some() {
            return Err(taken());
        }
        // The path is reserved first, in one step: of two concurrent requests only one gets it.
        let path = Key::new(PATHS, project, &path);
        if self.quirks.is_on(quirks::SAME_PATH) {
            self.store.resources.put(path.clone(), json!(name));
        } else if self.store.resources.create(path.clone(), json!(name)).is_err() {
            return Err(Failure::new(
                Code::Conflict,
                format!("relativePath {:?} is already in use", path.name),
            ));
        }
        let created = self.store.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        proxy.insert("created".to_owned(), json!(created));
        let key = Key::new(PROXIES, project, &name);
        let made = if replace {
            self.store.resources.put(key, Value::Object(proxy))
        } else {
            self.store.resources.create(key, Value::Object(proxy)).map_err(|_| {
                // Another request took the name in the meantime; the path is released again.
                let _ = self.store.resources.delete(&path);
                taken()
            })?
        };
        Ok(Success::created(made.body))
    }

    fn read_proxy(&self, call: &Call<'_>) -> Result<Sent, Failure> {
        let mut body = self.body(call)?;
        let name = read_name(&mut body, PROXY_NAME);
        let kind = body.one_of("apiProxyCreationType", &["OPEN_API", "WSDL", "NO_SPEC"]);
        let path = body.text(
            "relativePath",
            "must be a slash and 1 to 120 letters, digits, slashes, dashes and underscores",
            is_relative_path,
        );
        let backend = body.text("backendUrl", "must be an absolute http or https URL", is_backend_url);
        let description = body.optional_text("description");
        self.validate(body)?;
        let mut proxy = Map::new();
        proxy.insert(PROXY_NAME.to_owned(), json!(name));
        proxy.insert("apiProxyCreationType".to_owned(), json!(kind));
        proxy.insert("relativePath".to_owned(), json!(path));
        proxy.insert("backendUrl".to_owned(), json!(backend));
        if let Some(description) = description {
            proxy.insert("description".to_owned(), json!(description));
        }
        Ok(Sent { name, path, proxy })
    }

    pub(super) fn get_proxy(&self, call: &Call<'_>, project: &str, name: &str) -> Outcome {
        self.enter(call, project)?;
        self.need_proxy(call, project, name).map(|proxy| Success::one(proxy.body))
    }

    pub(super) fn delete_proxy(&self, call: &Call<'_>, project: &str, name: &str) -> Outcome {
        self.enter(call, project)?;
        let proxy = match self.need_proxy(call, project, name) {
            Err(failure) if failure.status == 404 && self.quirks.is_on(quirks::ABSENT_DELETED) => {
                return Ok(Success::nothing());
            }
            found => found?,
        };
        if self.quirks.is_on(quirks::DELETED_FOUND) {
            return Ok(Success::nothing());
        }
        let resources = &self.store.resources;
        resources.delete(&proxy.key).map_err(|_| absent())?;
        let path = proxy.body["relativePath"].as_str().unwrap_or_default();
        // Both are deleted with the proxy, if they exist.
        let _ = resources.delete(&Key::new(PATHS, project, path));
        let _ = resources.delete(&Key::new(RESTRICTIONS, project, &proxy.key.name));
        self.leave_groups(project, &proxy.key.name);
        Ok(Success::nothing())
    }

    /// Returns the proxy of a name, if the caller may see it.
    pub(super) fn need_proxy(&self, call: &Call<'_>, project: &str, name: &str) -> Result<Resource, Failure> {
        let mut found = self.find(PROXIES, PROXY_NAME, project, name);
        if found.is_none() && self.quirks.is_on(quirks::OTHER_PROJECT) {
            let (projects, _) = self.store.resources.list("projects", "", None, usize::MAX);
            found = projects.iter().find_map(|other| self.find(PROXIES, PROXY_NAME, &other.key.name, name));
        }
        let proxy = found.ok_or_else(absent)?;
        if self.may_see(call, &proxy) {
            return Ok(proxy);
        }
        Err(Failure::new(Code::AccessDenied, "Access to this API proxy is denied"))
    }

    /// Returns true if the caller may see a proxy: "Resource access restrictions".
    pub(super) fn may_see(&self, call: &Call<'_>, proxy: &Resource) -> bool {
        let Key { scope, name, .. } = &proxy.key;
        !self.store.resources.contains(&Key::new(RESTRICTIONS, scope, name))
            || call.caller.may(RESTRICTED, scope)
            || self.quirks.is_on(quirks::NO_RESTRICTION)
    }

    /// Finds a resource of a project by its name: "resource names (case-sensitive)".
    pub(super) fn find(
        &self,
        collection: &'static str,
        field: &str,
        project: &str,
        name: &str,
    ) -> Option<Resource> {
        if self.quirks.is_on(quirks::ANY_CASE) {
            let alike =
                |body: &Value| body[field].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name));
            return self.store.resources.find(collection, project, alike);
        }
        self.store.resources.get(&Key::new(collection, project, name))
    }
}

/// Reads the name of a proxy or a group: `[A-Za-z][A-Za-z0-9_-]{0,62}`.
pub(super) fn read_name(body: &mut Body, field: &'static str) -> String {
    body.text(field, "must be a letter and up to 62 letters, digits, dashes and underscores", is_name)
}

fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Returns true if a path matches `/[A-Za-z0-9_/-]{1,120}`.
fn is_relative_path(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|rest| {
        (1..=120).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/'))
    })
}

/// Returns true for an http or https URL with its two slashes and a host. The parser on its own would accept fewer
/// slashes, and would drop spaces and control characters.
fn is_backend_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let plain = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    plain
        && matches!(scheme.as_deref(), Some("http" | "https"))
        && url::Url::parse(text).is_ok_and(|url| url.has_host())
}

/// Creates the error for a proxy that does not exist. It does not depend on the name, so a deleted proxy, a proxy of
/// another project and one that never existed get the same response.
fn absent() -> Failure {
    Failure::new(Code::ResourceNotFound, "The API proxy was not found")
}
