//! Rows with their bytes and a bar: what weighs how much, at a glance.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::page::Page;
use crate::report::figures;
use crate::report::lists::{List, Part, Row, Weight};
use crate::text;

/// A cell of a bar from an eighth to full (Unicode, "Block Elements").
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// What is shipped and not seen.
const HIDDEN: char = '░';

/// Columns of a bar, and from which width of the page on it has more of them.
const BAR: (usize, usize) = (5, 10);
const WIDE: usize = 70;
/// Columns that a name has before exact bytes are worth a column.
const NAME: usize = 52;

/// Writes a list.
pub(super) fn write(page: &mut Page, list: &List) {
    let hidden = list.rows.iter().any(|row| !row.is_rest && row.weight.is_some_and(|weight| weight.hidden() > 0));
    let said = if hidden { format!("{} ({HIDDEN})", list.said) } else { list.said.clone() };
    page.paragraph(&format!("{}  ", list.title), "  ", &said);
    let columns = Columns::of(list, page.width());
    for (at, row) in list.rows.iter().enumerate() {
        columns.write(page, row);
        let next = list.rows.get(at + 1).and_then(|next| next.fix.as_ref());
        if let Some(fix) = row.fix.as_ref().filter(|fix| next != Some(fix)) {
            page.paragraph("    fix  ", "         ", fix);
        }
    }
}

/// The text of a row.
pub(super) fn words(parts: &[Part]) -> String {
    let text = |part: &Part| match part {
        Part::Ours(words) => words.clone(),
        Part::Theirs(text) => text::terminal(text),
    };
    parts.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// How wide the columns of a list are; one of no width is not there.
struct Columns {
    figure: usize,
    exact: usize,
    share: usize,
    bar: usize,
    name: usize,
    /// What the longest bar stands for.
    most: u128,
    of: Option<u64>,
}

impl Columns {
    fn of(list: &List, width: usize) -> Self {
        let weights: Vec<Weight> = list.rows.iter().filter_map(|row| row.weight).collect();
        let widest = |text: fn(Weight) -> String| weights.iter().map(|weight| text(*weight).width()).max().unwrap_or(0);
        let drawn = list.rows.iter().filter(|row| !row.is_rest).filter_map(|row| row.weight);
        let most = drawn.map(Weight::magnitude).max().unwrap_or(0);
        let mut columns = Self {
            figure: widest(Weight::figure),
            exact: 0,
            share: 0,
            bar: 0,
            name: 0,
            most,
            of: list.of.filter(|_| width >= WIDE),
        };
        if weights.len() > 1 && most > 0 {
            columns.bar = if width >= WIDE { BAR.1 } else { BAR.0 };
        }
        if columns.of.is_some() {
            columns.share = "100.0 %".len();
        }
        columns.name = width.saturating_sub(columns.used());
        let longest = list.rows.iter().map(|row| 2 * row.depth + words(&row.parts).width()).max().unwrap_or(0);
        let exact = widest(Weight::exact);
        if columns.name >= longest.min(NAME) + exact + 2 {
            columns.exact = exact;
            columns.name -= exact + 2;
        }
        columns
    }

    /// Columns in front of the name.
    fn used(&self) -> usize {
        let columns = [self.figure, self.exact, self.share, self.bar];
        2 + columns.iter().filter(|width| **width > 0).map(|width| width + 2).sum::<usize>()
    }

    fn write(&self, page: &mut Page, row: &Row) {
        let name = words(&row.parts);
        let Some(weight) = row.weight else { return page.paragraph("  ", "    ", &name) };
        let mut line = String::from("  ");
        let mut column = |text: String, width: usize| {
            if width > 0 {
                line.extend([&" ".repeat(width.saturating_sub(text.width())), &text, "  "]);
            }
        };
        column(weight.figure(), self.figure);
        column(weight.exact(), self.exact);
        let share =
            self.of.map(|of| format!("{} %", figures::percent(u64::try_from(weight.magnitude()).unwrap_or(u64::MAX), of)));
        column(share.unwrap_or_default(), self.share);
        let drawn = if row.is_rest { 0 } else { self.bar };
        let bar = bar(weight.magnitude(), weight.hidden(), self.most, drawn);
        column(format!("{bar}{}", " ".repeat(self.bar.saturating_sub(bar.width()))), self.bar);
        let depth = (2 * row.depth).min(self.name / 2);
        line.extend([&" ".repeat(depth), &middle(&name, self.name - depth)[..]]);
        page.raw(&line);
        if let Some(made) = &row.made {
            page.instruction_below("    ", made);
        }
    }
}

/// A bar of at most `width` columns, where `most` fills all: what is seen in eighths of a column, then what is hidden.
fn bar(all: u128, hidden: u128, most: u128, width: usize) -> String {
    let eighths = |part: u128| {
        let cells = (part.saturating_mul(8 * width as u128).saturating_add(most / 2)).checked_div(most).unwrap_or(0);
        usize::try_from(cells).unwrap_or(usize::MAX).min(8 * width).max(usize::from(part > 0 && most > 0 && width > 0))
    };
    let seen = eighths(all.saturating_sub(hidden));
    let mut bar = "█".repeat(seen / 8);
    bar.extend((seen % 8).checked_sub(1).and_then(|eighth| EIGHTHS.get(eighth)));
    let whole = eighths(all).div_ceil(8);
    bar.extend(std::iter::repeat_n(HIDDEN, if hidden > 0 { whole.saturating_sub(bar.width()) } else { 0 }));
    bar
}

/// A text that fits: what is too long loses its middle, because both ends of a path and of an instruction tell, the end a bit
/// more.
pub(in crate::report) fn middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else { return String::new() };
    let fitting = |characters: &mut dyn Iterator<Item = char>, room: usize| {
        let mut used = 0;
        characters
            .take_while(|character| {
                used += character.width().unwrap_or(0);
                used <= room
            })
            .collect::<Vec<char>>()
    };
    let tail = fitting(&mut text.chars().rev(), room - room / 5 * 2);
    let head = fitting(&mut text.chars(), room / 5 * 2);
    head.into_iter().chain(['…']).chain(tail.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_eighths_and_what_is_hidden_behind_them() {
        assert_eq!(bar(80, 0, 80, 10), "██████████");
        assert_eq!(bar(41, 0, 80, 10), "█████▏");
        assert_eq!(bar(1, 0, 1_000_000, 10), "▏");
        assert_eq!(bar(0, 0, 80, 10), "");
        assert_eq!(bar(80, 40, 80, 10), "█████░░░░░");
        assert_eq!(bar(80, 80, 80, 4), "░░░░");
        assert_eq!(bar(80, 0, 0, 10), "");
        assert_eq!(bar(u128::MAX, 1, 1, 3).width(), 3);
    }

    #[test]
    fn a_long_name_loses_its_middle() {
        assert_eq!(middle("/usr/lib/python3/site-packages", 13), "/usr…packages");
        assert_eq!(middle("short", 5), "short");
        assert_eq!(middle("shorter", 1), "…");
        assert_eq!(middle("shorter", 0), "");
        assert!(middle(&"日本語".repeat(9), 8).width() <= 8);
    }
}
