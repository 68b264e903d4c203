//! Things in which cases of an import make their own are made once, are no thing that a case is judged by, and are removed at the
//! end.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use serde_json::Value;

use crate::support::{Received, Reply, Server, done, failspec};

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Shelves, version: "1" }
paths:
  /shelves:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Named' } } } }
      responses: { '201': { $ref: '#/components/responses/Made' } }
  /shelves/{shelf_id}:
    parameters: [{ name: shelf_id, in: path, required: true, schema: { type: string } }]
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /shelves/{shelf_id}/books:
    parameters: [{ name: shelf_id, in: path, required: true, schema: { type: string } }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Named' } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '404': { description: absent } }
  /shelves/{shelf_id}/books/{book_id}:
    parameters:
      - { name: shelf_id, in: path, required: true, schema: { type: string } }
      - { name: book_id, in: path, required: true, schema: { type: string } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Named' } } } }
      responses: { '200': { description: changed }, '400': { description: invalid }, '404': { description: absent } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
components:
  responses:
    Made: { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }
  schemas:
    Named: { type: object, required: [name], properties: { name: { type: string }, size: { type: integer }, pages: { type: integer } } }
"#;

/// How a server of shelves differs from a right one.
#[derive(Clone, Copy, Default)]
struct Shelves {
    /// A shelf holds one book.
    holds_one: bool,
    /// A shelf is gone after it got this many books.
    lasts: Option<usize>,
    /// Books are not removed alone, but go with their shelf.
    keeps_books: bool,
    /// Changes of books that should be refused break it.
    breaks: bool,
    /// Nothing is removed.
    keeps_all: bool,
}

impl Shelves {
    fn start(self) -> (Server, Arc<Mutex<BTreeSet<String>>>) {
        let there = Arc::new(Mutex::new(BTreeSet::<String>::new()));
        let (own, count) = (Arc::clone(&there), Mutex::new(0));
        let server = Server::start(move |request: &Received| {
            let mut there = own.lock().unwrap();
            let path = request.path.trim_end_matches('/').to_owned();
            let shelf = path.split('/').take(3).collect::<Vec<_>>().join("/");
            let body: Option<Value> = serde_json::from_slice(&request.body).ok();
            let is_valid = body.as_ref().is_some_and(|body| {
                let is_number = |name: &str| body.get(name).is_none_or(Value::is_i64);
                body["name"].is_string() && is_number("size") && is_number("pages")
            });
            let books = there.iter().filter(|known| known.starts_with(&format!("{shelf}/"))).count();
            match (request.method.as_str(), path.ends_with("s")) {
                ("POST", true) if path != "/shelves" && !there.contains(&shelf) => Reply::json(404, "{}"),
                ("POST", true) if !is_valid => Reply::json(400, "{}"),
                ("POST", true) if path != "/shelves" && self.holds_one && books > 0 => Reply::json(409, "{}"),
                ("POST", true) => {
                    let mut count = count.lock().unwrap();
                    *count += 1;
                    there.insert(format!("{path}/b{count}"));
                    if self.lasts.is_some_and(|lasts| path != "/shelves" && *count % lasts == 0) {
                        there.retain(|known| !known.starts_with(&shelf));
                    }
                    Reply::json(201, format!("{{\"id\":\"b{count}\"}}"))
                }
                ("POST", _) => Reply::json(405, "{}"),
                _ if !there.contains(&path) => Reply::json(404, "{}"),
                ("DELETE", _) if self.keeps_all => Reply::json(500, "{}"),
                ("DELETE", _) if self.keeps_books && path.contains("/books/") => Reply::json(500, "{}"),
                ("DELETE", _) => {
                    there.retain(|known| *known != path && !known.starts_with(&format!("{path}/")));
                    Reply::new(204, "text/plain", "")
                }
                ("PUT", _) if is_valid => Reply::json(200, "{}"),
                ("PUT", _) if self.breaks => Reply::json(500, "{}"),
                ("PUT", _) => Reply::json(400, "{}"),
                _ => Reply::json(405, "{}").with("Allow", "PUT, DELETE"),
            }
        });
        (server, there)
    }

    /// Runs the import of the document; returns the report, the requests, and what is there afterwards.
    fn run(self, more: &[&str]) -> (Value, Vec<String>, BTreeSet<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shelves.yaml"), DOCUMENT).unwrap();
        let import = ["import", "openapi", "shelves.yaml", "--name", "shelves", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        let (server, there) = self.start();
        let mut command = failspec(folder.path());
        command.args(["run", "shelves", "--packs", ".", "--url", &server.url, "--report", "json=r.json"]);
        done(command.args(more));
        let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
        let left = there.lock().unwrap().clone();
        (serde_json::from_str(&report).unwrap(), server.lines(), left)
    }
}

fn count(lines: &[String], line: &str) -> usize {
    lines.iter().filter(|sent| *sent == line).count()
}

/// Returns name, outcome and status of all cases.
fn outcomes(report: &Value) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap().iter();
    cases.map(|case| format!("{} {} {}", case["name"], case["outcome"], case["observed"]["status"])).collect()
}

fn left_behind(report: &Value) -> Vec<&str> {
    let cases = report["cases"].as_array().unwrap().iter();
    cases
        .flat_map(|case| case["left_behind"].as_array().unwrap())
        .map(|line| line.as_str().unwrap())
        .collect()
}

#[test]
fn what_others_are_made_in_is_made_once() {
    for jobs in ["1", "4"] {
        let (report, lines, left) = Shelves::default().run(&["--jobs", jobs]);
        assert!(left.is_empty() && left_behind(&report).is_empty(), "{left:?} {:?}", left_behind(&report));
        let cases = report["cases"].as_array().unwrap();
        let of_shelves =
            cases.iter().filter(|case| case["operation"].as_str().is_some_and(|it| it.ends_with("helves")));
        let of_books =
            cases.iter().filter(|case| case["operation"].as_str().is_some_and(|it| it.contains("/books")));
        // Those that make shelves, and those that ask for another or an unknown one, have their own.
        let most = of_shelves.count() * 2 + 12;
        let (made, of_books) = (count(&lines, "POST /shelves"), of_books.count());
        assert!(of_books > 60 && made < most, "{made} shelves for {of_books} cases, at most {most}");
        let each = lines.len() as f64 / cases.len() as f64;
        assert!(each < 2.5, "{each} requests a case");
    }
}

#[test]
fn parent_in_which_nothing_can_be_made_convicts_nobody() {
    let (right, ..) = Shelves::default().run(&["--jobs", "1"]);
    // Gone after some books, or full with one: each case could make its own.
    for unusual in
        [Shelves { lasts: Some(7), ..Shelves::default() }, Shelves { holds_one: true, ..Shelves::default() }]
    {
        let (report, _, left) = unusual.run(&["--jobs", "1"]);
        assert!(left.is_empty(), "{left:?}");
        let differs =
            outcomes(&right).into_iter().zip(outcomes(&report)).filter(|(right, other)| right != other);
        // A second book in a shelf that holds one is refused for good reasons, and so is one in a shelf that goes with it.
        let differs: Vec<_> =
            differs.filter(|(right, _)| right.contains("/books") || !right.contains("twice")).collect();
        let wrong = differs.iter().filter(|(_, other)| other.contains("\"failed\""));
        assert_eq!(wrong.count(), 0, "{differs:#?}");
    }
}

#[test]
fn what_goes_with_its_parent_is_not_left_over() {
    let (report, _, left) = Shelves { keeps_books: true, ..Shelves::default() }.run(&["--jobs", "1"]);
    assert!(left.is_empty(), "{left:?}");
    let of_books = left_behind(&report).into_iter().filter(|line| line.contains("/books/"));
    assert_eq!(of_books.count(), 0, "{:#?}", left_behind(&report));
    // What stays with its parent is.
    let (report, _, left) = Shelves { keeps_all: true, ..Shelves::default() }.run(&["--jobs", "1"]);
    let listed = left_behind(&report);
    assert!(
        !left.is_empty() && left.iter().all(|left| listed.iter().any(|line| line.contains(left.as_str()))),
        "{left:#?} {listed:#?}"
    );
}

#[test]
fn violation_below_a_shared_parent_is_one_of_a_thing_of_its_own() {
    let (report, ..) = Shelves { breaks: true, ..Shelves::default() }.run(&["--jobs", "1"]);
    let cases = report["cases"].as_array().unwrap().iter();
    let broken: Vec<&Value> = cases.filter(|case| case["observed"]["status"] == 500).collect();
    assert!(broken.len() > 5);
    for case in broken {
        let exchanges = case["exchanges"].as_array().unwrap();
        let made = exchanges.iter().rfind(|it| it["phase"] == "setup").unwrap();
        assert!(
            made["same_as"].is_null() && made["request"]["url"].to_string().contains("/books"),
            "{case:#}"
        );
    }
}
