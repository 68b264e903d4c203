//! The users of KubeVision.

use serde_json::{Value, json};

use super::{Call, Code, Failure, Kubevision, Outcome, Success, access::Role, query, quirks};
use crate::store::{Expected, Key, Resource};

/// The minimum number of characters of a password.
const MIN_PASSWORD_LEN: usize = 8;

/// The public data of a user. The id is the user name.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub id: String,
    pub role: Role,
    two_factor: bool,
}

impl User {
    pub(super) fn show(&self) -> Success {
        let Self { id, role, two_factor } = self;
        Success::of(json!({ "id": id, "username": id, "role": role.as_str(), "twoFactor": two_factor }))
    }

    fn from_stored(stored: &Resource) -> Self {
        let role = stored.body["role"].as_str().and_then(Role::from_text).unwrap_or(Role::Viewer);
        Self { id: stored.key.name.clone(), role, two_factor: stored.body["secret"].is_string() }
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
        let stored = record(password, role, None);
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
        query::check_label("user id", id)?;
        if call.caller.user.id != id {
            self.administrate(call)?;
        }
        match self.user(id) {
            Some(user) => Ok(user.show()),
            None if self.quirks.is_on(quirks::ABSENT_USER) => {
                Ok(User { id: id.to_owned(), role: Role::Viewer, two_factor: false }.show())
            }
            None => Err(absent()),
        }
    }

    pub(super) fn update_user(&self, call: &Call<'_>, id: &str) -> Outcome {
        query::check_label("user id", id)?;
        let body = self.json(call.request)?;
        let [role] = body.texts(["role"])?;
        let role = given_role(role)?;
        self.administrate(call)?;
        let change = |body: &mut Value| body["role"] = json!(role.as_str());
        let updated = self.store.resources.update(&key(id), Expected::Any, change).map_err(|_| absent())?;
        Ok(User::from_stored(&updated).show())
    }

    /// Deletes a user. The tokens of a deleted user are no longer accepted.
    pub(super) fn delete_user(&self, call: &Call<'_>, id: &str) -> Outcome {
        query::check_label("user id", id)?;
        self.administrate(call)?;
        let gone = self.store.resources.delete(&key(id)).map_err(|_| absent())?;
        Ok(User::from_stored(&gone).show())
    }

    /// Returns a user, if it exists.
    pub(super) fn user(&self, id: &str) -> Option<User> {
        self.store.resources.get(&key(id)).as_ref().map(User::from_stored)
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
        self.store.resources.put(key(id), record(password, role, secret));
    }
}

/// Parses a role. The API cannot create administrators.
fn given_role(text: &str) -> Result<Role, Failure> {
    Role::from_text(text)
        .filter(|role| *role != Role::Admin)
        .ok_or_else(|| Failure::invalid("role", "must be developer or viewer"))
}

fn record(password: &str, role: Role, secret: Option<&str>) -> Value {
    json!({ "password": password, "role": role.as_str(), "secret": secret })
}

fn key(id: &str) -> Key {
    Key::new("users", "", id)
}

fn absent() -> Failure {
    Failure::new(Code::UserNotFound, "there is no such user")
}
