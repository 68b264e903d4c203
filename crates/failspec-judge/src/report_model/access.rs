//! The responses that each role got from each operation.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The responses of an operation of the contract's OpenAPI document to each role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperationAccess {
    /// Method and path, as in the document.
    pub operation: String,
    /// The roles that called it. Requests without credentials come first.
    pub roles: Vec<RoleAccess>,
}

/// The responses of an operation to one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleAccess {
    /// The role; absent for requests without the credentials of a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The statuses of the responses to requests under test and to controls, in ascending order.
    pub statuses: Vec<u16>,
}

/// Collects the responses of operations to roles.
#[derive(Debug, Clone, Default)]
pub struct AccessLog(BTreeMap<String, BTreeMap<Option<String>, BTreeSet<u16>>>);

impl AccessLog {
    /// Records the status of a response of an operation to a role.
    pub fn record(&mut self, operation: &str, role: Option<&str>, status: u16) {
        let roles = match self.0.get_mut(operation) {
            Some(roles) => roles,
            None => self.0.entry(operation.to_owned()).or_default(),
        };
        roles.entry(role.map(str::to_owned)).or_default().insert(status);
    }

    /// Returns the responses of each of `operations`, in that order.
    pub fn table<'o>(&self, operations: impl Iterator<Item = &'o str>) -> Vec<OperationAccess> {
        let of = |operation: &str| {
            let roles = self.0.get(operation)?.iter();
            let roles = roles.map(|(role, statuses)| RoleAccess {
                role: role.clone(),
                statuses: statuses.iter().copied().collect(),
            });
            Some(OperationAccess { operation: operation.to_owned(), roles: roles.collect() })
        };
        operations.filter_map(of).collect()
    }
}

impl OperationAccess {
    /// Returns the statuses that a role got; none if it did not call the operation.
    pub fn of(&self, role: Option<&str>) -> &[u16] {
        let own = self.roles.iter().find(|it| it.role.as_deref() == role);
        own.map(|it| it.statuses.as_slice()).unwrap_or_default()
    }

    /// Returns true if a table has at least two roles, so that there is something to compare. Nobody counts as a role.
    pub fn is_comparable(table: &[Self]) -> bool {
        Self::roles(table).len() > 1
    }

    /// Returns the roles of a table, each once. Nobody comes first.
    pub fn roles(table: &[Self]) -> BTreeSet<Option<&str>> {
        table.iter().flat_map(|row| &row.roles).map(|it| it.role.as_deref()).collect()
    }
}

/// Merges the tables of all shards of a run.
pub(super) fn joined<'s>(
    shards: impl Iterator<Item = &'s [OperationAccess]>,
    order: &[String],
) -> Vec<OperationAccess> {
    let mut log = AccessLog::default();
    let mut seen: Vec<&str> = Vec::new();
    for row in shards.flatten() {
        if !seen.contains(&row.operation.as_str()) {
            seen.push(&row.operation);
        }
        for access in &row.roles {
            let statuses = access.statuses.iter();
            statuses.for_each(|status| log.record(&row.operation, access.role.as_deref(), *status));
        }
    }
    // The order of the document, as far as it is known; then that of the shards.
    seen.sort_by_key(|operation| order.iter().position(|known| known == operation).unwrap_or(usize::MAX));
    let table = log.table(seen.into_iter());
    if OperationAccess::is_comparable(&table) { table } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(operation: &str, roles: &[(Option<&str>, &[u16])]) -> OperationAccess {
        let role = |(role, statuses): &(Option<&str>, &[u16])| RoleAccess {
            role: role.map(str::to_owned),
            statuses: statuses.to_vec(),
        };
        OperationAccess { operation: operation.to_owned(), roles: roles.iter().map(role).collect() }
    }

    #[test]
    fn table_lists_statuses_by_role_and_compares_two() {
        let mut log = AccessLog::default();
        log.record("GET /b", Some("user"), 404);
        log.record("GET /b", Some("user"), 200);
        assert!(!OperationAccess::is_comparable(&log.table(["GET /a", "GET /b"].into_iter())));
        log.record("GET /a", None, 401);
        let table = log.table(["GET /a", "GET /b", "GET /c"].into_iter());
        assert_eq!(table, [row("GET /a", &[(None, &[401])]), row("GET /b", &[(Some("user"), &[200, 404])])]);
        assert!(OperationAccess::is_comparable(&table));
        assert_eq!(OperationAccess::roles(&table).into_iter().collect::<Vec<_>>(), [None, Some("user")]);
        assert_eq!((table[0].of(Some("user")), table[1].of(Some("user"))), (&[][..], &[200, 404][..]));
    }

    #[test]
    fn joined_unites_the_statuses_of_all_shards() {
        let one = [row("GET /a", &[(None, &[401]), (Some("user"), &[200])])];
        let other = [row("GET /b", &[(Some("user"), &[200])]), row("GET /a", &[(Some("user"), &[404])])];
        let whole = joined([&one[..], &other[..]].into_iter(), &["GET /b".to_owned(), "GET /a".to_owned()]);
        let a = row("GET /a", &[(None, &[401]), (Some("user"), &[200, 404])]);
        assert_eq!(whole, [row("GET /b", &[(Some("user"), &[200])]), a]);
    }
}
