//! Locations in bodies.

use serde_json::Value;

use failspec_pack::pack::Pointer;

/// Maximum length of the pointers of locations that are used, in bytes.
const MAX_LEN: usize = 200;

/// A location in a body: steps from the outside to the inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BodyPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A member of an object.
    Member(String),
    /// Each item of a list.
    EachItem,
}

impl BodyPath {
    /// Returns the whole body.
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// Returns the location of a field that a page names, as in `errors.0.code`.
    pub fn of_field(names: &[String]) -> Self {
        let step = |name: &String| match name.as_str() {
            "0" => Step::EachItem,
            _ => Step::Member(name.clone()),
        };
        Self(names.iter().map(step).collect())
    }

    /// Returns the location of a member of the object at this location.
    pub fn member(&self, name: &str) -> Self {
        Self(self.0.iter().cloned().chain([Step::Member(name.to_owned())]).collect())
    }

    /// Returns the location of the items of the list at this location.
    pub fn each_item(&self) -> Self {
        Self(self.0.iter().cloned().chain([Step::EachItem]).collect())
    }

    /// Returns the name of the innermost member, unless the location is an item.
    pub fn name(&self) -> Option<&str> {
        match self.0.last()? {
            Step::Member(name) => Some(name),
            Step::EachItem => None,
        }
    }

    /// Returns the names of the members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Member(name) => Some(name.as_str()),
            Step::EachItem => None,
        })
    }

    /// Returns true if there can be several values at this location.
    pub fn is_of_each(&self) -> bool {
        self.0.contains(&Step::EachItem)
    }

    /// Returns true if `other` is this location or inside it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Returns true if the innermost steps are those of `other`.
    pub fn ends_with(&self, other: &Self) -> bool {
        self.0.ends_with(&other.0)
    }

    /// Returns the number of steps.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Returns the value at this location; of a list, the first item.
    pub fn find<'v>(&self, body: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(body, |value, step| match step {
            Step::Member(name) => value.as_object()?.get(name),
            Step::EachItem => value.as_array()?.first(),
        })
    }

    /// Returns the location as a JSON Pointer, with `*` for the items of a list.
    pub fn pointer(&self) -> Pointer {
        Pointer::from_steps(self.0.iter().map(|step| match step {
            Step::Member(name) => name.as_str(),
            Step::EachItem => "*",
        }))
    }
}

/// Collects the scalars of a body with their locations. Only the first item of a list is used.
pub(super) fn scalars(body: &Value) -> Vec<(BodyPath, &Value)> {
    let mut found = Vec::new();
    let mut open = vec![(BodyPath::root(), body)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(members) => {
                open.extend(members.iter().rev().map(|(name, value)| (path.member(name), value)));
            }
            Value::Array(items) => open.extend(items.first().map(|item| (path.each_item(), item))),
            _ if path.pointer().as_str().len() < MAX_LEN => found.push((path, value)),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_have_their_locations() {
        let body = json!({ "errors": [{ "code": 1 }, { "code": 2 }], "0": "a", "0x": { "a/b": null } });
        let found = scalars(&body);
        let shown: Vec<_> =
            found.iter().map(|(path, _)| (path.pointer().as_str().to_owned(), path.is_of_each())).collect();
        // A member whose name begins with a digit is no item of a list.
        let wanted = [("/errors/*/code", true), ("/0", false), ("/0x/a~1b", false)];
        assert_eq!(shown, wanted.map(|(pointer, of_each)| (pointer.to_owned(), of_each)));
        assert!(found.iter().all(|(path, value)| path.find(&body) == Some(value)));
    }

    #[test]
    fn fields_of_a_page_are_found_where_an_example_has_them() {
        let names = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let inner = BodyPath::root().member("data").member("error").member("code");
        assert!(inner.ends_with(&BodyPath::of_field(&names("error.code"))));
        assert!(!inner.ends_with(&BodyPath::of_field(&names("or.code"))));
        assert!(BodyPath::root().member("data").contains(&inner));
        assert!(!BodyPath::root().member("dat").contains(&inner));
        assert_eq!(BodyPath::of_field(&names("errors.0.co~de")).pointer().as_str(), "/errors/*/co~0de");
    }
}
