//! Removes resources that earlier runs left behind, as described by the `cleanup` entries of the pack.

use std::{collections::BTreeSet, sync::Arc, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

use failspec_base::{
    message::Response,
    template::{Scope, VariableValue},
};
use failspec_judge::{check::View, report_model::Reason};
use failspec_pack::pack::{
    Cleanup, ITEM, RequestTemplate,
    budget::{Budget, MAX_STEPS},
};

use super::{
    Plan, RunOptions,
    cancel::{OnCancel, interrupt},
    error::RunError,
    request_builder::{Extra, build},
    run::session,
    session::Session,
};

/// Maximum number of times that a list is requested. A list may show only its first page, so it is requested again
/// after each removal.
const MAX_ROUNDS: usize = 100;

/// Matches the names that `${unique}` creates. Resources with other names are never removed.
static UNIQUE_NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"failspec-([0-9a-z]{1,6})-[0-9a-z]+").ok());

/// A resource that the cleanup found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Its name.
    pub name: String,
    /// The reason why it could not be removed. `None` if it was removed, or if nothing was to be removed.
    pub problem: Option<String>,
}

/// The result of a cleanup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleanupReport {
    /// The resources that were found, in the order in which they were found.
    pub found: Vec<Removed>,
    /// Errors while listing resources, one line each.
    pub problems: Vec<String>,
}

/// Finds resources that runs of failspec left behind: of the run `of_run`, or of all runs if it is `None`. Removes
/// them if `remove` is true.
///
/// # Errors
/// The same as for [`super::run`].
pub async fn cleanup(
    plan: &Plan,
    options: &RunOptions,
    of_run: Option<&str>,
    remove: bool,
) -> Result<CleanupReport, RunError> {
    let (_interrupter, interrupt) = interrupt();
    let session = session(plan, options, &Arc::default(), &interrupt, &Arc::default())?;
    let mut report = CleanupReport::default();
    for cleanup in &plan.pack.contract.cleanup {
        session.cleanup_kind(cleanup, of_run, remove, &mut report).await;
    }
    Ok(report)
}

impl Session {
    async fn cleanup_kind(
        &self,
        cleanup: &Cleanup,
        of_run: Option<&str>,
        remove: bool,
        report: &mut CleanupReport,
    ) {
        let mut seen = BTreeSet::new();
        for _ in 0..MAX_ROUNDS {
            let listed = match self.ask(&cleanup.list, &self.scope()).await {
                Ok((line, response)) => names(cleanup, &response)
                    .ok_or_else(|| format!("the response to {line} contains no list")),
                Err(problem) => Err(problem),
            };
            let listed = match listed {
                Ok(listed) => listed,
                Err(problem) => {
                    report.problems.push(self.mask.text(&problem).into_owned());
                    return;
                }
            };
            let new: Vec<String> = listed
                .into_iter()
                .filter(|name| is_ours(name, of_run) && seen.insert(name.clone()))
                .collect();
            if new.is_empty() {
                return;
            }
            for name in new {
                let problem = if remove { self.remove(cleanup, &name).await.err() } else { None };
                report.found.push(Removed { name, problem });
            }
            if !remove {
                return;
            }
        }
    }

    async fn remove(&self, cleanup: &Cleanup, name: &str) -> Result<(), String> {
        let mut scope = self.scope();
        scope.set(ITEM, VariableValue::open(name));
        self.ask(&cleanup.delete, &scope)
            .await
            .map(drop)
            .map_err(|problem| self.mask.text(&problem).into_owned())
    }

    /// Sends a request that must succeed. Returns its method and URL as one line, and the response.
    ///
    /// # Errors
    /// A description of the problem, if there is no credential, the request cannot be built, no response arrives, or
    /// the response is not a success.
    pub(super) async fn ask(
        &self,
        template: &RequestTemplate,
        scope: &Scope,
    ) -> Result<(String, Response), String> {
        let (line, response) = self.response_to(template, scope).await?;
        let budget = Budget::default();
        if budget.within(|| self.succeeded(View::new(&response, None))) {
            return Ok((line, response));
        }
        if budget.is_exceeded() {
            return Err(format!("{line}: {}", Reason::TooCostly { steps: MAX_STEPS }));
        }
        let said = self.describe(View::new(&response, None));
        Err(format!("{line} got {said}"))
    }

    /// Sends a request of the contract. Returns its method and URL as one line, and the response.
    ///
    /// # Errors
    /// A description of the problem, if there is no credential, the request cannot be built, or no response arrives.
    pub(super) async fn response_to(
        &self,
        template: &RequestTemplate,
        scope: &Scope,
    ) -> Result<(String, Response), String> {
        let credential = match &template.role {
            Some(role) => Some(self.credential(role).await?),
            None => None,
        };
        let request = build(template, credential, scope, &self.target, &Extra::default())
            .map_err(|error| error.to_string())?;
        let line = super::case_runner::line(&request);
        self.clients.turn().await;
        let exchange = self.exchange(request, template.role.as_deref(), OnCancel::Stop).await;
        let result = exchange.map_err(|reason| format!("{line}: {reason}"))?.result;
        let response = result.map_err(|error| format!("{line}: {error}"))?;
        Ok((line, response))
    }
}

/// Extracts the names from a list response; `None` if the response contains no list.
fn names(cleanup: &Cleanup, response: &Response) -> Option<Vec<String>> {
    let document = response.document();
    let items = cleanup.items.find(document.value.as_ref()?)?.as_array()?;
    let name = |item: &Value| cleanup.name.find(item).and_then(Value::as_str).map(str::to_owned);
    Some(items.iter().filter_map(name).collect())
}

fn is_ours(name: &str, of_run: Option<&str>) -> bool {
    let Some(found) = UNIQUE_NAME.as_ref().and_then(|ours| ours.captures(name)) else {
        return false;
    };
    of_run.is_none_or(|run| found.get(1).is_some_and(|own| own.as_str() == run))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_names_that_a_run_has_made_are_ours() {
        for name in ["failspec-k3x9a1-7", "cm-failspec-k3x9a1-2b", "FAILSPEC and failspec-a-1"] {
            assert!(is_ours(name, None), "{name}");
        }
        for name in
            ["", "failspec", "failspec-notes", "failspec-ci-", "my-failspec-config", "failspec_k3x9a1_7"]
        {
            assert!(!is_ours(name, None), "{name}");
        }
        assert!(is_ours("cm-failspec-k3x9a1-7", Some("k3x9a1")));
        assert!(!is_ours("cm-failspec-k3x9a1-7", Some("other1")));
    }
}
