//! `lucid-verify size IMAGE...`: where the bytes are.

use lucid_verify::error::Result;
use lucid_verify::finding::Level;
use lucid_verify::reference::Reference;
use lucid_verify::report::{self, ExitCode, Report, View};
use lucid_verify::verify::{Detail, Reading, measure};

use crate::args::{Common, Format, Size};
use crate::progress::Bars;
use crate::{exit, output, reading, verify};

/// Directories and files that a page lists at least.
const PAGE: usize = 40;

/// Runs the verb.
pub fn run(args: &Size, common: &Common) -> Result<ExitCode> {
    let today = verify::day()?;
    let reading = reading::reading(common, &args.images.iter().collect::<Vec<_>>())?;
    let top = if args.top == 0 { usize::MAX } else { args.top };
    let picture = common.format == Format::Html;
    // A page has room for what a screen has not.
    let rows = if picture { top.max(PAGE) } else { top };
    let detail = Detail { depth: args.depth.into(), directories: rows, files: rows, picture };
    let images = args.images.iter().map(|reference| image(reference, &reading, &detail, common)).collect();
    let report = Report::new(images, Some(Level::Error), today);
    let view = View { by: args.by, top };
    match common.format {
        Format::Table => output::write(&report::table::size(&report, &view, &output::style(common)))?,
        Format::Markdown => output::write(&report::markdown::size(&report, &view))?,
        Format::Json | Format::Html => verify::print(&report, common)?,
    }
    verify::code(report.exit_code)
}

/// What a reference leads to. A fault of the tool costs the report of that, not of the others.
fn image(reference: &Reference, reading: &Reading, detail: &Detail, common: &Common) -> report::Image {
    let bars = Bars::new(common);
    exit::caught(|| Ok(measure(reference, reading, detail, &bars)))
        .unwrap_or_else(|bug| report::Image::unread(reference.to_string(), (&bug).into()))
}
