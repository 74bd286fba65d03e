//! The report for people: words, not glyphs, in at most 100 columns; complete without colour.

mod bars;
mod brief;
mod cause;
mod causes;
mod delta;
mod fleet;
mod fleets;
mod foot;
#[cfg(test)]
pub(crate) mod golden;
mod grid;
mod head;
mod known;
mod matrix;
mod page;
mod pull;
mod size;

use super::{Image, Report, Verdict};
use page::Page;

pub(super) use bars::middle;
pub use cause::Cause;
pub(super) use causes::{first_of_a_rule, told};
pub use delta::delta;
pub use fleets::fleets;
pub(super) use foot::counts;
pub(super) use head::{familiar, short};
pub(super) use known::known;
pub(super) use page::clip;
pub use size::size;
pub(super) use size::totals;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns of the screen; from 24 to 100 are used.
    pub width: usize,
    /// Whether level words are coloured.
    pub color: bool,
    /// All failed rules with all their findings, instead of their causes.
    pub verbose: bool,
}

/// Lines that an image takes which holds, so that thirty of them can be read.
const HELD: usize = 14;

/// Renders a report: the image, or of several first what they are together; each of them in full with `-v`.
pub fn render(report: &Report, style: &Style) -> Vec<u8> {
    let mut page = Page::new(style);
    match &report.fleet {
        Some(together) => fleet::write(&mut page, report, together),
        None => report.images.iter().for_each(|image| page.append(block(image, style))),
    }
    for image in report.images.iter().filter(|_| report.fleet.is_some()) {
        if style.verbose {
            page.blank();
            page.append(block(image, style));
        } else if image.delta.is_some() || image.matrix.is_some() {
            page.blank();
            page.append(asked(image, style));
        }
    }
    if let Some(part) = report.part() {
        page.separate();
        page.paragraph("", "", &part);
    }
    page.into_bytes()
}

/// What was asked for of each image beside the rules.
fn asked(image: &Image, style: &Style) -> Page {
    let mut page = Page::new(style);
    head::title(&mut page, image.verdict.word(), image);
    if let Some(delta) = &image.delta {
        delta::brief(&mut page, delta);
    }
    matrix::write(&mut page, image);
    page
}

fn block(image: &Image, style: &Style) -> Page {
    let mut page = Page::new(style);
    head::write(&mut page, image);
    let mut foot = Page::new(style);
    if let Some(delta) = &image.delta {
        delta::brief(&mut foot, delta);
    }
    let roomy = image.verdict != Verdict::Held || style.verbose || brief::is_quiet(image);
    foot::write(&mut foot, image, style.verbose, if roomy { 2 } else { 1 });
    let mut middle = Page::new(style);
    if style.verbose {
        causes::all(&mut middle, image);
    } else if image.verdict == Verdict::Held {
        let taken = page.len() + 1 + foot.len() + 1;
        brief::held(&mut middle, image, HELD.saturating_sub(taken));
    } else {
        causes::folded(&mut middle, image);
    }
    let mut rows = Page::new(style);
    matrix::write(&mut rows, image);
    for part in [middle, foot, rows] {
        if !part.is_empty() {
            page.blank();
            page.append(part);
        }
    }
    page
}
