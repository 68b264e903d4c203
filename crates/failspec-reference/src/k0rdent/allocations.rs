//! Allocations: GPUs taken from a pool.

use serde_json::{Value, json};

use super::{
    Body, Call, Code, Failure, K0rdent, Outcome, Success,
    ids::Kind,
    pools::account,
    quirks, reply,
    servers::{checked, read_page, taken},
};
use crate::store::{LedgerError, Resource};

impl K0rdent {
    pub(super) fn list_allocations(&self, call: &Call<'_>) -> Outcome {
        let (page, problems) = read_page(call);
        self.admit(call, problems)?;
        self.sound()?;
        Ok(Success::list(self.rows(call, Kind::Allocation, show), page))
    }

    pub(super) fn create_allocation(&self, call: &Call<'_>) -> Outcome {
        let mut body = Body::of(call.request);
        let name = body.name();
        let pool = body.reference("poolId", "Pool id", Kind::Pool);
        let gpus = body.gpus(1..=u64::MAX, "Number of GPUs must be a whole number from 1");
        let (starts, ends) = (body.time("startsAt"), body.time("endsAt"));
        self.admit(call, body.problems)?;
        // Each of the two times is valid on its own, but together they make no sense.
        if let (Some(starts), Some(ends)) = (starts, ends)
            && ends <= starts
            && !self.quirks.is_on(quirks::NO_SEMANTICS)
        {
            return Err(Failure::semantic("endsAt must be after startsAt"));
        }
        self.sound()?;
        let pool = self.find(Kind::Pool, call.organisation(), &pool)?;
        if self.store.resources.contains(&call.key(Kind::Allocation.collection(), &name))
            && !self.quirks.is_on(quirks::DUPLICATE)
        {
            return Err(taken(Kind::Allocation));
        }
        self.take_capacity(&pool, gpus)?;
        let mut allocation =
            json!({ "id": Kind::Allocation.new_id(), "poolId": pool.body["id"], "gpus": gpus });
        for (field, time) in [("startsAt", starts), ("endsAt", ends)] {
            if let Some(time) = time {
                allocation[field] = json!(reply::timestamp(time));
            }
        }
        match self.create(call, Kind::Allocation, &name, allocation) {
            Ok(allocation) => Ok(Success::created(show(&allocation))),
            Err(failure) => {
                self.ledger.give_back(account(&pool), gpus);
                Err(failure)
            }
        }
    }

    /// Takes GPUs from a pool, or fails: "Not enough resources in pool".
    fn take_capacity(&self, pool: &Resource, gpus: u64) -> Result<(), Failure> {
        let account = account(pool);
        let taken = match self.ledger.take(account, gpus) {
            Err(LedgerError::Exceeded { .. }) if self.quirks.is_on(quirks::NO_CAPACITY) => {
                self.ledger.overdraw(account, gpus)
            }
            taken => taken,
        };
        taken.map_err(|error| match error {
            LedgerError::Exceeded { available } => {
                Failure::new(Code::PoolCapacityExceeded, "Not enough GPUs in pool")
                    .with_details(json!({ "requested": gpus, "available": available }))
            }
            // The pool was deleted in the meantime.
            LedgerError::NoAccount | LedgerError::InUse => Kind::Pool.absent(),
        })
    }

    pub(super) fn get_allocation(&self, call: &Call<'_>, id: &str) -> Outcome {
        self.admit(call, checked(Kind::Allocation, id))?;
        self.sound()?;
        Ok(Success::ok(show(&self.find(Kind::Allocation, call.organisation(), id)?)))
    }

    pub(super) fn delete_allocation(&self, call: &Call<'_>, id: &str) -> Outcome {
        self.admit(call, checked(Kind::Allocation, id))?;
        self.sound()?;
        let Some(allocation) = self.find_to_delete(call, Kind::Allocation, id)? else {
            return Ok(Success::gone());
        };
        let allocation =
            self.store.resources.delete(&allocation.key).map_err(|_| Kind::Allocation.absent())?;
        let pool = allocation.body["poolId"].as_str().unwrap_or_default();
        self.ledger.give_back(pool, allocation.body["gpus"].as_u64().unwrap_or_default());
        Ok(Success::gone())
    }
}

fn show(allocation: &Resource) -> Value {
    let mut shown = json!({ "id": allocation.body["id"], "name": allocation.key.name });
    for field in ["poolId", "gpus", "startsAt", "endsAt"] {
        if let Some(value) = allocation.body.get(field) {
            shown[field] = value.clone();
        }
    }
    shown
}
