//! Requests for things that do not exist.

use crate::names::slug;
use failspec_pack::{
    openapi::{Operation, Parameter},
    pack::{
        StatusPattern,
        fault_kind::{self, NEGATIVE_ID},
        writing::{ExpectSource, StepSource},
    },
};
use serde_json::Value;

use super::{
    crud::{bare, creates_at_its_address},
    effects::only_reads,
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    invalid_value::core,
    path_values::{FilledPath, names, parameter},
    request_spec::RequestSpec,
    scenario::step,
    unusual::snake,
    valid_request::ValidRequest,
    value_generator::kind,
};

impl Generator<'_> {
    /// Adds a request for a resource that does not exist.
    pub(super) fn unknown(&mut self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        if says_that_it_may_be_absent(operation) {
            let why = "the document says that there need be no such thing";
            return self.leave_out(why, operation, "unknown id");
        }
        faults.extend(self.under_another_parent(operation, right));
        self.ids_below_one(operation, right, faults);
        match self.of_nothing(operation, right) {
            Ok(fault) => {
                // An id of another form may be refused for its form.
                let same_form = fault.as_ref().and_then(|fault| self.of_same_form(operation, right, fault));
                faults.extend(same_form.or(fault));
            }
            Err(why) => self.leave_out(why, operation, "unknown id"),
        }
    }

    /// Adds requests that change or remove what has the id -1 or 0, where the document sets no minimum. The setup shows that there is no
    /// such thing. Some libraries for databases take 0 for no condition at all, and do it to all things: that is asked only of systems
    /// where that is acceptable.
    fn ids_below_one(&mut self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        // What a POST would make there has another id, and nothing would remove it.
        let changes = matches!(operation.method.as_str(), "PUT" | "PATCH" | "DELETE");
        let Some((item, name)) = innermost(&operation.path).filter(|_| changes) else { return };
        let Some(own) = parameter(operation, name).filter(|own| is_id_without_minimum(own)) else { return };
        let schema = own.schema.as_ref().map(|schema| core(&self.declared.api.bundle, schema));
        let is_number = schema.and_then(Value::as_object).and_then(kind) == Some("integer");
        let Some(read) = self.creators.on("GET", &item).filter(|_| is_number) else { return };
        let none = StatusPattern::Class(4);
        for (id, kind, what) in [("0", fault_kind::ZERO_ID, "zero"), ("-1", NEGATIVE_ID, "negative")] {
            let value: Value = id.parse::<i64>().map(Value::from).unwrap_or_default();
            let is_allowed =
                own.schema.as_ref().is_some_and(|schema| self.sampler.is_allowed(schema, &value));
            let made = &right.around.made;
            let there = self.paths.fill(operation, made, &[(name, id.to_owned())]);
            let Some(reading) = names(&read.path).last().copied() else { return };
            let looked = self.paths.fill(read, made, &[(reading, id.to_owned())]);
            if !is_allowed || there.foreign || looked.foreign {
                continue;
            }
            if id == "0" && !self.allow_leftovers {
                let why = "a server that takes 0 for no id would do it to all things (--allow-leftovers)";
                self.leave_out(why, operation, "id 0");
                continue;
            }
            let Ok((look, _)) = self.asked(read, looked.path) else { return };
            let expect = ExpectSource { status: vec![none].into(), ..ExpectSource::default() };
            let faulty = RequestSpec { path: there.path, ..right.ask.clone() };
            let fault =
                Fault::new(FaultKind::ZeroId, format!("{}_{what}", slug(name)), own.pointer.clone(), faulty);
            faults.push(Fault {
                setup: vec![StepSource { expect: Some(expect), ..step(&look, None) }],
                ..fault.of_kind(kind, name)
            });
        }
    }

    /// Returns the request for a resource that does not exist with an id of the form that the API gives to what it creates, if
    /// the document does not say what that form is: of another form it may be refused before it is looked for.
    fn of_same_form(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        unknown: &Fault,
    ) -> Option<Fault> {
        let (item, name) = innermost(&operation.path)?;
        // Of the fault before it, the id is another one.
        if unknown.part.as_deref() != Some(name) {
            return None;
        }
        let may_create = creates_at_its_address(operation);
        let made = right.around.made.get(&item).filter(|_| !may_create).cloned();
        let capture = made.or_else(|| self.listed_of_unknown_form(operation, &item, name))?;
        let instead = [(name, format!("${{unlike({capture})}}"))];
        let path = self.fill_without_others(operation, right, &instead)?.path;
        let what = format!("{}_of_the_same_form", unknown.what);
        let faulty = RequestSpec { path, ..unknown.faulty.clone() };
        let fault = Fault::new(FaultKind::Unknown, what, unknown.rule.clone(), faulty);
        Some(Fault { names_own: true, ..fault.of_kind(fault_kind::UNKNOWN_ID, name) })
    }

    /// Returns the variable with an id that the API lists, for an operation that only reads, if the document does not say what form
    /// such an id has.
    fn listed_of_unknown_form(&self, operation: &Operation, item: &str, name: &str) -> Option<String> {
        let listed = self.paths.listed_as(item).filter(|_| only_reads(operation))?;
        let own = parameter(operation, name)?;
        let inner = own.schema.as_ref().map(|schema| core(&self.declared.api.bundle, schema));
        let is_uuid = inner.is_some_and(|schema| schema.get("format").is_some_and(|it| it == "uuid"));
        let says_form = is_uuid || inner.is_some_and(|schema| schema.get("pattern").is_some());
        let is_text = matches!(inner.and_then(Value::as_object).and_then(kind), Some("string") | None);
        (is_text && !says_form).then(|| listed.to_owned())
    }

    /// Returns the request for a resource that does not exist; none if the path names no resource.
    ///
    /// # Errors
    /// Returns the reason if the request might name one that exists, or create one.
    pub(super) fn of_nothing(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
    ) -> Result<Option<Fault>, &'static str> {
        let mut names = names(&operation.path);
        if ends_in_value(&self.declared.api.operations, operation) {
            names.pop();
        }
        // A PUT that may create (201) creates what has an unknown id: that is no fault. What it is created in must exist.
        let may_create =
            creates_at_its_address(operation) || adds_by_name(&operation.method, &operation.path);
        let created = if may_create { names.pop() } else { None };
        if created.is_some() && names.is_empty() {
            return Err(match creates_at_its_address(operation) {
                true => "a request for an unknown id may create it (201)",
                false => "its path says that it adds what has an unknown name",
            });
        }
        let Some(name) = names.last().copied() else { return Ok(None) };
        let Some(own) = parameter(operation, name) else { return Ok(None) };
        let Some(nothing) = self.paths.nothing(operation, own) else {
            return Err("so few ids of this form are possible that each one may exist");
        };
        let mut faulty = right.ask.clone();
        let mut names_own = nothing.is_own;
        let mut instead = vec![(name, nothing.text)];
        // In what does not exist there is nothing either.
        let inner = created.and_then(|created| Some((created, parameter(operation, created)?)));
        let inner = inner.and_then(|(created, inner)| Some((created, self.paths.nothing(operation, inner)?)));
        names_own |= inner.as_ref().is_some_and(|(_, nothing)| nothing.is_own);
        instead.extend(inner.map(|(created, nothing)| (created, nothing.text)));
        let is_in_others = self.paths.fill(operation, &right.around.made, &instead).foreign;
        if is_in_others && may_add_at_its_address(&self.declared.api.operations, operation) {
            return Err("it might add something to what the run did not create");
        }
        let Some(filled) = self.fill_without_others(operation, right, &instead) else {
            return Err("it might change something that the run did not create");
        };
        faulty.path = filled.path;
        let (class, rule) = (FaultKind::Unknown, own.pointer.clone());
        let what = format!("unknown_{}", slug(name));
        let fault = Fault::new(class, what, rule, faulty).of_kind(fault_kind::UNKNOWN_ID, name);
        Ok(Some(Fault { names_own, ..fault }))
    }
}

impl Generator<'_> {
    /// Fills the path of a request with a fault in an id. If the request may change something, it names nothing that the run did not
    /// create: a server that looks at one of the ids alone would change what others have. `None` if that is not possible.
    pub(super) fn fill_without_others(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        instead: &[(&str, String)],
    ) -> Option<FilledPath> {
        let filled = self.paths.fill(operation, &right.around.made, instead);
        if !filled.foreign || operation.is_safe() {
            return Some(filled);
        }
        let mut all = instead.to_vec();
        all.extend(self.parents_of_nothing(operation, right, instead));
        let filled = self.paths.fill(operation, &right.around.made, &all);
        (!filled.foreign).then_some(filled)
    }

    /// Returns values that name nothing for the parameters of a path that would name what the run did not create.
    fn parents_of_nothing<'o>(
        &self,
        operation: &'o Operation,
        right: &ValidRequest,
        instead: &[(&str, String)],
    ) -> Vec<(&'o str, String)> {
        let ends = operation.path.match_indices('}').map(|(end, _)| bare(&operation.path[..=end]));
        let places = names(&operation.path).into_iter().zip(ends);
        let foreign = places.filter(|(name, item)| {
            !right.around.made.contains_key(item)
                && self.paths.given(name).is_none()
                && !instead.iter().any(|(replaced, _)| replaced == name)
        });
        let nothing = foreign.filter_map(|(name, _)| {
            let own = parameter(operation, name)?;
            let is_chosen = own
                .schema
                .as_ref()
                .is_some_and(|schema| core(&self.declared.api.bundle, schema).get("enum").is_some());
            (!is_chosen).then_some(())?;
            Some((name, self.paths.nothing(operation, own)?.text))
        });
        nothing.collect()
    }
}

/// Returns true if the last part of a path is a parameter that no other operation has there, in nothing that is a path of its own: it
/// is a value that the operation gives to what the path names before it, as in `POST /nodes/{id}/rename/{newName}`, and any value
/// will do.
pub(super) fn ends_in_value(operations: &[Operation], operation: &Operation) -> bool {
    let path = bare(&operation.path);
    let Some(parent) = path.strip_suffix("/{}") else { return false };
    let has_others =
        || operations.iter().any(|other| bare(&other.path) == path && other.method != operation.method);
    let is_in_path = || operations.iter().any(|other| bare(&other.path) == parent);
    !operation.is_safe()
        && operation.method != "DELETE"
        && !creates_at_its_address(operation)
        && names(&operation.path).len() > 1
        && !parent.ends_with('}')
        && !has_others()
        && !is_in_path()
}

/// Returns true if an operation may add something under the id with which its path ends, whatever that is, and no operation would
/// remove it.
fn may_add_at_its_address(operations: &[Operation], operation: &Operation) -> bool {
    let path = bare(&operation.path);
    let is_removed = || operations.iter().any(|other| other.method == "DELETE" && bare(&other.path) == path);
    matches!(operation.method.as_str(), "POST" | "PUT" | "PATCH") && path.ends_with('}') && !is_removed()
}

/// Returns true if the word before the last parameter of a path says that the operation adds what has that name, as in
/// `POST /paths/add/{name}`.
fn adds_by_name(method: &str, path: &str) -> bool {
    const WORDS: [&str; 7] = ["add", "create", "new", "register", "insert", "replace", "upsert"];
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let is_parameter = segments.next().is_some_and(|last| last.starts_with('{') && last.ends_with('}'));
    is_parameter
        && matches!(method, "POST" | "PUT")
        && segments.next().is_some_and(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// Returns true for a parameter of a path that is an id, and not a number that counts, if the document does not say with which number
/// ids begin.
pub(super) fn is_id_without_minimum(parameter: &Parameter) -> bool {
    let has = |key: &str| parameter.schema.as_ref().is_some_and(|schema| schema.get(key).is_some());
    snake(&parameter.name).rsplit('_').next() == Some("id") && !has("minimum") && !has("exclusiveMinimum")
}

/// Returns true if an operation declares no refusal of an id that does not exist, and says in words that it may create the thing,
/// or that the thing may be absent.
fn says_that_it_may_be_absent(operation: &Operation) -> bool {
    const WORDS: [&str; 7] =
        ["or create", "create or", "upsert", "if it exists", "if exists", "if present", "or add"];
    let says = || {
        let summary = operation.summary.to_ascii_lowercase();
        WORDS.iter().any(|words| summary.contains(words))
    };
    !operation.is_safe() && !declares(operation, 404) && !declares(operation, 410) && says()
}

/// Returns the bare path of the innermost resource that a path names, and the parameter that identifies it.
pub(super) fn innermost(path: &str) -> Option<(String, &str)> {
    let end = path.rfind('}')?;
    Some((bare(&path[..=end]), names(path).last().copied()?))
}

#[cfg(test)]
mod tests {
    use super::adds_by_name;

    #[test]
    fn a_word_before_the_name_says_that_it_is_added() {
        for (method, path, expected) in [
            ("POST", "/config/paths/add/{name}", true),
            ("PUT", "/users/register/{name}/", true),
            ("POST", "/paths/{name}", false),
            ("POST", "/paths/{name}/add", false),
            ("DELETE", "/paths/new/{name}", false),
            ("POST", "/address/{name}", false),
        ] {
            assert_eq!(adds_by_name(method, path), expected, "{method} {path}");
        }
    }
}
