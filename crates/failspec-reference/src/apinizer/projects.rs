//! Projects: the scope of unique names and of permissions.

use serde_json::json;

use super::{Apinizer, Call, Outcome, Success, quirks};

impl Apinizer {
    /// Lists the projects in which the caller has permissions.
    pub(super) fn list_projects(&self, call: &Call<'_>) -> Outcome {
        self.sound(call)?;
        let (projects, _) = self.store.resources.list("projects", "", None, usize::MAX);
        let all = self.quirks.is_on(quirks::ANY_PROJECT);
        let visible = projects
            .iter()
            .map(|project| project.key.name.as_str())
            .filter(|project| all || call.caller.has_any_grant_within(project));
        Ok(Success::list(visible.map(|name| json!({ "name": name })).collect()))
    }
}
