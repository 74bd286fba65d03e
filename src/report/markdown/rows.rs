//! Lists as tables, or as points where nothing is weighed.

use super::code::{cell, span};
use crate::report::figures;
use crate::report::lists::{List, Part, Row, Weight};

/// A column that a table has beside name, weight, and bytes.
#[derive(Clone, Copy)]
enum Column {
    Share,
    Hidden,
    Fix,
}

/// A list.
pub(super) fn table(list: &List) -> String {
    if list.rows.iter().all(|row| row.weight.is_none()) {
        let points = list.rows.iter().map(|row| format!("- {}", words(&row.parts, span)));
        return points.collect::<Vec<_>>().join("\n");
    }
    let columns = columns(list);
    let mut lines = head(list, &columns);
    lines.extend(list.rows.iter().map(|row| self::row(list, &columns, row)));
    lines.join("\n")
}

/// A line of a table.
pub(super) fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn words(parts: &[Part], code: fn(&str) -> String) -> String {
    let text = |part: &Part| match part {
        Part::Ours(words) => words.clone(),
        Part::Theirs(text) => code(text),
    };
    parts.iter().map(text).collect::<Vec<_>>().join(" ").trim_start().to_owned()
}

fn columns(list: &List) -> Vec<Column> {
    let hidden = list.rows.iter().filter_map(|row| row.weight).any(|weight| weight.hidden() > 0);
    let fix = list.rows.iter().any(|row| row.fix.is_some());
    let columns = [(list.of.is_some(), Column::Share), (hidden, Column::Hidden), (fix, Column::Fix)];
    columns.into_iter().filter(|(is, _)| *is).map(|(_, column)| column).collect()
}

fn head(list: &List, columns: &[Column]) -> Vec<String> {
    let is_change = list.rows.iter().any(|row| matches!(row.weight, Some(Weight::Change(_))));
    let mut names = vec![list.one.to_owned(), if is_change { "Change" } else { "Size" }.to_owned(), "Bytes".to_owned()];
    let mut rule = "|---|---:|---:|".to_owned();
    for column in columns {
        let (name, side) = match column {
            Column::Share => ("Share", "---:|"),
            Column::Hidden => ("Hidden later", "---:|"),
            Column::Fix => ("Fix", "---|"),
        };
        names.push(name.to_owned());
        rule.push_str(side);
    }
    vec![line(&names), rule]
}

fn row(list: &List, columns: &[Column], row: &Row) -> String {
    let made = row.made.as_deref().map(|made| format!(" {}", cell(made))).unwrap_or_default();
    let name = format!("{}{}{made}", "· ".repeat(row.depth.min(32)), words(&row.parts, cell));
    let (size, exact) = row.weight.map(|weight| (weight.figure(), weight.exact())).unwrap_or_default();
    let bytes = |bytes: u128| u64::try_from(bytes).unwrap_or(u64::MAX);
    let weight = row.weight.unwrap_or(Weight::Change(0));
    let further = columns.iter().map(|column| match column {
        Column::Share => format!("{} %", figures::percent(bytes(weight.magnitude()), list.of.unwrap_or(0))),
        Column::Hidden if weight.hidden() == 0 => String::new(),
        Column::Hidden => figures::bytes(bytes(weight.hidden())),
        Column::Fix => row.fix.as_deref().map(cell).unwrap_or_default(),
    });
    line(&[name, size, exact].into_iter().chain(further).collect::<Vec<_>>())
}
