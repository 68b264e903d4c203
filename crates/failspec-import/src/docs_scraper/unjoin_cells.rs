//! Splitting of joined cells: `not_found404 Resource does not exist`, `NOT_FOUND404Resource …`, and lists such as
//! `not_found- Nothing theregone- It was`.
//!
//! The beginning of a code is determined by the style of the page's codes, or by the words that the page uses
//! elsewhere. Every such decision is a guess, and marked as one.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    block::{Row, Table, plain},
    codes::Style,
};

/// The words of a page, lower case.
pub(super) struct Words(BTreeSet<String>);

impl Words {
    /// Collects the words of a text. Only separate runs of letters count, not those that are joined to something
    /// else.
    pub fn of(text: &str) -> Self {
        let words = text
            .split(|it: char| it.is_whitespace() || "`\"'()[]{}.,;:!?|*/<>=".contains(it))
            .filter(|word| word.len() > 1 && word.chars().all(char::is_alphabetic))
            .map(str::to_lowercase);
        Self(words.collect())
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(&word.to_lowercase())
    }
}

/// A code and a status that are joined, in a line.
struct Boundary<'a> {
    /// The offset of the token.
    start: usize,
    /// The offset of the status.
    digits: usize,
    /// The token before the status. Empty at the beginning of a line.
    token: &'a str,
    status: &'a str,
}

/// Finds the locations in a line where a code and a status, or a status and a description, are joined.
fn joints(line: &str) -> Vec<Boundary<'_>> {
    let bytes = line.as_bytes();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    let mut found = Vec::new();
    let mut at = 0;
    while at + 3 <= bytes.len() {
        let is_status =
            (b'1'..=b'5').contains(&bytes[at]) && bytes[at + 1..at + 3].iter().all(u8::is_ascii_digit);
        if !is_status {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let after = bytes.get(at + 3).copied();
        let mut start = at;
        while start > 0 && is_token(bytes[start - 1]) {
            start -= 1;
        }
        let token = &line[start..at];
        let code_before = before.is_some_and(|it| it.is_ascii_alphabetic()) && token.len() > 2;
        let text_after = after.is_some_and(|it| it.is_ascii_uppercase());
        let fits = match after {
            None => code_before,
            Some(b' ') => code_before,
            Some(it) if it.is_ascii_uppercase() => code_before || (at == 0 && text_after),
            _ => false,
        };
        if fits {
            found.push(Boundary { start, digits: at, token, status: &line[at..at + 3] });
        }
        at += 3;
    }
    found
}

/// Counts the styles of the codes in a text that are joined to statuses.
pub(super) fn styles(text: &str) -> BTreeMap<Style, usize> {
    let mut styles = BTreeMap::new();
    for joint in text.lines().flat_map(joints).filter(|joint| !joint.token.is_empty()) {
        if let Some(style) = Style::of(joint.token) {
            *styles.entry(style).or_default() += 1;
        }
    }
    styles
}

/// Splits a line of joined rows into a table of code, status and description. `style` is the style of the page's
/// codes.
pub(super) fn rows(line: &str, number: usize, style: Option<Style>) -> Option<Table> {
    let joints = joints(line);
    let first = joints.first()?;
    // Only the headers can be before the first row, and they are not a sentence.
    let lead = &line[..first.start];
    if lead.contains(['.', ',']) || lead.split_whitespace().count() > 6 {
        return None;
    }
    let mut rows: Vec<Row> = Vec::new();
    for (index, joint) in joints.iter().enumerate() {
        let (before, code, guess) = part(joint.token, style);
        if let Some(previous) = rows.last_mut()
            && !before.is_empty()
            && let Some(text) = previous.cells.last_mut()
        {
            *text = format!("{text} {before}").trim().to_owned();
        }
        let end = joints.get(index + 1).map_or(line.len(), |next| next.start);
        let text = line.get(joint.digits + 3..end).unwrap_or_default();
        rows.push(Row {
            line: number,
            cells: vec![code.to_owned(), joint.status.to_owned(), plain(text)],
            guess,
        });
    }
    let head = ["Code", "HTTP status", "Description"].map(str::to_owned).to_vec();
    Some(Table { head, rows })
}

/// Splits a token into the end of the previous text and the code: `$PATHhelm_error` if codes are lower case. Also
/// returns the guess.
fn part(token: &str, style: Option<Style>) -> (&str, &str, Option<String>) {
    let Some(style) = style.filter(|style| !token.is_empty() && Style::of(token) != Some(*style)) else {
        return ("", token, None);
    };
    let fitting = token.char_indices().map(|(at, _)| at).skip(1).find(|at| {
        let joined_by_a_mark = token[..*at].ends_with('_') || token[*at..].starts_with('_');
        !joined_by_a_mark && Style::of(&token[*at..]) == Some(style) && token.len() - at > 2
    });
    match fitting {
        Some(at) => {
            let guess = format!(
                "`{token}` was split before `{}`, because the page writes its codes like that",
                &token[at..]
            );
            (&token[..at], &token[at..], Some(guess))
        }
        None => ("", token, None),
    }
}

/// Splits a line of joined items, `code- description` each. Returns code, description and guess of each item.
pub(super) fn items(line: &str, words: &Words) -> Option<Vec<(String, String, Option<String>)>> {
    let is_token = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let mut dashes = line.match_indices("- ").map(|(at, _)| at);
    let first = dashes.next()?;
    // The line begins with a code: one token directly followed by the dash.
    if first == 0 || !line[..first].chars().all(is_token) || Style::of(&line[..first]).is_none() {
        return None;
    }
    let mut items: Vec<(String, String, Option<String>)> =
        vec![(line[..first].to_owned(), String::new(), None)];
    let mut from = first + 2;
    for dash in dashes {
        let start = dash - line[..dash].chars().rev().take_while(|it| is_token(*it)).count();
        let token = &line[start..dash];
        if start < from || !token.contains('_') && !words_in(token, words) {
            continue;
        }
        let (before, code, guess) = split(token, words);
        let text = format!("{}{before}", &line[from..start]);
        if let Some(item) = items.last_mut() {
            item.1 = plain(&text);
        }
        items.push((code.to_owned(), String::new(), guess));
        from = dash + 2;
    }
    if let Some(item) = items.last_mut() {
        item.1 = plain(line.get(from..).unwrap_or_default());
    }
    Some(items)
}

/// Returns true if a token consists of two joined words of the page.
fn words_in(token: &str, words: &Words) -> bool {
    !words.has(token)
        && (2..token.len().saturating_sub(1)).any(|at| words.has(&token[..at]) && words.has(&token[at..]))
}

/// Splits a token into the last word of a description and the code after it, by the words that the page uses
/// elsewhere. Also returns the guess.
fn split<'t>(token: &'t str, words: &Words) -> (&'t str, &'t str, Option<String>) {
    let end = token.find('_').unwrap_or(token.len());
    if words.has(&token[..end]) && token.contains('_') {
        return ("", token, None);
    }
    let score = |at: usize| {
        let (before, code) = token.split_at(at);
        let parts = code.split('_').all(|part| words.has(part));
        usize::from(words.has(before)) * 2 + usize::from(parts) + usize::from(words.has(&code[..end - at]))
    };
    // The longest of the codes that match best.
    let best =
        (1..end).rev().max_by_key(|at| (score(*at), std::cmp::Reverse(*at))).filter(|at| score(*at) > 0);
    match best {
        Some(at) => {
            let (before, code) = token.split_at(at);
            let guess = format!("`{token}` was split before `{code}`, based on the words of the page");
            (before, code, Some(guess))
        }
        None => ("", token, Some(format!("the page does not show where the code begins in `{token}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(line: &str, style: Option<Style>) -> Vec<(String, String)> {
        let rows = rows(line, 1, style).map(|table| table.rows).unwrap_or_default();
        rows.into_iter().map(|row| (row.cells[0].clone(), row.cells[1].clone())).collect()
    }

    #[test]
    fn rows_are_taken_apart() {
        let line = "Code HTTP Description gone410 It was there lost404 The $LISTbad_name400 Names are short";
        let found = table(line, Some(Style::Snake));
        let pairs: Vec<(&str, &str)> =
            found.iter().map(|(code, status)| (code.as_str(), status.as_str())).collect();
        assert_eq!(pairs, [("gone", "410"), ("lost", "404"), ("bad_name", "400")]);
        assert_eq!(table("NOT_HERE404It is elsewhere", None), [("NOT_HERE".into(), "404".into())]);
        assert_eq!(table("404Not Found", None), [(String::new(), "404".into())]);
    }

    #[test]
    fn sentences_are_no_rows() {
        for line in [
            "We ship to 404 cities, and E404 is one",
            "See RFC2119 and ISO8601",
            "port8080 is open",
            "up to 500 items",
        ] {
            assert!(table(line, None).is_empty(), "{line}");
        }
    }

    #[test]
    fn lists_are_taken_apart_by_the_words_of_the_page() {
        let words = Words::of("The name is wrong. Some order expired. Errors happen: bad name, late order.");
        let items =
            items("bad_name- The name is wronglate_order- An order is expiredname_taken- Taken", &words)
                .unwrap();
        let codes: Vec<&str> = items.iter().map(|(code, ..)| code.as_str()).collect();
        assert_eq!(codes, ["bad_name", "late_order", "name_taken"]);
        assert_eq!(items[0].1, "The name is wrong");
        assert!(items[1].2.is_some(), "a guess is marked");
    }
}
