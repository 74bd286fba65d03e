//! `lucid-verify cat IMAGE PATH`: a file's bytes.

use std::io::Write;

use lucid_verify::error::{Kind, Result};
use lucid_verify::layer::LayerPath;
use lucid_verify::report::ExitCode;
use lucid_verify::verify::{cat, load};

use crate::args::{Cat, Common};
use crate::output::Stream;
use crate::progress::Bars;
use crate::reading;

/// Runs the verb.
pub fn run(args: &Cat, common: &Common) -> Result<ExitCode> {
    let reading = reading::reading(common, &[&args.image])?;
    let bars = Bars::new(common);
    let loaded = load(&args.image, &reading, &bars)?;
    drop(bars);
    let mut out = Stream::default();
    cat(&loaded, &LayerPath::new(&args.path), &reading, &mut out).map_err(|error| match error.kind {
        Kind::NotFound if error.hint.is_none() => error.hint(format!("`lucid-verify ls -R {}` lists what there is", args.image)),
        _ => error,
    })?;
    out.flush()?;
    Ok(ExitCode::Held)
}
