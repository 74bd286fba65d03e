//! CSV (RFC 4180): a line a row, under a line of names. Nothing is an empty field.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use super::{COLUMNS, Get, Row, rows};
use crate::report::Report;
use crate::text::{terminal, unheard};

/// What spreadsheets take for the begin of a formula (OWASP, "CSV Injection"), and the mark that is set before it. A tab or a
/// carriage return never begins a cell: they are shown as escapes.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', MARK];
const MARK: char = '\'';

/// Renders a report.
pub fn render(report: &Report) -> Vec<u8> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let mut written = writer.write_record(COLUMNS.iter().map(|column| column.name));
    rows(report, &mut |row| {
        if written.is_ok() {
            written = writer.write_record(COLUMNS.iter().map(|column| cell(column.get, row)));
        }
    });
    let written = written.and_then(|()| writer.into_inner().map_err(|error| error.into_error().into()));
    written.unwrap_or_else(|error| unreachable!("a table in memory: {error}"))
}

fn cell(get: Get, row: &Row<'_>) -> String {
    match get {
        Get::Text(of) => of(row).map(defused).unwrap_or_default(),
        Get::Number(of) => of(row).map(|number| number.to_string()).unwrap_or_default(),
        Get::Date(of) => of(row).map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// Text that neither a terminal, nor the runner of a CI server, nor a spreadsheet acts on. Whoever takes the mark off its begin
/// has what it was.
fn defused(text: Cow<'_, str>) -> String {
    let text = unheard(&terminal(&text));
    if text.starts_with(FORMULA) { format!("{MARK}{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+1", "'+1"),
            ("'=1", "''=1"),
            ("＝1", "'＝1"),
            ("\t=1", "\\t=1"),
            ("\r=1", "\\r=1"),
            ("a\u{1b}[31m\n", "a\\u{1b}[31m\\n"),
            ("::error::x", "\\u{3a}:error::x"),
            ("/usr/bin", "/usr/bin"),
            ("", ""),
        ] {
            assert_eq!(defused(text.into()), cell);
        }
    }
}
