//! Requests in which the two bounds of a range are equal, or the wrong way round.

use serde_json::Value;

use crate::names::slug;
use failspec_pack::openapi::{Operation, Parameter, ParameterLocation};

use super::{
    body::{Members, with},
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::core,
    path_values::text,
    request_spec::put,
    valid_request::ValidRequest,
    value_generator::kind,
};

/// Names of the two bounds of a range: a parameter whose name has the first often has a sibling with the second.
const BOUNDS: [(&str, &str); 8] = [
    ("start", "end"),
    ("begin", "end"),
    ("from", "to"),
    ("since", "until"),
    ("after", "before"),
    ("min", "max"),
    ("gte", "lte"),
    ("gt", "lt"),
];

impl Generator<'_> {
    /// Adds requests in which the two bounds of a range are equal, or the wrong way round: the document forbids neither.
    pub(super) fn equal_bounds(&self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        let queries =
            operation.parameters.iter().filter(|it| it.place == ParameterLocation::Query && !it.json);
        let queries: Vec<&Parameter> = queries.collect();
        let any = Value::Bool(true);
        for low in &queries {
            let Some(high) = counterpart(&low.name, |name| queries.iter().find(|it| it.name == name)) else {
                continue;
            };
            let schema = |it: &&Parameter| it.schema.clone().unwrap_or_else(|| any.clone());
            for (what, one, other) in self.bounds(&schema(low), &schema(high), &low.name) {
                let mut ask = right.ask.clone();
                put(&mut ask, low, Some(&text(&one)));
                put(&mut ask, high, Some(&text(&other)));
                let (name, rule) = (format!("{}_{what}", slug(&low.name)), low.pointer.clone());
                let fault = Fault::new(FaultKind::Unusual, name, rule, ask).of_kind(what, &low.name);
                faults.push(Fault { tolerated: true, ..fault });
            }
        }
        let Some((schema, body)) = self.json_body_of(operation, right) else { return };
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        for (name, low) in &members {
            let find = |name: &str| members.iter().find(|(other, _)| other == name);
            let Some((high_name, high)) = counterpart(name, find) else { continue };
            for (what, one, other) in self.bounds(low, high, name) {
                let bad = with(body, std::slice::from_ref(name), Some(&one))
                    .and_then(|body| with(&body, std::slice::from_ref(high_name), Some(&other)));
                let Some(bad) = bad.filter(|bad| self.sampler.is_allowed(schema, bad)) else { continue };
                let own = format!("{}_{what}", slug(name));
                let fault = self.unusual_body(operation, right, body, &bad, own).of_kind(what, name);
                faults.push(Fault { tolerated: true, ..fault });
            }
        }
    }

    /// Returns pairs of values for two bounds that both take, with the kind of pair: for dates and numbers.
    fn bounds(&self, low: &Value, high: &Value, name: &str) -> Vec<(&'static str, Value, Value)> {
        let bundle = &self.declared.api.bundle;
        let of = |schema: &Value| -> Option<Vec<Value>> {
            let entries = core(bundle, schema).as_object()?;
            let format = entries.get("format").and_then(Value::as_str);
            Some(match (kind(entries), format) {
                (Some("string"), Some("date")) => vec!["2024-01-31".into(), "2024-02-01".into()],
                (Some("string"), Some("date-time")) => {
                    vec!["2024-01-31T12:00:00Z".into(), "2024-02-01T12:00:00Z".into()]
                }
                (Some("integer" | "number"), _) => {
                    let least = self.sampler.value(schema, name)?;
                    let more = least.as_i64().map(|least| least + 1);
                    vec![least, more.map_or(Value::Null, Value::from)]
                }
                _ => return None,
            })
        };
        let (Some(values), Some(others)) = (of(low), of(high)) else { return Vec::new() };
        let [early, late] = values.as_slice() else { return Vec::new() };
        if others.first().map(Value::is_string) != Some(early.is_string()) {
            return Vec::new();
        }
        let allows = |schema: &Value, value: &Value| self.sampler.is_allowed(schema, value);
        let mut pairs = Vec::new();
        if allows(low, early) && allows(high, early) {
            pairs.push(("equal_bounds", early.clone(), early.clone()));
        }
        if !late.is_null() && allows(low, late) && allows(high, early) {
            pairs.push(("reversed_bounds", late.clone(), early.clone()));
        }
        pairs
    }
}

/// Finds the upper bound of the range of which `low` is the name of the lower one.
fn counterpart<'n, T>(low: &str, find: impl Fn(&str) -> Option<&'n T>) -> Option<&'n T> {
    let capital = |word: &str| -> String {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    };
    BOUNDS.iter().find_map(|(one, other)| {
        let plain = low.contains(one).then(|| low.replacen(one, other, 1));
        let capital = (capital(one), capital(other));
        let capital = low.contains(&capital.0).then(|| low.replacen(&capital.0, &capital.1, 1));
        plain.iter().chain(&capital).find_map(|name| find(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_bound_of_a_range_has_a_name_of_the_same_form() {
        for (low, names, expected) in [
            ("start", &["end"][..], Some("end")),
            ("start_date", &["end_date", "end"], Some("end_date")),
            ("startTime", &["endTime"], Some("endTime")),
            ("rangeStart", &["rangeEnd"], Some("rangeEnd")),
            ("created_after", &["created_before"], Some("created_before")),
            ("price.gte", &["price.lte"], Some("price.lte")),
            ("from", &["to"], Some("to")),
            ("from", &["until"], None),
            ("end", &["start"], None),
            ("platform", &["plat"], None),
        ] {
            let found = counterpart(low, |name| names.iter().find(|other| **other == name));
            assert_eq!(found.copied(), expected, "{low}");
        }
    }
}
