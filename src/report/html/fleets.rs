//! What changed from one fleet to another.

use super::markup::{Column, Field, Html};
use crate::report::fleets::Fleets;
use crate::report::lists::fleets::{lists, sentences};
use crate::report::lists::{List, Part, Row, Weight};

/// Rows of a list.
const ROWS: usize = 1_000;

pub(super) fn page(html: &mut Html, fleets: &Fleets) {
    let said = sentences(fleets);
    html.tag("header", |html| {
        said.iter().take(1).for_each(|said| html.leaf("h1", said));
        html.tag("ul", |html| said.iter().skip(1).for_each(|said| html.leaf("li", said)));
    });
    for list in lists(fleets, ROWS) {
        html.tag("section", |html| {
            html.leaf("h2", &format!("{}: {}", list.title, list.said));
            html.table(list.title, &[Column::Text(list.one), Column::Number("bytes")], &rows(&list));
        });
    }
}

fn rows(list: &List) -> Vec<Vec<Field>> {
    let words = |row: &Row| {
        let parts = row.parts.iter().map(|part| match part {
            Part::Ours(text) | Part::Theirs(text) => text.clone(),
        });
        parts.collect::<Vec<_>>().join(" ")
    };
    let weight = |row: &Row| match row.weight {
        Some(Weight::Change(by)) => Field::By(by, crate::report::figures::signed(by)),
        Some(Weight::Bytes { all, .. }) => Field::Bytes(Some(all)),
        None => Field::Bytes(None),
    };
    list.rows.iter().map(|row| vec![Field::code(words(row)), weight(row)]).collect()
}
