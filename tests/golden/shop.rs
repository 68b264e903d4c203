//! The API of the shop, as its contract documents it except for the deviations that its scenarios describe.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Received, Reply, Server};

/// The token of the role `clerk`.
pub const CLERK_TOKEN: &str = "the-token-of-the-clerk";

/// Starts the server.
pub fn start() -> Server {
    let warehouse_down = AtomicBool::new(false);
    Server::start(move |request| {
        response(request, &warehouse_down).with("X-Request-Id", &format!("req-{}", request.number))
    })
}

fn response(request: &Received, warehouse_down: &AtomicBool) -> Reply {
    let path = request.path.split('?').next().unwrap_or_default();
    if path == "/health" {
        return Reply::json(200, r#"{"status":"up"}"#);
    }
    if path.starts_with("/portal") {
        return Reply::html(200, "<!doctype html><title>Sign in</title><h1>Sign in</h1>");
    }
    if path == "/_test/warehouse" {
        warehouse_down.store(request.method == "PUT", Ordering::SeqCst);
        return Reply::json(200, "{}");
    }
    if request.header("authorization") != Some(&format!("Bearer {CLERK_TOKEN}")) {
        return error(401, "unauthorized", "a token is missing or wrong");
    }
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match (request.method.as_str(), path) {
        ("GET", "/orders") => {
            Reply::json(200, r#"{"orders":[{"id":"17"},{"id":"order-failspec-abc123-4"}]}"#)
        }
        ("GET", "/orders/17") => Reply::json(200, r#"{"id":"17","name":"tea","quantity":1}"#),
        ("DELETE", path) if path.starts_with("/orders/") => Reply::json(200, "{}"),
        // Neither existing names nor existing ids are rejected: two deviations.
        ("POST", "/orders") if body["quantity"].as_i64().is_none_or(|quantity| quantity < 1) => {
            error(422, "bad_quantity", "a quantity is at least 1")
        }
        ("POST", "/orders") => Reply::json(201, r#"{"id":"18"}"#),
        ("POST", "/teapot") => error(418, "teapot", "no coffee"),
        ("POST", "/archive") => error(403, "forbidden", "clerks may not write to the archive"),
        ("GET", "/stock") if !warehouse_down.load(Ordering::SeqCst) => Reply::json(200, r#"{"tea":40}"#),
        ("GET", "/stock") => error(503, "warehouse_unavailable", "the warehouse does not respond"),
        ("GET", "/reports") => error(429, "rate_limited", "slow down"),
        _ => error(404, "not_found", "there is no such order"),
    }
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#))
}
