//! Detection of the content of table columns.

use super::{
    block::{Table, plain},
    codes, header_keywords, retry_advice, statuses,
};

/// The content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// An HTTP status.
    Status,
    /// An error code.
    Code,
    /// The meaning of the error.
    Summary,
    /// The retry advice.
    Retry,
    /// The name of a header.
    Header,
    /// The name of a field of a body.
    Field,
    /// An example value.
    Example,
    /// Anything else.
    Other,
}

/// Maximum number of rows that are examined to determine the content of a column.
const LOOKED_AT: usize = 300;

/// Determines the content of a column from the words in its header.
fn by_head(head: &str) -> Option<Column> {
    let head = plain(head).to_lowercase().replace(['_', '-'], " ");
    let has = |words: &[&str]| words.iter().any(|word| head.contains(word));
    let is = |words: &[&str]| words.contains(&head.as_str());
    if has(&["header"]) {
        return Some(Column::Header);
    }
    if has(&["retry", "retri"]) {
        return Some(Column::Retry);
    }
    if is(&[
        "field",
        "property",
        "attribute",
        "key",
        "member",
        "parameter",
        "param",
        "argument",
        "option",
        "variable",
    ]) {
        return Some(Column::Field);
    }
    if has(&["http", "status code", "response code", "response status", "html error"])
        || is(&["status", "statuses"])
    {
        return Some(Column::Status);
    }
    if has(&[
        "message",
        "descri",
        "meaning",
        "explan",
        "detail",
        "when",
        "usage",
        "notes",
        "means",
        "solution",
        "resolution",
        "what",
        "condition",
        "action",
        "comment",
        "cause",
        "text",
    ]) {
        return Some(Column::Summary);
    }
    if header_keywords::says_meaning(&head) {
        return Some(Column::Summary);
    }
    if has(&["code", "error", "errno", "exception"])
        || header_keywords::says_error(&head)
        || header_keywords::says_code(&head)
        || is(&[
            "type",
            "name",
            "id",
            "identifier",
            "reason",
            "slug",
            "constant",
            "title",
            "problem",
            "fault",
        ])
    {
        return Some(Column::Code);
    }
    has(&["example", "sample", "value"]).then_some(Column::Example)
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// The content of each column.
    pub kinds: Vec<Column>,
    /// The headers of the columns.
    pub heads: Vec<String>,
    /// True if the header of the code column mentions errors, codes or exceptions.
    pub says_error: bool,
    /// True if this header mentions error codes explicitly. No other sign that they are error codes is needed then.
    pub says_error_code: bool,
    /// True if the first row is the header row.
    pub head_in_rows: bool,
}

/// Returns the headers of a table, and true if they are its first row.
fn head(table: &Table) -> (Vec<String>, bool) {
    let is_head = |cell: &String| by_head(cell).is_some() && statuses::leading(cell).is_none();
    match table.rows.first() {
        Some(row) if table.head.is_empty() && row.cells.len() > 1 && row.cells.iter().all(is_head) => {
            (row.cells.clone(), true)
        }
        _ => (table.head.clone(), false),
    }
}

impl Columns {
    /// Returns the index of the first column with this content.
    pub fn at(&self, kind: Column) -> Option<usize> {
        self.kinds.iter().position(|it| *it == kind)
    }

    /// Determines the content of the columns of a table, by their headers and by their cells.
    pub fn of(table: &Table) -> Self {
        let (head, head_in_rows) = head(table);
        let width =
            table.rows.iter().take(LOOKED_AT).map(|row| row.cells.len()).max().unwrap_or(0).max(head.len());
        let cells = |column: usize| {
            table
                .rows
                .iter()
                .skip(usize::from(head_in_rows))
                .take(LOOKED_AT)
                .filter(|row| row.cells.len() > 1)
                .filter_map(move |row| {
                    row.cells
                        .get(column)
                        .map(|cell| plain(cell))
                        .filter(|cell| !cell.is_empty() && cell != "-" && cell != "—")
                })
        };
        let share = |column: usize, fits: &dyn Fn(&str) -> bool| {
            let (mut all, mut fitting) = (0usize, 0usize);
            for cell in cells(column) {
                all += 1;
                fitting += usize::from(fits(&cell));
            }
            if all == 0 { 0.0 } else { fitting as f64 / all as f64 }
        };
        let heads: Vec<Option<Column>> =
            (0..width).map(|column| head.get(column).and_then(|head| by_head(head))).collect();
        let mut kinds: Vec<Column> = heads
            .iter()
            .map(|head| {
                head.filter(|it| {
                    !matches!(it, Column::Status | Column::Code | Column::Summary | Column::Example)
                })
                .unwrap_or(Column::Other)
            })
            .collect();
        let lead = |cell: &str| statuses::leading(cell).is_some();
        let names_status = |cell: &str| statuses::in_cell(cell).is_some();
        let free = |kinds: &[Column], column: usize| kinds[column] == Column::Other;
        let says_status = |column: &usize| heads[*column] == Some(Column::Status);
        // Beside a column of numbers, one with `NOT_FOUND` has codes, although it is the phrase of a status.
        let status = (0..width)
            .find(|column| says_status(column) && share(*column, &lead) >= 0.5)
            .or_else(|| (0..width).find(|column| says_status(column) && share(*column, &names_status) >= 0.5))
            .or_else(|| (0..width).find(|column| free(&kinds, *column) && share(*column, &lead) >= 0.8));
        if let Some(column) = status {
            kinds[column] = Column::Status;
        }
        let is_code = |cell: &str| codes::list(cell).is_some();
        let is_evident =
            |cell: &str| codes::list(cell).is_some_and(|codes| codes.iter().all(|it| codes::is_evident(it)));
        let may_be_code = |column: &usize| {
            heads[*column] == Some(Column::Code) && free(&kinds, *column) && share(*column, &is_code) >= 0.6
        };
        // Next to a column of codes, a column of identifiers or names only numbers the rows or repeats the codes in
        // words.
        let says_code =
            |column: &usize| head.get(*column).is_some_and(|head| head.to_lowercase().contains("code"));
        let code = (0..width)
            .filter(may_be_code)
            .find(says_code)
            .or_else(|| (0..width).find(may_be_code))
            .or_else(|| (0..width).find(|column| free(&kinds, *column) && share(*column, &is_evident) >= 0.8))
            // Next to a status, words in capitals are codes if one of them is clearly a code.
            .or_else(|| {
                let capitals = |cell: &str| codes::Style::of(cell) == Some(codes::Style::Screaming);
                let is_column = |column: &usize| {
                    free(&kinds, *column)
                        && share(*column, &capitals) >= 0.9
                        && share(*column, &is_evident) > 0.0
                };
                (0..width).filter(|_| status.is_some()).find(is_column)
            })
            // A status column that also contains other numbers is a column of codes.
            .or_else(|| {
                (0..width).find(|column| {
                    heads[*column] == Some(Column::Status)
                        && free(&kinds, *column)
                        && share(*column, &is_code) >= 0.8
                })
            });
        if let Some(column) = code {
            kinds[column] = Column::Code;
        }
        let length = |column: usize| cells(column).map(|cell| cell.len()).sum::<usize>();
        let said = |column: &usize| heads[*column] == Some(Column::Summary);
        let summary = (0..width)
            .filter(|column| free(&kinds, *column) && said(column))
            .max_by_key(|column| length(*column))
            .or_else(|| {
                (0..width).filter(|column| free(&kinds, *column)).max_by_key(|column| length(*column))
            });
        if let Some(column) = summary {
            kinds[column] = Column::Summary;
        }
        let advises = |cell: &str| retry_advice::of_cell(cell).is_some();
        find_retry(&mut kinds, |column| share(column, &advises));
        for column in 0..width {
            if heads[column] == Some(Column::Example) && kinds[column] == Column::Other {
                kinds[column] = Column::Example;
            }
        }
        let (says_error, says_error_code) =
            code.and_then(|column| head.get(column)).map(|head| speaks_of_errors(head)).unwrap_or_default();
        Self { kinds, heads: head, says_error, says_error_code, head_in_rows }
    }
}

/// Makes a column that is left, and is mostly retry advice, that of retry advice, whatever its header: `What to do`.
fn find_retry(kinds: &mut [Column], share_of_advice: impl Fn(usize) -> f64) {
    if kinds.contains(&Column::Retry) {
        return;
    }
    let is_advice = |column: &usize| kinds[*column] == Column::Other && share_of_advice(*column) >= 0.5;
    if let Some(column) = (0..kinds.len()).find(is_advice) {
        kinds[column] = Column::Retry;
    }
}

/// Returns whether the header of a code column mentions errors, codes or exceptions, and whether error codes explicitly.
fn speaks_of_errors(head: &str) -> (bool, bool) {
    let head = head.to_lowercase();
    let says_error = head.contains("error") || header_keywords::says_error(&head);
    let says_code = head.contains("code") || header_keywords::says_code(&head);
    (says_error || says_code || head.contains("exception"), says_error && says_code)
}

#[cfg(test)]
mod tests {
    use super::{super::block::Row, *};

    fn kinds(head: &[&str], rows: &[&[&str]]) -> Vec<Column> {
        let texts = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
        let rows = rows.iter().map(|cells| Row { line: 1, cells: texts(cells), guess: None }).collect();
        Columns::of(&Table { head: texts(head), rows }).kinds
    }

    #[test]
    fn heads_and_contents_decide() {
        use Column::{Code, Status, Summary};
        assert_eq!(
            kinds(&["Code", "HTTP", "Description"], &[&["gone", "410", "It was there"]]),
            [Code, Status, Summary]
        );
        assert_eq!(
            kinds(&["Code", "Meaning"], &[&["404", "It is not here"], &["410", "It was"]]),
            [Status, Summary]
        );
        assert_eq!(
            kinds(&["ID", "Code", "Description"], &[&["e-1", "`GONE_BY`", "It was there"]]),
            [Column::Other, Code, Summary]
        );
        assert_eq!(kinds(&["Error", "Description"], &[&["GONE_BY", "It was there"]]), [Code, Summary]);
        assert_eq!(kinds(&["Status", "Error"], &[&["404 Not Found", "no_such_thing"]]), [Status, Code]);
        assert_eq!(
            kinds(&["Code", "Meaning"], &[&["1001", "The name is taken"], &["404", "odd"]]),
            [Code, Summary]
        );
        assert_eq!(
            kinds(&["Status", "HTTP", "Description"], &[&["NOT_FOUND", "404", "It is not here"]]),
            [Code, Status, Summary]
        );
        assert_eq!(kinds(&["Status", "Description"], &[&["Not Found", "It is not here"]]), [Status, Summary]);
        assert_eq!(
            kinds(&["Field", "Type", "Description"], &[&["code", "string", "What went wrong"]])[0],
            Column::Field
        );
    }
}
