//! Resources that the API has just created, and does not know everywhere yet: reads may come from a replica.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use failspec_base::template::Scope;
use failspec_judge::check::Record;
use failspec_pack::pack::RequestTemplate;

/// Maximum time that a created resource is waited for.
pub(super) const MAX_LAG: Duration = Duration::from_secs(3);

/// Maximum number of waits in vain: after that, a 404 is taken at its word.
const MAX_VAIN: usize = 3;

/// The waits of a run for resources that were just created.
#[derive(Debug, Default)]
pub struct Lag {
    vain: AtomicUsize,
}

impl Lag {
    /// Returns true if the last record, a 404, may come too early: its path names a value that an earlier response of
    /// the case gave, and no response of the case shows that the API knows the resource already, or removed it.
    pub(super) fn awaits(&self, template: &RequestTemplate, scope: &Scope, records: &[Record]) -> bool {
        let Some((last, earlier)) = records.split_last() else { return false };
        let names_captured = template.names_in_path().any(|name| scope.is_captured(name));
        let is_known = |record: &Record| {
            let status = record.exchange.result.as_ref().map_or(404, |response| response.status);
            // The API may give the id of a resource that the control created, and removed, to another one.
            record.phase.is_of_control() == last.phase.is_of_control()
                && record.exchange.request.url == last.exchange.request.url
                && status != 404
        };
        names_captured && self.vain.load(Relaxed) < MAX_VAIN && !earlier.iter().any(is_known)
    }

    /// Records that a resource was waited for, and did not come.
    pub(super) fn awaited_in_vain(&self) {
        self.vain.fetch_add(1, Relaxed);
    }
}
