//! An image read and judged, to be looked at.

use std::io::Write;

use super::{Asking, Loaded, Reading, Watch, choose, find, gather, judge, layers, read};
use crate::error::Result;
use crate::explore::{self, Subject};
use crate::finding::Level;
use crate::reference::Reference;
use crate::report::Report;
use crate::size::Owners;

/// Reads an image and judges it as verifying does. One that cannot be read to its end is shown as far as it is; fails where not
/// even its documents can be had, or no profile can be chosen.
pub fn explore(reference: &Reference, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Result<(Loaded, Subject)> {
    asking.ready()?;
    let mut loaded = read(find(reference, reading, watch)?, reading, watch);
    let profile = choose(asking, reference, Some(&loaded))?;
    let facts = gather(&loaded, &loaded.tree, asking);
    let (image, _) = judge(&mut loaded, &facts, &profile, reading, asking, watch);
    // What came of it is worked out where all reports are.
    let image = Report::new(vec![image.clone()], Some(Level::Error), asking.today).images.pop().unwrap_or(image);
    let owners = Owners::of(&loaded.tree, &facts);
    let (tree, diffs) = (loaded.tree.clone(), loaded.layers.clone());
    let subject = Subject::new(image, tree, diffs, owners.list(), &|node| owners.owner(node));
    Ok((loaded, subject))
}

/// Writes the content of a file as a layer ships it: a further read of that layer, held against its digests.
pub fn shipped(loaded: &Loaded, wanted: &explore::Reading, reading: &Reading, out: &mut dyn Write) -> Result<u64> {
    layers::copy(loaded, wanted.layer, &wanted.trace, reading, out)
}
