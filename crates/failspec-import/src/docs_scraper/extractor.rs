//! Extraction of findings from the blocks of a page.

use serde_json::Value;

use failspec_pack::pack::Retry;

use super::{
    block::{Block, BlockKind, plain},
    codes,
    example::{self, Said},
    findings::{Example, FailureMention, Findings, Header, Scope, Unclassified},
    header_keywords,
    mentions::{Statements, Weight},
    prose, retry_advice, statuses,
    table::{self, Context},
};

/// A heading that applies to the blocks after it.
struct Section {
    level: u8,
    /// Its text, lower case.
    text: String,
    status: Option<u16>,
    code: Option<Value>,
    /// The index of its mention, to which the text under it can add.
    statement: Option<usize>,
}

/// The state of the extraction.
#[derive(Default)]
struct Reading {
    findings: Findings,
    statements: Statements,
    sections: Vec<Section>,
    /// The text directly before the next block.
    lead: String,
}

/// Extracts the findings from the blocks of a page.
pub(super) fn read(blocks: &[Block]) -> Findings {
    let mut reading = Reading::default();
    for block in blocks {
        reading.block(block);
    }
    let Reading { mut findings, statements, .. } = reading;
    statements.finish(&mut findings);
    findings.unplaced.sort_by_key(|unplaced| unplaced.line);
    findings
}

/// Separators between a term and its description.
const DASHES: [&str; 9] = [" - ", " – ", " — ", " -- ", ": ", "- ", " → ", " -> ", " = "];

/// Removes the sentences that only give a status from a description.
fn without_status(text: &str) -> String {
    let only_status = |sentence: &&str| statuses::only(sentence.trim_end_matches('.')).is_none();
    let kept: Vec<&str> = prose::sentences(text).filter(only_status).collect();
    plain(&kept.join(" "))
}

impl Reading {
    fn block(&mut self, block: &Block) {
        match &block.kind {
            BlockKind::Heading { level, text } => self.heading(*level, text, block.line),
            BlockKind::Paragraph(text) => self.paragraph(text, block.line),
            BlockKind::Item(text) => self.item(text, block.line),
            BlockKind::Code(code) => self.code(code, block.line),
            BlockKind::Table(found) => {
                let context = Context {
                    status: self.status(),
                    errors: self.speaks_of_errors() || prose::announces_codes(&self.lead),
                    headers: prose::announces_headers(&self.lead),
                    scope: self.scope(),
                    line: block.line,
                };
                table::read(found, &context, &mut self.statements, &mut self.findings);
            }
        }
        // A text introduces only the block directly after it.
        self.lead = block.text().unwrap_or_default().to_owned();
    }

    fn status(&self) -> Option<u16> {
        self.sections.iter().rev().find_map(|section| section.status)
    }

    fn scope(&self) -> Scope {
        let section =
            self.sections.iter().rev().find(|section| section.status.is_some() || section.code.is_some());
        match section.map(|section| (section.code.clone(), section.status)) {
            Some((Some(code), _)) => Scope::Code(code),
            Some((None, Some(status))) => Scope::Status(status),
            _ => Scope::Unknown,
        }
    }

    /// Returns true if a heading above is about errors.
    fn speaks_of_errors(&self) -> bool {
        const WORDS: [&str; 8] =
            ["error", "code", "fail", "problem", "exception", "fault", "status", "response"];
        self.sections.iter().any(|section| header_keywords::says_error(&section.text))
            || self.sections.iter().any(|section| WORDS.iter().any(|word| section.text.contains(word)))
    }

    fn heading(&mut self, level: u8, text: &str, line: usize) {
        while self.sections.last().is_some_and(|section| section.level >= level) {
            self.sections.pop();
        }
        if self.findings.title.is_none() {
            self.findings.title = Some(plain(text));
        }
        let mut section =
            Section { level, text: text.to_lowercase(), status: None, code: None, statement: None };
        let text = text.trim_start_matches(|it: char| it == '#' || it.is_whitespace());
        let mentioned = statuses::mentioned(text);
        let leading = statuses::leading(text).filter(|(status, rest)| {
            // `404 pages` is a number of pages.
            statuses::only(text) == Some(*status)
                // `441 Name Missing`: a non-standard status.
                || *status >= 400
                    && self.speaks_of_errors()
                    && rest.trim_start().starts_with(|it: char| it.is_ascii_uppercase())
                || DASHES.iter().any(|dash| rest.starts_with(dash.trim_end()))
                || rest.trim_start().starts_with(['(', '`'])
        });
        let (status, rest) = match (leading, mentioned.as_slice()) {
            (Some((status, rest)), _) => (Some(status), rest),
            (None, [(at, status)]) => (Some(*status), text.get(..*at).unwrap_or_default()),
            _ => (None, text),
        };
        section.status = status;
        let rest = rest.trim_matches(|it: char| it.is_whitespace() || "()[]:-–—".contains(it));
        let name = self.code_of_heading(rest, status.is_some());
        let said = match &name {
            Some((_, said)) => said.clone(),
            None => plain(rest),
        };
        section.code = name.map(|(code, _)| codes::value(&code));
        if section.code.is_some() || status.is_some() {
            let stated = FailureMention {
                status: status.or_else(|| self.status()),
                code: section.code.clone(),
                summary: said,
                causes: Vec::new(),
                retry: None,
                line,
                guess: None,
            };
            section.statement = Some(self.statements.add(stated, Weight::Listed));
        }
        self.sections.push(section);
    }

    /// Returns the code that a heading names, and the rest of the heading.
    fn code_of_heading(&self, text: &str, has_status: bool) -> Option<(String, String)> {
        let (lead, said) = DASHES.iter().find_map(|dash| text.split_once(dash)).unwrap_or((text, ""));
        let lead = lead.trim();
        let lead = ["Error code ", "Error ", "Code "]
            .iter()
            .find_map(|word| lead.strip_prefix(word))
            .unwrap_or(lead);
        let marked = lead.starts_with('`') && lead.ends_with('`');
        let code = lead.trim_matches(|it: char| "`*\"'".contains(it));
        let is_code = codes::Style::of(code).is_some()
            && !code.contains('/')
            && (codes::is_evident(code) || (marked && (has_status || self.speaks_of_errors())));
        // A heading of one word with inner capitals is a code only in a section about errors.
        (is_code && (has_status || self.speaks_of_errors())).then(|| (code.to_owned(), plain(said)))
    }

    fn paragraph(&mut self, text: &str, line: usize) {
        if self.findings.status_of_all.is_none()
            && let Some(status) = prose::status_of_all(text)
        {
            self.findings.status_of_all = Some((status, line));
        }
        match prose::status_with_code(text) {
            Some(status) if status / 100 == 2 => {
                self.findings.status_of_all.get_or_insert((status, line));
            }
            Some(status) => {
                self.findings.status_of_failures.get_or_insert((status, line));
            }
            None => {}
        }
        if self.findings.code_header.is_none()
            && let Some(name) = prose::code_header(text)
        {
            self.findings.code_header = Some((name, line));
        }
        self.findings.fields.extend(prose::fields(text, line));
        let scope = self.scope();
        self.findings.headers.extend(prose::headers(text, &scope, line));
        self.below(text);
        self.prose(text, line);
    }

    /// Adds a text to the mention of the heading above it.
    fn below(&mut self, text: &str) {
        let Some(index) = self.sections.last().and_then(|section| section.statement) else { return };
        let status = statuses::mentioned(text).first().map(|(_, status)| *status);
        let Some(stated) = self.statements.get_mut(index) else { return };
        if stated.status.is_none()
            && let Some(status) = status
        {
            stated.status = Some(status);
            if let Some(section) = self.sections.last_mut() {
                section.status = Some(status);
            }
            return;
        }
        let about_status_alone = status.is_some() && text.len() < 40;
        if stated.summary.is_empty() && !about_status_alone {
            stated.summary = prose::sentences(text).next().map(plain).unwrap_or_default();
        }
        // Advice to wait for the given delay is more precise than advice to back off.
        stated.retry = match (stated.retry, retry_advice::of(text)) {
            (None | Some(Retry::Backoff), Some(Retry::AfterDelay)) => Some(Retry::AfterDelay),
            (known, advised) => known.or(advised),
        };
    }

    /// Adds the statuses that running text mentions with their names.
    fn prose(&mut self, text: &str, line: usize) {
        for sentence in prose::sentences(text) {
            for (at, status) in statuses::mentioned(sentence) {
                let named = statuses::names(status, sentence.get(at + 3..).unwrap_or_default().trim_start());
                if named && (status >= 400 || status == statuses::MULTI_STATUS) {
                    let stated = FailureMention {
                        status: Some(status),
                        code: None,
                        summary: plain(sentence),
                        causes: Vec::new(),
                        retry: None,
                        line,
                        guess: Some("it is mentioned only in running text".to_owned()),
                    };
                    self.statements.add(stated, Weight::Prose);
                }
            }
        }
    }

    fn item(&mut self, text: &str, line: usize) {
        let cut = DASHES.iter().filter_map(|dash| Some((text.find(dash)?, dash.len()))).min();
        let (lead, said) = match cut {
            Some((at, length)) => (&text[..at], text.get(at + length..).unwrap_or_default()),
            // A code in backticks needs no separator after it.
            None if text.starts_with('`') => match text[1..].find('`') {
                Some(end) => text.split_at(end + 2),
                None => (text, ""),
            },
            None => (text, ""),
        };
        if self.item_of_status(text, lead, said, line) || self.item_of_codes(lead, said, line) {
            return;
        }
        let below_causes = self.sections.last().is_some_and(|section| {
            ["cause", "reason", "when"].iter().any(|word| section.text.contains(word))
        });
        if let (true, Some(status)) = (below_causes, self.status()) {
            self.statements.cause(status, plain(text), line);
            return;
        }
        self.paragraph(text, line);
    }

    /// Reads an item about a status: `404 Not Found: …`, optionally followed by a code. Returns false if it is not
    /// one.
    fn item_of_status(&mut self, text: &str, lead: &str, said: &str, line: usize) -> bool {
        let status = statuses::only(lead).or_else(|| statuses::in_mark(lead)).or_else(|| {
            // `400 (Bad Request) …`, `HTTP 400 Bad Request when …`
            let (status, rest) = statuses::leading(text)?;
            let rest = rest.trim_start_matches([' ', '(', '`', '*']);
            (statuses::names(status, rest) || text.to_lowercase().starts_with("http")).then_some(status)
        });
        let Some(status) = status else { return false };
        let code = said.strip_prefix('`').and_then(|rest| rest.split_once('`')).filter(|(code, _)| {
            codes::Style::of(code).is_some() && (codes::is_evident(code) || !code.contains('-'))
        });
        let (code, said) = match code {
            Some((code, rest)) => {
                (Some(codes::value(code)), rest.trim_start_matches([' ', '-', '–', '—', ':', ')']))
            }
            None => (None, said),
        };
        let stated = FailureMention {
            status: Some(status),
            code,
            summary: plain(said),
            causes: Vec::new(),
            retry: retry_advice::of(said),
            line,
            guess: None,
        };
        self.statements.add(stated, Weight::Listed);
        true
    }

    /// Reads an item about codes: `code: meaning (404)`, or retry advice about known codes. Returns false if it is
    /// not one.
    fn item_of_codes(&mut self, lead: &str, said: &str, line: usize) -> bool {
        let own_status = statuses::mentioned(lead).first().map(|(_, status)| *status);
        let bare = lead.split(" (").next().unwrap_or(lead).trim();
        let names: Option<Vec<String>> = match bare.contains('*') && !bare.starts_with('*') {
            true => Some(bare.split(['/', ',']).map(|name| plain(name).trim().to_owned()).collect()),
            false => codes::list(bare),
        };
        let Some(names) = names.filter(|names| !names.is_empty()) else { return false };
        if names.iter().all(|name| self.statements.knows(name)) {
            if let Some(retry) = retry_advice::of(said) {
                names.iter().for_each(|name| self.statements.advise(name, retry));
            }
            return true;
        }
        let marked = bare.starts_with('`') && bare.ends_with('`');
        let mentioned = own_status.or_else(|| statuses::mentioned(said).first().map(|(_, status)| *status));
        // A small number may count the items of a list, unless the item names a status.
        let is_number = mentioned.is_some()
            && names.iter().all(|name| codes::Style::of(name) == Some(codes::Style::Integer));
        let sure = names.iter().all(|name| codes::is_evident(name)) || marked || is_number;
        let listed = self
            .sections
            .iter()
            .rev()
            .take(2)
            .any(|it| it.text.contains("code") || it.text.contains("error"))
            || self.lead.to_lowercase().contains("code");
        let status = mentioned.or_else(|| self.status());
        // Under the heading of a code, a list describes that code.
        let is_detail = mentioned.is_none() && self.sections.last().is_some_and(|it| it.code.is_some());
        if is_detail
            || !sure
            || said.is_empty() && status.is_none()
            || !(status.is_some() && self.speaks_of_errors() || listed)
        {
            return false;
        }
        for name in names {
            let stated = FailureMention {
                status,
                code: Some(codes::value(&name)),
                summary: without_status(said),
                causes: Vec::new(),
                retry: retry_advice::of(said),
                line,
                guess: None,
            };
            self.statements.add(stated, Weight::Listed);
        }
        true
    }

    /// Takes the status of a section such as `On failure` from the first line of an example response.
    fn status_of_section(&mut self, code: &str) {
        let Some(section) = self.sections.last_mut() else { return };
        let first = code.trim().lines().next().unwrap_or_default();
        let named =
            statuses::leading(first).filter(|(status, rest)| statuses::names(*status, rest.trim_start()));
        if section.status.is_none() && (section.text.contains("fail") || section.text.contains("error")) {
            section.status = named.map(|(status, _)| status).filter(|status| *status >= 400);
        }
    }

    /// Takes the status of a code from the example body under its heading, which may repeat it (RFC 9457: `status`).
    fn status_of_body(&mut self, body: &Value) {
        let Some(index) = self.sections.last().and_then(|section| section.statement) else { return };
        let told = ["status", "statusCode", "status_code"].iter().find_map(|name| body.get(name)?.as_u64());
        let told = told.and_then(|it| u16::try_from(it).ok()).filter(|it| (400..600).contains(it));
        if let Some(stated) = self.statements.get_mut(index)
            && stated.code.is_some()
            && stated.status.is_none()
        {
            stated.status = told;
        }
    }

    fn code(&mut self, code: &str, line: usize) {
        self.status_of_section(code);
        let shown = match example::shown(code) {
            Ok(Some(shown)) => shown,
            Ok(None) => return,
            Err(why) => {
                let text: String = code.trim().chars().take(60).collect();
                self.findings.unplaced.push(Unclassified { text: plain(&text), why, line });
                return;
            }
        };
        let lead_status = match statuses::mentioned(&self.lead).as_slice() {
            [(_, status)] => Some(*status),
            _ => None,
        };
        let headings: Vec<&str> =
            self.sections.iter().rev().take(2).map(|section| section.text.as_str()).collect();
        let said = match example::said(&self.lead) {
            Said::Nothing => example::said(&headings.join(" ")),
            said => said,
        };
        let scope = match (shown.status.or(lead_status), self.scope(), said) {
            (Some(status), Scope::Code(code), _) if self.status() == Some(status) => Scope::Code(code),
            (Some(status), ..) if status < 400 && status != statuses::MULTI_STATUS => Scope::Success,
            (Some(status), ..) => Scope::Status(status),
            (None, Scope::Unknown, Said::Failures) => Scope::Failures,
            (None, Scope::Unknown, Said::Success) => Scope::Success,
            (None, scope, _) => scope,
        };
        for (name, value) in shown.headers {
            let scope = scope.clone();
            let about = String::new();
            self.findings.headers.push(Header { name, about, example: Some(value), scope, line });
        }
        self.status_of_body(&shown.body);
        if shown.body.is_object() {
            self.findings.examples.push(Example { body: shown.body, scope, line, guess: shown.guess });
        }
    }
}
