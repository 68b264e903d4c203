//! Things that are there already: requests that only read use one if the API refuses to create what they need. Nothing changes it.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Trees, which are made from another one that must exist, and leaves of them.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Trees, version: "1" }
paths:
  /trees:
    get: { responses: { '200': { description: trees, content: { application/json: { schema: { type: object, properties: { all: { type: array, items: { $ref: '#/components/schemas/Tree' } } } } } } } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Tree' } } } }
      responses: { '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Tree' } } } }, '400': { description: no }, '404': { description: no source } }
  /trees/{tree}:
    parameters: [{ name: tree, in: path, required: true, schema: { type: string } }]
    get:
      parameters: [{ name: depth, in: query, schema: { type: integer, minimum: 0 } }]
      responses: { '200': { description: a tree, content: { application/json: { schema: { $ref: '#/components/schemas/Tree' } } } }, '400': { description: no }, '404': { description: none } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /trees/{tree}/leaves:
    parameters: [{ name: tree, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: leaves, content: { application/json: { schema: { type: array, items: { type: object, properties: { id: { type: integer } } } } } } }, '404': { description: none } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [size], properties: { size: { type: integer, minimum: 1 } } } } } }
      responses: { '201': { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer } } } } } }, '400': { description: no }, '404': { description: none } }
  /trees/{tree}/leaves/{leaf}:
    parameters: [{ name: tree, in: path, required: true, schema: { type: string } }, { name: leaf, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: a leaf, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer } } } } } }, '400': { description: no }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '400': { description: no }, '404': { description: none } } }
components:
  schemas: { Tree: { type: object, required: [name], properties: { name: { type: string, pattern: '^[a-z0-9-]{1,60}$' } } } }
"##;

/// The API, with the paths of what is there. It makes no trees, unless `way` is `makes`; its lists are empty if that is `empty`.
fn api(asked: &Received, there: &Mutex<BTreeSet<String>>, way: &str) -> Reply {
    let refused = |status: u16| Reply::json(status, "{}");
    let (path, query) = asked.path_and_query();
    let method = if asked.method == "HEAD" { "GET" } else { &asked.method };
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    let body = body.filter(|_| asked.header("content-type") == Some("application/json"));
    let is_name = |name: &str| {
        let mut letters = name.bytes();
        (1..=60).contains(&name.len())
            && letters.all(|it| it == b'-' || it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    let mut there = there.lock().unwrap();
    let items = |there: &BTreeSet<String>| -> Vec<String> {
        let of = there.iter().filter_map(|item| item.strip_prefix(&format!("{path}/")));
        of.filter(|name| !name.contains('/')).map(str::to_owned).collect()
    };
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let is_missing = |item: String| !there.contains(&item);
    match (method, segments.as_slice()) {
        ("GET", ["trees"]) => {
            let names: Vec<Value> = items(&there).iter().map(|name| json!({ "name": name })).collect();
            Reply::json(200, json!({ "all": if way == "empty" { Vec::new() } else { names } }))
        }
        ("POST", ["trees"]) => match body.filter(|body| body["name"].as_str().is_some_and(is_name)) {
            None => refused(400),
            Some(body) if way == "makes" => {
                there.insert(format!("/trees/{}", body["name"].as_str().unwrap()));
                Reply::json(201, body)
            }
            Some(_) => refused(404),
        },
        ("GET" | "POST" | "DELETE", ["trees", name, ..]) if is_missing(format!("/trees/{name}")) => {
            refused(404)
        }
        ("GET", ["trees", name]) => match query.strip_prefix("depth=").map(str::parse::<u32>) {
            Some(Err(_)) if way != "depth" => refused(400),
            _ if way == "shape" => Reply::json(200, json!({ "name": 1 })),
            _ => Reply::json(200, json!({ "name": name })),
        },
        ("GET", ["trees", _, "leaves"]) => {
            let leaves =
                items(&there).iter().map(|leaf| json!({ "id": leaf.parse::<i64>().unwrap() })).collect();
            Reply::json(200, Value::Array(leaves))
        }
        ("POST", ["trees", _, "leaves"]) => match body.filter(|body| body["size"].as_u64() > Some(0)) {
            Some(_) => {
                there.insert(format!("{path}/{}", asked.number));
                Reply::json(201, json!({ "id": asked.number }))
            }
            None => refused(400),
        },
        ("GET" | "DELETE", ["trees", _, "leaves", leaf]) if leaf.parse::<i64>().is_err() => refused(400),
        ("GET" | "DELETE", ["trees", _, "leaves", _]) if is_missing(path.to_owned()) => refused(404),
        ("GET", ["trees", _, "leaves", leaf]) => Reply::json(200, format!(r#"{{"id":{leaf}}}"#)),
        ("DELETE", _) => {
            there.retain(|item| item != path && !item.starts_with(&format!("{path}/")));
            Reply::new(204, "", "")
        }
        (_, ["trees"] | ["trees", _, "leaves"]) => Reply::json(405, "{}").with("Allow", "GET, POST"),
        (_, ["trees", _] | ["trees", _, "leaves", _]) => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
        _ => refused(404),
    }
}

/// Runs the imported pack against the API. Returns what it said, its report, what it sent, and the names of the trees that are there.
fn run(way: &'static str, options: &[&str]) -> (Done, Value, Vec<Received>, BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("trees.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "trees.yaml", "--name", "trees", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let trees = Arc::new(Mutex::new(main_and_other()));
    let shared = Arc::clone(&trees);
    let server = Server::start(move |asked| api(asked, &shared, way));
    let run = ["run", "trees", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run).args(options));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = trees.lock().unwrap().clone();
    (done, serde_json::from_str(&report).unwrap(), server.received(), left)
}

fn main_and_other() -> BTreeSet<String> {
    ["/trees/main", "/trees/main/leaves/7", "/trees/other"].map(str::to_owned).into()
}

/// Returns the outcomes of the cases whose names contain a text.
fn outcomes<'r>(report: &'r Value, text: &str) -> Vec<&'r str> {
    let cases = report["cases"].as_array().unwrap();
    // A method that is not declared may be carried out.
    let is_asked = |name: &str| name.contains(text) && !name.ends_with("_asked_with_patch");
    let cases = cases.iter().filter(|case| is_asked(case["name"].as_str().unwrap()));
    cases.filter_map(|case| case["outcome"].as_str()).collect()
}

fn changes<'r>(sent: &'r [Received], tree: &str) -> Vec<&'r str> {
    let of_tree = format!("/trees/{tree}");
    let sent = sent.iter().filter(|asked| asked.path.starts_with(&of_tree));
    sent.map(|asked| asked.method.as_str())
        .filter(|method| ["POST", "DELETE", "PUT", "PATCH"].contains(method))
        .collect()
}

#[test]
fn what_only_reads_uses_what_is_there_if_nothing_can_be_created() {
    let there = main_and_other();
    for (way, wrong) in [
        ("refuses", None),
        ("shape", Some("get_trees_tree_valid")),
        ("depth", Some("get_trees_tree_depth_wrong_type")),
    ] {
        let (done, report, sent, left) = run(way, &[]);
        assert_eq!(left, there, "{way}");
        assert_eq!(changes(&sent, "main"), [""; 0], "{way}: {}", done.stdout);
        let reads = outcomes(&report, "get_trees_tree_");
        assert!(!reads.is_empty() && !reads.contains(&"inconclusive"), "{way}: {reads:?} {}", done.stdout);
        assert!(done.stdout.contains("used a thing that was there already"), "{way}: {}", done.stdout);
        // What writes needs a tree of its own.
        assert_eq!(outcomes(&report, "post_trees_tree_leaves_size_missing"), ["inconclusive"], "{way}");
        let failed = outcomes(&report, "get_trees_tree").contains(&"failed");
        assert_eq!(failed, wrong.is_some(), "{way}: {}", done.stdout);
        if let Some(wrong) = wrong {
            assert_eq!(outcomes(&report, wrong), ["failed"], "{way}: {}", done.stdout);
        }
        // After some refusals, no more trees are asked for.
        let tried = sent.iter().filter(|asked| asked.method == "POST" && asked.path == "/trees").count();
        let read = outcomes(&report, "get_trees_tree").len();
        assert!(
            read > 20 && sent.len() < 3 * report["cases"].as_array().unwrap().len(),
            "{tried} {read} {}",
            sent.len()
        );
    }
}

/// Of what is not there, nothing is said.
#[test]
fn nothing_that_is_there_leaves_cases_inconclusive() {
    let (done, report, ..) = run("empty", &[]);
    assert_eq!(done.code, 3, "{}", done.stdout);
    assert_eq!(outcomes(&report, "get_trees_tree_valid"), ["inconclusive"]);
}

/// A thing that the user gives is read, and nothing is listed for it.
#[test]
fn a_thing_that_is_given_comes_before_a_listed_one() {
    let (_, report, sent, _) = run("refuses", &["--var", "tree=other"]);
    assert_eq!(outcomes(&report, "get_trees_tree_valid"), ["passed"]);
    assert!(
        sent.iter().any(|asked| asked.path == "/trees/other")
            && !sent.iter().any(|asked| asked.path == "/trees/main")
    );
}

/// The run uses its own trees alone, if some can be made.
#[test]
fn what_can_be_created_is_used_and_not_what_was_there() {
    let (done, report, sent, left) = run("makes", &[]);
    assert_eq!((done.code, left), (0, main_and_other()), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    assert!(!done.stdout.contains("was there already"), "{}", done.stdout);
    assert!(
        !sent
            .iter()
            .any(|asked| asked.path.starts_with("/trees/main") || asked.path.starts_with("/trees/other"))
    );
}
