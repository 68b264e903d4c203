//! Things whose creation tells the token with which alone they are read, changed and removed (RFC 7591, RFC 7592).

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Clients that register themselves.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Clients, version: "1" }
paths:
  /register:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Client' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Client' } } } }
        '400': { description: no }
  /register/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get:
      security: [{ bearer: [] }]
      responses:
        '200': { description: a client, content: { application/json: { schema: { $ref: '#/components/schemas/Client' } } } }
        '401': { description: not yours }
    put:
      security: [{ bearer: [] }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Client' } } } }
      responses:
        '200': { description: changed, content: { application/json: { schema: { $ref: '#/components/schemas/Client' } } } }
        '400': { description: no }
        '401': { description: not yours }
    delete:
      security: [{ bearer: [] }]
      responses: { '204': { description: gone }, '401': { description: not yours } }
  /me:
    get:
      security: [{ bearer: [] }]
      responses: { '200': { description: the user }, '401': { description: who } }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
  schemas:
    Client:
      type: object
      required: [client_name, rank]
      properties:
        client_id: { type: string, readOnly: true }
        client_name: { type: string, minLength: 1, maxLength: 200 }
        rank: { type: integer }
        registration_access_token: { type: string, readOnly: true, description: The token to manage the client with. }
"##;

/// A client: its token and its name.
type Clients = BTreeMap<String, (String, String)>;

fn token_of(number: usize) -> String {
    format!("the-token-{number:08}")
}

/// The server. `how` is `rotates` where a change gives another token, and `open` where it takes any.
fn api(asked: &Received, clients: &Mutex<(usize, Clients)>, how: &str) -> Reply {
    let mut held = clients.lock().unwrap();
    let (count, clients) = &mut *held;
    let refused = |status: u16, said: &str| Reply::json(status, json!({ "message": said }));
    let stranger = || refused(401, "not yours").with("WWW-Authenticate", "Bearer");
    let token = asked.header("authorization").and_then(|it| it.strip_prefix("Bearer ")).unwrap_or_default();
    let body = || {
        let is_json = asked.header("content-type") == Some("application/json");
        let body: Value = serde_json::from_slice(&asked.body).ok().filter(|_| is_json)?;
        let name = body["client_name"].as_str().filter(|name| (1..=200).contains(&name.chars().count()))?;
        let is_ranked = body["rank"].is_i64() || body["rank"].is_u64();
        is_ranked.then(|| name.to_owned())
    };
    let told = |id: &str, token: Option<&str>, name: &str| {
        let mut told = json!({ "client_id": id, "client_name": name, "rank": 1 });
        if let Some(token) = token {
            told["registration_access_token"] = token.into();
        }
        told
    };
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/me") if token == "the-user" => Reply::json(200, json!({})),
        ("GET", "/me") => stranger(),
        (_, "/me") => refused(405, "").with("Allow", "GET"),
        ("POST", "/register") => {
            let Some(name) = body() else { return refused(400, "wrong") };
            *count += 1;
            let (id, token) = (format!("client-{count}"), token_of(*count));
            clients.insert(id.clone(), (token.clone(), name.clone()));
            Reply::json(201, told(&id, Some(&token), &name))
        }
        (_, "/register") => refused(405, "").with("Allow", "POST"),
        (method @ ("GET" | "PUT" | "DELETE"), path) => {
            let id = path.trim_start_matches("/register/").to_owned();
            let is_open = how == "open" && !token.is_empty();
            // RFC 7592, section 2.1: what is not there is not told from what is another's.
            let Some((own, name)) = clients.get_mut(&id).filter(|(own, _)| own == token || is_open) else {
                return stranger();
            };
            match method {
                "GET" => Reply::json(200, told(&id, None, name)),
                "PUT" => {
                    let Some(new) = body() else { return refused(400, "wrong") };
                    *name = new;
                    if how == "rotates" {
                        *count += 1;
                        *own = token_of(*count);
                    }
                    Reply::json(200, told(&id, (how == "rotates").then_some(own), name))
                }
                _ => {
                    clients.remove(&id);
                    Reply::new(204, "", "")
                }
            }
        }
        _ => refused(405, "").with("Allow", "GET, PUT, DELETE"),
    }
}

fn run(how: &'static str) -> (Done, Value, Clients) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clients.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "clients.yaml", "--name", "clients", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let clients = Arc::new(Mutex::new((0, Clients::new())));
    let shared = Arc::clone(&clients);
    let server = Server::start(move |asked| api(asked, &shared, how));
    let run = ["run", "clients", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let mut command = failspec(folder.path());
    let done = done(command.args(run).args(["--role", "user=bearer:env:TOKEN"]).env("TOKEN", "the-user"));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert!(!report.contains(&token_of(1)), "tokens are secrets: {report}");
    let left = clients.lock().unwrap().1.clone();
    (done, serde_json::from_str(&report).unwrap(), left)
}

#[test]
fn things_are_managed_with_the_token_that_their_creation_tells() {
    for how in ["keeps", "rotates"] {
        let (done, report, left) = run(how);
        assert!(left.is_empty(), "{how}: {left:?}\n{}", done.stdout);
        let summary = &report["summary"];
        assert_eq!((&summary["failed"], &summary["inconclusive"]), (&json!(0), &json!(0)), "{}", done.stdout);
        done.exits(0);
    }
    let (done, report, left) = run("open");
    assert!(left.is_empty(), "{left:?}\n{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    let failed = |case: &&Value| !case["violations"].as_array().unwrap().is_empty();
    let names = report["cases"].as_array().unwrap().iter().filter(failed);
    let names: Vec<&str> = names.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
    let wanted =
        ["get", "put", "delete"].map(|method| format!("{method}_register_id_with_wrong_credentials"));
    assert!(wanted.iter().all(|name| names.contains(&name.as_str())), "{names:?}\n{}", done.stdout);
}
