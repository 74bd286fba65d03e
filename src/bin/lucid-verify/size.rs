//! `lucid-verify size IMAGE...`: where the bytes are.

use lucid_verify::error::Result;
use lucid_verify::finding::Level;
use lucid_verify::reference::Reference;
use lucid_verify::report::table::Style;
use lucid_verify::report::{self, ExitCode, Report, View};
use lucid_verify::verify::{Detail, Reading, measure};

use crate::args::{Common, Format, Size};
use crate::outputs::Outputs;
use crate::progress::Bars;
use crate::{exit, output, reading, verify};

/// Directories and files that a page lists at least.
const PAGE: usize = 40;

/// Runs the verb.
pub fn run(args: &Size, common: &Common) -> Result<ExitCode> {
    common.format.of_a_measure("size")?;
    args.output.iter().try_for_each(|output| output.format.of_a_measure("size"))?;
    let outputs = Outputs::to(&args.output, &[])?;
    let today = verify::day()?;
    let reading = reading::reading(common, &args.images.iter().collect::<Vec<_>>())?;
    let top = if args.top == 0 { usize::MAX } else { args.top };
    let picture = Format::Html.is_asked(common, &args.output);
    // A page has room for what a screen has not.
    let rows = if picture { top.max(PAGE) } else { top };
    let detail = Detail { depth: args.depth.into(), directories: rows, files: rows, picture };
    let images = args.images.iter().map(|reference| image(reference, &reading, &detail, common)).collect();
    let report = Report::new(images, Some(Level::Error), today);
    let view = View { by: args.by, top };
    let written = outputs.write(&|format| document(&report, format, &view, &output::plain(common)));
    match common.format {
        Format::Table | Format::Markdown => output::write(&document(&report, common.format, &view, &output::style(common)))?,
        _ => verify::print(&report, common)?,
    }
    written?;
    verify::code(report.exit_code)
}

/// A report in a format: of a table and of a comment the part that was asked for.
fn document(report: &Report, format: Format, view: &View, style: &Style) -> Vec<u8> {
    match format {
        Format::Table => report::table::size(report, view, style),
        Format::Markdown => report::markdown::size(report, view),
        _ => verify::document(report, format, style),
    }
}

/// What a reference leads to. A fault of the tool costs the report of that, not of the others.
fn image(reference: &Reference, reading: &Reading, detail: &Detail, common: &Common) -> report::Image {
    let bars = Bars::new(common);
    exit::caught(|| Ok(measure(reference, reading, detail, &bars)))
        .unwrap_or_else(|bug| report::Image::unread(reference.to_string(), (&bug).into()))
}
