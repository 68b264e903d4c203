//! Bodies that must have an id of the path as well, of which the document says nothing.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Projects with views in them. Nothing is required but a title, and a view has no `id` in a request.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Views, version: "1" }
paths:
  /projects:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/New' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Made' } } } }
        '400': { description: no }
        '415': { description: no }
  /projects/{project_id}:
    parameters: [{ name: project_id, in: path, required: true, schema: { type: integer, minimum: 1 } }]
    delete: { responses: { '204': { description: gone }, '400': { description: no }, '404': { description: none } } }
  /projects/{project_id}/views:
    parameters: [{ name: project_id, in: path, required: true, schema: { type: integer, minimum: 1 } }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/New' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Made' } } } }
        '400': { description: no }
        '404': { description: none }
        '415': { description: no }
  /projects/{project_id}/views/{view_id}:
    parameters:
      - { name: project_id, in: path, required: true, schema: { type: integer, minimum: 1 } }
      - { name: view_id, in: path, required: true, schema: { type: integer, minimum: 1 } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/New' } } } }
      responses: { '204': { description: changed }, '400': { description: no }, '404': { description: none }, '415': { description: no } }
    delete: { responses: { '204': { description: gone }, '400': { description: no }, '404': { description: none } } }
components:
  schemas:
    New:
      type: object
      required: [title]
      properties: { title: { type: string, minLength: 1 }, project_id: { type: integer } }
    Made:
      type: object
      required: [id]
      properties: { id: { type: integer } }
"##;

/// The views of each project.
type Projects = BTreeMap<u64, Vec<u64>>;

fn error(status: u16, said: &str) -> Reply {
    Reply::json(status, json!({ "error": said }).to_string())
}

/// The API. One that is strict compares the ids in bodies with those of the path, and breaks on a title that is a number behind that.
fn api(asked: &Received, projects: &Mutex<Projects>, is_strict: bool) -> Reply {
    let mut projects = projects.lock().unwrap();
    let segments: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let ids: Option<Vec<u64>> = segments.iter().skip(1).step_by(2).map(|id| id.parse().ok()).collect();
    let Some(ids) = ids.filter(|ids| ids.iter().all(|id| *id > 0)) else { return error(400, "bad id") };
    let writes = matches!(asked.method.as_str(), "POST" | "PUT");
    if writes && !asked.header("content-type").is_some_and(|it| it.starts_with("application/json")) {
        return error(415, "JSON only");
    }
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    if writes && segments.len() > 2 && is_strict {
        let Some(body) = &body else { return error(400, "no JSON") };
        if body["project_id"] != json!(ids[0]) {
            return error(400, "Project ID in body and URL must be the same");
        }
        if let Some(view) = ids.get(1)
            && body["id"] != json!(view)
        {
            return error(400, "view id in URL and in body must be the same");
        }
        if body["title"].is_number() && projects.contains_key(&ids[0]) {
            return error(500, "broken");
        }
    }
    let title = body.as_ref().and_then(|body| body["title"].as_str()).filter(|title| !title.is_empty());
    if writes && (title.is_none() || body.as_ref().is_some_and(|body| body["project_id"].is_string())) {
        return error(400, "title must be a text, and project_id a number");
    }
    let new = asked.number as u64 + 1000;
    match (asked.method.as_str(), segments.len(), ids.as_slice()) {
        ("POST", 1, _) => {
            projects.insert(new, Vec::new());
            Reply::json(201, json!({ "id": new }).to_string())
        }
        ("DELETE", 2, [project]) => match projects.remove(project) {
            Some(_) => Reply::new(204, "", ""),
            None => error(404, "no project"),
        },
        ("POST", 3, [project]) => match projects.get_mut(project) {
            Some(views) => {
                views.push(new);
                Reply::json(201, json!({ "id": new }).to_string())
            }
            None => error(404, "no project"),
        },
        ("PUT" | "DELETE", 4, [project, view]) => {
            let views = projects.get_mut(project).filter(|views| views.contains(view));
            match views {
                Some(views) if asked.method == "DELETE" => views.retain(|it| it != view),
                Some(_) => {}
                None => return error(404, "no view"),
            }
            Reply::new(204, "", "")
        }
        (_, length, _) => {
            let allow = ["POST", "DELETE", "POST", "PUT, DELETE"];
            error(405, "no").with("Allow", allow.get(length - 1).copied().unwrap_or_default())
        }
    }
}

/// Runs the pack of the document. Returns the rows of the report, and the projects that are left.
fn run(is_strict: bool) -> (Vec<Value>, Projects) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("views.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "views.yaml", "--name", "views", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let projects: Arc<Mutex<Projects>> = Arc::default();
    let shared = Arc::clone(&projects);
    let server = Server::start(move |asked| api(asked, &shared, is_strict));
    let report = ["--report", "json=report.json"];
    done(failspec(folder.path()).args(["run", "views", "--packs", ".", "--url", &server.url]).args(report));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let left = projects.lock().unwrap().clone();
    (report["finding_groups"].as_array().unwrap().clone(), left)
}

#[test]
fn an_id_of_the_path_is_repeated_in_a_body_where_the_api_asks_for_it() {
    let (rows, left) = run(true);
    assert!(left.is_empty(), "{left:?}");
    let is_of = |row: &&Value, check: &str, operation: &str| {
        row["check"] == check && row["operations"].to_string().contains(operation)
    };
    for (check, operation) in [
        ("undeclared-requirement", "POST /projects/{project_id}/views"),
        ("undeclared-requirement", "PUT /projects/{project_id}/views/{view_id}"),
        // What is behind that is asked.
        ("server-error", "POST /projects/{project_id}/views"),
        ("server-error", "PUT /projects/{project_id}/views/{view_id}"),
    ] {
        assert!(rows.iter().any(|row| is_of(&row, check, operation)), "{check} {operation}: {rows:#?}");
    }
}

#[test]
fn an_api_that_does_not_compare_them_has_no_row_about_ids() {
    let (rows, left) = run(false);
    assert!(left.is_empty(), "{left:?}");
    let is_about_ids =
        |row: &&Value| row["check"] == "undeclared-requirement" || row["check"] == "server-error";
    assert_eq!(rows.iter().find(is_about_ids), None);
}
