//! Where the bytes are, on a screen.

use super::page::Page;
use super::{Style, bars, head, pull};
use crate::report::figures::{bytes, count};
use crate::report::lists::size::{View, lists};
use crate::report::{Image, Report, Sizes};

/// Renders the measures of images: what they weigh together, then the lists of the view.
pub fn size(report: &Report, view: &View, style: &Style) -> Vec<u8> {
    let mut page = Page::new(style);
    for image in &report.images {
        page.separate();
        page.append(block(image, view, style));
    }
    pull::write(&mut page, report);
    page.into_bytes()
}

fn block(image: &Image, view: &View, style: &Style) -> Page {
    let mut page = Page::new(style);
    head::title(&mut page, if image.complete { "SIZE" } else { image.verdict.word() }, image);
    if !image.complete {
        head::failure(&mut page, image);
        return page;
    }
    page.paragraph("  ", "  ", &totals(&image.sizes));
    for list in lists(image, view) {
        page.blank();
        bars::write(&mut page, &list);
    }
    page
}

/// `215.3 MB in 9,871 files on disk; the layers ship 216.0 MB`.
pub(in crate::report) fn totals(sizes: &Sizes) -> String {
    let holes = sizes.bytes.saturating_sub(sizes.stored_bytes);
    let sparse = if holes > 0 { format!(", {} of it holes that no layer stores", bytes(holes)) } else { String::new() };
    let on_disk = format!("{} in {} on disk{sparse}", bytes(sizes.bytes), count(sizes.files, "file"));
    format!("{on_disk}; the layers ship {}, packed {}", bytes(sizes.unpacked_bytes), bytes(sizes.compressed_bytes))
}
