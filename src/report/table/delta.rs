//! What changed, on a screen.

use unicode_width::UnicodeWidthStr;

use super::head::{familiar, short};
use super::page::Page;
use super::{Style, bars};
use crate::report::figures::{self, change, count, grouped};
use crate::report::lists::delta::{culprits, is_nothing, lists};
use crate::size::delta::{Change, Delta};
use crate::size::snapshot::{Origin, Side};

/// Rows of a list, and with `-v`.
const ROWS: [usize; 2] = [10, 100];
/// Culprits that a verdict names.
const CULPRITS: usize = 3;

/// Renders a comparison: the line, what it is made of, what is compared, then what changed by package, directory, layer,
/// file, setting and finding.
pub fn delta(delta: &Delta, style: &Style) -> Vec<u8> {
    let mut page = Page::new(style);
    if is_nothing(delta) {
        let size = figures::pair(0, delta.unpacked_bytes.new).1;
        page.paragraph("", "  ", &format!("nothing changed: {size}, {}", count(delta.files.new, "file")));
        sides(&mut page, delta);
        return page.into_bytes();
    }
    totals(&mut page, delta);
    sides(&mut page, delta);
    for list in lists(delta, ROWS[usize::from(style.verbose)]) {
        page.blank();
        bars::write(&mut page, &list);
    }
    page.into_bytes()
}

/// The line of a verdict, and of the largest culprits as many as fit on another.
pub(super) fn brief(page: &mut Page, delta: &Delta) {
    page.paragraph(
        "  ",
        "  ",
        &format!("{} since {}", change(delta.unpacked_bytes.old, delta.unpacked_bytes.new), named(&delta.old)),
    );
    let culprits = culprits(delta, CULPRITS);
    let named = culprits.iter().filter_map(|row| Some(format!("{} {}", row.weight?.figure(), bars::words(&row.parts))));
    let mut named: Vec<String> = named.collect();
    while named.len() > 1 && 2 + named.join(", ").width() > page.width() {
        named.pop();
    }
    if !named.is_empty() {
        page.line("  ", &named.join(", "));
    }
}

fn totals(page: &mut Page, delta: &Delta) {
    let line = change(delta.unpacked_bytes.old, delta.unpacked_bytes.new);
    edge(page, &[format!("{line}  unpacked"), line], delta.unpacked_bytes);
    let totals = [("packed ", delta.compressed_bytes), ("on disk", delta.bytes), ("wasted ", delta.waste_bytes)];
    for (name, of) in totals.into_iter().filter(|(name, of)| *name != "wasted " || !of.is_none()) {
        let (before, after) = figures::pair(of.old, of.new);
        let full = format!("  {name}  {}", change(of.old, of.new));
        edge(page, &[full, format!("  {name}  {before} → {after}, {}", figures::signed(of.by()))], of);
    }
    if !delta.files.is_none() {
        let Change { old, new } = delta.files;
        page.raw(&format!("  files    {} → {}, {}", grouped(old), grouped(new), figures::exact(delta.files.by())));
    }
}

/// The first form of a line that fits, and the change to the byte at the right where there is room.
fn edge(page: &mut Page, forms: &[String; 2], of: Change) {
    let left = if forms[0].width() > page.width() { &forms[1] } else { &forms[0] };
    let right = if of.is_none() { String::new() } else { figures::exact(of.by()) };
    let blanks = page.width().saturating_sub(left.width() + right.width());
    let right = if blanks > 1 { right } else { String::new() };
    page.raw(&format!("{left}{}{right}", " ".repeat(blanks)));
}

fn sides(page: &mut Page, delta: &Delta) {
    for (word, side) in [("  old      ", &delta.old), ("  new      ", &delta.new)] {
        let digest = side.digest.as_deref().map(|digest| short(digest, 12)).unwrap_or_default();
        let words = [named(side), digest, side.platform.clone()];
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        page.paragraph(word, "           ", &words.join("  "));
    }
    for note in &delta.notes {
        page.paragraph("  note     ", "           ", note);
    }
}

/// The reference as people write it, and what stands for the image.
fn named(side: &Side) -> String {
    let name = familiar(&side.reference);
    match side.from {
        Origin::Image => name.to_owned(),
        Origin::Report => format!("{name} (report)"),
        Origin::Baseline => format!("{name} (baseline)"),
    }
}
