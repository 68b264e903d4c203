//! The data that a request changes.

use serde_json::Value;

use failspec_pack::openapi::{Operation, Parameter, ParameterLocation};

use super::{
    actions::acts_on_all,
    crud::bare,
    effects::{destroys, is_of_words, only_reads, sets_up},
    fixtures::Fixtures,
    generate::{Generator, declares},
    taken_names::renames,
    unknown_ids::ends_in_value,
    unusual::snake,
};

/// The data that a request changes if it is not rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nothing.
    Nothing,
    /// Resources that the scenario created.
    Own,
    /// A new resource, or another effect that is not undone.
    Fresh,
    /// Nothing: what its query or body names does not exist.
    OfNothing,
    /// Resources that existed before the run.
    Foreign,
}

impl Generator<'_> {
    /// Finds the data that a request to an operation changes; `foreign` if it names what the run did not create.
    pub(super) fn reach(&self, operation: &Operation, around: &Fixtures, foreign: bool) -> Reach {
        if only_reads(operation) {
            return Reach::Nothing;
        }
        let is_post = operation.method == "POST";
        // What a path gives a new name is named before that name.
        let gives_name = renames(operation) && ends_in_value(&self.declared.api.operations, operation);
        let folder = operation.path.rsplit_once("/{").map(|(folder, _)| folder).filter(|_| gives_name);
        let named = folder.filter(|folder| self.is_known_by_id(folder)).unwrap_or(&operation.path);
        let last = named.rfind('}').map(|end| bare(&named[..=end]));
        // What has no id is what the system has one of.
        let sets_up = sets_up(operation) && self.creators.of_collection(operation).is_none();
        if last.is_none() && (destroys(operation) || acts_on_all(operation) || self.acts_on_given(operation))
            || is_of_words(operation) && sets_up
        {
            return Reach::Foreign;
        }
        // One of few settings that a system has is not the run's, unless all of what it is a setting of is.
        let is_own = last.as_ref().is_some_and(|last| around.made.contains_key(last));
        if self.creators.is_setting(operation) && !is_own {
            return Reach::Foreign;
        }
        match last {
            Some(last) if around.made.contains_key(&last) => Reach::Own,
            None if is_post => Reach::Fresh,
            // The new resource is under one that the user of the import named.
            Some(_) if is_post && !foreign && self.creators.of_collection(operation).is_some() => {
                Reach::Fresh
            }
            // So is what is done with one that the user named for that.
            Some(_)
                if is_post
                    && !foreign
                    && !operation.path.trim_end_matches('/').ends_with('}')
                    && !destroys(operation) =>
            {
                Reach::Fresh
            }
            // The path names no thing, but one of few words.
            Some(_) if is_post && !foreign && is_of_words(operation) => Reach::Fresh,
            _ => Reach::Foreign,
        }
    }

    /// Returns true if the query of an operation names a thing that the user named, and nothing says that the operation makes something
    /// for it: it may change that.
    fn acts_on_given(&self, operation: &Operation) -> bool {
        let is_id = |name: &str| {
            snake(name).rsplit('_').next().is_some_and(|last| ["id", "uuid", "guid"].contains(&last))
        };
        let of_query = operation.parameters.iter().filter(|it| it.place == ParameterLocation::Query);
        !declares(operation, 201)
            && self.creators.of_collection(operation).is_none()
            && of_query.into_iter().any(|it| is_id(&it.name) && self.paths.given(&it.name).is_some())
    }

    /// Returns true if the user gave a value for a parameter, and the parameter takes it: the value may be meant for another one of this
    /// name.
    pub(super) fn is_given(&self, parameter: &Parameter) -> bool {
        let Some(given) = self.paths.given(&parameter.name) else { return false };
        let any = Value::Bool(true);
        let schema = parameter.schema.as_ref().unwrap_or(&any);
        let read = serde_json::from_str::<Value>(given).ok();
        let fits = |value: &Value| self.sampler.is_allowed(schema, value);
        fits(&given.into()) || read.is_some_and(|value| fits(&value))
    }
}
