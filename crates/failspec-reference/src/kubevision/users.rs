//! The users of KubeVision.

use serde_json::{Value, json};

use super::{Call, Code, Failure, Kubevision, Outcome, Success, access::Role, next, query, quirks};
use crate::store::{Expected, Key, Resource};

/// The minimum number of characters of a password.
const MIN_PASSWORD_LEN: usize = 8;

/// The public data of a user.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub id: u64,
    pub name: String,
    pub role: Role,
    two_factor: bool,
}

impl User {
    pub(super) fn show(&self) -> Success {
        let Self { id, name, role, two_factor } = self;
        Success::of(json!({ "id": id, "username": name, "role": role.as_str(), "totpEnabled": two_factor }))
    }

    fn from_stored(stored: &Resource) -> Self {
        let role = stored.body["role"].as_str().and_then(Role::from_text).unwrap_or(Role::Viewer);
        let id = stored.body["id"].as_u64().unwrap_or_default();
        Self { id, name: stored.key.name.clone(), role, two_factor: stored.body["secret"].is_string() }
    }
}

/// The credentials of a user.
#[derive(Debug)]
pub(super) struct Proof {
    pub password: String,
    /// The secret in Base32; `None` without 2FA.
    pub secret: Option<String>,
}

impl Kubevision {
    pub(super) fn create_user(&self, call: &Call<'_>) -> Outcome {
        let body = self.json(call.request)?;
        let [username, password, role] = body.texts(["username", "password", "role"])?;
        query::check_label("username", username)?;
        if password.chars().count() < MIN_PASSWORD_LEN {
            return Err(Failure::invalid("password", "must have 8 characters or more"));
        }
        let role = given_role(role)?;
        self.administrate(call)?;
        let stored = record(next(&self.last_user), password, role, None);
        if self.quirks.is_on(quirks::DUPLICATE) {
            return Ok(User::from_stored(&self.store.resources.put(key(username), stored)).show());
        }
        match self.store.resources.create(key(username), stored) {
            Ok(created) => Ok(User::from_stored(&created).show()),
            Err(_) => Err(Failure::new(Code::AlreadyExists, "there is a user of this name already")),
        }
    }

    /// Returns a user. All users may see themselves, administrators may see all users.
    pub(super) fn get_user(&self, call: &Call<'_>, id: &str) -> Outcome {
        let id = self.user_id(id)?;
        if call.caller.user.id != id {
            self.administrate(call)?;
        }
        match self.user_of(id) {
            Some(user) => Ok(user.show()),
            None if self.quirks.is_on(quirks::ABSENT_USER) => {
                Ok(User { id, name: "nobody".to_owned(), role: Role::Viewer, two_factor: false }.show())
            }
            None => Err(absent()),
        }
    }

    pub(super) fn update_user(&self, call: &Call<'_>, id: &str) -> Outcome {
        let id = self.user_id(id)?;
        let body = self.json(call.request)?;
        let [role] = body.texts(["role"])?;
        let role = given_role(role)?;
        self.administrate(call)?;
        let change = |body: &mut Value| body["role"] = json!(role.as_str());
        let name = self.user_of(id).ok_or_else(absent)?.name;
        let updated =
            self.store.resources.update(&key(&name), Expected::Any, change).map_err(|_| absent())?;
        Ok(User::from_stored(&updated).show())
    }

    /// Deletes a user. The tokens of a deleted user are no longer accepted.
    pub(super) fn delete_user(&self, call: &Call<'_>, id: &str) -> Outcome {
        let id = self.user_id(id)?;
        self.administrate(call)?;
        let name = self.user_of(id).ok_or_else(absent)?.name;
        self.store.resources.delete(&key(&name)).map_err(|_| absent())?;
        Ok(Success::of(Value::Null))
    }

    /// Parses the id of a user. A quirk reads anything else as zero, which nobody has.
    fn user_id(&self, id: &str) -> Result<u64, Failure> {
        match query::id("user id", id) {
            Err(_) if self.quirks.is_on(quirks::MALFORMED_PARAMETER) => Ok(0),
            read => read,
        }
    }

    /// Returns a user, if it exists.
    pub(super) fn user(&self, name: &str) -> Option<User> {
        self.store.resources.get(&key(name)).as_ref().map(User::from_stored)
    }

    /// Returns the user with an id, if it exists.
    fn user_of(&self, id: u64) -> Option<User> {
        let all = self.store.resources.list_below("users", "");
        all.iter().map(User::from_stored).find(|user| user.id == id)
    }

    /// Returns the credentials that a user needs to log in.
    pub(super) fn proof(&self, id: &str) -> Option<Proof> {
        let stored = self.store.resources.get(&key(id))?.body;
        Some(Proof {
            password: stored["password"].as_str()?.to_owned(),
            secret: stored["secret"].as_str().map(str::to_owned),
        })
    }

    pub(super) fn put_user(&self, id: &str, password: &str, role: Role, secret: Option<&str>) {
        self.store.resources.put(key(id), record(next(&self.last_user), password, role, secret));
    }
}

/// Parses a role. The API cannot create administrators.
fn given_role(text: &str) -> Result<Role, Failure> {
    Role::from_text(text)
        .filter(|role| *role != Role::Admin)
        .ok_or_else(|| Failure::invalid("role", "must be developer or viewer"))
}

fn record(id: u64, password: &str, role: Role, secret: Option<&str>) -> Value {
    json!({ "id": id, "password": password, "role": role.as_str(), "secret": secret })
}

fn key(name: &str) -> Key {
    Key::new("users", "", name)
}

fn absent() -> Failure {
    Failure::new(Code::UserNotFound, "there is no such user")
}
