//! Servers.

use serde_json::{Value, json};

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
        let (name, address) = (body.name(), body.bmc_address());
        self.admit(call, body.problems)?;
        self.sound()?;
        self.take_quota(call)?;
        let server = json!({
            "id": Kind::Server.new_id(),
            "bmcAddress": address,
            "state": "registered",
            "createdAt": reply::timestamp(self.store.clock.now()),
        });
        match self.create(call, Kind::Server, &name, server) {
            Ok(server) => Ok(Success::created(show(self, &server))),
            Err(failure) => {
                self.ledger.give_back(call.organisation(), 1);
                Err(failure)
            }
        }
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
        let address = body.get("bmcAddress").is_some().then(|| body.bmc_address());
        let labels = body.get("labels").cloned();
        let is_text_by_text =
            |labels: &Value| labels.as_object().is_some_and(|labels| labels.values().all(Value::is_string));
        if labels.as_ref().is_some_and(|labels| !is_text_by_text(labels)) {
            body.tell("labels", "Labels must be an object of texts");
        }
        if address.is_none() && labels.is_none() {
            body.tell("body", "bmcAddress or labels is required");
        }
        self.admit(call, body.problems)?;
        self.sound()?;
        let server = self.find(Kind::Server, call.organisation(), id)?;
        let server = self.store.resources.update(&server.key, Expected::Any, |server| {
            if let Some(address) = address {
                server["bmcAddress"] = json!(address);
            }
            if let Some(labels) = labels {
                server["labels"] = labels;
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
        "name": server.key.name,
        "bmcAddress": body["bmcAddress"],
        "state": k0rdent.state_of(body),
        "organizationId": seed::organisation_id(&server.key.scope),
        "createdAt": body["createdAt"],
    });
    for optional in ["labels", "image"] {
        if let Some(value) = body.get(optional) {
            shown[optional] = value.clone();
        }
    }
    shown
}
