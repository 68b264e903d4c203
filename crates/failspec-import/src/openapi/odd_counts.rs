//! Numbers in queries that count something, such as `limit`, where the document lets them be any number.

use failspec_pack::openapi::{Parameter, ParameterLocation};
use serde_json::{Value, json};

use super::{
    generate::Generator,
    invalid_value::{InvalidValue, core},
    unusual::snake,
    value_generator::kind,
};

/// Words in the names of parameters that count.
const COUNTS: [&str; 16] = [
    "count", "first", "index", "last", "length", "limit", "max", "number", "offset", "page", "per", "size",
    "skip", "start", "take", "top",
];

impl Generator<'_> {
    /// Returns zero, a negative number and a fraction for a parameter of the query that counts and is a `number`: servers divide by
    /// them, or give them to a database. Integers get them because of their type.
    pub(super) fn odd_counts(&self, parameter: &Parameter, schema: &Value) -> Vec<(InvalidValue, String)> {
        let entries = core(&self.sampler.declared.api.bundle, schema).as_object();
        let is_number = entries.and_then(kind) == Some("number");
        if parameter.place != ParameterLocation::Query || !is_number || !counts(&parameter.name) {
            return Vec::new();
        }
        let odd = [("zero_count", json!(0)), ("negative_count", json!(-1)), ("fraction_count", json!(1.5))];
        let odd = odd.into_iter().filter(|(_, value)| self.sampler.is_allowed(schema, value));
        odd.map(|(what, value)| {
            let text = value.to_string();
            (InvalidValue::unusual(what, value).tolerated(), text)
        })
        .collect()
    }
}

/// Returns true if the name of a parameter says that it counts.
fn counts(name: &str) -> bool {
    snake(name).split('_').any(|word| COUNTS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn a_name_says_that_a_parameter_counts() {
        for (name, expected) in [
            ("limit", true),
            ("pageSize", true),
            ("per_page", true),
            ("offset", true),
            ("price", false),
            ("weight", false),
            ("pages_of_somebody", false),
        ] {
            assert_eq!(counts(name), expected, "{name}");
        }
    }
}
