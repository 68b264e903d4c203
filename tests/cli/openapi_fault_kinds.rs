//! The names of kinds of faults, which an import writes and a report groups by.

use std::collections::BTreeSet;

use failspec_import::OpenApiOptions;
use failspec_judge::report_model::grouped_fault_kinds;
use serde_json::{Value, json};

use crate::openapi_property::imported_as;

/// A document whose operations have a value of every kind in a body, a query, a path and a response.
fn document() -> Value {
    let thing = json!({
        "type": "object",
        "required": ["name", "size"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "maxLength": 40 },
            "size": { "type": "integer", "minimum": 0 },
            "weight": { "type": "number" },
            "level": { "type": "integer", "format": "int32" },
            "kind": { "type": "string", "enum": ["wide", "narrow"] },
            "is_open": { "type": "boolean" },
            "from": { "type": "string", "format": "date-time" },
            "mail": { "type": "string", "format": "email" },
            "id": { "type": "string", "readOnly": true },
            "tags": { "type": "array", "items": { "type": "string" } },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "place": { "oneOf": [{ "type": "integer" }, { "type": "string", "format": "uuid" }] },
        },
    });
    // No member is required, and others may follow.
    let change = json!({
        "type": "object",
        "properties": {
            "note": { "type": "string" },
            "size": { "type": "integer" },
            "tags": { "type": "array", "items": { "type": "string" } },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
        },
        "example": { "note": "none", "size": 1, "tags": ["a"], "labels": { "a": "b" } },
    });
    let shape = |name: &str| {
        let properties = json!({ name: { "type": "string" } });
        json!({
            "type": "object", "required": [name], "properties": properties, "additionalProperties": false,
        })
    };
    let shapes = json!({ "oneOf": [shape("circle"), shape("square")] });
    let with =
        |schema: Value| json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    let answer = |description: &str| {
        let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } });
        json!({ "description": description, "content": content })
    };
    let query = |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
    let parameters = json!([
        query("limit", json!({ "type": "integer", "minimum": 1 })),
        query("page", json!({ "type": "integer" })),
        query("weight", json!({ "type": "number" })),
        query("text", json!({ "type": "string" })),
        query("cursor", json!({ "type": "string" })),
        query("kind", json!({ "type": "string", "enum": ["wide", "narrow"] })),
    ]);
    let body = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } });
    let things = json!({
        "type": "array", "items": { "$ref": "#/components/schemas/Thing" },
    });
    let refused = json!({ "description": "wrong" });
    let listed = json!({ "description": "all", "content": { "application/json": { "schema": things } } });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "things", "version": "1" },
        "security": [{ "token": [] }],
        "paths": {
            "/things": {
                "get": { "parameters": parameters, "responses": { "200": listed, "400": refused } },
                "post": {
                    "requestBody": { "required": true, "content": body },
                    "responses": { "201": answer("made"), "400": refused },
                },
            },
            "/shapes/search": {
                "post": {
                    "summary": "Search shapes",
                    "requestBody": with(shapes),
                    "responses": { "200": answer("found"), "400": refused },
                },
            },
            "/things/{id}": {
                "parameters": [{
                    "name": "id", "in": "path", "required": true, "schema": { "type": "integer" },
                }],
                "get": { "responses": { "200": answer("one"), "404": refused } },
                "put": {
                    "requestBody": { "required": true, "content": body },
                    "responses": { "200": answer("changed"), "400": refused, "404": refused },
                },
                "patch": {
                    "requestBody": with(change),
                    "responses": { "200": answer("changed"), "400": refused, "404": refused },
                },
                "delete": { "responses": { "204": { "description": "gone" }, "404": refused } },
            },
        },
        "components": {
            "schemas": { "Thing": thing },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    })
}

#[test]
fn kinds_that_rows_are_grouped_by_are_those_that_an_import_writes() {
    let pack = imported_as(&document(), OpenApiOptions { allow_writes: true, ..OpenApiOptions::default() });
    let written: BTreeSet<&str> =
        pack.scenarios.iter().filter_map(|scenario| scenario.fault.as_deref()).collect();
    let grouped = grouped_fault_kinds();
    let unknown: Vec<&&str> = grouped.iter().filter(|kind| !written.contains(**kind)).collect();
    assert!(unknown.is_empty(), "no import writes {unknown:?}; it writes {written:?}");
}
