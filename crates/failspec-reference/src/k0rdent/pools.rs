//! Pools of GPUs.

use serde_json::{Value, json};

use super::{
    Body, Call, Code, Failure, K0rdent, Outcome, Success,
    ids::Kind,
    quirks,
    servers::{checked, read_page},
};
use crate::store::{LedgerError, Resource};

/// The maximum number of GPUs of a pool.
const MAX_SIZE: u64 = 10_000;

impl K0rdent {
    pub(super) fn list_pools(&self, call: &Call<'_>) -> Outcome {
        let (page, problems) = read_page(call);
        self.admit(call, problems)?;
        self.sound()?;
        Ok(Success::list(self.rows(call, Kind::Pool, |pool| self.show_pool(pool)), page))
    }

    pub(super) fn create_pool(&self, call: &Call<'_>) -> Outcome {
        let mut body = Body::of(call.request);
        let name = body.name();
        let gpus = body.gpus(1..=MAX_SIZE, "Number of GPUs must be a whole number from 1 to 10000");
        self.admit(call, body.problems)?;
        self.sound()?;
        let id = Kind::Pool.new_id();
        // The account is opened first: as soon as a request can find the pool, it can take GPUs from it.
        self.ledger.open(&id, gpus);
        match self.create(call, Kind::Pool, &name, json!({ "id": id, "gpus": gpus })) {
            Ok(pool) => Ok(Success::created(self.show_pool(&pool))),
            Err(failure) => {
                // No request could find this account, so nothing can have been taken from it.
                let _ = self.ledger.close(&id);
                Err(failure)
            }
        }
    }

    pub(super) fn get_pool(&self, call: &Call<'_>, id: &str) -> Outcome {
        self.admit(call, checked(Kind::Pool, id))?;
        self.sound()?;
        Ok(Success::ok(self.show_pool(&self.find(Kind::Pool, call.organisation(), id)?)))
    }

    pub(super) fn delete_pool(&self, call: &Call<'_>, id: &str) -> Outcome {
        self.admit(call, checked(Kind::Pool, id))?;
        self.sound()?;
        let Some(pool) = self.find_to_delete(call, Kind::Pool, id)? else {
            return Ok(Success::gone());
        };
        match self.ledger.close(account(&pool)) {
            Err(LedgerError::InUse) if !self.quirks.is_on(quirks::POOL_IN_USE) => {
                return Err(Failure::new(Code::Conflict, "Pool has allocations"));
            }
            _ => {}
        }
        self.store.resources.delete(&pool.key).map_err(|_| Kind::Pool.absent())?;
        Ok(Success::gone())
    }

    fn show_pool(&self, pool: &Resource) -> Value {
        json!({
            "id": pool.body["id"],
            "name": pool.key.name,
            "gpus": pool.body["gpus"],
            "allocated": self.ledger.taken(account(pool)),
        })
    }
}

/// The account of a pool's capacity. Its name is the pool's id.
pub(super) fn account(pool: &Resource) -> &str {
    pool.body["id"].as_str().unwrap_or_default()
}
