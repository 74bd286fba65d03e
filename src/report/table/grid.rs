//! Rows of cells below each other.

use unicode_width::UnicodeWidthStr;

use super::page::{Page, cut};

/// Columns of a name, at least.
const NAME: usize = 12;

/// On which side the cells behind the first stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Writes rows. The first cell of each, a name, gives way to the others.
pub(super) fn write(page: &mut Page, rows: &[Vec<String>], side: Side) {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let others: usize = widths.iter().skip(1).map(|width| 2 + width).sum();
    let first = widths.first().copied().unwrap_or_default().min(page.width().saturating_sub(2 + others).max(NAME));
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let cell = if column == 0 { cut(cell, first) } else { cell.clone() };
            let blanks = " ".repeat(if column == 0 { first } else { *width }.saturating_sub(cell.width()));
            let is_left = column == 0 || side == Side::Left;
            line.extend(if is_left { ["  ", &cell, &blanks] } else { ["  ", &blanks, &cell] });
        }
        page.raw(&line);
    }
}
