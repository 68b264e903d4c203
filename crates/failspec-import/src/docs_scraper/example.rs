//! Example bodies on a page.

use serde_json::Value;

use super::{block::collapse, findings::UnclassifiedReason, statuses};

/// A response in a code block.
#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    pub body: Value,
    /// The status before the body, if the block contains it.
    pub status: Option<u16>,
    /// The headers before the body: names and values.
    pub headers: Vec<(String, String)>,
    /// The repair that was made, if the JSON was invalid.
    pub guess: Option<String>,
}

/// Reads the response in a code block. Returns `Ok(None)` if there is none.
///
/// # Errors
/// Returns the reason if the text looks like a body, but cannot be read.
pub(super) fn shown(code: &str) -> Result<Option<Shown>, UnclassifiedReason> {
    let code = code.trim();
    let (mut status, mut headers, mut text) = (None, Vec::new(), code);
    if code.starts_with("HTTP/") {
        let (first, rest) = code.split_once('\n').unwrap_or((code, ""));
        status = first
            .split_whitespace()
            .nth(1)
            .and_then(|it| it.parse().ok())
            .filter(|it| (100..600).contains(it));
        let (head, body) =
            rest.split_once("\n\n").or_else(|| rest.split_once("\r\n\r\n")).unwrap_or((rest, ""));
        let named = head.lines().filter_map(|line| line.split_once(':'));
        headers = named.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
        text = body.trim();
    } else if let Some((status_before, rest)) = statuses::leading(code)
        && rest.contains('{')
    {
        status = Some(status_before);
        text = rest;
    }
    // A command that sends a body is not a response, and neither is a program.
    let begin = text.find('{').filter(|at| text[..*at].trim().len() < 60 && !text[..*at].contains("curl"));
    let is_members = text.starts_with('"') && text.contains(':');
    let Some(begin) = begin.filter(|_| !is_members).or(is_members.then_some(0)) else {
        return Ok(status.map(|status| Shown {
            body: Value::Null,
            status: Some(status),
            headers,
            guess: None,
        }));
    };
    if begin > 0 && text[..begin].contains(['(', '=', ';']) {
        return Ok(None);
    }
    let text = &text[begin..];
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    if let Some(Ok(body @ Value::Object(_))) = first {
        return Ok(Some(Shown { body, status, headers, guess: None }));
    }
    let mended = mend(text);
    match serde_json::from_str::<Value>(&mended) {
        Ok(body @ Value::Object(_)) => {
            let guess = match is_members {
                true => "its braces are missing on the page".to_owned(),
                false => "the page shows it as invalid JSON".to_owned(),
            };
            Ok(Some(Shown { body, status, headers, guess: Some(guess) }))
        }
        _ if !text.contains('"') => Ok(None),
        _ => Err(UnclassifiedReason::NotJson),
    }
}

/// Removes or adds the parts of examples that make them invalid JSON: comments, dots for omitted parts, extra commas,
/// missing braces. No values are invented.
fn mend(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = without_notes(line);
        let line = comment(&line).trim();
        if line.is_empty() || line.chars().all(|it| ".…, ".contains(it)) {
            continue;
        }
        lines.push(line.replace("\" ", "\"").replace(" \"", "\""));
    }
    let mut whole = String::new();
    for letter in lines.join("\n").chars() {
        if matches!(letter, '}' | ']') {
            let kept = whole.trim_end().trim_end_matches(',').len();
            whole.truncate(kept);
        }
        whole.push(letter);
    }
    let whole = whole.trim().trim_end_matches(',');
    if whole.starts_with('"') { format!("{{{whole}}}") } else { whole.to_owned() }
}

/// Removes the comments within a line (`/* optional */`).
fn without_notes(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, note)) = rest.split_once("/*") {
        // After an odd number of quotes, the comment is inside a string.
        let within = kept.matches('"').count() + before.matches('"').count();
        let Some((_, after)) = note.split_once("*/").filter(|_| within.is_multiple_of(2)) else { break };
        kept.push_str(before);
        rest = after;
    }
    kept + rest
}

/// Removes the comment at the end of a line. Comment marks inside a string (`https://`) are ignored.
fn comment(line: &str) -> &str {
    let mut within = false;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match letter {
            '"' if before != '\\' => within = !within,
            '/' if !within && line[at..].starts_with("//") => return &line[..at],
            '#' if !within => return &line[..at],
            _ => {}
        }
        before = letter;
    }
    line
}

/// The kind of an example body, according to the text before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Failures,
    Success,
    Nothing,
}

/// Determines the kind of an example body from the text before it: a sentence or headings.
pub(super) fn said(text: &str) -> Said {
    let text = collapse(text).to_lowercase();
    let says = |word: &str| text.contains(word);
    if says("success") && !says("error") && !says("fail") {
        return Said::Success;
    }
    if says("error") || says("fail") || says("problem") || says("envelope") {
        return if says("request body") { Said::Nothing } else { Said::Failures };
    }
    Said::Nothing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(code: &str) -> Option<Value> {
        shown(code).unwrap().map(|shown| shown.body)
    }

    #[test]
    fn bodies_are_read_as_they_are_shown() {
        assert_eq!(body("{ \"error\": \"gone\" }"), Some(json!({ "error": "gone" })));
        assert_eq!(body("{\n  \"error\": \"gone\", // what\n  ...\n}"), Some(json!({ "error": "gone" })));
        assert_eq!(
            body("{\n  \"error\": \"a /* b */\",\n  \"details\": { /* what */ }\n}\n//"),
            Some(json!({ "error": "a /* b */", "details": {} }))
        );
        assert_eq!(body("{ \"a\": 1, /* b */ \"c\": /* d */ 2, }"), Some(json!({ "a": 1, "c": 2 })));
        assert_eq!(body("\"error\" : \" gone \" ,\n\"id\" : 7 ,"), Some(json!({ "error": "gone", "id": 7 })));
        let response =
            shown("HTTP/1.1 410 Gone\nRetry-After: 5\n\n{ \"error\": \"gone\" }").unwrap().unwrap();
        assert_eq!(
            (response.status, response.headers),
            (Some(410), vec![("Retry-After".into(), "5".into())])
        );
    }

    #[test]
    fn programs_and_commands_are_no_bodies() {
        for code in [
            "curl -d '{ \"a\": 1 }' https://example.com",
            "if (code === 404) {\n  stop();\n}",
            "const { a } = b;",
        ] {
            assert_eq!(body(code), None, "{code}");
        }
    }
}
