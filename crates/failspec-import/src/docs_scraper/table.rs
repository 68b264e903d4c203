//! Extraction of findings from tables.

use serde_json::Value;

use super::{
    block::{Row, Table, plain},
    codes,
    columns::{Column, Columns},
    findings::{FailureMention, Field, Findings, Header, Scope, Unclassified, UnclassifiedReason},
    mentions::{Statements, Weight},
    prose, retry_advice, statuses,
};

/// The context of a table on its page.
pub(super) struct Context {
    /// The status of the section.
    pub status: Option<u16>,
    /// True if the section, or the page, is about errors.
    pub errors: bool,
    /// True if the text directly before the table announces headers.
    pub headers: bool,
    /// The responses to which listed headers belong.
    pub scope: Scope,
    /// The line of the table.
    pub line: usize,
}

/// Extracts mentions and findings from a table.
pub(super) fn read(table: &Table, context: &Context, statements: &mut Statements, findings: &mut Findings) {
    let columns = Columns::of(table);
    let rows = table.rows.iter().skip(usize::from(columns.head_in_rows));
    if columns.at(Column::Header) == Some(0) || context.headers {
        rows.for_each(|row| findings.headers.extend(header(row, &columns, context)));
        return;
    }
    let (status, code) = (columns.at(Column::Status), columns.at(Column::Code));
    if columns.at(Column::Field) == Some(0) || (status.is_none() && code.is_none()) {
        findings.fields.extend(rows.filter_map(|row| field(row, context.line)));
        return;
    }
    // A table of names without statuses may list anything: the page must call them error codes.
    if status.is_none() && context.status.is_none() && !(columns.says_error && context.errors) {
        let is_list = code.is_some() && (context.errors || columns.says_error_code);
        if !is_list {
            if context.errors && code.is_some() {
                findings.unplaced.push(unused(table, &columns, context));
            }
            return;
        }
    }
    let mut mentions = Vec::new();
    let mut group: Option<u16> = None;
    for row in rows {
        let filled = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        if filled < 2 && table.head.len() > 1 {
            // A row that spans the table is a heading for the rows after it.
            group = row.cells.iter().find_map(|cell| statuses::only(cell).or_else(|| one(&plain(cell))));
            if filled == 1 && row.cells.first().is_some_and(|cell| codes::list(cell).is_none())
                || status.is_none()
            {
                continue;
            }
        }
        self::row(row, &columns, group.or(context.status), &mut mentions, findings);
    }
    // A table of codes and statuses alone that contradicts another one in each row is about something else, such as what
    // a client makes of a status.
    if status.is_some()
        && columns.at(Column::Summary).is_none()
        && let Some(line) = statements.contradicted_by(&mentions)
    {
        let why = UnclassifiedReason::OtherStatuses { line };
        findings.unplaced.push(Unclassified { why, ..unused(table, &columns, context) });
        return;
    }
    for mention in mentions {
        statements.add(mention, Weight::Listed);
    }
    unused_columns(table, &columns, context, findings);
}

/// The headers of a table that is not used.
fn unused(table: &Table, columns: &Columns, context: &Context) -> Unclassified {
    let heads: Vec<String> = columns.heads.iter().map(|head| plain(head)).collect();
    Unclassified {
        text: heads.join(", "),
        why: UnclassifiedReason::UnusedTable,
        line: first_line(table, context),
    }
}

fn first_line(table: &Table, context: &Context) -> usize {
    table.rows.first().map(|row| row.line).filter(|line| *line > 0).unwrap_or(context.line)
}

/// Names each column with text that became no part of a failure.
fn unused_columns(table: &Table, columns: &Columns, context: &Context, findings: &mut Findings) {
    let cells = |column: usize| {
        let rows = table.rows.iter().skip(usize::from(columns.head_in_rows));
        rows.filter_map(move |row| row.cells.get(column))
            .map(|cell| plain(cell))
            .filter(|cell| !cell.is_empty())
    };
    for (column, kind) in columns.kinds.iter().enumerate() {
        let is_first = columns.at(*kind) == Some(column);
        let is_used = match kind {
            Column::Status | Column::Code | Column::Summary => is_first,
            Column::Retry => is_first && cells(column).any(|cell| retry_advice::of_cell(&cell).is_some()),
            Column::Header | Column::Field | Column::Example | Column::Other => false,
        };
        let Some(first) = cells(column).next().filter(|_| !is_used) else { continue };
        let head = columns.heads.get(column).map(|head| plain(head)).filter(|head| !head.is_empty());
        let text = head.unwrap_or_else(|| first.chars().take(60).collect());
        let why = UnclassifiedReason::UnusedColumn;
        findings.unplaced.push(Unclassified { text, why, line: first_line(table, context) });
    }
}

/// Returns the status that a text mentions, if it is exactly one.
fn one(text: &str) -> Option<u16> {
    match statuses::mentioned(text).as_slice() {
        [(_, status)] => Some(*status),
        _ => None,
    }
}

fn row(
    row: &Row,
    columns: &Columns,
    below: Option<u16>,
    mentions: &mut Vec<FailureMention>,
    findings: &mut Findings,
) {
    let cell = |kind: Column| columns.at(kind).and_then(|at| row.cells.get(at)).map_or("", String::as_str);
    let statuses = numbers(cell(Column::Status));
    let statuses: Vec<Option<u16>> = match (statuses.is_empty(), below) {
        (true, below) => vec![below],
        (false, _) => statuses.into_iter().map(Some).collect(),
    };
    let code_cell = cell(Column::Code);
    let codes: Vec<Option<Value>> = match codes::list(code_cell) {
        Some(codes) => codes.into_iter().map(|code| Some(codes::value(&code))).collect(),
        None => {
            let nothing = code_cell.is_empty() || plain(code_cell).chars().all(|it| "-–—/. ".contains(it));
            let no_code =
                ["none", "n/a", "no code"].iter().any(|it| plain(code_cell).eq_ignore_ascii_case(it));
            if columns.at(Column::Code).is_some() && !nothing && !no_code {
                let why = UnclassifiedReason::NoCode;
                findings.unplaced.push(Unclassified { text: plain(code_cell), why, line: row.line });
            }
            vec![None]
        }
    };
    let mut summary = plain(cell(Column::Summary));
    if let (true, Some((_, rest))) = (summary.is_empty(), statuses::leading(cell(Column::Status))) {
        summary = rest.trim_matches(|it: char| it.is_whitespace() || "`*()-–—:".contains(it)).to_owned();
    }
    // `The Retry-After header says how long to wait` belongs to the codes of its row.
    for code in codes.iter().flatten() {
        let scope = Scope::Code(code.clone());
        findings.headers.extend(prose::headers(cell(Column::Summary), &scope, row.line));
    }
    let retry = columns
        .at(Column::Retry)
        .and_then(|at| row.cells.get(at))
        .and_then(|text| retry_advice::of_cell(text));
    for code in codes {
        // A numeric code that is described by the name of a status is that status.
        let (code, statuses) = match code.as_ref().and_then(|code| named(code, &summary)) {
            Some(status) if columns.at(Column::Status).is_none() => (None, vec![Some(status)]),
            _ => (code, statuses.clone()),
        };
        for status in &statuses {
            let stated = FailureMention {
                status: *status,
                code: code.clone(),
                summary: summary.clone(),
                causes: Vec::new(),
                retry,
                line: row.line,
                guess: row.guess.clone(),
            };
            if stated.status.is_some() || stated.code.is_some() {
                mentions.push(stated);
            }
        }
    }
}

/// Returns a numeric code as a status, if its description begins with the name of that status.
fn named(code: &Value, said: &str) -> Option<u16> {
    let status = code.as_u64().and_then(|it| u16::try_from(it).ok())?;
    ((100..600).contains(&status) && statuses::names(status, said)).then_some(status)
}

/// Reads the statuses in a cell: `404`, `404 Not Found`, `400, 422`, `401 / 403`, `400 or 409`.
fn numbers(cell: &str) -> Vec<u16> {
    let mut found: Vec<u16> = Vec::new();
    for part in cell
        .split([',', '/', ';', '|'])
        .flat_map(|part| part.split(" or "))
        .flat_map(|part| part.split(" and "))
    {
        if let Some(status) = statuses::in_cell(part)
            && !found.contains(&status)
        {
            found.push(status);
        }
    }
    found
}

fn header(row: &Row, columns: &Columns, context: &Context) -> Option<Header> {
    let name = plain(row.cells.first()?);
    let is_name =
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    let text = |kind: Column| columns.at(kind).and_then(|at| row.cells.get(at)).map(|cell| plain(cell));
    is_name.then(|| Header {
        name,
        about: text(Column::Summary).unwrap_or_default(),
        example: text(Column::Example).filter(|it| !it.is_empty()),
        scope: context.scope.clone(),
        line: row.line,
    })
}

fn field(row: &Row, line: usize) -> Option<Field> {
    let name = plain(row.cells.first()?);
    let is_name =
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-.".contains(&it));
    let about = row.cells.iter().skip(1).max_by_key(|cell| cell.len())?;
    let role = prose::role(&name, about)?;
    let line = if row.line > 0 { row.line } else { line };
    is_name.then(|| Field { path: name.split('.').map(str::to_owned).collect(), role, line })
}
