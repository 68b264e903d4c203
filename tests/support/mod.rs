//! Shared code of the command-line tests: running the binary, a small server on loopback, and a small pack.
#![allow(dead_code, reason = "every test file takes what it needs")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Number of failures that the built-in pack `kubeglass` documents, which most tests run.
pub const KUBEGLASS_FAILURES: usize = 36;

/// Returns `3 of 36`: how many of the failures of `kubeglass` are meant.
pub fn of_kubeglass(count: usize) -> String {
    format!("{count} of {KUBEGLASS_FAILURES}")
}

/// Returns `36 of 36 documented failures exercised`.
pub fn all_of_kubeglass_exercised() -> String {
    format!("{} documented failures exercised", of_kubeglass(KUBEGLASS_FAILURES))
}

/// The result of a finished command.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// Returns standard output and standard error.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Asserts the exit code; shows the output otherwise.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.all().contains(text), "`{text}` is missing in\n{}", self.all());
        self
    }

    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.all().contains(text), "`{text}` is in\n{}", self.all());
        self
    }

    /// Returns the last line of standard output.
    pub fn last_line(&self) -> &str {
        self.stdout.trim_end().lines().last().unwrap_or_default()
    }

    /// Returns the lines before the first empty one.
    pub fn head(&self) -> &str {
        self.stdout.split("\n\n").next().unwrap_or_default()
    }
}

/// Creates a command that runs the binary in a folder, without environment variables that would affect it.
pub fn failspec(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failspec"));
    command.current_dir(folder).env_remove("CI").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs a command and waits for it to end.
pub fn done(command: &mut Command) -> Done {
    let output = command.output().expect("the binary starts");
    Done {
        code: code(output.status),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}

/// Runs `failspec` with these arguments in an empty folder.
pub fn run(arguments: &[&str]) -> Done {
    let folder = tempfile::tempdir().expect("a folder");
    done(failspec(folder.path()).args(arguments))
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

/// A command in the background.
pub struct Background(pub Child);

impl Background {
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts"))
    }

    /// Reads the first line of standard output.
    pub fn first_line(&mut self) -> String {
        let mut line = String::new();
        // The pipe must stay open, although the rest is not read here.
        let mut reader = BufReader::new(self.0.stdout.as_mut().expect("a pipe"));
        reader.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill").success());
    }

    /// Waits for the command to end, for at most `seconds`.
    pub fn finish(mut self, seconds: u64) -> Done {
        let (mut out, mut err) = (self.0.stdout.take(), self.0.stderr.take());
        let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
            thread::spawn(move || {
                let mut text = Vec::new();
                if let Some(mut pipe) = pipe {
                    let _ = pipe.read_to_end(&mut text);
                }
                String::from_utf8_lossy(&text).into_owned()
            })
        };
        let out = read(out.take().map(|pipe| Box::new(pipe) as _));
        let err = read(err.take().map(|pipe| Box::new(pipe) as _));
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let status = loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                break status;
            }
            if Instant::now() > deadline {
                let _ = self.0.kill();
                let _ = self.0.wait();
                panic!("still running after {seconds} s");
            }
            thread::sleep(Duration::from_millis(10));
        };
        Done { code: code(status), stdout: out.join().expect("stdout"), stderr: err.join().expect("stderr") }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // A failed test must not leave a server behind.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A request as received by the server.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Its number, from 0.
    pub number: usize,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The reaction of the server to a request.
#[derive(Clone)]
pub enum Reply {
    Response { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    Close,
    Hang(Duration),
}

impl Reply {
    pub fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), media_type.to_owned())];
        Self::Response { status, headers, body: body.into() }
    }

    pub fn json(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", body)
    }

    pub fn html(status: u16, body: &str) -> Self {
        Self::new(status, "text/html", body)
    }

    /// Creates a failure in the envelope of the small pack.
    pub fn failure(status: u16, code: &str, request: &Received) -> Self {
        let id = request.number;
        Self::json(status, &format!(r#"{{"error":"{code}","message":"no such thing","requestId":"r-{id}"}}"#))
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Response { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// A server on loopback whose responses are defined by a closure.
pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(response: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let response = Arc::new(response);
        let (log, count) = (Arc::clone(&received), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (response, log) = (Arc::clone(&response), Arc::clone(&log));
                thread::spawn(move || serve(&stream, &*response, &log));
            }
        });
        Self { url, received, connections }
    }

    /// Starts the API of the small pack: `/things/one` exists, everything else does not.
    pub fn tiny() -> Self {
        Self::start(tiny)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("the log").clone()
    }

    /// Returns the request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.received().iter().map(Received::line).collect()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until the server has received a matching request.
    #[track_caller]
    pub fn wait_for(&self, fits: impl Fn(&Received) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.received().iter().any(&fits) {
            assert!(Instant::now() < deadline, "no such request; there were {:?}", self.lines());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The API of the small pack, as documented.
pub fn tiny(request: &Received) -> Reply {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/things/one") => Reply::json(200, r#"{"name":"one"}"#),
        ("DELETE", _) => Reply::json(200, "{}"),
        ("POST" | "PUT", _) => Reply::json(201, "{}"),
        _ => Reply::failure(404, "not_found", request),
    }
}

fn serve(stream: &TcpStream, response: &dyn Fn(&Received) -> Reply, log: &Mutex<Vec<Received>>) {
    let mut reader = BufReader::new(stream);
    while let Some(mut request) = read_request(&mut reader) {
        {
            let mut log = log.lock().expect("the log");
            request.number = log.len();
            log.push(request.clone());
        }
        match response(&request) {
            Reply::Close => return,
            Reply::Hang(time) => return thread::sleep(time),
            Reply::Response { status, headers, body } => {
                let mut text = format!("HTTP/1.1 {status} Something\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
                text.push_str("\r\n");
                let mut bytes = text.into_bytes();
                bytes.extend(body);
                let mut out = stream;
                if out.write_all(&bytes).is_err() {
                    return;
                }
            }
        }
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut parts = line.split_whitespace();
    let (method, path) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let request = Received { method, path, headers, body: Vec::new(), number: 0 };
    let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { body, ..request })
}

/// The contract of the small pack.
pub const TINY_CONTRACT: &str = "\
contract: tiny
as_of: 2026-01-31
documentation: https://tiny.example/errors
success: { status: 2xx }
envelope:
  media_type: application/json
  code: /error
  message: /message
  request_id: /requestId
codes: open
requires:
  roles:
    user: may read things
  variables:
    thing: { about: a thing that is there, default: one }
  conditions:
    broken: things are broken
failures:
  - id: not_found
    status: 404
    code: not_found
    summary: There is no such thing
";

/// The scenario of the small pack.
pub const TINY_SCENARIOS: &str = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: GET /things/none
    control: { request: \"GET /things/${thing}\" }
";

/// Writes a pack to `folder`, in the layout that `--packs` requires.
pub fn write_pack(folder: &Path, name: &str, contract: &str, scenarios: &str) {
    let (schemas, files) = (folder.join("schemas").join(name), folder.join("scenarios").join(name));
    fs::create_dir_all(&schemas).expect("a folder");
    fs::create_dir_all(&files).expect("a folder");
    fs::write(schemas.join("contract.yaml"), contract).expect("a contract");
    fs::write(files.join("all.yaml"), scenarios).expect("scenarios");
}

/// Creates a folder with the small pack.
pub fn tiny_pack() -> tempfile::TempDir {
    pack_with(TINY_CONTRACT, TINY_SCENARIOS)
}

/// Creates a folder with a pack named `tiny`.
pub fn pack_with(contract: &str, scenarios: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write_pack(folder.path(), "tiny", contract, scenarios);
    folder
}

/// Adds options for everything that the KubeGlass pack requires of a target, except the URL.
pub fn all_of_kubeglass(command: &mut Command) -> &mut Command {
    command.env("KG_TOKEN", "token-of-the-tests-0815");
    for role in ["admin", "editor"] {
        command.args(["--role", &format!("{role}=bearer:env:KG_TOKEN")]);
    }
    let variables = [
        "deployment",
        "secret",
        "chart",
        "release",
        "node",
        "other_node",
        "context",
        "other_context",
        "restricted_context",
        "dangling_context",
    ];
    for variable in variables {
        command.args(["--var", &format!("{variable}=my-{variable}")]);
    }
    command
}
