//! Roles: one without the permission, and another tenant, ask for what the user of the import may have.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Pools with members; each pool belongs to the tenant that created it. Its card is for everybody. No operation creates a limit.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Pools, version: "1" }
security: [{ login: [] }]
paths:
  /version:
    get: { security: [], responses: { '200': { description: the version } } }
  /pools:
    get:
      responses:
        '200': { description: pools, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Pool' } } } } }
        '401': { description: who }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pool' } } } }
      responses: { '201': { description: made }, '401': { description: who }, '403': { description: no right } }
  /pools/{pool_id}:
    parameters: [{ name: pool_id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a pool }, '401': { description: who }, '403': { description: no right } } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pool' } } } }
      responses:
        '200': { description: changed }
        '401': { description: who }
        '403': { description: no right }
        '404': { description: no pool }
    delete: { responses: { '204': { description: gone }, '401': { description: who }, '404': { description: no pool } } }
  /pools/{pool_id}/card:
    parameters: [{ name: pool_id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a card }, '401': { description: who } } }
  /pools/{pool_id}/members:
    parameters: [{ name: pool_id, in: path, required: true, schema: { type: string } }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pool' } } } }
      responses: { '201': { description: made }, '401': { description: who }, '404': { description: no pool } }
  /pools/{pool_id}/members/{member_id}:
    parameters:
      - { name: pool_id, in: path, required: true, schema: { type: string } }
      - { name: member_id, in: path, required: true, schema: { type: string } }
    delete: { responses: { '204': { description: gone }, '401': { description: who }, '404': { description: no pool } } }
  /limits/{limit_id}:
    parameters: [{ name: limit_id, in: path, required: true, schema: { type: string } }]
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pool' } } } }
      responses:
        '200': { description: changed }
        '401': { description: who }
        '403': { description: no right }
        '404': { description: no limit }
components:
  securitySchemes: { login: { type: http, scheme: bearer } }
  schemas:
    Pool: { type: object, required: [name], properties: { name: { type: string } } }
"##;

/// The pools and members by their path: whose they are, and their body.
type Things = Arc<Mutex<BTreeMap<String, (String, Value)>>>;

/// An API of two tenants, Ann and Bob; Carl belongs to Ann's and may do nothing. `way` is what it does in a way of its own.
fn api(asked: &Received, things: &Things, way: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let (path, _) = asked.path_and_query();
    let is = |what: &str| what == way;
    let error = |status: u16| Reply::json(status, json!({ "error": "no" }));
    if path == "/version" {
        return Reply::json(200, "{}");
    }
    let name = asked.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    let tenant = match name {
        Some("ann-secret") => "ann",
        Some("bob-secret") if !is("does not know Bob") => "bob",
        Some("carl-secret") if is("denies nobody") => "ann",
        Some("carl-secret") if is("lists for everybody") && path == "/pools" && asked.method == "GET" => {
            "ann"
        }
        Some("carl-secret") if is("hides from Carl") => return error(404),
        Some("carl-secret") => return error(403),
        _ => return error(401).with("WWW-Authenticate", "Bearer"),
    };
    let method = asked.method.as_str();
    let is_known = ["/pools"].contains(&path)
        || things.contains_key(path)
        || path
            .strip_suffix("/members")
            .or(path.strip_suffix("/card"))
            .is_some_and(|it| things.contains_key(it));
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let is_json = asked.header("content-type").is_some_and(|text| text.starts_with("application/json"));
    if !is_known {
        return error(404);
    }
    if !["GET", "DELETE", "PUT", "POST"].contains(&method) || method == "PUT" && path == "/pools" {
        return error(405).with("Allow", "GET");
    }
    let pool: String = path.split('/').take(3).collect::<Vec<_>>().join("/");
    let is_foreign = things.get(&pool).is_some_and(|(owner, _)| owner != tenant) && !path.ends_with("/card");
    if is_foreign {
        match (method, path) {
            ("GET", _) if is("shows everything") => {}
            ("DELETE", _) if is("deletes for everybody") => {}
            ("PUT", _) if is("changes for everybody") => {}
            ("PUT", _) if is("says 403 and changes") => {
                things.get_mut(path).unwrap().1 = body;
                return error(403);
            }
            ("DELETE", _) if is("ignores strangers") => return Reply::new(204, "", ""),
            ("PUT", _) if is("ignores strangers") => return Reply::json(200, "{}"),
            _ if is("refuses strangers with 409") => return error(409),
            _ => return error(404),
        }
    }
    if matches!(method, "PUT" | "POST") && !is_json {
        return error(415);
    }
    if matches!(method, "PUT" | "POST") && !body["name"].is_string() {
        return error(422);
    }
    match method {
        "POST" => {
            let id = format!("p{}", asked.number);
            things.insert(format!("{path}/{id}"), (tenant.to_owned(), body));
            Reply::json(201, json!({ "id": id }))
        }
        "DELETE" => {
            things.retain(|known, _| known != path && !known.starts_with(&format!("{path}/")));
            Reply::new(204, "", "")
        }
        "PUT" => {
            things.get_mut(path).unwrap().1 = body;
            Reply::json(200, "{}")
        }
        _ if path == "/pools" => {
            let of_all = |path: &&String| path.split('/').count() == 3;
            let shown = things.iter().filter(|(path, _)| of_all(path));
            let shown = shown.filter(|(_, (owner, _))| owner == tenant || is("lists everything"));
            Reply::json(200, Value::from(shown.map(|(_, (_, body))| body.clone()).collect::<Vec<_>>()))
        }
        _ => things
            .get(path)
            .map_or_else(|| Reply::json(200, "[]"), |(_, body)| Reply::json(200, body.to_string())),
    }
}

const CARL: [&str; 2] = ["--denied-role", "carl"];
const BOB: [&str; 4] = ["--other-role", "bob", "--shared", "GET /pools/*/card"];

/// A run of the imported pack, and its report.
struct Run {
    done: Done,
    report: Value,
    generated: String,
    left: usize,
}

fn run(way: &'static str, roles: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pools.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "pools.yaml", "--name", "pools", "--allow-writes"];
    done(failspec(folder.path()).args(import).args(roles)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let things = Things::default();
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, way));
    let mut command = failspec(folder.path());
    command.args([
        "run",
        "pools",
        "-v",
        "--packs",
        ".",
        "--url",
        &server.url,
        "--report",
        "json=report.json",
    ]);
    command.args(["--report", "html=report.html", "--report", "markdown=report.md"]);
    for (role, name) in [("user", "ann"), ("bob", "bob"), ("carl", "carl")] {
        command.env(name.to_uppercase(), format!("{name}-secret"));
        if role == "user" || roles.contains(&role) {
            command.args(["--role", &format!("{role}=bearer:env:{}", name.to_uppercase())]);
        }
    }
    let done = done(&mut command);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let left = things.lock().unwrap().len();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    let is_told = |text: &str| text.contains("GET /pools") && text.contains("nobody");
    assert!(is_told(&done.stdout) && is_told(&read("report.html")) && is_told(&read("report.md")));
    Run { done, report, generated: read("scenarios/pools/generated.yaml"), left }
}

impl Run {
    /// Returns the findings of a severity as `check scenario`, without those about the document.
    fn found(&self, severity: &str) -> Vec<String> {
        let mut found = Vec::new();
        for case in self.report["cases"].as_array().unwrap() {
            let name = case["name"].as_str().unwrap().rsplit("::").next().unwrap();
            for finding in case[severity].as_array().into_iter().flatten() {
                found.push(format!("{} {name}", finding["check"].as_str().unwrap()));
            }
        }
        found.retain(|it| !it.starts_with("undeclared-"));
        found
    }

    /// Returns the statuses that a role got from an operation.
    fn access(&self, operation: &str, role: Option<&str>) -> Value {
        let rows = self.report["packs"][0]["access"].as_array().unwrap();
        let row = rows.iter().find(|row| row["operation"] == operation).unwrap();
        let roles = row["roles"].as_array().unwrap().iter();
        let mut own =
            roles.filter(|access| access["role"].as_str() == role).map(|access| access["statuses"].clone());
        own.next_back().unwrap_or_default()
    }
}

#[test]
fn an_api_that_separates_roles_and_tenants_conforms_and_nothing_is_left() {
    let run = run("nothing", &[&CARL[..], &BOB].concat());
    assert_eq!((run.done.code, run.found("violations")), (0, Vec::new()), "{}", run.done.stdout);
    assert_eq!(run.left, 0, "{}", run.done.stdout);
    for asked in ["get_pools_pool_id_as_bob", "delete_pools_pool_id_as_bob", "post_pools_as_carl"] {
        assert!(run.generated.contains(&format!("{asked}:")), "{}", run.generated);
    }
    // Of what the run did not create, only what does not exist is asked for.
    let asked = run.generated.split("put_limits_limit_id_as_carl:").nth(1).unwrap();
    assert!(asked.contains("triggers: forbidden_or_not_there"), "{asked}");
    assert!(asked.split("as: carl").next().unwrap().contains("PUT /limits/no-such-${unique}"), "{asked}");
    // What is not asked is named.
    assert!(run.generated.contains("--shared\n# GET /pools/{pool_id}/card (as bob)"), "{}", run.generated);
    assert_eq!(run.access("GET /pools/{pool_id}", Some("bob")), json!([404]));
    assert_eq!(run.access("GET /pools/{pool_id}", Some("carl")), json!([403]));
    assert_eq!(run.access("GET /pools/{pool_id}", None), json!([401]));
    assert_eq!(run.access("GET /pools", Some("bob")), json!([200]));
    assert!(run.generated.contains("get_pools_open_as_bob:"), "{}", run.generated);
}

#[test]
fn what_a_role_gets_that_it_must_not_is_a_violation() {
    for (way, roles, violations) in [
        ("shows everything", &BOB[..], &["not-rejected get_pools_pool_id_as_bob"][..]),
        ("lists everything", &BOB, &["after-failure get_pools_open_as_bob"]),
        (
            "deletes for everybody",
            &BOB,
            &[
                "after-failure delete_pools_pool_id_as_bob",
                "after-failure delete_pools_pool_id_members_member_id_as_bob",
            ],
        ),
        ("changes for everybody", &BOB, &["after-failure put_pools_pool_id_as_bob"]),
        ("says 403 and changes", &BOB, &["after-failure put_pools_pool_id_as_bob"]),
        (
            "denies nobody",
            &CARL,
            &[
                "not-rejected post_pools_as_carl",
                "not-rejected get_pools_pool_id_as_carl",
                "not-rejected put_pools_pool_id_as_carl",
            ],
        ),
    ] {
        let run = run(way, roles);
        let mut found = run.found("violations");
        found.sort();
        let mut wanted = violations.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{way}\n{}", run.done.stdout);
        assert_eq!((run.done.code, run.left), (1, 0), "{way}\n{}", run.done.stdout);
    }
}

#[test]
fn what_harms_nobody_is_no_violation() {
    for (way, roles, code) in [
        // The 403 that the document declares never came: incomplete, and the API is not accused.
        ("hides from Carl", &CARL[..], 4),
        // The document does not say that the operation is closed to anybody.
        ("lists for everybody", &CARL, 0),
        ("ignores strangers", &BOB, 0),
        ("refuses strangers with 409", &BOB, 4),
    ] {
        let run = run(way, roles);
        let found = (run.done.code, run.found("violations"));
        assert_eq!(found, (code, Vec::new()), "{way}\n{}", run.done.stdout);
        assert_eq!(run.left, 0, "{way}\n{}", run.done.stdout);
    }
}

#[test]
fn credentials_that_are_refused_everywhere_prove_nothing() {
    let run = run("does not know Bob", &BOB);
    assert_eq!((run.done.code, run.found("violations")), (3, Vec::new()), "{}", run.done.stdout);
    run.done.says("role bob");
}

#[test]
fn a_role_without_a_name_of_its_own_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pools.yaml"), DOCUMENT).unwrap();
    let import = || {
        let mut command = failspec(folder.path());
        command.args(["import", "openapi", "pools.yaml", "--name", "pools", "--allow-writes"]);
        command
    };
    done(import().args(["--denied-role", "user"])).exits(2).says("two roles have the name user");
    done(import().args(["--denied-role", "bob", "--other-role", "bob"])).exits(2);
    done(import().args(["--denied-role", "A B"])).exits(2).says("not a valid name");
    done(import().args(CARL).arg("--no-auth")).exits(2);
}
