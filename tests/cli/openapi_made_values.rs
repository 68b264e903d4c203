//! Values that an import makes up so that an API takes them: ids of what the run created in lists, addresses, tokens of pages; and
//! paths that end with a `/`.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Posts with tags, which have to be there, and an address of their author, which no other post has.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Posts, version: "1" }
paths:
  /tags/:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '400': { description: no } }
  /tags/{id}/:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /posts/:
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1 } }
        - { name: token, in: query, schema: { type: string } }
      responses: { '200': { description: posts }, '400': { description: no }, '401': { description: who } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Post' } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '400': { description: no } }
  /posts/{id}/:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: a post }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  responses:
    Made: { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer } } } } } }
  schemas:
    Post:
      type: object
      required: [author_email, tag_ids]
      properties: { author_email: { type: string }, tag_ids: { type: array, items: { type: integer } } }
"##;

type Things = Arc<Mutex<BTreeMap<(String, i64), Value>>>;

fn api(asked: &Received, things: &Things, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let refused = |status: u16| Reply::json(status, "{}");
    let (path, query) = asked.path_and_query();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if asked.header("authorization") != Some("Bearer right") {
        return refused(401).with("WWW-Authenticate", "Bearer");
    }
    // A path without the `/` at its end is redirected, as frameworks do.
    let Some(path) = path.strip_suffix('/') else {
        return Reply::new(307, "", "").with("Location", &format!("{path}/"));
    };
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let number = i64::try_from(asked.number).unwrap();
    let is_json = asked.header("content-type") == Some("application/json");
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
    let key = |kind: &str, id: &str| Some((kind.to_owned(), id.parse::<i64>().ok()?));
    match (asked.method.as_str(), segments.as_slice()) {
        ("GET", ["posts"]) => {
            let limit = query.get("limit").map(|limit| limit.parse::<u64>());
            match limit {
                _ if wrong == "token" && query.contains_key("token") => refused(500),
                Some(Err(_) | Ok(0)) => refused(400),
                _ => Reply::json(200, "[]"),
            }
        }
        ("POST", ["tags"]) => match body.filter(|body| body["name"].is_string()) {
            Some(body) => {
                things.insert(("tags".to_owned(), number), body);
                Reply::json(201, json!({ "id": number }))
            }
            None => refused(400),
        },
        ("POST", ["posts"]) => {
            let Some(body) = body else { return refused(400) };
            let email = &body["author_email"];
            let is_email = email.as_str().is_some_and(|it| it.ends_with("@example.com"));
            let mut posts = things.iter().filter(|((kind, _), _)| kind == "posts");
            let is_taken = posts.any(|(_, post)| post["author_email"] == *email);
            let tags = body["tag_ids"].as_array().filter(|tags| !tags.is_empty());
            let is_there =
                |tag: &Value| tag.as_i64().is_some_and(|tag| things.contains_key(&("tags".to_owned(), tag)));
            let are_there = tags.is_some_and(|tags| tags.iter().all(is_there));
            match () {
                () if wrong == "unknown tag" && tags.is_some() && !are_there => refused(500),
                () if wrong == "taken email" && is_taken => refused(500),
                () if !is_email || is_taken || !are_there => refused(400),
                () => {
                    things.insert(("posts".to_owned(), number), body);
                    Reply::json(201, json!({ "id": number }))
                }
            }
        }
        (method, [kind, id]) => match key(kind, id).filter(|key| things.contains_key(key)) {
            None => refused(404),
            Some(key) if method == "DELETE" => {
                things.remove(&key);
                Reply::new(204, "", "")
            }
            Some(key) if method == "GET" => Reply::json(200, things[&key].to_string()),
            Some(_) => refused(405).with("Allow", "GET, DELETE"),
        },
        _ => refused(405).with("Allow", "GET, POST"),
    }
}

fn run(wrong: &'static str) -> (Done, Value, usize, Vec<Received>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("posts.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "posts.yaml", "--name", "posts", "--allow-writes", "--credentials"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let things = Things::default();
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "posts", "--packs", ".", "--url", &server.url, "--role", "user=bearer:env:TOKEN"];
    let run = [&run[..], &["--report", "json=report.json"]].concat();
    let done = done(failspec(folder.path()).env("TOKEN", "right").args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = things.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), left, server.received())
}

#[test]
fn an_api_takes_the_values_that_were_made_up_and_conforms() {
    let (done, report, left, received) = run("nothing");
    assert_eq!((done.code, left), (0, 0), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    // A POST to the path without the `/` might be redirected to the one with it: no other method is asked there.
    let is_without = |asked: &&Received| asked.path_and_query().0 == "/posts";
    assert_eq!(received.iter().filter(is_without).count(), 0);
}

#[test]
fn what_is_wrong_about_such_values_is_found() {
    for (wrong, scenario) in [
        ("token", "get_posts_token_opaque_text"),
        ("unknown tag", "post_posts_tag_ids_unknown"),
        ("taken email", "post_posts_created_twice"),
    ] {
        let (done, report, ..) = run(wrong);
        let cases = report["cases"].as_array().unwrap();
        let failed = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
        let failed: Vec<&str> =
            failed.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
        assert!(failed.contains(&scenario), "{wrong}: {failed:?}\n{}", done.stdout);
        assert_eq!(done.code, 1, "{wrong}: {}", done.stdout);
    }
}

/// A body with many members makes no endless pack: of each kind of unusual value some are asked, and what is left out is said.
#[test]
fn requests_that_most_servers_accept_are_limited_to_some_of_each_kind() {
    let imported = |members: usize| {
        let folder = tempfile::tempdir().unwrap();
        let properties: Vec<String> =
            (0..members).map(|number| format!("m{number}: {{ type: string }}")).collect();
        let schema =
            format!("{{ type: object, required: [m0], properties: {{ {} }} }}", properties.join(", "));
        let document = format!(
            "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /things/search:\n    post:\n      requestBody: {{ required: true, \
             content: {{ application/json: {{ schema: {schema} }} }} }}\n      responses: {{ '200': {{ description: ok }} }}\n"
        );
        fs::write(folder.path().join("things.yaml"), document).unwrap();
        let import = ["import", "openapi", "things.yaml", "--name", "things", "--allow-writes"];
        let done = done(failspec(folder.path()).args(import)).exits(0);
        let pack = fs::read_to_string(folder.path().join("scenarios/things/generated.yaml")).unwrap();
        (done, pack)
    };
    let kinds = ["with_nul", "beyond_ascii", "long", "with_slash", "number_for_text", "half_a_character"];
    for (members, is_limited) in [(2, false), (60, true)] {
        let (done, pack) = imported(members);
        assert_eq!(
            done.stdout.contains("too many scenarios for one operation"),
            is_limited,
            "{}",
            done.stdout
        );
        for kind in kinds {
            assert!(pack.contains(&format!("fault: {kind}\n")), "{kind} of {members}: {pack}");
        }
        // Each member is asked about, and what is left out is named.
        let parts = (0..members).filter(|number| pack.contains(&format!("part: m{number}\n"))).count();
        assert_eq!(parts, members, "{pack}");
        let left_out = pack.split("# not generated: too many scenarios").nth(1).unwrap_or_default();
        assert_eq!(left_out.contains(" beyond ascii, "), is_limited, "{left_out}");
        assert!(pack.matches("fault: ").count() <= 110, "{}", pack.matches("fault: ").count());
    }
}
