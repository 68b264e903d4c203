//! Generates OpenAPI documents from a seed.

use serde_json::{Map, Value, json};

/// A pseudo-random number generator: the same seed gives the same numbers.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn flip(&mut self) -> bool {
        self.roll(2) == 0
    }
}

/// Generates a document of version 3.0 or 3.1, with one or two kinds of things that can be listed.
pub fn document(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let invalid = if dice.flip() { "400" } else { "422" };
    let guarded = dice.flip();
    let mut paths = Map::new();
    for number in 0..=dice.roll(2) {
        let (list, item) = (format!("/things{number}"), format!("/things{number}/{{thingId}}"));
        paths.insert(list, collection(&mut dice, invalid, guarded));
        paths.insert(item, one(invalid, guarded));
    }
    let mut document = json!({
        "openapi": if dice.flip() { "3.0.3" } else { "3.1.0" },
        "info": { "title": "Made up", "version": "1" },
        "paths": paths,
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": { "code": { "type": "string" }, "message": { "type": "string" } }
                }
            },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } }
        }
    });
    if guarded {
        document["security"] = json!([{ "token": [] }]);
    }
    document
}

fn errors(statuses: &[&str]) -> Map<String, Value> {
    let error = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } });
    let response = json!({ "description": "refused", "content": error });
    statuses.iter().map(|status| ((*status).to_owned(), response.clone())).collect()
}

fn responses(success: &str, schema: Value, mut errors: Map<String, Value>) -> Value {
    let content = json!({ "application/json": { "schema": schema } });
    errors.insert(success.to_owned(), json!({ "description": "done", "content": content }));
    errors.into()
}

fn collection(dice: &mut Dice, invalid: &str, guarded: bool) -> Value {
    let mut statuses = vec![invalid, "405", "406", "415"];
    statuses.extend(guarded.then_some("401"));
    let thing =
        json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } });
    let parameters: Vec<Value> = (0..=dice.roll(4))
        .map(|number| {
            let place = if dice.roll(4) == 0 { "header" } else { "query" };
            let name = format!("{}{number}", if place == "header" { "X-Want-" } else { "want" });
            json!({ "name": name, "in": place, "required": dice.flip(), "schema": scalar(dice) })
        })
        .collect();
    let mut properties = Map::new();
    properties.insert("name".to_owned(), json!({ "type": "string" }));
    let mut required = vec!["name".to_owned()];
    for number in 0..=dice.roll(4) {
        let name = format!("part{number}");
        if dice.flip() {
            required.push(name.clone());
        }
        let part = match dice.roll(5) {
            0 => json!({
                "type": "object",
                "required": ["inner"],
                "properties": { "inner": scalar(dice) }
            }),
            1 => json!({ "type": "array", "minItems": 1, "maxItems": 3, "items": { "type": "string" } }),
            _ => scalar(dice),
        };
        properties.insert(name, part);
    }
    let mut body = json!({ "type": "object", "required": required, "properties": properties });
    if dice.flip() {
        body["additionalProperties"] = false.into();
    }
    json!({
        "get": {
            "operationId": "list",
            "parameters": parameters,
            "responses": responses("200", json!({ "type": "array", "items": thing }), errors(&statuses))
        },
        "post": {
            "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
            "responses": responses("201", thing, errors(&statuses))
        }
    })
}

fn one(invalid: &str, guarded: bool) -> Value {
    let mut statuses = vec![invalid, "404"];
    statuses.extend(guarded.then_some("401"));
    let id = json!({ "name": "thingId", "in": "path", "required": true, "schema": { "type": "integer" } });
    let thing =
        json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } });
    json!({
        "parameters": [id],
        "get": { "responses": responses("200", thing.clone(), errors(&statuses)) },
        "delete": { "responses": responses("200", thing, errors(&statuses)) }
    })
}

/// Generates the schema of a value that is neither an array nor an object.
fn scalar(dice: &mut Dice) -> Value {
    match dice.roll(10) {
        0 => json!({ "type": "integer", "minimum": 3, "maximum": 40 }),
        1 => json!({ "type": "integer", "multipleOf": 5 }),
        2 => json!({ "type": "number", "maximum": 2.5 }),
        3 => json!({ "type": "boolean" }),
        4 => json!({ "type": "string", "enum": ["red", "green", "blue"] }),
        5 => json!({ "type": "string", "minLength": 3, "maxLength": 12 }),
        6 => json!({ "type": "string", "pattern": "^[a-z]{2}-[0-9]+$" }),
        7 => json!({ "type": "integer", "multipleOf": 5, "minimum": 12, "maximum": 48 }),
        8 => json!({ "type": "number", "multipleOf": 0.5, "minimum": 1.25 }),
        _ => json!({ "type": "string", "maxLength": 20 }),
    }
}
