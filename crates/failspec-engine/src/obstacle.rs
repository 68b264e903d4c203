//! The request without which a case could not be judged.

use failspec_base::sanitize::shortened;
use failspec_judge::report_model::Obstacle;

use super::{case_runner::CaseRunner, error::Unjudged};

/// Maximum length of what the response to a request said without which a case could not be judged, in characters.
const MAX_SAID: usize = 160;

impl CaseRunner<'_> {
    /// Returns the last request that the case sent before it was given up, if it is not the end of the run that did that.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        if self.inconclusive.as_ref().is_none_or(Unjudged::is_interruption) {
            return None;
        }
        let last = self.observed.records.iter().rfind(|record| !record.phase.is_teardown())?;
        let response = last.exchange.result.as_ref().ok();
        let said = response.map(|response| String::from_utf8_lossy(&response.body).into_owned());
        let said = said.map(|said| self.session.mask.text(&shortened(said.trim(), MAX_SAID)).into_owned());
        Some(Obstacle {
            request: self.session.mask.text(&self.session.place(&last.exchange.request)).into_owned(),
            status: response.map(|response| response.status),
            said: said.unwrap_or_default(),
        })
    }
}
