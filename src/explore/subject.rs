//! The image that is looked at.

use std::sync::Arc;

use super::paths::{Item, Paths, entry};
use super::view::View;
use crate::layer::{Body, LayerDiff, Stat, Trace};
use crate::report;
use crate::size::Owner;
use crate::vfs::{Kind, LayerIndex, NodeId, Tree};

/// What can be seen of an image.
#[derive(Debug)]
pub struct Subject {
    /// The report, as verifying makes it.
    pub image: report::Image,
    /// Every path.
    pub paths: Paths,
    /// The packages, and what each of them has in the final tree.
    pub packages: Vec<Package>,
    tree: Tree,
    layers: Vec<Option<Arc<LayerDiff>>>,
}

/// A package.
#[derive(Debug, Clone)]
pub struct Package {
    /// What it is.
    pub owner: Owner,
    /// Bytes of its files.
    pub bytes: u64,
    /// How many they are.
    pub files: u64,
}

/// What is at a path.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// A directory.
    Directory,
    /// A regular file.
    File(&'a Trace),
    /// A symbolic link, and where it leads.
    Symlink(&'a [u8]),
    /// Another name of a file, which a layer ships so.
    Hardlink(&'a crate::layer::LayerPath),
    /// A device, by major and minor number.
    Device(bool, u64, u64),
    /// A named pipe.
    Fifo,
}

impl What<'_> {
    /// The letter of ls(1).
    pub fn letter(self) -> char {
        match self {
            Self::Directory => 'd',
            Self::File(_) | Self::Hardlink(_) => '-',
            Self::Symlink(_) => 'l',
            Self::Device(true, ..) => 'b',
            Self::Device(false, ..) => 'c',
            Self::Fifo => 'p',
        }
    }
}

impl Subject {
    /// An image that was read and judged; `owner` tells the package of a file by its place among `owners`.
    pub fn new(
        image: report::Image,
        tree: Tree,
        layers: Vec<Option<Arc<LayerDiff>>>,
        owners: &[Owner],
        owner: &dyn Fn(NodeId) -> Option<usize>,
    ) -> Self {
        let paths = Paths::of(&tree, &layers, owner);
        let mut packages: Vec<Package> =
            owners.iter().map(|owner| Package { owner: owner.clone(), bytes: 0, files: 0 }).collect();
        for item in (0..paths.len()).filter(|item| !paths.is_directory(*item)) {
            if let Some(package) = paths.owner(item).and_then(|owner| packages.get_mut(owner)) {
                package.bytes = package.bytes.saturating_add(paths.bytes(item));
                package.files = package.files.saturating_add(paths.files(item));
            }
        }
        Self { image, paths, packages, tree, layers }
    }

    /// What is at a path: in the final tree, or as a layer ships it. `None`: only its removal is known, or nobody named it.
    pub fn at(&self, item: Item, view: View) -> Option<(Stat, What<'_>)> {
        let node = self.paths.node(item);
        if let (View::Final, Some(node)) = (view, node) {
            return Some((self.tree.stat(node), self.kind(node)));
        }
        let until = view.layer().unwrap_or(LayerIndex::MAX);
        let last = self.paths.events(item).iter().rfind(|event| event.layer <= until && event.entry.is_some());
        let shipped = last.and_then(|event| {
            let diff = self.layers.get(event.layer)?.as_ref()?;
            let entry = entry(&diff.entries, event.entry?)?;
            Some((entry.stat(), what(entry.body())?))
        });
        shipped.or_else(|| node.map(|node| (self.tree.stat(node), self.kind(node))))
    }

    fn kind(&self, node: NodeId) -> What<'_> {
        match self.tree.kind(node) {
            Kind::Directory => What::Directory,
            Kind::File(trace) => What::File(trace),
            Kind::Symlink(target) => What::Symlink(target),
            Kind::Device { block, major, minor } => What::Device(block, major, minor),
            Kind::Fifo => What::Fifo,
        }
    }

    /// How many names the file at a path has in the final tree.
    pub fn names(&self, item: Item) -> u32 {
        self.paths.node(item).map_or(1, |node| self.tree.names(node))
    }

    /// The file that a link leads to: a symbolic one in the final tree.
    pub fn linked(&self, item: Item, view: View) -> Option<(Item, Trace, u64)> {
        let target = match self.at(item, view)?.1 {
            What::Hardlink(target) => self.paths.find(&target.lossless())?,
            _ => self.paths.find(&self.tree.path(self.tree.resolve(&self.paths.path(item)).ok()?).lossless())?,
        };
        let view = self.at(target, view).map_or(View::Final, |_| view);
        match self.at(target, view)? {
            (stat, What::File(trace)) => Some((target, trace.clone(), stat.size)),
            _ => None,
        }
    }

    /// The layer that ships the content of a file.
    pub fn content_layer(&self, item: Item, view: View) -> Option<LayerIndex> {
        match (view.layer(), self.paths.node(item)) {
            (None, Some(node)) => Some(self.tree.content_layer(node)),
            (until, _) => {
                let mut events = self.paths.events(item).iter();
                events
                    .rfind(|event| until.is_none_or(|until| event.layer <= until) && event.entry.is_some())
                    .map(|event| event.layer)
            }
        }
    }

    /// The instruction that made a layer, as the image claims.
    pub fn instruction(&self, layer: LayerIndex) -> &str {
        let layer = self.image.layers.get(layer);
        layer.and_then(|layer| layer.created_by.as_deref()).unwrap_or("the image does not say what made it")
    }

    /// Whether a layer was read.
    pub fn is_read(&self, layer: LayerIndex) -> bool {
        self.layers.get(layer).is_some_and(Option::is_some)
    }
}

fn what(body: &Body) -> Option<What<'_>> {
    Some(match body {
        Body::Directory => What::Directory,
        Body::File(trace) => What::File(trace),
        Body::Symlink(target) => What::Symlink(target),
        Body::Hardlink(target) => What::Hardlink(target),
        Body::Device { block, major, minor } => What::Device(*block, *major, *minor),
        Body::Fifo => What::Fifo,
        Body::Whiteout | Body::Opaque => return None,
    })
}
