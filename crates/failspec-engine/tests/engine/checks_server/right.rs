//! Correct responses, as documented by the contracts of the test packs.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::{Asked, Reply};

/// The keys of earlier requests: a second request with the same key is accepted.
#[derive(Default)]
pub struct Depot(Mutex<BTreeSet<String>>);

/// The condition of the pack `depot`, to be appended to a target file.
pub const JAMMED: &str = "[target.own.conditions.shelf-jammed]\nvariables = { shelf = \"jammed\" }\n";

impl Depot {
    pub fn response(&self, asked: &Asked) -> Reply {
        let fail = |status: u16, code: &str| depot_failure(asked, status, code);
        let fine = || depot_success(asked, 200, json!({ "data": { "id": "known" } }));
        match asked.line() {
            ("PATCH", _) => fail(405, "wrong_method").with("Allow", "GET, DELETE"),
            _ if !asked.is_known() => {
                fail(401, "unauthorized").with("WWW-Authenticate", "Bearer realm=\"depot\"")
            }
            ("GET", "/broken") => fail(500, "broken"),
            ("GET", "/shelves/jammed") => fail(503, "jammed"),
            ("GET", "/items/absent" | "/items/hidden") => fail(404, "absent"),
            ("GET", "/odd") => Reply::json(400, json!({ "oddity": "seven" })),
            ("GET", "/shut") => depot_success(asked, 423, json!(null)).body(Vec::new()),
            ("GET", "/limited") => {
                let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if !seen.insert(asked.query.clone()) {
                    return fine();
                }
                let limited = fail(429, "limited").set("retryAfter", json!(0));
                limited.with("Retry-After", "0").with("X-Limit-Remaining", "0")
            }
            ("POST", "/items") | ("PUT", "/items/known") => match asked.json["name"].as_str() {
                Some(name) if (1..200).contains(&name.len()) => {
                    depot_success(asked, 201, json!({ "data": { "id": "made" } }))
                }
                _ => fail(422, "invalid").set("fields", json!({ "name": "must have 1 to 199 letters" })),
            },
            _ => fine(),
        }
    }
}

fn depot_failure(asked: &Asked, status: u16, code: &str) -> Reply {
    let id = format!("r-{}", asked.number);
    let body = json!({ "error": code, "message": "Something is wrong", "requestId": id, "status": status });
    Reply::json(status, body).with("X-Request-Id", &id)
}

fn depot_success(asked: &Asked, status: u16, body: Value) -> Reply {
    Reply::json(status, body).with("X-Request-Id", &format!("r-{}", asked.number))
}

pub fn words(asked: &Asked) -> Reply {
    let challenge =
        |text: &str| Reply::json(401, json!({ "detail": text })).with("WWW-Authenticate", "Bearer");
    match (asked.token.as_deref(), asked.path.as_str(), asked.query.as_str()) {
        (None, ..) => challenge("API key required. Use 'Authorization: Bearer <key>'"),
        (Some(_), ..) if !asked.is_known() => challenge("Invalid API key"),
        (_, "/things/one", _) => Reply::json(200, json!({ "name": "one" })),
        (_, "/things", "limit=-1") => Reply::json(422, json!({ "detail": "limit must not be negative" })),
        (_, "/things", _) => Reply::json(200, json!([])),
        _ => Reply::json(404, json!({ "detail": "Thing not found" })),
    }
}

pub fn declared(asked: &Asked) -> Reply {
    match (asked.path.as_str(), asked.query.as_str()) {
        ("/things/one", _) if asked.method == "PUT" => {
            Reply::json(405, json!({})).with("Allow", "GET, DELETE")
        }
        ("/things/one", _) => Reply::json(200, json!({ "name": "one" })),
        ("/things/old", _) if asked.method == "DELETE" => Reply::new(204, "text/plain", ""),
        ("/things/old", _) if !asked.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-after")) => {
            Reply::json(200, json!({ "name": "old", "status": "new" }))
        }
        ("/things", _) if asked.method == "POST" => match asked.json["name"].is_string() {
            true => Reply::json(201, json!({})),
            false => Reply::json(400, json!({ "detail": ["name"] })),
        },
        ("/things", "limit=-1") => Reply::json(400, json!({ "detail": ["limit"] })),
        ("/things", _) => Reply::json(200, json!([])),
        _ => Reply::json(404, json!({ "code": "absent", "message": "No such thing" })).with("X-Trace", "17"),
    }
}

pub fn bulk(asked: &Asked) -> Reply {
    let fail = |status, code: &str| {
        let error = json!({ "code": code, "message": "It went wrong" });
        Reply::json(status, json!({ "success": false, "error": error }))
    };
    match asked.line() {
        ("GET", "/things/bad") => fail(404, "NOT_FOUND"),
        ("POST", "/start") => {
            let ids = asked.json["ids"].as_array().cloned().unwrap_or_default();
            if ids.is_empty() {
                return fail(422, "NOTHING_TO_DO");
            }
            let results: Vec<Value> = ids
                .iter()
                .map(|id| match id.as_str() {
                    Some("good") => json!({ "id": id, "status": "started" }),
                    _ => json!({ "id": id, "error": { "code": "NOT_FOUND", "message": "No such thing" } }),
                })
                .collect();
            Reply::json(207, json!({ "success": true, "results": results }))
        }
        _ => Reply::json(200, json!({ "success": true, "data": {} })),
    }
}

pub fn always200(asked: &Asked) -> Reply {
    let say = |code: i64, message: &str| {
        Reply::json(200, json!({ "code": code, "message": message, "data": null }))
    };
    match asked.line() {
        _ if !asked.is_known() => say(40100, "not logged in"),
        (_, "/crash") => say(50000, "internal error"),
        (_, "/pods/none") => say(40400, "pod not found"),
        _ => say(0, "ok"),
    }
}

pub fn groups(asked: &Asked) -> Reply {
    let fail = |status, code: &str| Reply::json(status, json!({ "error": code, "error_description": "No." }));
    match asked.path.as_str() {
        "/forbidden" => fail(403, "forbidden"),
        "/access_denied" => fail(403, "access_denied"),
        "/not_found" => fail(404, "not_found"),
        "/clash" => fail(409, "clash"),
        "/clash_of_names" => fail(400, "clash"),
        "/quota_of_disks" => fail(402, "quota").set("resource", json!("disk")),
        "/quota_of_hosts" => fail(402, "quota").set("resource", json!("host")),
        _ => Reply::json(200, json!({ "success": true })),
    }
}

pub fn standards(asked: &Asked) -> Reply {
    let problem = |status: u16, title: &str| {
        Reply::json(status, json!({ "title": title, "status": status, "detail": "No." }))
            .with("Content-Type", "application/problem+json")
    };
    match asked.path.as_str() {
        "/404" => problem(404, "Not Found"),
        "/407" => problem(407, "Proxy Authentication Required").with("Proxy-Authenticate", "Basic"),
        "/416" => problem(416, "Range Not Satisfiable").with("Content-Range", "bytes */10"),
        "/values" if asked.json["address"]["zip"] != json!(12345) => {
            problem(422, "Unprocessable Content").set("errors", json!([{ "field": "address.zip" }]))
        }
        "/426" => problem(426, "Upgrade Required").with("Upgrade", "HTTP/3.0").with("Connection", "upgrade"),
        _ => Reply::json(200, json!({})),
    }
}
