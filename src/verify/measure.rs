//! Where the bytes of an image are, without judging them.

use super::{Loaded, Reading, Watch, load, summary};
use crate::facts::{Facts, Sources};
use crate::reference::Reference;
use crate::report;
use crate::size::breakdown::{directories, largest};
use crate::size::{Breakdown, Dive, Map, Owners};

/// How much of an image to tell.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    /// How deep directories are told: `/usr/local/lib` has 3.
    pub depth: usize,
    /// Directories, at most.
    pub directories: usize,
    /// Files, at most.
    pub files: usize,
    /// Whether a page will be drawn of it, with a map of the tree.
    pub picture: bool,
}

/// Reads an image and says where its bytes are: its report without rules, with the largest files and with dive's figures. It
/// never fails: why an image could not be read stands in its report.
pub fn measure(reference: &Reference, reading: &Reading, detail: &Detail, watch: &dyn Watch) -> report::Image {
    let mut image = match load(reference, reading, watch) {
        Ok(loaded) => of(&loaded, detail),
        Err(error) => report::Image::unread(reference.to_string(), (&error).into()),
    };
    "only sizes are asked for".clone_into(&mut image.policy.chosen);
    image
}

fn of(loaded: &Loaded, detail: &Detail) -> report::Image {
    let tree = &loaded.tree;
    let facts = Facts::gather(&loaded.image, tree, loaded.verified(), &Sources::default());
    let owners = Owners::of(tree, &facts);
    let sizes = Breakdown::by(tree, &owners, &|layer| facts.instruction(layer));
    let mut image = summary::unjudged(loaded, &facts, &sizes);
    image.sizes.directories = directories(tree, detail.depth, detail.directories);
    image.sizes.largest = largest(tree, &owners, detail.files);
    image.map = detail.picture.then(|| Map::of(tree, owners.list(), &|id| owners.owner(id)));
    let layers: Option<Vec<_>> = loaded.layers.iter().map(Option::as_deref).collect();
    image.map = detail.picture.then(|| Map::of(tree, owners.list(), &|id| owners.owner(id)));
    image.sizes.dive = layers.map(|layers| Dive::of(&layers));
    image
}
