//! Markdown for pull requests (GitHub Flavored Markdown): a comment that can be found again, the verdict, the five answers,
//! what it weighs and what made it grow, and the causes. Text of an image stands in code alone, so that nothing in it mentions,
//! links, embeds or ends a table.

mod code;
mod fleet;
mod image;
mod pull;
mod rows;
mod sheet;
#[cfg(test)]
mod tests;

use super::figures::{self, change, count, grouped};
use super::lists::List;
use super::lists::delta::{is_nothing, lists};
use super::lists::fleets as between;
use super::lists::size;
use super::table::{familiar, short, totals};
use super::{Fleets, Report, View};
use crate::size::Delta;
use crate::size::snapshot::Side;
use code::{cell, span};
use sheet::Sheet;

/// Rows of a list: a comment is read on one screen.
const ROWS: usize = 10;

/// Renders a report, the verdict first.
pub fn render(report: &Report) -> Vec<u8> {
    let mut sheet = Sheet::of(report.images.iter().map(|image| (&image.reference[..], image.platform.as_deref())));
    if report.images.len() > 1 {
        sheet.put("summary", &image::several(report));
        report.fleet.iter().for_each(|together| fleet::write(&mut sheet, together));
    }
    for image in &report.images {
        image::write(&mut sheet, image);
    }
    shared(&mut sheet, report);
    if let Some(part) = report.part() {
        sheet.put("note", &format!("Note: {part}"));
    }
    sheet.finish()
}

/// Renders a comparison: the table of both versions, then what changed.
pub fn delta(delta: &Delta) -> Vec<u8> {
    let mut sheet = Sheet::of(std::iter::once((&delta.new.reference[..], Some(&delta.new.platform[..]))));
    changed(&mut sheet, delta);
    sheet.finish()
}

/// Renders a comparison of two fleets: their sums, then what changed.
pub fn fleets(fleets: &Fleets) -> Vec<u8> {
    let mut sheet = Sheet::of(std::iter::once(("fleets", None)));
    let said = between::sentences(fleets).into_iter().map(|said| format!("- {said}"));
    sheet.put("total", &said.collect::<Vec<_>>().join("\n"));
    for list in between::lists(fleets, ROWS) {
        sheet.put("list", &format!("#### {}\n\n{}", title(&list), rows::table(&list)));
    }
    sheet.finish()
}

/// Renders the measures of images: what they weigh together, then the lists of the view.
pub fn size(report: &Report, view: &View) -> Vec<u8> {
    let mut sheet = Sheet::of(report.images.iter().map(|image| (&image.reference[..], image.platform.as_deref())));
    for image in &report.images {
        let word = if image.complete { "Size" } else { "Incomplete" };
        sheet.put("image", &format!("### {word}: {}", span(familiar(&image.reference))));
        image::failure(&mut sheet, image);
        if image.complete {
            sheet.put("total", &totals(&image.sizes));
            for list in size::lists(image, view) {
                sheet.put("list", &format!("#### {}\n\n{}", title(&list), rows::table(&list)));
            }
        }
    }
    shared(&mut sheet, report);
    sheet.finish()
}

/// What several images cost to pull.
fn shared(sheet: &mut Sheet, report: &Report) {
    if let Some(pull) = &report.pull {
        sheet.put("pull", &pull::block(pull));
    }
}

/// What changed: the table of both versions, the packages, and the rest folded.
fn changed(sheet: &mut Sheet, delta: &Delta) {
    sheet.put("size", &versions(delta));
    if is_nothing(delta) {
        return sheet.put("total", "Nothing changed.");
    }
    sheet.put("total", &sums(delta));
    for note in &delta.notes {
        sheet.put("note", &format!("Note: {}", span(note)));
    }
    for list in lists(delta, ROWS) {
        let table = rows::table(&list);
        if list.title == "packages" {
            sheet.put("list", &format!("#### {}\n\n{table}", title(&list)));
        } else {
            sheet.put("list", &folded(&title(&list), &table));
        }
    }
}

/// The table of both versions, in the form in which people write it by hand.
fn versions(delta: &Delta) -> String {
    let (old, new) = (delta.unpacked_bytes.old, delta.unpacked_bytes.new);
    let (before, after) = figures::pair(old, new);
    let column = if new > old { "Growth" } else { "Reduction" };
    let by = if old == new { "unchanged".to_owned() } else { format!("**{}**", figures::difference(old, new)) };
    let named = |side: &Side| {
        let digest = side.digest.as_deref().filter(|_| delta.old.reference == delta.new.reference);
        let digest = digest.map(|digest| format!(" {}", cell(&short(digest, 12)))).unwrap_or_default();
        format!("{}{digest}", cell(familiar(&side.reference)))
    };
    format!(
        "| Version | Size | {column} |\n|---|---|---|\n| {} | {before} | - |\n| {} | {after} | {by} |",
        named(&delta.old),
        named(&delta.new)
    )
}

/// What else there is to add up: to the byte where it is about bytes.
fn sums(delta: &Delta) -> String {
    let totals = [
        ("Unpacked", delta.unpacked_bytes),
        ("Packed", delta.compressed_bytes),
        ("On disk", delta.bytes),
        ("Wasted", delta.waste_bytes),
    ];
    let totals = totals.into_iter().filter(|(name, of)| *name != "Wasted" || !of.is_none());
    let mut lines: Vec<String> = totals
        .map(|(name, of)| match of.by() {
            0 => format!("- {name} {}", change(of.old, of.new)),
            by => format!("- {name} {}: {} bytes", change(of.old, of.new), figures::exact(by)),
        })
        .collect();
    if !delta.files.is_none() {
        lines.push(format!("- {} → {}", grouped(delta.files.old), count(delta.files.new, "file")));
    }
    lines.join("\n")
}

/// `Packages: 3 changed, +28.4 MB`.
fn title(list: &List) -> String {
    let (first, rest) = list.title.split_at(1);
    let colon = if list.said.is_empty() { "" } else { ": " };
    format!("{}{rest}{colon}{}", first.to_uppercase(), list.said)
}

/// What is shown when someone asks for it. The summary is the report's own words.
fn folded(summary: &str, inner: &str) -> String {
    format!("<details>\n<summary>{summary}</summary>\n\n{inner}\n\n</details>")
}
