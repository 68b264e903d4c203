//! What `failspec import openapi` asks: requests in which one thing is wrong, and only that.

use std::fs;

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::Value;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Boxes, version: "1" }
servers: [{ url: "https://{host}/{base}/", variables: { host: { default: api.example.com }, base: { default: v7 } } }]
security: [{ sid: [] }]
paths:
  /boxes:
    get:
      parameters:
        - { name: tenant, in: cookie, required: true, schema: { type: integer } }
        - { name: region, in: cookie, required: true, schema: { type: integer } }
        - name: filter
          in: query
          required: true
          content: { application/json: { schema: { type: object, required: [size], properties: { size: { enum: [5] } } } } }
        - { name: tags, in: query, required: true, style: pipeDelimited, explode: false, schema: { type: array, minItems: 2, items: { type: string, minLength: 2 } } }
      responses:
        '200': { description: boxes }
        '400': { $ref: '#/components/responses/Refused' }
        4XX: { $ref: '#/components/responses/Refused' }
  /boxes/{slug}:
    get:
      parameters: [{ name: slug, in: path, required: true, schema: { type: string, pattern: '^[a-z]{1,40}$' }, example: red }]
      responses:
        '200': { description: one }
        '404': { $ref: '#/components/responses/Refused' }
        4XX: { $ref: '#/components/responses/Refused' }
components:
  securitySchemes: { sid: { type: apiKey, in: cookie, name: sid } }
  responses:
    Refused: { description: no, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
  schemas:
    Error: { type: object, required: [status, message], properties: { status: { type: integer }, message: { type: string } } }
"##;

fn imported(document: &str, more: &[&str]) -> (tempfile::TempDir, Done) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("boxes.yaml"), document).unwrap();
    let done =
        done(failspec(folder.path()).args(["import", "openapi", "boxes.yaml", "--name", "boxes"]).args(more));
    (folder, done)
}

fn generated(folder: &tempfile::TempDir) -> String {
    fs::read_to_string(folder.path().join("scenarios/boxes/generated.yaml")).unwrap()
}

/// An error whose `status` is a number of the API's own: the document does not say that it repeats the HTTP status.
fn refused(status: u16) -> Reply {
    Reply::json(status, r#"{"status":7,"message":"no"}"#)
}

/// The API as its document has it; `forgets` names what it does not look at.
fn boxes(asked: &Received, forgets: &str) -> Reply {
    let cookies = asked.header("cookie").unwrap_or_default();
    let cookie = |name: &str| cookies.split("; ").find_map(|pair| pair.strip_prefix(&format!("{name}=")[..]));
    if forgets != "credentials" && cookie("sid") != Some("right-key") {
        return refused(401).with("WWW-Authenticate", "Cookie");
    }
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    if let Some(slug) = path.strip_prefix("/v7/boxes/") {
        let right = slug.bytes().all(|byte| byte.is_ascii_lowercase());
        return match slug {
            "red" => Reply::json(200, "{}"),
            _ if forgets == "unknown" && right => Reply::json(200, "{}"),
            // One of the ways that the range of 4XX leaves open.
            _ if !right => refused(400),
            _ => refused(404),
        };
    }
    if path != "/v7/boxes" {
        return refused(404);
    }
    let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let parameter = |name: &str| query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    let is_number = |name: &str| cookie(name).is_some_and(|value| value.parse::<i64>().is_ok());
    let filter = parameter("filter").and_then(|text| serde_json::from_str::<Value>(text).ok());
    let tags: Vec<&str> = parameter("tags").unwrap_or_default().split('|').collect();
    let right = [
        ("tenant", is_number("tenant")),
        ("region", is_number("region")),
        ("filter", filter.is_some_and(|filter| filter["size"] == 5)),
        ("tags", tags.len() >= 2 && tags.iter().all(|tag| tag.len() >= 2)),
    ];
    match right.iter().all(|(name, right)| *right || *name == forgets) {
        true => Reply::json(200, "[]"),
        false => refused(422),
    }
}

fn verdict(folder: &tempfile::TempDir, forgets: &'static str) -> Done {
    let server = Server::start(move |asked| boxes(asked, forgets));
    let url = format!("{}/v7", server.url.trim_end_matches('/'));
    done(failspec(folder.path()).env("KEY", "right-key").args([
        "run",
        "boxes",
        "--packs",
        ".",
        "--role",
        "user=cookie:sid:env:KEY",
        "--url",
        &url,
    ]))
}

#[test]
fn one_thing_is_wrong_and_the_control_is_right() {
    let (folder, import) = imported(DOCUMENT, &[]);
    assert_eq!(import.code, 0, "{}{}", import.stdout, import.stderr);
    // The path of the server, with its variables, is where the operations are.
    assert!(import.stdout.contains("--url http://localhost:8080/v7 --role user="), "{}", import.stdout);
    let done = verdict(&folder, "nothing");
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    for forgets in ["credentials", "unknown", "tenant", "region", "filter", "tags"] {
        let done = verdict(&folder, forgets);
        assert_eq!(done.code, 1, "{forgets}: {}{}", done.stdout, done.stderr);
    }
}

/// What only the name of a property tells is our reading: a warning, and no violation.
#[test]
fn a_name_is_no_promise() {
    let (folder, _) = imported(DOCUMENT, &[]);
    let contract = fs::read_to_string(folder.path().join("schemas/boxes/contract.yaml")).unwrap();
    let inferred = contract.split("  inferred:").nth(1).expect("inferred parts");
    assert!(
        inferred.contains("    message: \"/message\"") && inferred.contains("    status: \"/status\""),
        "{contract}"
    );
    let done = verdict(&folder, "nothing");
    assert!(done.stdout.contains("body-status"), "{}", done.stdout);
}

#[test]
fn a_wrong_method_removes_nothing_and_is_asked_of_what_the_run_made() {
    let refused = "{ '200': { description: ok }, '405': { description: no }, '404': { description: no } }";
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /boxes:\n    get: {{ responses: {refused} }}\n    post: \
         {{ responses: {refused} }}\n    put: {{ responses: {refused} }}\n    patch: {{ responses: {refused} }}\n  \
         /boxes/{{id}}:\n    get:\n      parameters: [{{ name: id, in: path, required: true, schema: {{ type: integer }} \
         }}]\n      responses: {refused}\n  /lids:\n    get: {{ responses: {refused} }}\n"
    );
    let (folder, import) = imported(&document, &["--allow-writes", "--value", "id=17"]);
    assert_eq!(import.code, 0, "{}{}", import.stdout, import.stderr);
    let generated = generated(&folder);
    let asked: Vec<&str> = generated.lines().filter(|line| line.trim().starts_with("request: P")).collect();
    assert_eq!(asked, ["    request: PATCH /lids"], "{generated}");
    assert!(!generated.contains("request: DELETE"), "{generated}");
}

#[test]
fn of_a_few_numbers_every_one_may_be_there() {
    let with = |maximum: &str| {
        let document = format!(
            "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /pages/{{page}}:\n    get:\n      parameters: [{{ name: \
             page, in: path, required: true, schema: {{ type: integer, maximum: {maximum} }} }}]\n      responses: {{ '200': {{ \
             description: ok }}, '404': {{ description: no }} }}\n"
        );
        let (folder, _) = imported(&document, &["--value", "page=1"]);
        generated(&folder).contains("unknown_page")
    };
    assert!(!with("200"));
    assert!(with("2000000000"));
}

#[test]
fn a_body_of_any_type_is_sent_as_json() {
    let document = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths:\n  /boxes:\n    post:\n      requestBody: { \
                    required: true, content: { '*/*': { schema: { type: object, required: [size], properties: { size: { type: \
                    integer } } } } } }\n      responses: { '201': { description: ok }, '400': { description: no } }\n";
    let (folder, _) = imported(document, &["--allow-writes"]);
    let generated = generated(&folder);
    assert!(generated.contains("post_boxes_size_missing"), "{generated}");
    assert!(!generated.contains("*/*"), "{generated}");
}

/// Documents of many files have references where the specification knows none: for operations, responses as a whole,
/// maps of properties.
#[test]
fn an_operation_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join("document").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let root = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths: { /boxes: { get: { $ref: boxes/list.yaml } } }\n";
    write("api.yaml", root);
    write(
        "boxes/list.yaml",
        "operationId: listBoxes\nparameters: [{ $ref: 'parts.yaml#/size' }]\nresponses: { $ref: 'parts.yaml#/responses' }\n\
         x-samples: [{ $ref: sample.yaml }]\n",
    );
    write(
        "boxes/parts.yaml",
        "size: { name: size, in: query, schema: { type: integer } }\nresponses: { '200': { description: ok }, '400': { description: \
         no, content: { application/json: { schema: { type: object, properties: { $ref: '../shared.yaml#/fields' } } } } } }\n",
    );
    write("boxes/sample.yaml", "print('nobody reads this')\n");
    write("shared.yaml", "fields: { reason: { type: string } }\n");
    let done =
        done(failspec(folder.path()).args(["import", "openapi", "document/api.yaml", "--name", "boxes"]));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert!(!done.stdout.contains("cannot be used"), "{}", done.stdout);
    assert!(
        done.stdout.contains("schemas/boxes/openapi/ (4 files of the document)"),
        "one line, and the sample is none of them: {}",
        done.stdout
    );
    let generated = generated(&folder);
    assert!(
        generated.contains("documentation: \"openapi/boxes/parts.yaml#/size\""),
        "the place is in its file: {generated}"
    );
    let contract = fs::read_to_string(folder.path().join("schemas/boxes/contract.yaml")).unwrap();
    assert!(contract.contains("\"openapi/boxes/parts.yaml#/responses/400\""), "{contract}");
}

/// A rule that several operations have in common and nobody checks has one cause; so has an operation that checks nothing.
#[test]
fn a_rule_that_is_checked_nowhere_is_told_once() {
    let own = "{ name: size, in: query, schema: { type: integer } }, { name: age, in: query, schema: { type: integer } }";
    let language = "{ $ref: '#/components/parameters/language' }";
    let responses = "{ '200': { description: ok }, '400': { description: no } }";
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /boxes: {{ get: {{ parameters: [{language}], responses: {responses} \
         }} }}\n  /lids: {{ get: {{ parameters: [{language}], responses: {responses} }} }}\n  /bags: {{ get: {{ parameters: [{own}], \
         responses: {responses} }} }}\ncomponents: {{ parameters: {{ language: {{ name: language, in: query, schema: {{ enum: [en, \
         de] }} }} }} }}\n"
    );
    let (folder, _) = imported(&document, &[]);
    let server = Server::start(|_| Reply::json(200, "{}"));
    let run = ["run", "boxes", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run)).exits(1);
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let causes = report["finding_groups"].as_array().unwrap();
    let told: Vec<(&Value, &Value, &Value)> =
        causes.iter().map(|it| (&it["cases"], &it["rule"], &it["operation"])).collect();
    let (two, none) = (Value::from(2), Value::Null);
    let (rule, operation) =
        (Value::from("openapi.yaml#/components/parameters/language"), Value::from("GET /bags"));
    assert_eq!(told, [(&two, &rule, &none), (&two, &none, &operation)], "{}", done.stdout);
    // The rule that one request breaks is shown with it.
    assert!(
        done.stdout.contains("             openapi.yaml#/paths/~1bags/get/parameters/0"),
        "{}",
        done.stdout
    );
}

/// What no request can carry is a warning with its place, and not a pack that cannot be read.
#[test]
fn a_header_that_cannot_be_sent_is_left_out() {
    let document = "openapi: 3.1.0\ninfo: { title: t, version: '1' }\nsecurity: [{ key: [] }]\npaths:\n  /boxes:\n    get:\n      \
                    parameters:\n        - { name: bad name, in: header, required: true, schema: { type: integer } }\n        - { \
                    name: X-Size, in: header, required: true, schema: { type: integer } }\n      responses: { '200': { \
                    description: ok }, '400': { description: no } }\n  /lids:\n    get:\n      parameters: [{ name: X-Text, in: \
                    header, required: true, schema: { type: string, enum: [\"two\\nlines\"] } }]\n      responses: { '200': { \
                    description: ok }, '400': { description: no } }\ncomponents: { securitySchemes: { key: { type: apiKey, in: \
                    header, name: 'my key' } } }\n";
    let (folder, import) = imported(document, &[]);
    let import = import.exits(0);
    for place in ["/paths/~1boxes/get/parameters/0", "/components/securitySchemes/key"] {
        import
            .stdout
            .lines()
            .find(|line| line.contains(place))
            .unwrap_or_else(|| panic!("{}", import.stdout));
    }
    assert!(
        import.stdout.contains("1 × the generated value of X-Text is not valid in a header"),
        "{}",
        import.stdout
    );
    let generated = generated(&folder);
    assert!(
        generated.contains("get_boxes_x_size_wrong_type") && !generated.contains("bad name"),
        "{generated}"
    );
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0);
}

/// What only takes POST is asked with GET, which changes nothing.
#[test]
fn a_path_without_get_is_asked_with_it() {
    let refused = "{ '200': { description: ok }, '405': { description: no } }";
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /boxes: {{ get: {{ responses: {{ '200': {{ description: ok }} }} }} \
         }}\n  /boxes/{{id}}/open:\n    post:\n      parameters: [{{ name: id, in: path, required: true, schema: {{ type: integer }} \
         }}]\n      responses: {refused}\n"
    );
    for options in [&["--value", "id=17"][..], &["--value", "id=17", "--allow-writes"]] {
        let (folder, import) = imported(&document, options);
        import.exits(0);
        let asked = |knows: bool| {
            let server = Server::start(move |asked| match asked.line().as_str() {
                "GET /boxes/17/open" if knows => Reply::json(405, "{}").with("Allow", "POST"),
                "GET /boxes" | "GET /boxes/17/open" => Reply::json(200, "{}"),
                _ => Reply::json(500, "{}"),
            });
            let run =
                failspec(folder.path()).args(["run", "boxes", "--packs", ".", "--url", &server.url]).output();
            (run.unwrap().status.code(), server.lines())
        };
        assert_eq!(asked(true), (Some(0), vec!["GET /boxes".to_owned(), "GET /boxes/17/open".to_owned()]));
        assert_eq!(asked(false).0, Some(1));
    }
}

/// Errors that differ in their codes alone share an envelope, and each code is a failure.
#[test]
fn errors_that_differ_in_their_codes_share_an_envelope() {
    let error = |code: &str| {
        format!(
            "{{ description: no, content: {{ application/json: {{ schema: {{ allOf: [{{ $ref: '#/components/schemas/Error' }}, {{ \
             properties: {{ error: {{ properties: {{ code: {{ enum: [{code}] }} }} }} }} }}] }} }} }} }}"
        )
    };
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /boxes/{{id}}:\n    get:\n      parameters: [{{ name: id, in: path, \
         required: true, schema: {{ type: integer }}, example: 17 }}]\n      responses: {{ '200': {{ description: ok }}, '400': {}, '404': {} \
         }}\ncomponents:\n  schemas:\n    Error: {{ type: object, required: [error], properties: {{ error: {{ type: object, required: [code, \
         message], properties: {{ code: {{ type: string }}, message: {{ type: string }} }} }} }} }}\n",
        error("bad_id"),
        error("no_such_box")
    );
    let (folder, import) = imported(&document, &[]);
    let import = import.exits(0);
    assert!(
        import.stdout.contains("no_such_box 404") && import.stdout.contains("code at /error/code"),
        "{}",
        import.stdout
    );
    let asked = |code: &'static str| {
        let server = Server::start(move |asked| {
            let refused = |status: u16, code: &str| {
                Reply::json(status, &format!(r#"{{"error":{{"code":"{code}","message":"no"}}}}"#))
            };
            match asked.path.as_str() {
                "/boxes/17" => Reply::json(200, "{}"),
                "/boxes/987654321" => refused(404, code),
                _ => refused(400, "bad_id"),
            }
        });
        let run = ["run", "boxes", "--packs", ".", "--url", &server.url];
        done(failspec(folder.path()).args(run))
    };
    asked("no_such_box").exits(0);
    asked("bad_id").exits(1);
    let schema = fs::read_to_string(folder.path().join("schemas/boxes/envelope.schema.json")).unwrap();
    assert!(
        !schema.contains("bad_id") && schema.contains("\"message\""),
        "the codes are each error's own: {schema}"
    );
}

/// The path declares how a method is refused that it does not have: that holds, and counts as seen at all its operations.
#[test]
fn a_refused_method_is_held_against_what_the_path_declares() {
    let refused = "{ description: no, headers: { Allow: { required: true, schema: { type: string } } }, content: { application/json: { \
                   schema: { type: object, required: [code], properties: { code: { type: string } } } } } }";
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /boxes:\n    post: {{ responses: {{ '200': {{ description: ok }}, \
         '405': {refused} }} }}\n    put: {{ responses: {{ '200': {{ description: ok }}, '405': {refused} }} }}\n"
    );
    let (folder, import) = imported(&document, &[]);
    import.exits(0);
    let asked = |body: &'static str, allow: bool| {
        let server = Server::start(move |_| match allow {
            true => Reply::json(405, body).with("Allow", "POST, PUT"),
            false => Reply::json(405, body),
        });
        done(failspec(folder.path()).args(["run", "boxes", "--packs", ".", "--url", &server.url]))
    };
    asked(r#"{"code":"no"}"#, true).exits(0).says("2 of 2 declared error responses seen (2 operations)");
    asked(r#"{"detail":"no"}"#, true).exits(1).says("GET /boxes got HTTP 405").says("[declared-schema]");
    asked(r#"{"code":"no"}"#, false).exits(1).says("[declared-headers]");
    // No body at all is a warning: the specification calls a declared one a potential one.
    asked("", true).exits(0).says("HTTP 405 without the declared body");
}

/// A path may be one of those that another path takes: then it has the methods of both.
#[test]
fn a_path_has_the_methods_of_those_that_take_it() {
    let refused = "{ '200': { description: ok }, '405': { description: no } }";
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /rules/convert: {{ post: {{ responses: {refused} }} }}\n  \
         /rules/{{id}}: {{ get: {{ parameters: [{{ name: id, in: path, required: true, schema: {{ type: string }} }}], responses: {{ '200': \
         {{ description: ok }} }} }} }}\n"
    );
    let (folder, import) = imported(&document, &[]);
    assert!(import.exits(0).stdout.contains("every undeclared method writes"));
    assert!(!generated(&folder).contains("asked_with_get"), "{}", generated(&folder));
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0);
}
