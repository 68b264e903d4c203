//! A server that behaves correctly in all responses but one.

pub mod behaviour;
pub mod echo;
pub mod pack;
pub mod report;
pub mod run;
pub mod text;
pub mod transport;

use std::sync::Arc;

use failspec_test_server::{Received, Reply, Server as ScriptedServer};

use behaviour::{Behaviour, Place};

/// A request as received by the server.
pub struct Asked {
    /// The value of `Authorization`, or an empty text.
    pub authorization: String,
    /// The address of the server.
    pub here: String,
    /// The address of another host, at which a listener counts connections.
    pub elsewhere: String,
}

impl Asked {
    /// The token without its scheme.
    pub fn token(&self) -> &str {
        self.authorization.trim_start_matches("Bearer ")
    }
}

/// A running server.
pub struct Server {
    pub url: String,
    api: ScriptedServer,
    elsewhere: Arc<ScriptedServer>,
}

impl Server {
    /// Starts an API with this behaviour in one response.
    pub fn start(behaviour: Arc<Behaviour>) -> Self {
        let elsewhere = Arc::new(ScriptedServer::start(|_| Reply::close()));
        let other = Arc::clone(&elsewhere);
        let api = ScriptedServer::start(move |request| reply(request, &behaviour, &other.url));
        Self { url: api.url.clone(), api, elsewhere }
    }

    /// The request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.api.lines()
    }

    /// Number of connections to the other host.
    pub fn went_elsewhere(&self) -> usize {
        self.elsewhere.connections()
    }
}

fn reply(request: &Received, behaviour: &Arc<Behaviour>, elsewhere: &str) -> Reply {
    let place = match request.line().as_str() {
        "GET /tested" => Some(Place::Request),
        "GET /fine" => Some(Place::Control),
        line if line.starts_with("DELETE /things/") => Some(Place::Teardown),
        _ => None,
    };
    if place == Some(behaviour.place) {
        let asked = Asked {
            authorization: request.header("authorization").unwrap_or_default().to_owned(),
            here: format!("http://{}", request.header("host").unwrap_or_default()),
            // The same machine under another name: for a client, it is another host that must not get the credentials.
            elsewhere: elsewhere.replace("127.0.0.1", "localhost"),
        };
        let behaviour = Arc::clone(behaviour);
        return Reply::writing(move |connection| (behaviour.act)(&asked, connection));
    }
    let (status, body) = match place {
        Some(Place::Request) => (404, right(request.number)),
        _ => (200, String::from("{}")),
    };
    Reply::json(status, body)
}

/// A body as documented by the contract.
pub fn right(number: usize) -> String {
    format!(r#"{{"error":"not_found","message":"no such thing","requestId":"r-{number}"}}"#)
}

/// A response with a JSON body.
pub fn json(status: u16, body: &[u8]) -> Vec<u8> {
    response(status, "Content-Type: application/json\r\n", body)
}

/// A response with these header lines.
pub fn response(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Something\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}
