//! Servers.

use serde_json::{Map, Value, json};

use super::{
    Body, Call, Code, Failure, K0rdent, Outcome, Problems, Success,
    ids::{self, Kind},
    lifecycle::STATES,
    quirks, reply, seed,
};
use crate::{
    paging::Page,
    store::{Expected, LedgerError, Resource},
};

impl K0rdent {
    pub(super) fn list_servers(&self, call: &Call<'_>) -> Outcome {
        let (page, mut problems) = read_page(call);
        let state = match call.query.first("state") {
            Ok(state) if state.is_none_or(|state| STATES.contains(&state)) => state,
            _ => {
                problems.add("state", format!("state must be one of {}", STATES.join(", ")));
                None
            }
        };
        self.admit(call, problems)?;
        self.sound()?;
        let rows = self.rows(call, Kind::Server, |server| show(self, server));
        let wanted = |row: &Value| state.is_none_or(|state| row["state"] == state);
        Ok(Success::list(rows.into_iter().filter(wanted).collect(), page))
    }

    /// Returns everything of one kind in the caller's organisation, in the order of names.
    pub(super) fn rows(&self, call: &Call<'_>, kind: Kind, show: impl Fn(&Resource) -> Value) -> Vec<Value> {
        let (found, _) = self.store.resources.list(kind.collection(), call.organisation(), None, usize::MAX);
        found.iter().map(show).collect()
    }

    pub(super) fn create_server(&self, call: &Call<'_>) -> Outcome {
        let mut body = Body::of(call.request);
        let server = read_server(&mut body);
        self.admit(call, body.problems)?;
        self.sound()?;
        Ok(Success::created(show(self, &self.register(call, server)?)))
    }

    /// Registers a server under a new id.
    pub(super) fn register(
        &self,
        call: &Call<'_>,
        mut server: Map<String, Value>,
    ) -> Result<Resource, Failure> {
        self.take_quota(call)?;
        let id = Kind::Server.new_id();
        server.insert("id".to_owned(), json!(id));
        server.insert("state".to_owned(), json!("registered"));
        server.insert("createdAt".to_owned(), json!(reply::timestamp(self.store.clock.now())));
        // The id is new.
        Ok(self.store.resources.put(call.key(Kind::Server.collection(), &id), Value::Object(server)))
    }

    /// Takes one server from the quota, or fails: "Organization quota exceeded". An organisation without an account
    /// has no quota.
    fn take_quota(&self, call: &Call<'_>) -> Result<(), Failure> {
        match self.ledger.take(call.organisation(), 1) {
            Err(LedgerError::Exceeded { .. }) if self.quirks.is_on(quirks::NO_QUOTA) => {
                // The account exists: its limit was just exceeded.
                let _ = self.ledger.overdraw(call.organisation(), 1);
                Ok(())
            }
            Err(LedgerError::Exceeded { .. }) => {
                Err(Failure::new(Code::QuotaExceeded, "Organization quota exceeded"))
            }
            _ => Ok(()),
        }
    }

    /// Creates a resource with a name that is unique in its organisation.
    pub(super) fn create(
        &self,
        call: &Call<'_>,
        kind: Kind,
        name: &str,
        body: Value,
    ) -> Result<Resource, Failure> {
        let key = call.key(kind.collection(), name);
        if self.quirks.is_on(quirks::DUPLICATE) {
            return Ok(self.store.resources.put(key, body));
        }
        self.store.resources.create(key, body).map_err(|_| taken(kind))
    }

    pub(super) fn get_server(&self, call: &Call<'_>, id: &str) -> Outcome {
        self.admit(call, checked(Kind::Server, id))?;
        self.sound()?;
        let server = self.find(Kind::Server, call.organisation(), id).or_else(|absent| {
            let elsewhere =
                seed::ORGANISATIONS.iter().find_map(|(name, _)| self.find(Kind::Server, name, id).ok());
            match elsewhere {
                Some(server) if self.quirks.is_on(quirks::FOREIGN_SHOWN) => Ok(server),
                Some(_) if self.quirks.is_on(quirks::FOREIGN_TOLD) => {
                    Err(Failure::new(Code::NotFound, "Server belongs to another organization"))
                }
                _ => Err(absent),
            }
        })?;
        Ok(Success::ok(show(self, &server)))
    }

    pub(super) fn update_server(&self, call: &Call<'_>, id: &str) -> Outcome {
        let mut body = Body::of(call.request);
        ids::check(Kind::Server, id, &mut body.problems);
        let changes = read_metadata(&mut body);
        self.admit(call, body.problems)?;
        self.sound()?;
        let server = self.find(Kind::Server, call.organisation(), id)?;
        let server = self.store.resources.update(&server.key, Expected::Any, |server| {
            if let Some(server) = server.as_object_mut() {
                server.extend(changes);
            }
        })?;
        Ok(Success::ok(show(self, &server)))
    }

    pub(super) fn delete_server(&self, call: &Call<'_>, id: &str) -> Outcome {
        self.admit(call, checked(Kind::Server, id))?;
        self.sound()?;
        let Some(server) = self.find_to_delete(call, Kind::Server, id)? else {
            return Ok(Success::gone());
        };
        if !self.quirks.is_on(quirks::DELETED_FOUND) {
            self.store.resources.delete(&server.key).map_err(|_| Kind::Server.absent())?;
            self.ledger.give_back(call.organisation(), 1);
        }
        Ok(Success::gone())
    }

    /// Finds the resource of a DELETE; `None` if there is none and a quirk accepts that.
    pub(super) fn find_to_delete(
        &self,
        call: &Call<'_>,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Resource>, Failure> {
        match self.find(kind, call.organisation(), id) {
            Err(_) if self.quirks.is_on(quirks::ABSENT_DELETED) => Ok(None),
            found => found.map(Some),
        }
    }
}

/// The members of a server that describe it, and that may be changed.
const METADATA: [&str; 4] = ["displayName", "description", "tags", "persona"];

/// Reads a server as it is registered: only its address is required.
pub(super) fn read_server(body: &mut Body) -> Map<String, Value> {
    let address = body.bmc_address();
    let mut server = read_metadata(body);
    server.insert("bmcAddress".to_owned(), json!(address));
    server
}

/// Reads the metadata of a server: texts, and tags, which are texts by name.
fn read_metadata(body: &mut Body) -> Map<String, Value> {
    let mut metadata = Map::new();
    for field in METADATA {
        let Some(value) = body.get(field).cloned() else { continue };
        let is_right = match field {
            "tags" => value.as_object().is_some_and(|tags| tags.values().all(Value::is_string)),
            _ => value.is_string(),
        };
        if is_right {
            metadata.insert(field.to_owned(), value);
        } else if field == "tags" {
            body.tell(field, "tags must be an object of texts");
        } else {
            body.tell(field, format!("{field} must be a text"));
        }
    }
    metadata
}

/// Checks the id in a path.
pub(super) fn checked(kind: Kind, id: &str) -> Problems {
    let mut problems = Problems::default();
    ids::check(kind, id, &mut problems);
    problems
}

/// Reads the requested page of a list, and the problems with its parameters.
pub(super) fn read_page(call: &Call<'_>) -> (Page, Problems) {
    let (page, bad) = Page::read(&call.query);
    let mut problems = Problems::default();
    problems.add_parameters(bad);
    (page, problems)
}

pub(super) fn taken(kind: Kind) -> Failure {
    Failure::new(Code::Conflict, format!("A {} with this name already exists", kind.noun()))
}

/// Returns a server as responses show it, in its current state.
pub(super) fn show(k0rdent: &K0rdent, server: &Resource) -> Value {
    let body = &server.body;
    let mut shown = json!({
        "id": body["id"],
        "bmcAddress": body["bmcAddress"],
        "state": k0rdent.state_of(body),
        "organizationId": seed::organisation_id(&server.key.scope),
        "createdAt": body["createdAt"],
    });
    for optional in METADATA.into_iter().chain(["osImage"]) {
        if let Some(value) = body.get(optional) {
            shown[optional] = value.clone();
        }
    }
    shown
}
