//! A strict implementation of an OpenAPI document that can omit one validation rule.

pub mod document;
pub mod rules;
pub mod tenants;

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use failspec_test_server::{Received, Reply, Server};
use serde_json::{Value, json};

use rules::{Broken, Rule, Said};

/// The valid token of the API.
pub const TOKEN: &str = "the-right-token";

/// The running API.
pub struct StrictApi {
    pub url: String,
    inner: Arc<Inner>,
    server: Server,
}

/// The mistake of the API about one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It does not check it.
    Forgets,
    /// It breaks with a server error when the rule is broken.
    Breaks,
}

thread_local! {
    /// True once the request that this thread answers has broken the API.
    static BROKEN: Cell<bool> = const { Cell::new(false) };
}

struct Inner {
    document: Value,
    /// The rule about which it is wrong.
    dropped: Option<Rule>,
    wrong: Wrong,
    things: Mutex<BTreeMap<u64, String>>,
    next: AtomicU64,
    known: Mutex<BTreeSet<Rule>>,
}

impl StrictApi {
    pub fn start(document: Value, dropped: Option<Rule>) -> Self {
        Self::start_wrong(document, dropped, Wrong::Forgets)
    }

    /// Starts an API that is wrong about one rule.
    pub fn start_wrong(document: Value, dropped: Option<Rule>, wrong: Wrong) -> Self {
        let inner = Arc::new(Inner {
            document,
            dropped,
            wrong,
            things: Mutex::default(),
            next: AtomicU64::new(1),
            known: Mutex::default(),
        });
        let api = Arc::clone(&inner);
        let server = Server::start(move |request| response(&api, request));
        Self { url: server.url.clone(), inner, server }
    }

    /// Returns the rules that were checked for a request.
    pub fn rules(&self) -> BTreeSet<Rule> {
        self.inner.known.lock().expect("the rules").clone()
    }

    /// Returns the number of requests so far.
    pub fn requests(&self) -> usize {
        self.server.lines().len()
    }

    /// Returns the number of existing things.
    pub fn things(&self) -> usize {
        self.inner.things.lock().expect("the things").len()
    }
}

fn response(api: &Inner, request: &Received) -> Reply {
    let (path, query) = request.path_and_query();
    let query = url::form_urlencoded::parse(query.as_bytes());
    let is_read = request.method == "HEAD";
    let said = Said {
        method: if is_read { "GET".to_owned() } else { request.method.clone() },
        path: path.to_owned(),
        query: query.into_owned().collect(),
        headers: request.headers.clone(),
        body: request.body.clone(),
    };
    BROKEN.set(false);
    let (status, body) = api.response(&said);
    let (status, body) = if BROKEN.get() { (500, json!({})) } else { (status, body) };
    let reply = Reply::json(status, body);
    match status {
        405 => reply.with("Allow", &methods(&api.document, &said.path).join(", ")),
        401 => reply.with("WWW-Authenticate", "Bearer"),
        _ => reply,
    }
}

fn refusal(status: u16, code: &str) -> (u16, Value) {
    (status, json!({ "code": code, "message": format!("this is {code}") }))
}

impl Inner {
    /// Returns true if a rule is violated that the API checks.
    fn breaks(&self, broken: Broken) -> bool {
        self.known.lock().expect("the rules").extend(broken.known);
        let is_about_it = broken.rules.iter().any(|rule| self.dropped.as_ref() == Some(rule));
        if is_about_it && self.wrong == Wrong::Breaks {
            BROKEN.set(true);
            return true;
        }
        broken.rules.iter().any(|rule| self.dropped.as_ref() != Some(rule))
    }

    fn breaks_one(&self, rule: String, is_broken: bool) -> bool {
        let mut broken = Broken::default();
        broken.look(rule, is_broken);
        self.breaks(broken)
    }

    fn response(&self, said: &Said) -> (u16, Value) {
        let segments: Vec<&str> = said.path.trim_start_matches('/').split('/').collect();
        let (kind, id) = match segments.as_slice() {
            [kind] => ((*kind).to_owned(), None),
            [kind, id] => ((*kind).to_owned(), Some((*id).to_owned())),
            _ => return refusal(404, "not_found"),
        };
        let path = if id.is_some() { format!("/{kind}/{{thingId}}") } else { format!("/{kind}") };
        let Some(item) = self.document["paths"].get(&path) else { return refusal(404, "not_found") };
        let method = said.method.to_ascii_lowercase();
        let known = item.get(&method).is_some();
        if self.breaks_one(format!("{path} method"), !known) {
            return refusal(405, "method_not_allowed");
        }
        let Some(operation) = item.get(&method) else { return (200, json!([])) };
        let at = format!("{} {path}", said.method);
        if self.document.get("security").is_some() {
            let given = said.header("authorization");
            let right = format!("Bearer {TOKEN}");
            if self.breaks_one(format!("{at} no credentials"), given.is_none())
                || self
                    .breaks_one(format!("{at} wrong credentials"), given.is_some_and(|given| given != right))
            {
                return refusal(401, "unauthorized");
            }
        }
        let declares = |status: &str| operation["responses"].get(status).is_some();
        let accept = said.header("accept").unwrap_or("*/*");
        let acceptable = accept.contains("*/*") || accept.contains("application/json");
        if declares("406") && self.breaks_one(format!("{at} accept"), !acceptable) {
            return refusal(406, "not_acceptable");
        }
        let invalid = || if declares("400") { refusal(400, "invalid") } else { refusal(422, "invalid") };
        let mut broken = Broken::default();
        for parameter in
            item["parameters"].as_array().into_iter().chain(operation["parameters"].as_array()).flatten()
        {
            let name = parameter["name"].as_str().expect("a name");
            let value = match parameter["in"].as_str() {
                Some("path") => id.as_deref(),
                Some("header") => said.header(name),
                _ => said.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()),
            };
            broken.parameter(&at, parameter, value);
        }
        if self.breaks(broken) {
            return invalid();
        }
        if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema")
            && let Some(refused) = self.body(&at, schema, said, &declares, &invalid)
        {
            return refused;
        }
        self.act(&method, &kind, id)
    }

    fn body(
        &self,
        at: &str,
        schema: &Value,
        said: &Said,
        declares: &dyn Fn(&str) -> bool,
        invalid: &dyn Fn() -> (u16, Value),
    ) -> Option<(u16, Value)> {
        // The presence of a body is not a rule that could be dropped: an empty body is not JSON either.
        if said.body.is_empty() {
            return Some(invalid());
        }
        let is_json = said.header("content-type").is_some_and(|it| it.starts_with("application/json"));
        if declares("415") && self.breaks_one(format!("{at} media type"), !is_json) {
            return Some(refusal(415, "unsupported_media_type"));
        }
        let read = serde_json::from_slice::<Value>(&said.body);
        if self.breaks_one(format!("{at} syntax"), is_json && read.is_err()) {
            return Some(invalid());
        }
        let mut broken = Broken::default();
        broken.value(&format!("{at} body"), schema, read.as_ref().ok()?);
        self.breaks(broken).then(invalid)
    }

    fn act(&self, method: &str, kind: &str, id: Option<String>) -> (u16, Value) {
        let mut things = self.things.lock().expect("the things");
        // An id that is not a number identifies nothing.
        let number = id.map(|id| id.parse::<u64>().unwrap_or_default());
        let there = number.filter(|number| things.get(number).is_some_and(|known| known == kind));
        match (method, number) {
            ("get", None) => {
                let own = things.iter().filter(|(_, known)| *known == kind);
                (200, own.map(|(id, _)| json!({ "id": id })).collect())
            }
            ("post", _) => {
                let id = self.next.fetch_add(1, Ordering::Relaxed);
                things.insert(id, kind.to_owned());
                (201, json!({ "id": id }))
            }
            (_, number) => {
                let missing = there.is_none();
                let rule = format!("{} /{kind}/{{thingId}} unknown", method.to_ascii_uppercase());
                if self.breaks_one(rule, missing) {
                    return refusal(404, "not_found");
                }
                if method == "delete" {
                    things.retain(|id, _| Some(*id) != there);
                }
                (200, json!({ "id": number.unwrap_or(1) }))
            }
        }
    }
}

/// Returns the methods of the path of a document that has as many segments.
fn methods(document: &Value, path: &str) -> Vec<String> {
    let is_it = |template: &str| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template.zip(path).all(|(one, other)| one == other || one.starts_with('{'))
    };
    let items = document["paths"].as_object().into_iter().flatten().filter(|(template, _)| is_it(template));
    let keys = items.flat_map(|(_, item)| item.as_object().into_iter().flatten().map(|(key, _)| key));
    let methods = keys.filter(|key| ["get", "put", "post", "delete", "patch"].contains(&key.as_str()));
    methods.map(|key| key.to_ascii_uppercase()).collect()
}
