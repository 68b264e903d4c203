//! Groups of API proxies.

use serde_json::{Value, json};

use super::{
    Apinizer, Call, Code, Failure, Outcome, Success,
    proxies::{CLIENT_ROUTE, PATH_LIST, PROXIES, PROXY_NAME, read_name, read_paths},
    quirks,
};
use crate::store::{Expected, Key, Resource};

/// The store collection of groups, in the form in which responses show them.
const GROUPS: &str = "apiProxyGroups";
/// The field with a group's name.
const GROUP_NAME: &str = "name";
/// The field with the names of its proxies.
const MEMBERS: &str = "apiProxies";

impl Apinizer {
    pub(super) fn create_group(&self, call: &Call<'_>, project: &str) -> Outcome {
        let mut body = self.body(call)?;
        let name = read_name(&mut body, GROUP_NAME);
        let route = body.object(CLIENT_ROUTE);
        let paths = read_paths(&mut body, route.as_ref());
        match (&route, &paths) {
            (None, _) => body.missing(CLIENT_ROUTE),
            (Some(route), None) if route.get(PATH_LIST).is_none_or(Value::is_null) => {
                body.missing("clientRoute.relativePathList");
            }
            // A list of another type was reported.
            (Some(_), None) => {}
            (Some(_), Some(paths)) if paths.is_empty() => {
                body.broken("clientRoute.relativePathList", "needs at least one path");
            }
            (Some(_), Some(_)) => {}
        }
        self.validate(body)?;
        self.enter(call, project)?;
        let group = json!({ GROUP_NAME: name, CLIENT_ROUTE: route, MEMBERS: [] });
        let key = Key::new(GROUPS, project, &name);
        if self.quirks.is_on(quirks::DUPLICATE_NAME) {
            return Ok(Success::created(self.store.resources.put(key, group).body));
        }
        // The name is the unique identifier of a group, so a second one is a violation of a unique constraint.
        let taken = || Failure::new(Code::Conflict, format!("API proxy group {name:?} already exists"));
        if self.find(GROUPS, GROUP_NAME, project, &name).is_some() {
            return Err(taken());
        }
        let group = self.store.resources.create(key, group).map_err(|_| taken())?;
        Ok(Success::created(group.body))
    }

    pub(super) fn list_groups(&self, call: &Call<'_>, project: &str) -> Outcome {
        self.enter(call, project)?;
        let (groups, _) = self.store.resources.list(GROUPS, project, None, usize::MAX);
        Ok(Success::list(groups.iter().map(|group| self.show(call, group)).collect()))
    }

    /// Deletes a group. Its proxies are removed from it and not deleted.
    pub(super) fn delete_group(&self, call: &Call<'_>, project: &str, group: &str) -> Outcome {
        self.enter(call, project)?;
        let group = match self.need_group(project, group) {
            Err(_) if self.quirks.is_on(quirks::ABSENT_DELETED) => return Ok(Success::nothing()),
            found => found?,
        };
        self.store.resources.delete(&group.key).map_err(|_| absent())?;
        Ok(Success::nothing())
    }

    /// Adds a proxy to a group. The operation is idempotent (site): a proxy is in a group at most once.
    pub(super) fn add_to_group(&self, call: &Call<'_>, project: &str, group: &str, name: &str) -> Outcome {
        self.change_members(call, (project, group, name), |members, name| {
            if !members.iter().any(|member| member == name) {
                members.push(json!(name));
            }
        })
    }

    /// Removes a proxy from a group. The operation is idempotent: removing a proxy that is not in the group changes
    /// nothing.
    pub(super) fn remove_from_group(
        &self,
        call: &Call<'_>,
        project: &str,
        group: &str,
        name: &str,
    ) -> Outcome {
        self.change_members(call, (project, group, name), |members, name| {
            members.retain(|member| member != name);
        })
    }

    fn change_members(
        &self,
        call: &Call<'_>,
        (project, group, name): (&str, &str, &str),
        change: impl FnOnce(&mut Vec<Value>, &str),
    ) -> Outcome {
        self.enter(call, project)?;
        let group = match self.need_group(project, group) {
            Err(_) if self.quirks.is_on(quirks::ABSENT_GROUP) => return Ok(Success::nothing()),
            found => found?,
        };
        let proxy = self.need_proxy(call, project, name)?;
        let group = self.update(&group.key, |members| change(members, &proxy.key.name))?;
        Ok(Success::one(self.show(call, &group)))
    }

    /// Removes a deleted proxy from its groups.
    pub(super) fn leave_groups(&self, project: &str, name: &str) {
        let (groups, _) = self.store.resources.list(GROUPS, project, None, usize::MAX);
        for group in groups {
            // A group that was deleted in the meantime has no members to remove.
            let _ = self.update(&group.key, |members| members.retain(|member| member != name));
        }
    }

    fn update(&self, group: &Key, change: impl FnOnce(&mut Vec<Value>)) -> Result<Resource, Failure> {
        let updated = self.store.resources.update(group, Expected::Any, |body| {
            if let Some(members) = body[MEMBERS].as_array_mut() {
                change(members);
            }
        });
        updated.map_err(|_| absent())
    }

    fn need_group(&self, project: &str, group: &str) -> Result<Resource, Failure> {
        self.find(GROUPS, GROUP_NAME, project, group).ok_or_else(absent)
    }

    /// Returns a group as responses show it. As in lists, restricted proxies are hidden from callers who may not see
    /// them.
    fn show(&self, call: &Call<'_>, group: &Resource) -> Value {
        let mut shown = group.body.clone();
        if let Some(members) = shown[MEMBERS].as_array_mut() {
            members.retain(|member| {
                let proxy =
                    member.as_str().and_then(|name| self.find(PROXIES, PROXY_NAME, &group.key.scope, name));
                proxy.is_some_and(|proxy| self.may_see(call, &proxy))
            });
        }
        shown
    }
}

fn absent() -> Failure {
    Failure::new(Code::ResourceNotFound, "The API proxy group was not found")
}
