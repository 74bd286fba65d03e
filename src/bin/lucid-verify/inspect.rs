//! `lucid-verify inspect IMAGE`: what an image is.

mod document;
pub mod facts;
mod health;
mod secrets;
mod show;

use lucid_verify::digest::Digest;
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::{ExitCode, json};
use lucid_verify::source::referrers::Referrers;
use lucid_verify::verify::{Loaded, load};

use crate::args::{Common, Inspect, ListFormat};
use crate::progress::Bars;
use crate::{exit, output, reading};
use document::Document;

/// What refers to the image, and to the index that led to it: signatures are most often the index's. `None`: the place cannot
/// tell.
fn referrers(loaded: &Loaded, limit: u64) -> Option<Vec<(Digest, Referrers)>> {
    let listing = loaded.source.listing()?;
    let subjects = [&loaded.image.digest, &loaded.image.index_digest].into_iter().flatten();
    Some(subjects.map(|subject| (subject.clone(), listing.referrers(subject, limit))).collect())
}

/// Runs the verb.
pub fn run(args: &Inspect, common: &Common) -> Result<ExitCode> {
    let format = common.format.of_a_list("inspect")?;
    if args.show_secrets && !output::is_terminal() {
        return Err(Error::new(Kind::Usage, "--show-secrets shows them on a terminal only"));
    }
    let reading = reading::reading(common, &[&args.image])?;
    let bars = Bars::new(common);
    let loaded = load(&args.image, &reading, &bars)?;
    drop(bars);
    if args.facts {
        output::write(&json::document(&facts::Document::of(&loaded)))?;
        return Ok(loaded.gap.as_ref().map_or(ExitCode::Held, exit::say));
    }
    let document = Document::of(&loaded, args.show_secrets, referrers(&loaded, reading.limits.manifest).as_deref());
    output::write(&match format {
        ListFormat::Json => json::document(&document),
        ListFormat::Table => output::lines(&show::table(&document, output::width().min(100))),
    })?;
    Ok(loaded.gap.as_ref().map_or(ExitCode::Held, exit::say))
}
