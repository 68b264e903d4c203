//! Locks of resources that several cases name by the same fixed id.
//!
//! One case may create what another one expects to be absent, or remove what it has made. Ids that a case makes up, or
//! that the API gives it, belong to that case alone and need no lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use failspec_base::template::{Scope, VariableValue};
use failspec_pack::pack::RequestTemplate;

use super::{locks::Lock, plan::Case};

/// Stands for the id of a case's own.
const OWN: &str = "failspec-own";

/// The resources that each case must have for itself, by the index of the case.
#[derive(Debug, Default)]
pub(super) struct ResourceLocks(BTreeMap<usize, Vec<Lock>>);

/// A resource that a request names.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    /// Its path, which ends with its id.
    path: String,
    /// True if the request may change it.
    changes: bool,
}

impl ResourceLocks {
    /// Returns the locks of cases: of each resource that a case may change, and that another one names as well.
    pub fn of(cases: &[Case], scope: &Scope) -> Self {
        let named: Vec<(usize, Vec<Named>)> =
            cases.iter().map(|case| (case.index, resources(case, scope))).collect();
        let all = named.iter().flat_map(|(_, resources)| resources);
        let changed: BTreeSet<&str> = all.filter(|it| it.changes).map(|it| it.path.as_str()).collect();
        let mut cases_of: HashMap<&str, BTreeSet<usize>> = HashMap::new();
        for (case, resources) in &named {
            for path in resources.iter().flat_map(|named| upwards(&named.path)) {
                if let Some(changed) = changed.get(path) {
                    cases_of.entry(changed).or_default().insert(*case);
                }
            }
        }
        let mut locks: BTreeMap<usize, Vec<Lock>> = BTreeMap::new();
        for (path, cases) in cases_of.into_iter().filter(|(_, cases)| cases.len() > 1) {
            for case in cases {
                locks.entry(case).or_default().push(Lock::Resource(path.to_owned()));
            }
        }
        locks.values_mut().for_each(|locks| locks.sort());
        Self(locks)
    }

    /// Returns the locks of a case, sorted.
    pub fn get(&self, case: usize) -> &[Lock] {
        self.0.get(&case).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Returns a path and those of which it is a part.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| Some(&path[..path.rfind('/')?])).filter(|path| !path.is_empty())
}

/// Returns the resources that the requests of a case name by fixed ids.
fn resources(case: &Case, scope: &Scope) -> Vec<Named> {
    let mut scope = scope.clone();
    for (name, value) in case.row().into_iter().flat_map(|row| &row.values) {
        scope.set(name.clone(), VariableValue::open(value.clone()));
    }
    case.scenario.requests().filter_map(|request| resource(request, &scope)).collect()
}

/// Returns the resource that a request names by a fixed id; `None` if the id is the case's own.
fn resource(request: &RequestTemplate, scope: &Scope) -> Option<Named> {
    // What is captured has no value yet.
    let filled = request.line.path.fill(&request.path, scope).ok()?.sent;
    let path = filled.split('?').next().unwrap_or_default().trim_end_matches('/');
    if let Some(value) = request.removed_by_query() {
        let id = value.fill(scope).ok()?.sent;
        let is_own = id.contains(scope.unique()) || id.contains(scope.uuid());
        return (!is_own).then(|| Named { path: format!("{path}/{id}"), changes: true });
    }
    if path.contains(scope.unique()) || path.contains(scope.uuid()) {
        return None;
    }
    let values: Vec<String> = request
        .names_in_path()
        .filter_map(|name| scope.get(name))
        .map(|held| held.value.as_str().map_or_else(|| held.value.to_string(), str::to_owned))
        .collect();
    let is_id = |segment: &str| {
        let is_number = segment.bytes().all(|byte| byte.is_ascii_digit());
        let is_uuid =
            segment.len() == 36 && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        !segment.is_empty() && (is_number || is_uuid || values.iter().any(|value| value == segment))
    };
    let last = path.rmatch_indices('/').map(|(at, _)| at).find(|at| {
        let rest = &path[at + 1..];
        is_id(rest.split('/').next().unwrap_or_default())
    });
    let end = last.map(|at| path[at + 1..].find('/').map_or(path.len(), |len| at + 1 + len));
    let changes = !request.is_safe();
    // A creation in a collection names nothing in it.
    let is_creation = request.line.method == "POST";
    let end = end.or((!is_creation).then_some(path.len()))?;
    Some(Named { path: path[..end].to_owned(), changes })
}

/// Returns a scope in which the ids of a case's own are known as such.
pub(super) fn scope(variables: std::sync::Arc<HashMap<String, VariableValue>>) -> Scope {
    Scope::new(variables, OWN)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use failspec_pack::pack::{Files, Pack, case_names};
    use serde_json::json;

    use super::*;

    /// Returns the resources that each scenario must have for itself.
    fn locks(scenarios: &str) -> Vec<String> {
        let contract = "contract: t\nas_of: 2026-11-20\nsuccess: { status: 2xx }\nenvelope: { code: /code }\n\
                        requires: { variables: { book: { about: a book }, note: { about: a note } } }\n\
                        failures:\n  - { id: bad, status: 400, code: bad, summary: It is bad }\n";
        let texts = [
            ("schemas/t/contract.yaml".to_owned(), contract.to_owned()),
            ("scenarios/t/s.yaml".to_owned(), format!("contract: t\nscenarios:\n{scenarios}")),
        ];
        let pack = Pack::from_texts(&Files::Directory(".".into()), "t", texts).unwrap();
        let cases: Vec<Case> = case_names(&pack)
            .enumerate()
            .map(|(index, (name, scenario, row))| Case {
                index,
                name: name.into(),
                scenario: Arc::clone(scenario),
                row,
                skip: None,
            })
            .collect();
        let values = [("book", "b-1"), ("note", "n-1")];
        let variables = values.map(|(name, value)| (name.to_owned(), VariableValue::open(json!(value))));
        let locks = ResourceLocks::of(&cases, &scope(Arc::new(HashMap::from(variables))));
        let words = |case: &Case| {
            locks.get(case.index).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        cases.iter().map(words).collect()
    }

    #[test]
    fn cases_that_name_one_resource_have_it_for_themselves() {
        let both = |path: &str| vec![format!("resource {path}"); 2];
        let nothing = vec![String::new(); 2];
        for (one, other, expected) in [
            // By a number, a variable, and the address of a thing.
            ("PUT /books/7", "DELETE /books/7", both("/books/7")),
            ("PUT /books/7", "GET /books/7?full=1", both("/books/7")),
            ("DELETE /books/${book}", "GET /books/b-1", both("/books/b-1")),
            ("PATCH /settings", "GET /settings", both("/settings")),
            ("DELETE /books/7", "GET /books/7/pages", both("/books/7")),
            ("POST /books/7/loans", "GET /books/7", both("/books/7")),
            // Harmless: they may run at the same time.
            ("PUT /books/7", "PUT /books/8", nothing.clone()),
            ("PUT /books/7", "PUT /books/70", nothing.clone()),
            ("GET /books/7", "GET /books/7", nothing.clone()),
            ("POST /books", "POST /books", nothing.clone()),
            ("POST /v1/books", "POST /v1/books", nothing.clone()),
            ("PUT /books/${unique}", "PUT /books/${unique}", nothing.clone()),
            ("DELETE /books/${book}", "DELETE /books/${note}", nothing),
        ] {
            let scenario = |name: &str, request: &str| {
                format!("  {name}: {{ triggers: bad, no_control: none, request: \"{request}\" }}\n")
            };
            let found = locks(&(scenario("one", one) + &scenario("other", other)));
            assert_eq!(found, expected, "{one}, {other}");
        }
    }

    #[test]
    fn what_a_case_was_given_is_its_own() {
        let made = |name: &str| {
            format!(
                "  {name}:\n    triggers: bad\n    no_control: none\n    setup: [{{ request: POST /books, capture: {{ id: /id }} }}]\n    \
                 request: PUT /books/${{id}}\n"
            )
        };
        assert_eq!(locks(&(made("one") + &made("other"))), [""; 2]);
        let rows = "  one: { triggers: bad, no_control: none, request: \"PUT /books/${n}\", each: { a: { n: 1 }, b: { n: 1 }, c: { n: 2 } } }\n";
        assert_eq!(locks(rows), ["resource /books/1", "resource /books/1", ""]);
    }
}
