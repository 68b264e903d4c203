//! A run against one hostile behaviour, and all errors in its result.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use serde_json::Value;

use super::{
    Server,
    behaviour::{Behaviour, Expected, Place},
    pack::{self, TOKEN},
    report::FORMATS,
};

/// Maximum duration of a run. The timeouts of the target allow a few seconds; the rest is a margin for a busy
/// machine.
const RUN_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum memory of a run, in KiB.
const MAX_MEMORY: u64 = 200 << 10;

/// Maximum size of the output of a run, in bytes.
const MAX_PRINTED: usize = 40_000;

/// Maximum size of a report, in bytes.
const MAX_REPORT_SIZE: usize = 2 << 20;

/// Runs failspec against a server with this behaviour; returns descriptions of everything that is wrong.
pub fn mistakes(behaviour: Behaviour, coloured: bool) -> Vec<String> {
    let behaviour = Arc::new(behaviour);
    let server = Server::start(Arc::clone(&behaviour));
    let folder = tempfile::tempdir().expect("a folder");
    pack::write(folder.path(), &server.url);
    let mut found = Vec::new();
    let Some((code, memory)) = run(folder.path(), coloured) else {
        return vec![format!("still running after {RUN_TIMEOUT:?}")];
    };
    match memory {
        Some(memory) if memory > MAX_MEMORY => found.push(format!("it had {memory} KiB of memory")),
        None if cfg!(target_os = "linux") => found.push("its memory was never measured".to_owned()),
        _ => {}
    }
    let read = |name: &str| fs::read(folder.path().join(name)).expect("an output");
    let printed = [read("stdout"), read("stderr")].concat();
    match String::from_utf8(printed) {
        Ok(text) => found.extend(terminal_mistakes(&text, coloured)),
        Err(error) => found.push(format!("its output is not UTF-8: {error}")),
    }
    for format in FORMATS {
        let report = read(&format!("report.{}", format.name));
        if report.len() > MAX_REPORT_SIZE {
            found.push(format!("a report {} of {} bytes", format.name, report.len()));
        }
        match String::from_utf8(report) {
            Ok(text) => found.extend((format.mistakes)(&text)),
            Err(error) => found.push(format!("the report {} is not UTF-8: {error}", format.name)),
        }
    }
    match serde_json::from_slice(&read("report.json")) {
        Ok(report) => found.extend(verdict_mistakes(&report, code, &behaviour)),
        Err(error) => found.push(format!("no verdict: {error}")),
    }
    found.extend(secrets(folder.path(), behaviour.echoes));
    found.extend(request_mistakes(&server, &behaviour));
    if !found.is_empty() {
        let out = String::from_utf8_lossy(&read("stdout")).chars().take(1500).collect::<String>();
        found.push(format!("exit code {code}, and it printed\n{out}"));
    }
    found
}

/// Returns the exit code, and the peak memory of the process in KiB if it can be measured; `None` if the process did
/// not end in time.
fn run(folder: &Path, coloured: bool) -> Option<(i32, Option<u64>)> {
    let file = |name: &str| fs::File::create(folder.join(name)).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_failspec"));
    command.current_dir(folder).env_remove("CI").env("HOSTILE_TOKEN", TOKEN);
    command.args(["run", "--packs", ".", "-v"]);
    for format in FORMATS {
        command.args(["--report", &format!("{0}=report.{0}", format.name)]);
    }
    if coloured {
        command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
    } else {
        command.env("NO_COLOR", "1");
    }
    command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
    let mut child = command.spawn().expect("the binary starts");
    let (began, mut memory) = (Instant::now(), None);
    loop {
        memory = memory.max(peak(&child));
        if let Some(status) = child.try_wait().expect("a child") {
            return Some((status.code().unwrap_or(-1), memory));
        }
        if began.elapsed() > RUN_TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(3));
    }
}

/// Returns the peak memory of a process so far, in KiB; `None` if there is no /proc.
///
/// Until it executes the new program, a child shares the memory of its parent, and `spawn` may return before that: a
/// value read then is the peak of this test. The name of the process changes after its memory does.
fn peak(child: &Child) -> Option<u64> {
    let folder = format!("/proc/{}", child.id());
    if fs::read_to_string(format!("{folder}/comm")).ok()?.trim_end() != "failspec" {
        return None;
    }
    let status = fs::read_to_string(format!("{folder}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn terminal_mistakes(text: &str, coloured: bool) -> Vec<String> {
    let mut found = Vec::new();
    if text.contains("panicked") {
        found.push("it panicked".to_owned());
    }
    if text.len() > MAX_PRINTED {
        found.push(format!("it printed {} bytes", text.len()));
    }
    let plain = if coloured { without_colours(text) } else { text.to_owned() };
    if coloured && plain == text {
        found.push("no colour at all, although colours were asked for".to_owned());
    }
    let obeyed = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(
                character,
                '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            )
            || matches!(character, '\u{2028}' | '\u{2029}')
    };
    if let Some(at) = plain.find(obeyed) {
        let near: String =
            plain[plain.floor_char_boundary(at.saturating_sub(40))..].chars().take(80).collect();
        found.push(format!("a terminal would obey {near:?}"));
    }
    found
}

/// Removes `ESC [ numbers m`, which only sets colours.
fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let end = rest[at + 2..].find(|character: char| !character.is_ascii_digit() && character != ';');
        match end.map(|end| at + 2 + end) {
            Some(end) if rest[end..].starts_with('m') => {
                plain.push_str(&rest[..at]);
                rest = &rest[end + 1..];
            }
            _ => {
                plain.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    plain + rest
}

fn verdict_mistakes(report: &Value, code: i32, behaviour: &Behaviour) -> Vec<String> {
    let mut found = Vec::new();
    let case = &report["cases"][0];
    let (outcome, exit, verdict) = match behaviour.expected {
        Expected::Passed | Expected::Leaves(_) => ("passed", 0, "conforms"),
        Expected::Violates(_) => ("failed", 1, "violations"),
        Expected::Inconclusive(_) => ("inconclusive", 3, "inconclusive"),
    };
    if report["cases"].as_array().map(Vec::len) != Some(1) {
        found.push("there is not one case in the report".to_owned());
    }
    if (case["outcome"].as_str(), report["verdict"].as_str(), code) != (Some(outcome), Some(verdict), exit) {
        found.push(format!("it is {} instead of {outcome}, {}", case["outcome"], report["verdict"]));
    }
    let reason = case["reason"]["cause"].as_str().unwrap_or_default();
    match behaviour.expected {
        Expected::Passed => {}
        Expected::Violates(check) => {
            let checks: Vec<_> = case["violations"].as_array().into_iter().flatten().collect();
            // A finding that combines several names them in its details.
            let names = |finding: &Value| {
                let details = finding["details"].as_array().into_iter().flatten();
                finding["check"] == check || details.into_iter().any(|part| part["check"] == check)
            };
            if !checks.iter().any(|finding| names(finding)) {
                found.push(format!("no violation of {check}: {checks:?}"));
            }
        }
        Expected::Inconclusive(says) if reason.contains(says) => {}
        Expected::Inconclusive(says) => found.push(format!("its reason is not `{says}`: {reason}")),
        Expected::Leaves(says) if case["left_behind"].to_string().contains(says) => {}
        Expected::Leaves(says) => {
            found.push(format!("left behind is not `{says}`: {}", case["left_behind"]));
        }
    }
    found
}

/// Finds the token in the output, in any encoding, ignoring case.
fn secrets(folder: &Path, must_be_masked: bool) -> Vec<String> {
    let all = texts(folder).to_lowercase();
    let mut found: Vec<String> = forms(TOKEN)
        .into_iter()
        .filter(|form| all.contains(&form.to_lowercase()))
        .map(|form| format!("the secret is there as {form}"))
        .collect();
    if must_be_masked && !all.contains("[secret: role user]") {
        found.push("the response with the secret in it is nowhere: nothing was proved".to_owned());
    }
    found
}

/// Returns the contents of all files that a run may have written.
fn texts(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.push_str(&texts(&path));
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(&path).expect("a file")));
        }
    }
    all
}

/// Returns the token in common encodings, and its two halves, which would remain if it were split by truncation.
fn forms(token: &str) -> Vec<String> {
    let percent =
        percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).to_string();
    vec![
        token[..10].to_owned(),
        token[token.len() - 10..].to_owned(),
        percent[..14].to_owned(),
        percent,
        url::form_urlencoded::byte_serialize(token.as_bytes()).collect(),
        STANDARD_NO_PAD.encode(token),
        URL_SAFE_NO_PAD.encode(token),
        STANDARD_NO_PAD.encode(format!("Bearer {token}")),
        hex(token),
        token.replace('/', "\\/")[..10].to_owned(),
        token.replace('~', "~0").replace('/', "~1")[..10].to_owned(),
        html(token),
    ]
}

/// Encodes a text in hexadecimal digits.
pub fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Escapes a text for HTML.
pub fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

fn request_mistakes(server: &Server, behaviour: &Behaviour) -> Vec<String> {
    let lines = server.lines();
    let mut found = Vec::new();
    let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    let wanted = behaviour.runs * if behaviour.place == Place::Control { 1 } else { 2 };
    // A teardown may be sent twice if the first attempt met a connection that was being closed.
    if count("POST /things/") != wanted || !(wanted..=2 * wanted).contains(&count("DELETE /things/")) {
        found.push(format!("what was made was not removed: {lines:?}"));
    }
    let known = ["POST /things/", "DELETE /things/", "GET /tested", "GET /fine"];
    if let Some(strange) = lines.iter().find(|line| !known.iter().any(|known| line.starts_with(known))) {
        found.push(format!("it sent {strange}"));
    }
    let tested = if behaviour.place == Place::Control { "GET /fine" } else { "GET /tested" };
    // A rate-limited request is resent a few times, a lost request once, and all others never.
    let most = match behaviour {
        Behaviour { name, .. } if name.contains("429") => usize::MAX,
        // Each run may meet the connection of its setup.
        Behaviour { loses: true, runs, place: Place::Control, .. } => 2 * runs,
        // The first run meets a connection that was used before.
        Behaviour { loses: true, runs, .. } => runs + 1,
        Behaviour { runs, .. } => *runs,
    };
    if !(1..=most).contains(&count(tested)) {
        found.push(format!("it sent {tested} {} times", count(tested)));
    }
    if server.went_elsewhere() > 0 {
        found.push("it went to another host".to_owned());
    }
    found
}
