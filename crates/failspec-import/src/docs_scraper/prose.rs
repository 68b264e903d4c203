//! Findings in running text besides codes: roles of fields, headers, and the status of all responses.

use super::{
    block::plain,
    findings::{Field, Header, Role, Scope},
    statuses,
};

/// Splits a text into sentences.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(". ").map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// Returns the one status that all responses have, if a sentence says so.
pub(super) fn status_of_all(text: &str) -> Option<u16> {
    sentences(text).find_map(|sentence| {
        let lower = sentence.to_lowercase();
        let words: Vec<&str> = lower.split(|it: char| !it.is_alphanumeric()).collect();
        const OF: [&str; 7] = ["respon", "response", "request", "error", "api", "call", "endpoint"];
        let begins = |word: &str| OF.iter().any(|it| word.starts_with(it));
        let all = words.iter().enumerate().any(|(index, word)| match *word {
            "always" => words.iter().any(|word| begins(word) || word.starts_with("return")),
            "all" | "every" | "any" | "each" => words[index + 1..].iter().take(3).any(|word| begins(word)),
            _ => false,
        });
        let mut mentioned: Vec<u16> =
            statuses::mentioned(sentence).into_iter().map(|(_, status)| status).collect();
        mentioned.dedup();
        let not = words.iter().any(|word| ["not", "except", "unless", "check"].contains(word));
        match mentioned.as_slice() {
            // Only a success status for all responses is relevant: it means that the codes distinguish failures.
            [status] if all && !not && status / 100 == 2 => Some(*status),
            _ => None,
        }
    })
}

/// Returns the one status of responses with a code, if a sentence says so: `Handlers return HTTP 200 with a code`.
pub(super) fn status_with_code(text: &str) -> Option<u16> {
    const OF: [&str; 11] = [
        "handlers",
        "endpoints",
        "calls",
        "requests",
        "errors",
        "failures",
        "responses",
        "methods",
        "operations",
        "services",
        "api",
    ];
    const VERBS: [&str; 6] = ["return", "answer", "respon", "use", "repl", "sen"];
    const ADJECTIVES: [&str; 7] = ["error", "own", "numeric", "stable", "specific", "application", "machine"];
    const EXCEPT: [&str; 9] =
        ["not", "except", "unless", "success", "successful", "successfully", "may", "if", "when"];
    sentences(text).find_map(|sentence| {
        let [(at, status)] = statuses::mentioned(sentence)[..] else { return None };
        let lower = sentence.to_lowercase();
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        };
        let (before, after) = (words(lower.get(..at)?), words(lower.get(at + 3..)?));
        let is_general = before.iter().any(|word| OF.contains(&word.as_str()));
        let returns = before.iter().any(|word| VERBS.iter().any(|verb| word.starts_with(verb)));
        let excepts = before.iter().chain(&after).any(|word| EXCEPT.contains(&word.as_str()));
        // `with a code`, `and an error code`: nothing else may be between, such as in `with a verification code`.
        let mut rest =
            after.iter().map(String::as_str).skip_while(|word| !["with", "and"].contains(word)).skip(1);
        let mut next = rest.next();
        if next.is_some_and(|word| ["a", "an", "the", "its", "their", "one"].contains(&word)) {
            next = rest.next();
        }
        while next.is_some_and(|word| ADJECTIVES.contains(&word)) {
            next = rest.next();
        }
        let with_code = next.is_some_and(|word| word == "code" || word == "codes");
        let is_of_all = status / 100 == 2 || status >= 400;
        (is_general && returns && with_code && !excepts && is_of_all).then_some(status)
    })
}

/// Returns the header that has the error code, if a sentence says so: `The code stands in the header X-Error`, `the X-Error
/// header contains the error code`.
pub(super) fn code_header(text: &str) -> Option<String> {
    sentences(text).find_map(|sentence| {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        let bare = |word: &str| word.trim_matches(|it: char| !it.is_alphanumeric()).to_ascii_lowercase();
        let says_code = |words: &[&str]| {
            words.iter().enumerate().any(|(index, word)| {
                let before = index.checked_sub(1).map(|before| bare(words[before]));
                bare(word) == "code" && before.is_none_or(|before| before != "status")
            })
        };
        words.iter().enumerate().filter(|(_, word)| bare(word) == "header").find_map(|(index, _)| {
            let (before, after) = (words.get(..index)?, words.get(index + 1..)?);
            let named = |word: Option<&&str>| word.and_then(|word| header_name(word));
            named(after.first())
                .filter(|_| says_code(before))
                .or_else(|| named(before.last()).filter(|_| says_code(after)))
        })
    })
}

/// Returns the name of a header of responses: `X-Error`, or any name with a hyphen in backticks.
fn header_name(word: &str) -> Option<String> {
    let name = word.trim_matches(|it: char| !it.is_ascii_alphanumeric());
    let marked = word.contains('`');
    let fits = name.contains('-')
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
        && (marked || name.split('-').all(|part| part.starts_with(|it: char| it.is_ascii_uppercase())));
    let of_request = OF_REQUESTS.iter().any(|it| name.eq_ignore_ascii_case(it));
    (fits && !of_request).then(|| name.to_owned())
}

/// Returns true if a text announces a list of error codes: `The names of errors are:`.
pub(super) fn announces_codes(text: &str) -> bool {
    let lower = text.to_lowercase();
    let has = |word: &str| lower.contains(word);
    has("error") && (has("code") || has("name") || has("identifier"))
}

/// Returns true if a text announces a list of headers: `The following headers are returned:`.
pub(super) fn announces_headers(text: &str) -> bool {
    let last = sentences(text).last().unwrap_or_default().to_lowercase();
    last.ends_with(':') && last.contains("headers") && !last.contains("code")
}

/// Determines the role of a field from its name and its description.
pub(super) fn role(name: &str, about: &str) -> Option<Role> {
    let last = name.rsplit(['.', '/']).next().unwrap_or(name).to_lowercase().replace(['_', '-'], "");
    if ["requestid", "traceid", "correlationid", "errorid", "reqid"].contains(&last.as_str()) {
        return Some(Role::RequestId);
    }
    let about = about.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| about.contains(word));
    if says(&[
        "machine-readable",
        "machine readable",
        "error code",
        "determines the outcome",
        "code that identifies",
        "code identifying",
        "stable code",
    ]) || ["code", "errorcode"].contains(&last.as_str()) && says(&["identifier"])
    {
        return Some(Role::Code);
    }
    let shown = says(&[
        "human-readable",
        "human readable",
        "for display",
        "description of",
        "explanation",
        "describes what",
        "error description",
    ]);
    shown.then_some(Role::Message)
}

/// Finds the fields that a text describes: `the error field is a machine-readable code`.
pub(super) fn fields(text: &str, line: usize) -> Vec<Field> {
    let mut found = Vec::new();
    for sentence in sentences(text) {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        for (index, word) in words.iter().enumerate() {
            let marked = word.starts_with('`');
            let name = word.trim_matches(|it: char| !it.is_alphanumeric() && it != '_');
            let is_name =
                name.len() > 1 && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_.".contains(&it));
            let called = words
                .get(index + 1)
                .is_some_and(|next| next.starts_with("field") || next.starts_with("propert"));
            let evident = name.contains('_')
                || name.bytes().skip(1).any(|it| it.is_ascii_uppercase())
                    && name.bytes().any(|it| it.is_ascii_lowercase());
            if !is_name || !(marked || called || evident) {
                continue;
            }
            // A sentence may describe two fields. Only one that is called a field gets the description; for others,
            // the name must be enough.
            let about = if called { sentence } else { "" };
            if let Some(role) = role(name, about) {
                found.push(Field { path: name.split('.').map(str::to_owned).collect(), role, line });
            }
        }
    }
    found
}

/// Headers of requests. A text about a missing one says nothing about responses.
const OF_REQUESTS: [&str; 7] =
    ["Authorization", "Content-Type", "Accept", "X-Api-Key", "If-Match", "If-None-Match", "User-Agent"];

/// Finds the headers of responses that a text mentions.
pub(super) fn headers(text: &str, scope: &Scope, line: usize) -> Vec<Header> {
    let mut found: Vec<Header> = Vec::new();
    for sentence in sentences(text) {
        let lower = sentence.to_lowercase();
        if !lower.contains("header") && !lower.contains("retry-after") {
            continue;
        }
        let about_responses =
            ["respon", "return", "includ", "response", "retry-after"].iter().any(|word| lower.contains(word));
        let mentioned = statuses::mentioned(sentence);
        let scope = match mentioned.as_slice() {
            [(_, status)] => Scope::Status(*status),
            _ => scope.clone(),
        };
        for word in sentence.split_whitespace() {
            let name = word.trim_matches(|it: char| !it.is_ascii_alphanumeric());
            let is_header = name.contains('-')
                && name.split('-').all(|part| part.starts_with(|it: char| it.is_ascii_uppercase()))
                && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
            let of_request = OF_REQUESTS.iter().any(|it| name.eq_ignore_ascii_case(it));
            let known = found.iter().any(|it| it.name.eq_ignore_ascii_case(name));
            if is_header && about_responses && !of_request && !known {
                let about = plain(sentence);
                found.push(Header {
                    name: name.to_owned(),
                    about,
                    example: None,
                    scope: scope.clone(),
                    line,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_status_for_all_is_said_in_so_many_words() {
        for text in [
            "All API responses use HTTP 200.",
            "The server always returns status code 200 OK, even for errors.",
        ] {
            assert_eq!(status_of_all(text), Some(200), "{text}");
        }
        for text in [
            "A request succeeds with HTTP 200.",
            "All requests need a key. Success is HTTP 200.",
            "Do not assume that every response is HTTP 200.",
            "All failures use HTTP 200 or HTTP 400.",
            "Use 202 Accepted for all slow operations, whatever calls them.",
        ] {
            assert_eq!(status_of_all(text), None, "{text}");
        }
    }

    #[test]
    fn fields_and_headers_are_named_in_sentences() {
        let text = "The `reason` field is a stable, machine-readable code. The traceId ties it to our logs.";
        let found: Vec<_> = fields(text, 3).into_iter().map(|field| (field.path, field.role)).collect();
        assert_eq!(found, [(vec!["reason".into()], Role::Code), (vec!["traceId".into()], Role::RequestId)]);
        let found = headers(
            "Too many calls return 429 Too Many Requests with a Retry-After header.",
            &Scope::Unknown,
            1,
        );
        assert_eq!((found[0].name.as_str(), &found[0].scope), ("Retry-After", &Scope::Status(429)));
        assert!(
            headers("Returned when the `Authorization` header is missing.", &Scope::Unknown, 1).is_empty()
        );
    }

    #[test]
    fn the_header_of_the_code_is_named_beside_it() {
        for (text, header) in [
            (
                "The code stands in the response header `X-Gate-Error`, and `X-Gate-Text` says why.",
                Some("X-Gate-Error"),
            ),
            ("The `x-amzn-errortype` header contains the error code.", Some("x-amzn-errortype")),
            ("The status code and the header Retry-After are set.", None),
            ("Send the code in the header Authorization.", None),
            ("The header X-Trace identifies the request.", None),
        ] {
            assert_eq!(code_header(text).as_deref(), header, "{text}");
        }
    }

    #[test]
    fn a_status_with_a_code_is_that_of_all() {
        for (text, status) in [
            ("On failure, handlers return HTTP 200 with a code.", Some(200)),
            ("All handlers answer with HTTP 200 and an error code in the body.", Some(200)),
            ("Errors are returned as HTTP 400 with a code.", Some(400)),
            ("A successful call returns HTTP 200 with a code.", None),
            ("Handlers return HTTP 200 with a list.", None),
            ("Requests are answered with HTTP 200 and a verification code.", None),
            ("Handlers may return HTTP 200 with a code.", None),
            ("The login page returns HTTP 200 with a code.", None),
            ("Handlers return HTTP 400 or HTTP 404 with a code.", None),
        ] {
            assert_eq!(status_with_code(text), status, "{text}");
        }
    }
}
