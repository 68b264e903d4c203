//! The table of a documentation page, in Markdown.

use std::fmt::Write as _;

use serde_json::Value;

use failspec_base::sanitize::one_line;
use failspec_pack::pack::{Failure, Pack, Retry, show_statuses};

use super::{codes::codes, stated};

/// Returns the failures of a pack as Markdown: a table of those with a code, and one of those with a status alone.
pub fn page(pack: &Pack) -> String {
    let (coded, plain): (Vec<&Failure>, Vec<&Failure>) =
        stated(&pack.contract).partition(|failure| !codes(failure).is_empty());
    let mut text = format!("# Errors of {}\n", pack.label());
    if !coded.is_empty() {
        // Where every failure is a success for HTTP, its status says nothing about the failure.
        let is_said =
            coded.iter().any(|failure| failure.statuses().iter().any(|status| !status.is_below(400)));
        text.push_str(match is_said {
            true => "\n| Code | HTTP status | Meaning | What to do |\n|---|---|---|---|\n",
            false => "\n| Code | Meaning | What to do |\n|---|---|---|\n",
        });
        for failure in coded {
            let statuses = if is_said { format!("{} | ", statuses(failure)) } else { String::new() };
            for code in codes(failure) {
                let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
                let _ = writeln!(text, "| {} | {statuses}{} |", code_cell(&code), meaning(failure));
            }
        }
    }
    // Readers of pages, ours included, know single statuses alone.
    let (classes, plain): (Vec<&Failure>, Vec<&Failure>) = plain
        .into_iter()
        .partition(|failure| failure.statuses().iter().all(|status| status.exactly().is_none()));
    if !plain.is_empty() {
        text.push_str("\n| HTTP status | Meaning | What to do |\n|---|---|---|\n");
        for failure in plain {
            let _ = writeln!(text, "| {} | {} |", statuses(failure), meaning(failure));
        }
    }
    for failure in classes {
        let statuses = show_statuses(failure.statuses());
        let _ = write!(text, "\nAny other {statuses}: {}.", cell(&failure.summary));
        if let Some(retry) = failure.retry {
            let _ = write!(text, " {}.", advice(retry));
        }
        text.push('\n');
    }
    if let Some(example) = example(pack) {
        let _ = writeln!(text, "\n## Format\n\n```json\n{example:#}\n```");
    }
    text
}

fn statuses(failure: &Failure) -> String {
    failure.statuses().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn meaning(failure: &Failure) -> String {
    format!("{} | {}", cell(&failure.summary), failure.retry.map_or("", advice))
}

fn advice(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "Do not send the same request again",
        Retry::FixRequest => "Correct the request",
        Retry::RefreshCredentials => "Log in again or refresh the token, then retry",
        Retry::Refetch => "Fetch the resource again, then retry",
        Retry::AfterDelay => "Retry after the time that the response states",
        Retry::Backoff => "Retry with increasing delays",
    }
}

/// Formats a text for a cell: on one line, and without what would end the cell or begin a link or markup.
fn cell(text: &str) -> String {
    let mut safe = one_line(text).replace('\\', "\\\\").replace('<', "&lt;");
    for mark in ['|', '[', '`'] {
        safe = safe.replace(mark, &format!("\\{mark}"));
    }
    safe
}

/// Formats a code in code font; one that would end the font is a text.
fn code_cell(code: &str) -> String {
    match code.contains('`') {
        true => cell(code),
        false => format!("`{}`", one_line(code).replace('|', "\\|")),
    }
}

/// Returns a body with the parts that all errors have, if the contract says where they are.
fn example(pack: &Pack) -> Option<Value> {
    let failure = stated(&pack.contract).find(|failure| !codes(failure).is_empty())?;
    let envelope = &failure.envelope;
    let status = failure.statuses().iter().find_map(|status| status.exactly());
    // A code elsewhere than in the body is none of its parts.
    let code = envelope.code.as_ref().and_then(|code| code.rule.pointer());
    let message = envelope.message.as_ref().map(|message| &message.rule);
    let in_body = envelope.status.as_ref().map(|status| &status.rule);
    let parts = [
        (code, codes(failure).first().map(|code| (*code).clone())),
        (message, Some(failure.summary.clone().into())),
        (in_body, status.map(Value::from)),
    ];
    let parts = parts.into_iter().filter_map(|(pointer, value)| Some((pointer?, value?)));
    let parts = parts.filter(|(pointer, _)| !pointer.is_xml());
    let request_id = envelope.request_id.as_ref().and_then(|id| id.rule.pointer.as_ref());
    let request_id = request_id.filter(|pointer| !pointer.is_xml());
    let mut body = Value::Null;
    for (pointer, value) in parts.chain(request_id.map(|pointer| (pointer, "id-of-the-request".into()))) {
        let steps: Vec<String> = pointer.steps().map(String::from).collect();
        put(&mut body, &steps, value);
    }
    // A schema may demand more than is known here: no example is better than a wrong one.
    let fits = envelope.schema.as_ref().is_none_or(|schema| schema.rule.fits(&body));
    (fits && !body.is_null()).then_some(body)
}

/// Puts a value at a place, with what is above it; `*` is the first item of a list.
fn put(body: &mut Value, steps: &[String], value: Value) {
    let Some((first, rest)) = steps.split_first() else {
        *body = value;
        return;
    };
    if first == "*" {
        if !body.is_array() {
            *body = Value::Array(vec![Value::Null]);
        }
        if let Some(item) = body.get_mut(0) {
            put(item, rest, value);
        }
        return;
    }
    if !body.is_object() {
        *body = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = body {
        put(members.entry(first.clone()).or_insert(Value::Null), rest, value);
    }
}
