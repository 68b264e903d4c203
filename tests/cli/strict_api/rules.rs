//! A strict validator of requests, based only on the document: it shares no code with the product.

use std::collections::BTreeSet;

use serde_json::Value;

/// A rule of a document, such as `POST /things0 body part1 maxLength`.
pub type Rule = String;

/// The contents of a request.
#[derive(Debug)]
pub struct Said {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Said {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The violated rules of a request, and all rules that were checked.
#[derive(Debug, Default)]
pub struct Broken {
    pub rules: BTreeSet<Rule>,
    /// Every rule that was checked, violated or not.
    pub known: BTreeSet<Rule>,
}

impl Broken {
    pub fn look(&mut self, rule: String, broken: bool) {
        if broken {
            self.rules.insert(rule.clone());
        }
        self.known.insert(rule);
    }

    /// Checks the rules for a parameter; `value` is its value in the request.
    pub fn parameter(&mut self, at: &str, parameter: &Value, value: Option<&str>) {
        let at = format!("{at} {}", parameter["name"].as_str().expect("a name"));
        let Some(value) = value else {
            if parameter["required"] == true {
                self.look(format!("{at} required"), true);
            }
            return;
        };
        if parameter["required"] == true {
            self.look(format!("{at} required"), false);
        }
        let schema = &parameter["schema"];
        let read = match schema["type"].as_str() {
            Some("integer" | "number" | "boolean") => {
                serde_json::from_str(value).unwrap_or_else(|_| value.into())
            }
            _ => Value::from(value),
        };
        self.value(&at, schema, &read);
    }

    /// Checks the rules of a schema for a value.
    pub fn value(&mut self, at: &str, schema: &Value, value: &Value) {
        let is_a = |kind: &Value| match kind.as_str() {
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            Some("null") => value.is_null(),
            _ => true,
        };
        let of_type = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().any(is_a),
            kind => is_a(kind),
        };
        if let Some(alternatives) = schema["oneOf"].as_array() {
            let fits = |alternative: &&Value| {
                let mut inner = Self::default();
                inner.value("", alternative, value);
                inner.rules.is_empty()
            };
            return self.look(format!("{at} oneOf"), alternatives.iter().filter(fits).count() != 1);
        }
        // An `enum` implies the type: if either of them is dropped, the other one still rejects the same values.
        match schema["enum"].as_array() {
            Some(values) => self.look(format!("{at} enum"), !values.contains(value)),
            None if at.ends_with(" thingId") => {}
            None => self.look(format!("{at} type"), !of_type),
        }
        if !of_type {
            return;
        }
        let number = value.as_f64();
        let length = value.as_str().map(|text| text.chars().count() as u64);
        let mut bound = |key: &str, broken: &dyn Fn(&Value) -> bool| {
            if let Some(limit) = schema.get(key) {
                self.look(format!("{at} {key}"), broken(limit));
            }
        };
        bound("minimum", &|it| number.is_some_and(|number| number < it.as_f64().expect("a number")));
        bound("maximum", &|it| number.is_some_and(|number| number > it.as_f64().expect("a number")));
        bound("multipleOf", &|it| {
            number.is_some_and(|number| (number / it.as_f64().expect("a number")).fract() != 0.0)
        });
        bound("minLength", &|it| length.is_some_and(|length| length < it.as_u64().expect("a length")));
        bound("maxLength", &|it| length.is_some_and(|length| length > it.as_u64().expect("a length")));
        bound("minItems", &|it| {
            value.as_array().is_some_and(|items| (items.len() as u64) < it.as_u64().expect("a count"))
        });
        bound("maxItems", &|it| {
            value.as_array().is_some_and(|items| (items.len() as u64) > it.as_u64().expect("a count"))
        });
        // The only patterns that these documents contain, checked by hand.
        bound("pattern", &|pattern| {
            value.as_str().is_some_and(|text| match pattern.as_str() {
                Some("^[a-z]{1,9}$") => {
                    !(1..=9).contains(&text.len()) || !text.bytes().all(|it| it.is_ascii_lowercase())
                }
                _ => !is_two_letters_and_a_number(text),
            })
        });
        for item in value.as_array().into_iter().flatten() {
            self.value(&format!("{at} items"), &schema["items"], item);
        }
        if let Some(entries) = value.as_object() {
            let none = serde_json::Map::new();
            let properties = schema["properties"].as_object().unwrap_or(&none);
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                self.look(format!("{at} {name} required"), !entries.contains_key(name));
            }
            if schema["additionalProperties"] == false {
                let unknown = entries.keys().any(|key| !properties.contains_key(key));
                self.look(format!("{at} additionalProperties"), unknown);
            }
            for (name, schema) in properties {
                if let Some(value) = entries.get(name) {
                    self.value(&format!("{at} {name}"), schema, value);
                }
            }
        }
    }
}

fn is_two_letters_and_a_number(text: &str) -> bool {
    text.split_once('-').is_some_and(|(letters, digits)| {
        letters.len() == 2
            && letters.bytes().all(|it| it.is_ascii_lowercase())
            && !digits.is_empty()
            && digits.bytes().all(|it| it.is_ascii_digit())
    })
}

/// Returns every rule of a document that an API could omit.
pub fn all(document: &Value) -> BTreeSet<Rule> {
    let mut rules = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["get", "post", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            let at = format!("{} {path}", method.to_ascii_uppercase());
            let declares = |status: &str| operation["responses"].get(status).is_some();
            if document.get("security").is_some() {
                rules.extend([format!("{at} no credentials"), format!("{at} wrong credentials")]);
            }
            rules.extend(declares("404").then(|| format!("{at} unknown")));
            rules.extend(declares("406").then(|| format!("{at} accept")));
            rules.extend((method == "get" && declares("405")).then(|| format!("{path} method")));
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let at = format!("{at} {}", parameter["name"].as_str().expect("a name"));
                rules.extend((parameter["required"] == true).then(|| format!("{at} required")));
                of_schema(&at, &parameter["schema"], &mut rules);
                // Every value in a query is a string.
                if parameter["schema"]["type"] == "string" {
                    rules.remove(&format!("{at} type"));
                }
            }
            if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
                rules.extend([format!("{at} media type"), format!("{at} syntax")]);
                of_schema(&format!("{at} body"), schema, &mut rules);
            }
        }
    }
    rules
}

fn of_schema(at: &str, schema: &Value, rules: &mut BTreeSet<Rule>) {
    rules.insert(if schema.get("enum").is_some() { format!("{at} enum") } else { format!("{at} type") });
    let bounds =
        ["minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "pattern"];
    rules
        .extend(bounds.into_iter().filter(|key| schema.get(*key).is_some()).map(|key| format!("{at} {key}")));
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        rules.insert(format!("{at} {name} required"));
    }
    if schema["additionalProperties"] == false {
        rules.insert(format!("{at} additionalProperties"));
    }
    if let Some(items) = schema.get("items") {
        of_schema(&format!("{at} items"), items, rules);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        of_schema(&format!("{at} {name}"), property, rules);
    }
}
