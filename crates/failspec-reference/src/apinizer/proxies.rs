//! API proxies.

use serde_json::{Map, Value, json};

use super::{Apinizer, Body, Call, Code, Failure, Outcome, Success, call::RESTRICTED, quirks};
use crate::store::{Key, Resource};

/// The store collection of proxies, in the form in which responses show them.
pub(super) const PROXIES: &str = "apiProxies";
/// The store collection of the paths that proxies use.
pub(super) const PATHS: &str = "relativePaths";
/// The store collection of the proxies with restricted visibility.
pub(super) const RESTRICTIONS: &str = "restrictions";

/// The field with a proxy's name.
pub(super) const PROXY_NAME: &str = "apiProxyName";

/// The field with the way in which a proxy is created.
const CREATION_TYPE: &str = "apiProxyCreationType";
/// The type of a proxy without a specification.
const REVERSE_PROXY: &str = "REVERSE_PROXY";
/// The field with the paths under which clients reach a proxy or a group.
pub(super) const CLIENT_ROUTE: &str = "clientRoute";
/// The list of paths in it.
pub(super) const PATH_LIST: &str = "relativePathList";
/// The field with the addresses of the backends.
const ROUTING: &str = "routingInfo";

/// A proxy as it was sent.
struct Sent {
    name: String,
    paths: Vec<String>,
    proxy: Map<String, Value>,
}

impl Apinizer {
    /// Lists the proxies of a project. The operation has no query parameters, so a query is ignored.
    pub(super) fn list_proxies(&self, call: &Call<'_>, project: &str) -> Outcome {
        self.enter(call, project)?;
        let (mut proxies, _) = self.store.resources.list(PROXIES, project, None, usize::MAX);
        proxies.retain(|proxy| self.may_see(call, proxy));
        Ok(Success::list(proxies.into_iter().map(|proxy| proxy.body).collect()))
    }

    pub(super) fn create_proxy(&self, call: &Call<'_>, project: &str) -> Outcome {
        let Sent { name, paths, mut proxy } = self.read_proxy(call)?;
        self.enter(call, project)?;
        let taken = || Failure::new(Code::DuplicateName, format!("API proxy {name:?} already exists"));
        let replace = self.quirks.is_on(quirks::DUPLICATE_NAME);
        if !replace && self.find(PROXIES, PROXY_NAME, project, &name).is_some() {
            return Err(taken());
        }
        // The paths are reserved first, each in one step: of two concurrent requests only one gets it.
        let mut reserved: Vec<Key> = Vec::new();
        for path in paths {
            let path = Key::new(PATHS, project, &path);
            if self.quirks.is_on(quirks::SAME_PATH) {
                self.store.resources.put(path.clone(), json!(name));
            } else if self.store.resources.create(path.clone(), json!(name)).is_err() {
                self.release(&reserved);
                return Err(Failure::new(
                    Code::Conflict,
                    format!("relativePath {:?} is already in use", path.name),
                ));
            }
            reserved.push(path);
        }
        let created = self.store.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        proxy.insert("created".to_owned(), json!(created));
        let key = Key::new(PROXIES, project, &name);
        let made = if replace {
            self.store.resources.put(key, Value::Object(proxy))
        } else {
            self.store.resources.create(key, Value::Object(proxy)).map_err(|_| {
                // Another request took the name in the meantime.
                self.release(&reserved);
                taken()
            })?
        };
        Ok(Success::created(made.body))
    }

    fn read_proxy(&self, call: &Call<'_>) -> Result<Sent, Failure> {
        let mut body = self.body(call)?;
        let name = read_name(&mut body, PROXY_NAME);
        let kind = body.one_of(CREATION_TYPE, &["OPEN_API", "SWAGGER", "WSDL", REVERSE_PROXY]);
        let spec = body.optional("specUrl", "must be an absolute http or https URL", is_url);
        // Without a valid type, nothing is known of what the proxy needs.
        if kind != REVERSE_PROXY && spec.is_none() && is_spec_type(&kind) {
            body.broken("specUrl", "is required if the proxy is no reverse proxy");
        }
        let route = body.object(CLIENT_ROUTE);
        let paths = read_paths(&mut body, route.as_ref()).unwrap_or_default();
        let routing = body.object(ROUTING);
        read_addresses(&mut body, routing.as_ref());
        let description = body.optional_text("apiProxyDescription");
        self.validate(body)?;
        let mut proxy = Map::new();
        proxy.insert(PROXY_NAME.to_owned(), json!(name));
        proxy.insert(CREATION_TYPE.to_owned(), json!(kind));
        let objects =
            [(CLIENT_ROUTE, route), (ROUTING, routing)].map(|(field, it)| (field, it.map(Value::Object)));
        let texts = [("specUrl", spec), ("apiProxyDescription", description)]
            .map(|(field, it)| (field, it.map(Value::String)));
        for (field, value) in objects.into_iter().chain(texts) {
            proxy.extend(value.map(|value| (field.to_owned(), value)));
        }
        Ok(Sent { name, paths, proxy })
    }

    /// Releases paths, if they are reserved.
    fn release(&self, paths: &[Key]) {
        for path in paths {
            let _ = self.store.resources.delete(path);
        }
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
        // Its paths and its restriction are deleted with the proxy, if they exist.
        let paths = proxy.body[CLIENT_ROUTE][PATH_LIST].as_array().cloned().unwrap_or_default();
        let paths = paths.iter().filter_map(Value::as_str).map(|path| Key::new(PATHS, project, path));
        self.release(&paths.collect::<Vec<_>>());
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

/// Returns the paths of a client route, if it has any.
pub(super) fn read_paths(body: &mut Body, route: Option<&Map<String, Value>>) -> Option<Vec<String>> {
    let rule = "must be a slash and 1 to 120 letters, digits, slashes, dashes and underscores";
    body.texts(route?.get(PATH_LIST), "clientRoute.relativePathList", rule, is_relative_path)
}

/// Checks the addresses of the backends: a list of objects, each with an address.
fn read_addresses(body: &mut Body, routing: Option<&Map<String, Value>>) {
    const FIELD: &str = "routingInfo.routingAddressList.address";
    let Some(list) = routing.and_then(|routing| routing.get("routingAddressList")).filter(|it| !it.is_null())
    else {
        return;
    };
    let Some(items) = list.as_array() else {
        return body.broken("routingInfo.routingAddressList", "must be a list");
    };
    for item in items {
        match item.get("address") {
            None | Some(Value::Null) => body.missing(FIELD),
            Some(address) => {
                let one = Value::Array(vec![address.clone()]);
                body.texts(Some(&one), FIELD, "must be an absolute http or https URL", is_url);
            }
        }
    }
}

fn is_spec_type(kind: &str) -> bool {
    matches!(kind, "OPEN_API" | "SWAGGER" | "WSDL")
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
fn is_url(text: &str) -> bool {
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
