//! `lucid-verify diff OLD NEW`: what changed, and what it weighs.

use lucid_verify::error::Result;
use lucid_verify::report::{Comparison, ExitCode, html, json, markdown, table};
use lucid_verify::size::Delta;
use lucid_verify::verify::{Asking, compare};

use crate::args::{Common, Diff, Format};
use crate::progress::Bars;
use crate::{baseline, exit, output, policy, reading, verify};

/// Runs the verb.
pub fn run(args: &Diff, common: &Common) -> Result<ExitCode> {
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
    output::write(&document(delta, common))?;
    Ok(ExitCode::Held)
}

fn document(delta: Delta, common: &Common) -> Vec<u8> {
    match common.format {
        Format::Json => json::document(&Comparison::of(delta)),
        Format::Table => table::delta(&delta, &output::style(common)),
        Format::Markdown => markdown::delta(&delta),
        Format::Html => html::delta(&delta),
    }
}
