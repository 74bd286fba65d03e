//! What changed from one fleet to another, on a screen.

use super::page::Page;
use super::{Style, bars};
use crate::report::fleets::Fleets;
use crate::report::lists::fleets::{lists, sentences};

/// Rows of a list, and with `-v`.
const ROWS: [usize; 2] = [20, 1_000];

/// Renders a comparison of two fleets: their sums, then image by image, package by package, rule by rule.
pub fn fleets(fleets: &Fleets, style: &Style) -> Vec<u8> {
    let mut page = Page::new(style);
    sentences(fleets).iter().for_each(|said| page.paragraph("", "  ", said));
    for list in lists(fleets, ROWS[usize::from(style.verbose)]) {
        page.blank();
        bars::write(&mut page, &list);
    }
    page.into_bytes()
}
