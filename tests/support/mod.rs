//! Shared code of the command-line tests: running the binary, a scripted server, and a small pack.
#![allow(dead_code, reason = "every test file takes what it needs")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

pub use failspec_test_server::{Received, Reply, Server};

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

    /// Returns true if the last line has exactly this verdict, with what it rests on; the numbers of cases follow it.
    pub fn has_verdict(&self, verdict: &str) -> bool {
        let Some(rest) = self.last_line().strip_prefix("verdict").map(str::trim_start) else { return false };
        let Some(counts) = rest.strip_prefix(verdict) else { return false };
        let first = counts.strip_prefix(" · ").map(|counts| counts.trim_start_matches(char::is_numeric));
        let is_count = |first: &str| !verdict.starts_with("conforms") || first.starts_with(" passed");
        counts.is_empty() || first.is_some_and(is_count)
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

/// Creates a failure in the envelope of the small pack.
pub fn tiny_failure(status: u16, code: &str, request: &Received) -> Reply {
    let id = request.number;
    Reply::json(status, format!(r#"{{"error":"{code}","message":"no such thing","requestId":"r-{id}"}}"#))
}

/// Starts the API of the small pack: `/things/one` exists, everything else does not.
pub fn tiny_server() -> Server {
    Server::start(tiny)
}

/// The API of the small pack, as documented.
pub fn tiny(request: &Received) -> Reply {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/things/one") => Reply::json(200, r#"{"name":"one"}"#),
        ("DELETE", _) => Reply::json(200, "{}"),
        ("POST" | "PUT", _) => Reply::json(201, "{}"),
        _ => tiny_failure(404, "not_found", request),
    }
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
