//! Values of a member of which the document says nothing but its name, and says more of a parameter that has the same name: the
//! `type` of a file that is written is one of those by which files are listed.

use failspec_pack::openapi::{Operation, Parameter};
use serde_json::Value;

use super::{generate::Generator, invalid_value::core, value_generator::MADE_UP};

/// Keywords of a schema that say more of a text than that it is one.
const TELLING: [&str; 3] = ["enum", "const", "format"];

impl Generator<'_> {
    /// Returns a value for a member in place of one that was made up: that of a parameter of the same name, or a text of the run.
    pub(super) fn told_elsewhere(
        &self,
        operation: &Operation,
        name: &str,
        property: &Value,
        value: Value,
    ) -> Value {
        if value != *MADE_UP || self.paths.given(name).is_some() {
            return value;
        }
        let told = self.parameter_of(operation, name).and_then(|parameter| {
            let schema = parameter.schema.as_ref()?;
            // Of a list of values, the author has the usual one first.
            let listed =
                core(&self.declared.api.bundle, schema).get("enum").and_then(|all| all.get(0)).cloned();
            let told = listed.or_else(|| self.sampler.value(schema, name)).filter(Value::is_string)?;
            self.sampler.is_allowed(property, &told).then_some(told)
        });
        let creates = matches!(operation.method.as_str(), "POST" | "PUT");
        told.unwrap_or_else(|| if creates { self.sampler.as_own_text(property, value) } else { value })
    }

    /// Returns the parameter of this name of which the document says most: of the same address, or if all that have the name agree.
    fn parameter_of(&self, operation: &Operation, name: &str) -> Option<&Parameter> {
        let named = self.declared.api.operations.iter().flat_map(|other| {
            let own = other.parameters.iter().filter(|parameter| parameter.name == name);
            own.filter_map(move |parameter| Some((other, parameter, self.told_of(parameter)?)))
        });
        let named: Vec<_> = named.collect();
        let here = named.iter().find(|(other, _, _)| other.path == operation.path);
        let (_, first, said) = here.or(named.first())?;
        let agree = here.is_some() || named.iter().all(|(_, _, other)| other == said);
        agree.then_some(*first)
    }

    /// Returns what the document says of the values of a parameter, if it says anything.
    fn told_of(&self, parameter: &Parameter) -> Option<Vec<Option<Value>>> {
        let schema = core(&self.declared.api.bundle, parameter.schema.as_ref()?);
        let told: Vec<Option<Value>> = TELLING.iter().map(|key| schema.get(*key).cloned()).collect();
        told.iter().any(Option::is_some).then_some(told)
    }
}
