//! The compliance matrix as a table.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::page::{Page, clip};
use crate::report::Image;
use crate::text::terminal;

/// Characters of a row's evidence.
const EVIDENCE: usize = 160;

/// Columns below which a table has no room for three columns of text.
const NARROW: usize = 60;

/// The rows of an image: a table, or a paragraph a row where the screen is narrow.
pub(super) fn write(page: &mut Page, image: &Image) {
    let Some(rows) = image.matrix.as_ref().filter(|rows| !rows.is_empty()) else { return };
    let rows = rows
        .iter()
        .map(|row| [terminal(&row.requirement), row.outcome.word().to_owned(), clip(&terminal(&row.evidence), EVIDENCE)]);
    let width = page.width();
    if width < NARROW {
        for [requirement, outcome, evidence] in rows {
            page.paragraph("  ", "    ", &format!("{requirement}: {outcome}, {evidence}"));
        }
        return;
    }
    let mut table = Table::new();
    table.force_no_tty();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(80)).set_header(["requirement", "outcome", "evidence"]).add_rows(rows);
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::UpperBoundary(Width::Percentage(40)));
    }
    table.trim_fmt().lines().for_each(|line| page.raw(line));
}
