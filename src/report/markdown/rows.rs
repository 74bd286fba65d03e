//! Lists as tables, or as points where nothing is weighed.

use super::code::{cell, span};
use crate::report::figures;
use crate::report::lists::{List, Part, Row, Weight};

/// A list.
pub(super) fn table(list: &List) -> String {
    if list.rows.iter().all(|row| row.weight.is_none()) {
        let points = list.rows.iter().map(|row| format!("- {}", words(&row.parts, span)));
        return points.collect::<Vec<_>>().join("\n");
    }
    let columns = Columns::of(list);
    let mut lines = columns.head(list.one);
    lines.extend(list.rows.iter().map(|row| columns.row(list, row)));
    lines.join("\n")
}

fn words(parts: &[Part], code: fn(&str) -> String) -> String {
    let text = |part: &Part| match part {
        Part::Ours(words) => words.clone(),
        Part::Theirs(text) => code(text),
    };
    parts.iter().map(text).collect::<Vec<_>>().join(" ").trim_start().to_owned()
}

/// Which columns a table has beside the name, what it weighs, and that to the byte.
struct Columns {
    is_change: bool,
    share: bool,
    hidden: bool,
    fix: bool,
}

impl Columns {
    fn of(list: &List) -> Self {
        let any = |is: fn(&Weight) -> bool| list.rows.iter().filter_map(|row| row.weight).any(|weight| is(&weight));
        Self {
            is_change: any(|weight| matches!(weight, Weight::Change(_))),
            share: list.of.is_some(),
            hidden: any(|weight| weight.hidden() > 0),
            fix: list.rows.iter().any(|row| row.fix.is_some()),
        }
    }

    fn head(&self, one: &str) -> Vec<String> {
        let size = if self.is_change { "Change" } else { "Size" };
        let further = [(self.share, "Share"), (self.hidden, "Hidden later"), (self.fix, "Fix")];
        let further: Vec<&str> = further.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        let names: String = further.iter().map(|name| format!(" {name} |")).collect();
        let rules: String = further.iter().map(|name| if *name == "Fix" { "---|" } else { "---:|" }).collect();
        vec![format!("| {one} | {size} | Bytes |{names}"), format!("|---|---:|---:|{rules}")]
    }

    fn row(&self, list: &List, row: &Row) -> String {
        let made = row.made.as_deref().map(|made| format!(" {}", cell(made))).unwrap_or_default();
        let name = format!("{}{}{made}", "· ".repeat(row.depth.min(32)), words(&row.parts, cell));
        let (size, exact) = row.weight.map(|weight| (weight.figure(), weight.exact())).unwrap_or_default();
        let mut line = format!("| {name} | {size} | {exact} |");
        let mut column = |is: bool, text: String| {
            if is {
                line.extend([" ", &text, " |"]);
            }
        };
        let bytes = |bytes: u128| u64::try_from(bytes).unwrap_or(u64::MAX);
        let weight = row.weight.unwrap_or(Weight::Change(0));
        column(self.share, format!("{} %", figures::percent(bytes(weight.magnitude()), list.of.unwrap_or(0))));
        let hidden = weight.hidden();
        column(self.hidden, if hidden > 0 { figures::bytes(bytes(hidden)) } else { String::new() });
        column(self.fix, row.fix.as_deref().map(cell).unwrap_or_default());
        line
    }
}
