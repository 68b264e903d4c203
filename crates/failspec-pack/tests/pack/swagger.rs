//! Swagger 2.0 documents: read as if they were OpenAPI 3.0.

use failspec_pack::{
    openapi::{
        Api, Content, Credential, Declared, Direction, Document, Operation, ParameterLocation,
        ResponseStatus, Version,
    },
    pack::Texts,
};
use serde_json::{Value, json};

const PETS: &str = r##"
swagger: '2.0'
info: { title: Pets, version: '1' }
host: pets.example
basePath: /v1
schemes: [https, http]
consumes: [application/json, application/vnd.pet+json]
produces: [application/json]
security: [{ key: [], login: [] }]
securityDefinitions:
  key: { type: apiKey, in: header, name: X-Key }
  login: { type: basic }
  grant: { type: oauth2, flow: implicit, authorizationUrl: 'https://pets.example', scopes: {} }
parameters:
  Limit: { name: limit, in: query, type: integer, maximum: 10, x-example: 3 }
  Pet: { name: pet, in: body, required: true, schema: { $ref: '#/definitions/Pet' } }
responses:
  Refused:
    description: refused
    schema: { $ref: '#/definitions/Error' }
    headers: { X-Count: { type: integer } }
    examples: { application/json: { code: 1 } }
definitions:
  Pet:
    type: object
    required: [name]
    discriminator: kind
    properties:
      name: { type: string }
      kind: { type: string }
      owner: { type: string, x-nullable: true }
  Error: { type: object, required: [code], properties: { code: { type: integer } } }
paths:
  /pets:
    parameters: [{ $ref: '#/parameters/Limit' }]
    get:
      parameters:
        - { name: tags, in: query, type: array, items: { type: string }, collectionFormat: multi }
        - { name: ids, in: query, type: array, items: { type: integer } }
        - { name: kinds, in: query, type: array, items: { type: string }, collectionFormat: pipes }
        - { name: odd, in: query, type: array, items: { type: string }, collectionFormat: tsv }
        - { name: X-Trace, in: header, type: string, required: true }
      responses:
        '200': { description: ok, schema: { type: array, items: { $ref: '#/definitions/Pet' } } }
        default: { $ref: '#/responses/Refused' }
    post:
      parameters: [{ $ref: '#/parameters/Pet' }]
      responses: { '201': { description: made }, '400': { $ref: '#/responses/Refused' } }
  /pets/{id}/photo:
    parameters: [{ name: id, in: path, required: true, type: string }]
    get:
      produces: [image/png]
      responses:
        '200': { description: ok, schema: { type: file } }
        '404': { $ref: '#/responses/Refused' }
    post:
      consumes: [multipart/form-data]
      parameters:
        - { name: photo, in: formData, type: file, required: true }
        - { name: title, in: formData, type: string, maxLength: 5 }
      responses: { '204': { description: ok } }
    put:
      consumes: [application/x-www-form-urlencoded]
      parameters: [{ name: tags, in: formData, type: array, items: { type: string } }]
      responses: { '204': { description: ok } }
"##;

fn pets() -> Api {
    Api::parse("pets.yaml", PETS).unwrap()
}

fn operation<'a>(api: &'a Api, name: &str) -> &'a Operation {
    api.operations.iter().find(|operation| operation.name() == name).unwrap()
}

fn types(contents: &[Content]) -> Vec<&str> {
    contents.iter().map(|content| content.media_type.as_str()).collect()
}

fn fits(api: &Api, content: &Content, value: &Value) -> bool {
    Declared::new(api.clone()).content(content, Direction::Request).unwrap().fits(value)
}

#[test]
fn swagger_root_becomes_servers_and_security_schemes() {
    let api = pets();
    assert_eq!(api.version, Version::V20);
    assert_eq!(api.servers, ["https://pets.example/v1", "http://pets.example/v1"]);
    assert_eq!(Declared::new(api.clone()).base_path(), "/v1");
    let key = Credential::Key { place: ParameterLocation::Header, name: "X-Key".to_owned() };
    for (name, credential) in [("key", key), ("login", Credential::Basic), ("grant", Credential::Bearer)] {
        assert_eq!(api.schemes[name].credential, credential);
    }
    assert_eq!(operation(&api, "GET /pets").security, [["key", "login"]]);
}

#[test]
fn swagger_parameters_have_schemas_and_styles() {
    let api = pets();
    let get = operation(&api, "GET /pets");
    let found: Vec<(&str, Option<char>)> =
        get.parameters.iter().map(|it| (it.name.as_str(), it.separator)).collect();
    // A comma also stands for what cannot be written: that is named.
    let wanted =
        [("limit", None), ("tags", None), ("ids", Some(',')), ("kinds", Some('|')), ("odd", Some(','))];
    assert_eq!(found[..5], wanted);
    let limit = &get.parameters[0];
    assert_eq!(limit.schema, Some(json!({ "type": "integer", "maximum": 10 })));
    assert_eq!(limit.examples, [json!(3)]);
    assert!(get.parameters[5].required);
    let lost: Vec<&str> = api.warnings.losses().map(|warning| warning.message.as_str()).collect();
    // A key beside the login of a role is sent.
    assert!(lost.len() == 1 && lost[0].contains("collectionFormat: tsv"), "{lost:?}");
}

#[test]
fn swagger_bodies_are_read() {
    let api = pets();
    let post = operation(&api, "POST /pets");
    assert!(post.body_required);
    assert_eq!(types(&post.body), ["application/json", "application/vnd.pet+json"]);
    assert!(fits(&api, &post.body[0], &json!({ "name": "a", "owner": null })));
    assert!(!fits(&api, &post.body[0], &json!({ "name": null })));
    assert_eq!(post.parameters.len(), 1, "the body is no parameter: {:?}", post.parameters);
    let photo = operation(&api, "POST /pets/{id}/photo");
    assert_eq!(types(&photo.body), ["multipart/form-data"]);
    assert!(fits(&api, &photo.body[0], &json!({ "photo": "bytes", "title": "short" })));
    assert!(!fits(&api, &photo.body[0], &json!({ "title": "short" })));
    assert!(!fits(&api, &photo.body[0], &json!({ "photo": "bytes", "title": "too long" })));
    let tags = operation(&api, "PUT /pets/{id}/photo");
    assert_eq!((types(&tags.body), tags.body_required), (vec!["application/x-www-form-urlencoded"], false));
}

#[test]
fn swagger_responses_have_the_media_types_of_their_operation() {
    let api = pets();
    let get = operation(&api, "GET /pets");
    assert_eq!(types(&get.responses[0].content), ["application/json"]);
    let error = &get.responses[1];
    assert_eq!((error.status, error.description.as_str()), (ResponseStatus::Default, "refused"));
    assert_eq!(error.content[0].examples, [json!({ "code": 1 })]);
    assert!(
        !fits(&api, &error.content[0], &json!({})) && fits(&api, &error.content[0], &json!({ "code": 1 }))
    );
    assert_eq!(error.headers[0].kind(), Some("integer"));
    // A picture has no schema, and the error of an operation that makes pictures may be JSON.
    let photo = operation(&api, "GET /pets/{id}/photo");
    assert_eq!(
        (types(&photo.responses[0].content), &photo.responses[0].content[0].schema),
        (vec!["image/png"], &None)
    );
    assert_eq!(types(&photo.responses[1].content), ["*/*"]);
    assert!(operation(&api, "POST /pets").responses[0].content.is_empty());
}

#[test]
fn swagger_document_may_have_several_files() {
    let main = "swagger: '2.0'\ninfo: { title: t, version: '1' }\npaths:\n  /a: { $ref: 'paths/a.yaml' }\n";
    let path = "parameters: [{ $ref: '../parts.yaml#/Limit' }]\npost:\n  parameters: [{ $ref: '../parts.yaml#/Body' }]\n  \
                responses: { '400': { $ref: '../parts.yaml#/Refused' } }\n";
    let parts = "Limit: { name: limit, in: query, type: integer }\n\
                 Body: { name: body, in: body, schema: { $ref: '#/Name' } }\nName: { type: string }\n\
                 Refused: { description: no, schema: { type: object, required: [code] } }\n";
    let texts: Texts = [("api.yaml", main), ("paths/a.yaml", path), ("parts.yaml", parts)]
        .into_iter()
        .map(|(name, text)| (format!("schemas/p/openapi/{name}"), text.into()))
        .collect();
    let api = Api::lenient(&Document::of_texts("schemas/p/openapi/api.yaml", &[], &texts).unwrap());
    assert!(api.warnings.is_empty(), "{:?}", api.warnings);
    let post = operation(&api, "POST /a");
    assert_eq!(post.parameters[0].schema, Some(json!({ "type": "integer" })));
    assert!(fits(&api, &post.body[0], &json!("a")) && !fits(&api, &post.body[0], &json!(1)));
    assert!(!fits(&api, &post.responses[0].content[0], &json!({})));
}
