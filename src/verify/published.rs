//! Profiles that a registry keeps.

use super::{Reading, Watch, kept};
use crate::error::{Kind, Result};
use crate::image::Resolved;
use crate::reference::Reference;
use crate::source::artifact;

/// Nobody: a profile has nothing to watch.
struct Nobody;

impl Watch for Nobody {
    fn resolved(&self, _: &Resolved) {}
    fn advanced(&self, _: usize, _: u64) {}
    fn finished(&self, _: usize) {}
}

/// Reads the text of a profile that a registry keeps, and that is named by its digest; it is asked for once, and then in the
/// cache. Errors are those of reading an image; what is there and no profile is one of kind `Usage`.
pub fn profile(reference: &Reference, reading: &Reading) -> Result<String> {
    let source = kept::open(reference, reading, &Nobody)?;
    let read = artifact::profile(&*source, reference, &reading.limits, reading.access.retries);
    read.map_err(|error| match error.kind {
        Kind::Unreachable if reading.offline => error.hint("run it once without --offline: what has a digest stays in the cache"),
        _ => error,
    })
}
