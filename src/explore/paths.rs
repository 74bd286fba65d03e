//! Every path that any layer ever wrote: what each layer did to it, and what is below it.

use crate::layer::{EntryRef, LayerPath};
use crate::text;
use crate::vfs::{LayerIndex, NodeId};

/// A path by its place: a directory stands before what it holds, names in byte order.
pub type Item = usize;

/// What a layer did to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It was not there before.
    Added,
    /// It was there, with other content.
    Rewritten,
    /// It was there, with the same content: only mode, owner or time changed, or nothing.
    Repeated,
    /// It is not there any more.
    Removed,
}

impl Mark {
    /// The sign beside a name.
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Rewritten | Self::Repeated => '~',
            Self::Removed => '-',
        }
    }

    /// The word in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Rewritten => "rewritten",
            Self::Repeated => "rewritten with the same content",
            Self::Removed => "removed",
        }
    }
}

/// One thing that a layer did to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The layer.
    pub layer: LayerIndex,
    /// What it did.
    pub mark: Mark,
    /// Bytes of content that it ships for it.
    pub bytes: u64,
    /// Bytes of content that nothing leads to any more since.
    pub hidden: u64,
    /// The entry of the layer, where one speaks of the path.
    pub entry: Option<u32>,
}

/// What a layer did to a path and to everything below it. Directories that it ships again count as nothing: every tar has
/// them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Paths that were not there before.
    pub added: u64,
    /// Paths that were there.
    pub rewritten: u64,
    /// Paths that are not there any more.
    pub removed: u64,
    /// Bytes of content that it ships.
    pub bytes: u64,
    /// Bytes of content of lower layers that nothing leads to any more since.
    pub hidden: u64,
}

impl Sum {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            added: self.added.saturating_add(other.added),
            rewritten: self.rewritten.saturating_add(other.rewritten),
            removed: self.removed.saturating_add(other.removed),
            bytes: self.bytes.saturating_add(other.bytes),
            hidden: self.hidden.saturating_add(other.hidden),
        }
    }
}

/// All of them. What is asked of every visible row is at hand, and what is sorted is sorted once.
#[derive(Debug, Default)]
pub struct Paths {
    pub(super) items: Vec<Row>,
    /// The names, one behind the other.
    pub(super) names: Vec<u8>,
    pub(super) events: Vec<Event>,
    pub(super) sums: Vec<(LayerIndex, Sum)>,
    /// What is in each directory, the largest first.
    pub(super) heaviest: Vec<u32>,
    /// All that have no directory's size, the largest first.
    pub(super) largest: Vec<u32>,
}

/// One path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub parent: u32,
    /// The first item behind everything below it.
    pub end: u32,
    /// Where its name ends; it begins where that of the item before ends.
    pub name: u32,
    /// Where its events end.
    pub events: u32,
    /// Where its sums begin, and how many there are.
    pub sums: (u32, u32),
    /// Where what it holds begins among the heaviest, and how much that is.
    pub heaviest: (u32, u32),
    /// What it is in the final tree.
    pub node: Option<NodeId>,
    pub owner: Option<u32>,
    pub is_directory: bool,
    /// Bytes and files of the final tree, each file once.
    pub bytes: u64,
    pub files: u64,
}

fn range((start, length): (u32, u32)) -> std::ops::Range<usize> {
    start as usize..(start as usize).saturating_add(length as usize)
}

impl Paths {
    /// How many there are; the first is the root.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none: not even a root.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn row(&self, item: Item) -> &Row {
        &self.items[item]
    }

    fn before<T>(&self, item: Item, of: impl Fn(&Row) -> T) -> Option<T> {
        item.checked_sub(1).map(|before| of(self.row(before)))
    }

    /// Its name; the root's is empty.
    pub fn name(&self, item: Item) -> &[u8] {
        let start = self.before(item, |row| row.name).unwrap_or_default();
        self.names.get(start as usize..self.row(item).name as usize).unwrap_or_default()
    }

    /// The directory that holds it; of the root, the root.
    pub fn parent(&self, item: Item) -> Item {
        self.row(item).parent as usize
    }

    /// The first item behind everything below it.
    pub fn end(&self, item: Item) -> Item {
        self.row(item).end as usize
    }

    /// The directories that hold it, the nearest first, the root last.
    pub fn above(&self, item: Item) -> impl Iterator<Item = Item> {
        std::iter::successors(Some(item), |at| (*at > 0).then(|| self.parent(*at))).skip(1)
    }

    /// Its path.
    pub fn path(&self, item: Item) -> LayerPath {
        let mut parts: Vec<&[u8]> = std::iter::once(item).chain(self.above(item)).map(|at| self.name(at)).collect();
        parts.reverse();
        LayerPath::new(parts.join(&b'/'))
    }

    /// The item of a path as reports write it, and as people do who copy from the screen.
    pub fn find(&self, path: &str) -> Option<Item> {
        let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
        parts.filter(|_| !self.is_empty()).try_fold(0, |at, part| {
            self.children(at).find(|child| text::lossless(self.name(*child)) == part || text::escape(self.name(*child)) == part)
        })
    }

    /// What it holds, by name.
    pub fn children(&self, item: Item) -> impl Iterator<Item = Item> {
        let end = self.end(item);
        let within = move |at: &Item| *at < end;
        std::iter::successors(Some(item + 1).filter(within), move |at| Some(self.end(*at)).filter(within))
    }

    /// What it holds, the largest of the final tree first.
    pub fn heaviest(&self, item: Item) -> impl Iterator<Item = Item> {
        self.heaviest.get(range(self.row(item).heaviest)).unwrap_or_default().iter().map(|item| *item as usize)
    }

    /// How many it holds.
    pub fn width(&self, item: Item) -> usize {
        self.row(item).heaviest.1 as usize
    }

    /// All but directories by size in the final tree, the largest first.
    pub fn largest(&self, place: usize) -> Option<Item> {
        self.largest.get(place).map(|item| *item as usize)
    }

    /// What it is in the final tree.
    pub fn node(&self, item: Item) -> Option<NodeId> {
        self.row(item).node
    }

    /// The package that owns it, by its place among the owners.
    pub fn owner(&self, item: Item) -> Option<usize> {
        self.row(item).owner.map(|owner| owner as usize)
    }

    /// Whether it is, or ever was, a directory.
    pub fn is_directory(&self, item: Item) -> bool {
        self.row(item).is_directory
    }

    /// Bytes of the final tree's files there and below, each file once.
    pub fn bytes(&self, item: Item) -> u64 {
        self.row(item).bytes
    }

    /// How many they are.
    pub fn files(&self, item: Item) -> u64 {
        self.row(item).files
    }

    /// What happened to it, oldest first.
    pub fn events(&self, item: Item) -> &[Event] {
        let start = self.before(item, |row| row.events).unwrap_or_default();
        self.events.get(start as usize..self.row(item).events as usize).unwrap_or_default()
    }

    /// What a layer did to it.
    pub fn event(&self, item: Item, layer: LayerIndex) -> Option<&Event> {
        self.events(item).iter().rfind(|event| event.layer == layer)
    }

    /// What was done to it and to what is below, by layer.
    pub fn sums(&self, item: Item) -> &[(LayerIndex, Sum)] {
        self.sums.get(range(self.row(item).sums)).unwrap_or_default()
    }

    /// What one layer did to it and to what is below.
    pub fn sum(&self, item: Item, layer: LayerIndex) -> Option<&Sum> {
        let sums = self.sums(item);
        sums.binary_search_by_key(&layer, |(layer, _)| *layer).ok().and_then(|at| sums.get(at)).map(|(_, sum)| sum)
    }
}

/// The entry of a layer at a place.
pub fn entry(entries: &crate::layer::Entries, place: u32) -> Option<EntryRef<'_>> {
    let place = place as usize;
    (place < entries.len()).then(|| entries.get(place))
}
