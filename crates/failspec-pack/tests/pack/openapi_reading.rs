//! OpenAPI documents: each way to say something is followed, or named as lost.

use failspec_pack::{
    openapi::{Api, Declared, Direction, Document, Operation, ParameterLocation, Version},
    pack::Texts,
};
use serde_json::{Value, json};

/// Reads a document from its parts.
fn read(text: &str) -> Api {
    Api::parse("self.yaml", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn losses(api: &Api) -> Vec<String> {
    api.warnings.losses().map(|warning| format!("{}: {}", warning.pointer, warning.message)).collect()
}

fn operation<'a>(api: &'a Api, name: &str) -> &'a Operation {
    let found = api.operations.iter().find(|operation| operation.name() == name);
    found.unwrap_or_else(|| {
        panic!("no {name}: {:?}", api.operations.iter().map(Operation::name).collect::<Vec<_>>())
    })
}

/// Returns true if the schema of the success of `GET /a` accepts a value.
fn accepts(api: &Api, value: &Value) -> bool {
    let content = operation(api, "GET /a").responses[0].content[0].clone();
    Declared::new(api.clone()).content(&content, Direction::Response).unwrap().fits(value)
}

/// Returns a document whose `GET /a` responds with a schema.
fn with_schema(version: &str, schema: &str, more: &str) -> String {
    format!(
        "openapi: {version}\ninfo: {{ title: t, version: '1' }}\npaths:\n  /a:\n    get:\n      responses:\n        \
         '200': {{ description: ok, content: {{ application/json: {{ schema: {schema} }} }} }}\n{more}"
    )
}

#[test]
fn schemas_are_followed_however_they_are_named() {
    let pet = "components: { schemas: { Pet: { type: object, required: [name] } } }";
    for (version, schema, more) in [
        ("3.0.3", "{ $ref: '#/components/schemas/Pet' }", pet),
        ("3.0.3", "{ $ref: 'self.yaml#/components/schemas/Pet' }", pet),
        ("3.0.3", "{ $ref: './self.yaml#/components/schemas/Pet' }", pet),
        ("3.0.3", "{ $ref: '../x/../self.yaml#/components/schemas/Pet' }", ""),
        ("3.1.0", "{ $ref: '#pet' }", "components: { schemas: { Pet: { $anchor: pet, required: [name] } } }"),
        (
            "3.1.0",
            "{ $ref: 'self.yaml#pet' }",
            "components: { schemas: { Pet: { $anchor: pet, required: [name] } } }",
        ),
        (
            "3.1.0",
            "{ $ref: 'https://a.example/pet.json' }",
            "components: { schemas: { Pet: { $id: 'https://a.example/pet.json', required: [name] } } }",
        ),
        (
            "3.1.0",
            "{ $ref: 'https://a.example/pet.json#/$defs/Name' }",
            "components: { schemas: { Pet: { $id: 'https://a.example/pet.json', $defs: { Name: { required: [name] } } } } }",
        ),
        (
            "3.1.0",
            "{ $ref: 'https://a.example/pet.json#n' }",
            "components: { schemas: { Pet: { $id: 'https://a.example/pet.json', $defs: { Name: { $anchor: n, required: [name] } } } } }",
        ),
        // Within a schema with an `$id`, references are relative to it.
        (
            "3.1.0",
            "{ $ref: '#/components/schemas/Pet' }",
            "components: { schemas: { Pet: { $id: 'https://a.example/pets/pet.json', $ref: name.json }, \
             Name: { $id: 'https://a.example/pets/name.json', required: [name] } } }",
        ),
        (
            "3.1.0",
            "{ $ref: '#/components/schemas/Pet' }",
            "components: { schemas: { Pet: { $id: 'https://a.example/pet.json', $ref: '#/$defs/N', \
             $defs: { N: { required: [name] } } } } }",
        ),
        // Documents with an `$id` also write this, and mean the document.
        (
            "3.1.0",
            "{ $ref: '#/components/schemas/Pet' }",
            "components: { schemas: { Pet: { $id: 'https://a.example/pet.json', $ref: '#/components/schemas/Name' }, \
             Name: { required: [name] } } }",
        ),
        (
            "3.1.0",
            "{ $dynamicRef: '#pet' }",
            "components: { schemas: { Pet: { $dynamicAnchor: pet, required: [name] } } }",
        ),
        (
            "3.2.0",
            "{ $ref: 'https://a.example/openapi.yaml#/components/schemas/Pet' }",
            "$self: 'https://a.example/openapi.yaml'\ncomponents: { schemas: { Pet: { required: [name] } } }",
        ),
        // Merge keys of YAML.
        ("3.0.3", "{ <<: *pet, description: a pet }", ""),
        ("3.0.3", "{ allOf: [{ <<: [*pet, *other] }] }", ""),
    ] {
        let text = match schema.contains('*') {
            true => {
                let anchors = "x-a: &pet { required: [name] }\nx-b: &other { required: [other] }\n";
                format!("{anchors}{}", with_schema(version, schema, more))
            }
            false => with_schema(version, schema, more),
        };
        if schema.contains("../x") {
            // A file outside the folder is not read, and this is said.
            assert!(!losses(&read(&text)).is_empty(), "{schema}");
            continue;
        }
        let api = read(&text);
        assert_eq!(losses(&api), Vec::<String>::new(), "{schema} {more}");
        assert!(accepts(&api, &json!({ "name": "a" })), "{schema} {more}");
        assert!(!accepts(&api, &json!({ "other": "a" })), "{schema} {more}");
    }
}

#[test]
fn references_that_lead_nowhere_are_named_and_their_schema_is_known_to_be_lost() {
    for (version, schema, more) in [
        ("3.0.3", "{ $ref: '#/components/schemas/None' }", ""),
        ("3.1.0", "{ $ref: '#/components/schemas/None', required: [name] }", ""),
        ("3.1.0", "{ $ref: '#none' }", ""),
        ("3.1.0", "{ $ref: 'https://a.example/none.json' }", ""),
        ("3.0.3", "{ $ref: 'other.yaml#/None' }", ""),
        ("3.0.3", "{ type: object, properties: { a: { items: { $ref: '#/none' } } } }", ""),
        (
            "3.0.3",
            "{ $ref: '#/components/schemas/A' }",
            "components: { schemas: { A: { allOf: [{ $ref: '#/none' }] } } }",
        ),
        // Which of them is meant depends on the schema from which the validation began.
        (
            "3.1.0",
            "{ $ref: '#/components/schemas/List' }",
            "components: { schemas: { List: { items: { $dynamicRef: '#item' }, $defs: { I: { $dynamicAnchor: item, not: {} } } }, \
             Pets: { $ref: '#/components/schemas/List', $defs: { I: { $dynamicAnchor: item } } } } }",
        ),
    ] {
        let api = read(&with_schema(version, schema, more));
        assert_eq!(losses(&api).len(), 1, "{schema}: {:?}", losses(&api));
        let content = &operation(&api, "GET /a").responses[0].content[0];
        assert_eq!(api.bundle.lost(content.schema.as_ref().unwrap()).len(), 1, "{schema}");
        // The rest of the schema counts.
        assert!(accepts(&api, &json!({ "name": "a" })), "{schema}");
        assert_eq!(accepts(&api, &json!({})), !schema.contains("required"), "{schema}");
    }
    let text = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths: { /a: { get: { responses: { '404': { $ref: '#/none' } } } } }";
    let api = read(text);
    assert_eq!(losses(&api).len(), 1);
    assert!(operation(&api, "GET /a").responses[0].lost.is_some());
}

#[test]
fn keys_next_to_a_reference_are_followed_or_named() {
    let pet = "components: { schemas: { Pet: { type: object } } }";
    let schema = "{ $ref: '#/components/schemas/Pet', required: [name] }";
    let new = read(&with_schema("3.1.0", schema, pet));
    assert!(!accepts(&new, &json!({})) && !accepts(&new, &json!([])) && accepts(&new, &json!({ "name": 1 })));
    let old = read(&with_schema("3.0.3", schema, pet));
    assert!(accepts(&old, &json!({})) && !accepts(&old, &json!([])));
    assert!(
        old.warnings.iter().any(|it| it.message.contains("required next to `$ref`")),
        "{:?}",
        old.warnings
    );
    let readers = "{ $ref: '#/components/schemas/Pet', description: d, example: {}, x-a: 1 }";
    assert!(read(&with_schema("3.0.3", readers, pet)).warnings.is_empty());

    // A path item and the one that it refers to both count.
    let api = read(
        "openapi: 3.1.0\ninfo: { title: t, version: '1' }\npaths:\n  /a/{id}:\n    $ref: '#/components/pathItems/A'\n    \
         parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]\n    \
         post: { responses: { '201': { description: own } } }\ncomponents:\n  pathItems:\n    A:\n      \
         parameters: [{ name: q, in: query }]\n      get: { responses: { '200': { description: there } } }\n      \
         post: { responses: { '200': { description: there } } }\n",
    );
    let get = operation(&api, "GET /a/{id}");
    let names: Vec<&str> = get.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["q", "id"]);
    assert_eq!(operation(&api, "POST /a/{id}").responses[0].description, "own");
    assert!(losses(&api).iter().any(|it| it.contains("has this operation itself")), "{:?}", losses(&api));
}

#[test]
fn version_may_be_a_number() {
    let nullable = "{ type: string, nullable: true }";
    for version in ["3.0", "'3.0.3'"] {
        let api = read(&with_schema(version, nullable, ""));
        assert_eq!(api.version, Version::V30);
        assert!(accepts(&api, &Value::Null), "{version}");
    }
    assert!(!accepts(&read(&with_schema("3.1", nullable, "")), &Value::Null));
}

#[test]
fn operations_of_openapi_3_2_are_read_and_streams_are_named() {
    let text = "info: { title: t, version: '1' }\npaths:\n  /a:\n    query: { responses: { '200': { description: ok } } }\n    \
                additionalOperations:\n      COPY: { responses: { '201': { description: ok } } }\n      \
                'not a method': { responses: { '201': { description: ok } } }\n    get:\n      responses:\n        \
                '200': { description: ok, content: { text/event-stream: { itemSchema: { type: object } } } }\n";
    let new = read(&format!("openapi: 3.2.0\n{text}"));
    for name in ["QUERY /a", "COPY /a", "GET /a"] {
        assert!(operation(&new, name).elsewhere.is_none());
    }
    let named = losses(&new).join("\n");
    assert!(named.contains("itemSchema") && named.contains("not a valid method"), "{named}");
    assert_eq!(losses(&new).len(), 2, "{named}");
    // Older versions do not have them.
    let old = losses(&read(&format!("openapi: 3.1.0\n{text}"))).join("\n");
    assert!(
        old.contains("`query` is not a method") && old.contains("`additionalOperations` is not"),
        "{old}"
    );
}

#[test]
fn servers_of_paths_and_operations_count() {
    let text = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\nservers: [{ url: 'https://a.example/v1' }]\npaths:\n  \
                /a:\n    servers: [{ url: 'https://a.example/v1/beta' }]\n    get: { responses: {} }\n    \
                put: { servers: [{ url: 'https://files.example' }], responses: {} }\n  /b: { get: { responses: {} } }\n";
    let api = read(text);
    assert!(operation(&api, "GET /beta/a").elsewhere.is_none());
    assert_eq!(operation(&api, "PUT /a").elsewhere.as_deref(), Some("https://files.example"));
    assert!(api.warnings.iter().any(|warning| warning.message.contains("https://files.example")));
    let declared = Declared::new(api);
    for (path, found) in [("/beta/a", true), ("/v1/beta/a", true), ("/a", false), ("/b", true)] {
        assert_eq!(declared.operation("GET", path).is_some(), found, "{path}");
    }
}

#[test]
fn paths_are_matched_as_what_they_are() {
    let paths = ["/x/{id}", "/x/{id}.json", "/x/{id}:sell", "/x/{from}-{to}", "/x/mine", "/{any}/fixed"];
    let items: String =
        paths.iter().map(|path| format!("  '{path}': {{ get: {{ responses: {{}} }} }}\n")).collect();
    let text = format!("openapi: 3.0.3\ninfo: {{ title: t, version: '1' }}\npaths:\n{items}");
    let declared = Declared::new(read(&text));
    for (asked, path) in [
        ("/x/7", Some("/x/{id}")),
        ("/x/7.json", Some("/x/{id}.json")),
        ("/x/7:sell", Some("/x/{id}:sell")),
        ("/x/7:buy", Some("/x/{id}")),
        ("/x/1-2", Some("/x/{id}")),
        ("/x/mine", Some("/x/mine")),
        ("/y/fixed", Some("/{any}/fixed")),
        ("/x/", None),
        ("/x/7/8", None),
    ] {
        let found = declared.operation("GET", asked).map(|operation| operation.path.as_str());
        assert_eq!(found, path, "{asked}");
    }
}

#[test]
fn paths_with_a_query_are_read_without_it_where_this_is_clear() {
    let text = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths:\n  /one?q={q}:\n    get:\n      \
                parameters: [{ name: q, in: path, required: true, schema: { type: string } }]\n      responses: {}\n  \
                /two?a=1: { get: { responses: {} } }\n  /two?a=2: { get: { responses: {} } }\n";
    let api = read(text);
    let one = operation(&api, "GET /one");
    assert_eq!((one.parameters[0].place, one.parameters[0].required), (ParameterLocation::Query, true));
    assert_eq!(api.operations.len(), 1);
    assert_eq!(losses(&api).len(), 2, "{:?}", losses(&api));
}

#[test]
fn second_of_two_keys_is_named() {
    let yaml = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths:\n  /a: { get: { responses: {} } }\n  /a: { put: { responses: {} } }\n";
    let json = r#"{ "openapi": "3.0.3", "info": {}, "paths": { "/a": { "get": {} }, "/a": { "get": {} } } }"#;
    for text in [yaml, json] {
        let named = losses(&read(text)).join("\n");
        assert!(named.contains("`/a` appears twice") || named.contains("/paths/~1a appears"), "{named}");
    }
}

#[test]
fn files_of_a_pack_may_refer_to_the_document() {
    let main = with_schema(
        "3.0.3",
        "{ $ref: 'parts/pet.yaml#/Pet' }",
        "components: { schemas: { Name: { type: string } } }",
    );
    let part =
        "Pet: { required: [name], properties: { name: { $ref: '../api.yaml#/components/schemas/Name' } } }";
    let texts: Texts =
        [("schemas/p/openapi/api.yaml", main.as_str()), ("schemas/p/openapi/parts/pet.yaml", part)]
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.into()))
            .collect();
    let document = Document::of_texts("schemas/p/openapi/api.yaml", &[], &texts).unwrap();
    assert!(document.names_itself());
    let api = Api::lenient(&document);
    assert_eq!(losses(&api), Vec::<String>::new());
    assert!(accepts(&api, &json!({ "name": "a" })) && !accepts(&api, &json!({ "name": 1 })));
}

#[test]
fn security_that_cannot_be_met_is_named() {
    for (security, named) in [
        ("[{ a: [] }, { b: [] }]", None),
        // A key is sent beside the credential of a role; of two credentials, a role has one.
        ("[{ a: [], b: [] }]", None),
        ("[{ a: [], d: [] }]", Some("`a` and `d` at once")),
        ("[{ a: [], d: [] }, { a: [] }]", None),
        ("[{ a: [], d: [] }, {}]", None),
        // One token meets both.
        ("[{ a: [], o: [] }]", None),
        ("[{ c: [] }]", Some("`c` is not declared")),
    ] {
        let text = format!(
            "openapi: 3.0.3\ninfo: {{ title: t, version: '1' }}\nsecurity: {security}\npaths:\n  \
             /a: {{ get: {{ responses: {{}} }} }}\n  /b: {{ get: {{ responses: {{}} }} }}\n\
             components: {{ securitySchemes: {{ a: {{ type: http, scheme: bearer }}, b: {{ type: apiKey, in: query, name: k }}, o: {{ type: oauth2, flows: {{}} }}, d: {{ type: http, scheme: basic }} }} }}\n"
        );
        let losses = losses(&read(&text));
        assert_eq!(losses.len(), usize::from(named.is_some()), "{security}: {losses:?}");
        assert!(named.is_none_or(|named| losses[0].contains(named)), "{security}: {losses:?}");
    }
}

#[test]
fn parts_that_are_not_tested_are_named() {
    let text = "openapi: 3.1.0\ninfo: { title: t, version: '1' }\njsonSchemaDialect: 'http://json-schema.org/draft-07/schema#'\n\
                webhooks: { made: { post: { responses: {} } } }\npaths:\n  /a:\n    get:\n      \
                parameters: [{ name: q, in: query, style: deepObject, schema: { type: object } }]\n      \
                callbacks: { done: { '{$request.query.url}': { post: { responses: {} } } } }\n      responses:\n        \
                '200': { description: ok, content: { application/xml: { schema: { type: object } }, text/plain: { schema: { type: string } } } }\n";
    let api = read(text);
    let named: Vec<String> = api.warnings.iter().map(|warning| warning.to_string()).collect();
    for (place, message) in [
        ("/webhooks", "webhooks are requests that the API sends"),
        ("/callbacks", "callbacks are requests that the API sends"),
        ("/jsonSchemaDialect", "is read as JSON Schema 2020-12"),
        ("/parameters/0", "`style: deepObject` is not followed"),
        ("/responses/200", "bodies with the media type application/xml are not compared"),
    ] {
        assert!(named.iter().any(|it| it.contains(place) && it.contains(message)), "{message}: {named:#?}");
    }
    assert_eq!(named.len(), 5, "{named:#?}");
}

/// A value that names an alternative of a `discriminator` is compared with that one, though it is valid under others as well; one that
/// names none is compared with all.
#[test]
fn a_discriminator_selects_the_alternative() {
    let schemas = "components:\n  schemas:\n    Branch: { type: object, required: [name], properties: { name: { type: string } } }\n    \
                   Tag: { type: object, required: [name], properties: { name: { type: string }, hash: { type: string } } }\n";
    let mapped = ", mapping: { BRANCH: '#/components/schemas/Branch', TAG: '#/components/schemas/Tag' }";
    for (about, mapping, value, is_valid) in [
        ("a mapped name", mapped, json!({ "type": "BRANCH", "name": "a", "hash": "b" }), true),
        ("the other one", mapped, json!({ "type": "TAG", "name": "a", "hash": "b" }), true),
        ("what the named one forbids", mapped, json!({ "type": "TAG", "name": "a", "hash": 1 }), false),
        ("no name: both", mapped, json!({ "name": "a" }), false),
        ("a name that is not mapped: both", mapped, json!({ "type": "Tag", "name": "a" }), false),
        ("the name of the schema", "", json!({ "type": "Branch", "name": "a" }), true),
        ("another name: both", "", json!({ "type": "BRANCH", "name": "a" }), false),
    ] {
        let schema = format!(
            "{{ oneOf: [{{ $ref: '#/components/schemas/Branch' }}, {{ $ref: '#/components/schemas/Tag' }}], \
             discriminator: {{ propertyName: type{mapping} }} }}"
        );
        let api = read(&with_schema("3.0.3", &schema, schemas));
        assert_eq!(accepts(&api, &value), is_valid, "{about}");
    }
}

/// A template says nothing of what a more concrete path names, whatever its methods are.
#[test]
fn the_methods_of_a_path_are_those_of_its_most_concrete_template() {
    let done = json!({ "responses": { "200": { "description": "done" } } });
    let api = read(
        &json!({
            "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
            "paths": {
                "/tools/{name}": { "get": done, "delete": done },
                "/tools/{tool}": { "put": done },
                "/tools/search": { "get": done },
                "/tools/files/{file}": { "put": done },
                "/tools/{name}/{version}": { "get": done, "delete": done }
            }
        })
        .to_string(),
    );
    let declared = Declared::new(api);
    for (path, expected) in [
        ("/tools/hammer", &["DELETE", "GET", "PUT"][..]),
        ("/tools/search", &["GET"]),
        ("/tools/files/a", &["PUT"]),
        ("/tools/hammer/1", &["DELETE", "GET"]),
        ("/none", &[]),
    ] {
        assert_eq!(declared.methods(path), expected, "{path}");
        let removal = declared.operation_of_resource("DELETE", path);
        assert_eq!(removal.is_some(), expected.contains(&"DELETE"), "{path}");
    }
}
