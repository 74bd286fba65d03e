//! `lucid-verify inspect IMAGE`: what an image is.

mod document;
pub mod facts;
mod health;
mod secrets;
mod show;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::{ExitCode, json};
use lucid_verify::verify::load;

use crate::args::{Common, Inspect, ListFormat};
use crate::progress::Bars;
use crate::{exit, output, reading};
use document::Document;

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
    let document = Document::of(&loaded, args.show_secrets);
    output::write(&match format {
        ListFormat::Json => json::document(&document),
        ListFormat::Table => output::lines(&show::table(&document, output::width().min(100))),
    })?;
    Ok(loaded.gap.as_ref().map_or(ExitCode::Held, exit::say))
}
