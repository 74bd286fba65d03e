//! `lucid-verify diff OLD NEW`: what changed, and what it weighs.

use std::path::Path;

use lucid_verify::error::Result;
use lucid_verify::report::fleets::Listed;
use lucid_verify::report::table::Style;
use lucid_verify::report::{self, Comparison, ExitCode, Fleets, html, json, markdown, table};
use lucid_verify::verify::{Asking, compare};

use crate::args::{Common, Diff, Format};
use crate::outputs::Outputs;
use crate::progress::Bars;
use crate::{baseline, exit, merge, output, policy, reading, verify};

/// Runs the verb.
pub fn run(args: &Diff, common: &Common) -> Result<ExitCode> {
    common.format.of_a_measure("diff")?;
    args.output.iter().try_for_each(|output| output.format.of_a_measure("diff"))?;
    let outputs = Outputs::to(&args.output, &[Path::new(&args.old), Path::new(&args.new)])?;
    if let Some((old, new)) = fleet(&args.old).zip(fleet(&args.new)) {
        return fleets(&Fleets::of(old, new), &outputs, common);
    }
    let today = verify::day()?;
    let (old, new) = (baseline::named(&args.old)?, baseline::named(&args.new)?);
    let images: Vec<_> = [&old, &new].into_iter().filter_map(|side| side.reference()).collect();
    let mut reading = reading::reading(common, &images)?;
    let (policy, selection) = verify::asked(&args.asked, &[], today, &|profile| policy::fetch(profile, &reading, &images))?;
    reading.limits = reading::limits(common, Some(&policy))?;
    let asked = |rule: &_| selection.holds(rule);
    let asking = Asking { service: args.asked.service.as_deref(), asked: &asked, ..Asking::all(&policy, today) };
    let bars = Bars::new(common);
    let delta = compare(&old, &new, &reading, &asking, &bars)?;
    drop(bars);
    if !common.quiet {
        delta.notes.iter().for_each(|note| exit::note(note));
    }
    let comparison = Comparison::of(delta);
    let written = outputs.write(&|format| document(&comparison, format, &output::plain(common)));
    output::write(&document(&comparison, common.format, &output::style(common)))?;
    written?;
    Ok(ExitCode::Held)
}

/// The images of a report of several, if a word names one. Whatever else it names is found out elsewhere.
fn fleet(word: &str) -> Option<Vec<Listed>> {
    let file = Path::new(word);
    let bytes = if file.is_file() { merge::read(file).ok()? } else { return None };
    report::fleet(&bytes).ok().filter(|images| images.len() > 1)
}

/// Says what changed from one fleet to another.
fn fleets(fleets: &Fleets, outputs: &Outputs, common: &Common) -> Result<ExitCode> {
    let document = |format, style: &Style| match format {
        Format::Table => table::fleets(fleets, style),
        Format::Markdown => markdown::fleets(fleets),
        Format::Html => html::fleets(fleets),
        _ => json::document(fleets),
    };
    let written = outputs.write(&|format| document(format, &output::plain(common)));
    output::write(&document(common.format, &output::style(common)))?;
    written?;
    Ok(ExitCode::Held)
}

/// A comparison in a format.
fn document(comparison: &Comparison, format: Format, style: &Style) -> Vec<u8> {
    let delta = &comparison.delta;
    match format {
        Format::Table => table::delta(delta, style),
        Format::Markdown => markdown::delta(delta),
        Format::Html => html::delta(delta),
        _ => json::document(comparison),
    }
}
