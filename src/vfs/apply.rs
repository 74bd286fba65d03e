//! One layer applied to a tree. Nothing else knows union semantics.
//!
//! The tree is the one that the image specification describes (image-spec, layer.md) and that umoci unpacks. A layer's
//! opaque marks and whiteouts are applied first, against what lies below, so that their place among the entries cannot
//! matter; then its entries, in order. Runtimes that mount layers over each other may show another tree where a layer does
//! one of a few things ([`Divergence`]): the trail notes them, and [`mounted`](super::mounted) works out what comes of them.

mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::{Kind, NodeId};
use super::trail::{Cause, Change, Divergence, Event};
use super::{LayerIndex, Tree};
use crate::error::{Error, Kind as Failure, Result};
use crate::layer::{Body, Entries, EntryRef, LayerDiff, LayerPath};

pub(super) use reach::Reached;

/// Bytes of a path that Linux opens (limits.h, `PATH_MAX`): a longer one, reached through links, is nowhere to be unpacked.
const MAX_PATH: usize = 4096;

/// Directories that no entry names, of a whole image. One entry can imply two thousand, and the entries ceiling does not
/// count them; real layers imply a few.
const MAX_IMPLIED: u32 = 100_000;

impl Tree {
    /// Applies a layer. An error is `Corrupt` where no reader could put an entry, or `Limit`, and names entry and layer; the
    /// tree then holds a part of the layer and speaks for no image.
    pub fn apply(&mut self, layer: LayerIndex, diff: &LayerDiff) -> Result<()> {
        self.lay(layer, &diff.entries)
    }

    /// As [`Tree::apply`], of bare entries.
    pub(crate) fn lay(&mut self, layer: LayerIndex, entries: &Arc<Entries>) -> Result<()> {
        if layer >= MAX_LAYERS {
            return Err(Error::new(Failure::Limit, format!("a tree is made of at most {MAX_LAYERS} layers")));
        }
        self.begin(layer, entries);
        let doing = |entry: EntryRef<'_>, error: Error| error.doing(format!("put {} of layer {}", entry.path(), layer + 1));
        let mut fold = Fold::new(self, layer);
        let mut hidden = BTreeMap::new();
        let mut marked = BTreeSet::new();
        for entry in entries.iter().filter(|entry| entry.body().is_mark()) {
            let directory = fold.hides(entry, &mut hidden).map_err(|error| doing(entry, error))?;
            marked.insert(directory);
        }
        fold.whiteouts = hidden.iter().filter(|(_, is_opaque)| !**is_opaque).map(|(path, _)| path.clone()).collect();
        for (path, is_opaque) in hidden {
            fold.hide(path, is_opaque);
        }
        for entry in entries.iter() {
            fold.put(entry).map_err(|error| doing(entry, error))?;
        }
        // Unpacked alone, a layer makes the directories of its marks, and follows its own links to them.
        for directory in marked {
            if !self.get(&directory).is_some_and(|node| self.is_directory(node)) {
                self.records_mut().diverge(layer, directory, Divergence::Idle);
            }
        }
        Ok(())
    }
}

/// Layers that a tree can be made of: overlay file systems stop at 500.
const MAX_LAYERS: LayerIndex = u16::MAX as LayerIndex;

/// A layer on its way into a tree.
pub(super) struct Fold<'t> {
    pub(super) tree: &'t mut Tree,
    layer: LayerIndex,
    link_bytes: usize,
    /// The real paths that the layer's whiteouts hide.
    whiteouts: BTreeSet<LayerPath>,
    /// The directory of the last entry, as it was written and as it is: most entries lie in the same as the one before.
    /// Forgotten when a link comes or goes, or a directory goes: only then can the same path lead elsewhere.
    last: Option<(LayerPath, Directory)>,
}

/// A directory and its real path.
#[derive(Clone)]
pub(super) struct Directory {
    pub(super) at: NodeId,
    pub(super) path: LayerPath,
}

impl<'t> Fold<'t> {
    pub(super) fn new(tree: &'t mut Tree, layer: LayerIndex) -> Self {
        Self { tree, layer, link_bytes: 0, whiteouts: BTreeSet::new(), last: None }
    }

    /// Notes what a mark hides, by its real path; returns the directory in which the mark is. A directory that is both hidden and
    /// made opaque is hidden. Paths that lead nowhere hide nothing.
    fn hides(&mut self, entry: EntryRef<'_>, hidden: &mut BTreeMap<LayerPath, bool>) -> Result<LayerPath> {
        let is_opaque = *entry.body() == Body::Opaque;
        let directory = if is_opaque { entry.path() } else { entry.directory().clone() };
        let (Reached { at, missing }, through) = self.reach(&directory)?;
        self.diverge(&directory, through);
        let found = if is_opaque { Some(at) } else { self.tree.child(at, entry.name()) };
        match found.filter(|_| missing.is_empty()).map(|found| self.tree.path(found)) {
            Some(path) => {
                let before = hidden.get(&path).copied();
                hidden.insert(path.clone(), is_opaque && before.unwrap_or(true));
                if before.is_some() {
                    self.note(path, Divergence::Idle);
                }
            }
            None if is_opaque => {}
            None => self.note(entry.path(), Divergence::Idle),
        }
        Ok(directory)
    }

    /// Takes a path, or everything in a directory, out of the tree. Paths come in byte order, so that a directory is gone
    /// before anything in it is looked for.
    fn hide(&mut self, path: LayerPath, is_opaque: bool) {
        let Some(id) = self.tree.get(&path) else { return self.note(path, Divergence::Idle) };
        if !is_opaque {
            return self.remove(id, &Cause::Whiteout(path));
        }
        if id == self.tree.root() && self.tree.children(id).next().is_some() {
            self.note(path.clone(), Divergence::OpaqueRoot);
        }
        self.clear_directory(id, path);
    }

    /// Takes everything in a directory out of the tree, as an opaque mark does.
    pub(super) fn clear_directory(&mut self, id: NodeId, path: LayerPath) {
        let children: Vec<NodeId> = self.tree.children(id).map(|(_, child)| child).collect();
        let cause = Cause::Opaque(path);
        for child in children {
            self.remove(child, &cause);
        }
    }

    pub(super) fn put(&mut self, entry: EntryRef<'_>) -> Result<()> {
        let kind = match entry.body() {
            Body::Whiteout | Body::Opaque => return Ok(()),
            Body::Hardlink(target) => return self.link(entry, target),
            body => Kind::of(body),
        };
        if kind == Some(Kind::WHITEOUT) {
            self.note(entry.path(), Divergence::Device);
        }
        if !entry.is_root() {
            let parent = self.parent(entry.directory())?;
            return self.make(&parent, entry.name(), Some(entry)).map(drop);
        }
        if kind != Some(Kind::Directory) {
            return Err(Error::new(Failure::Corrupt, "the root can be nothing but a directory"));
        }
        self.rewrite(self.tree.root(), LayerPath::root(), entry);
        Ok(())
    }

    /// A further name of a file. The file must exist when the name is made, as for link(2): a link at the end of the target
    /// is itself the file, and the metadata of the entry is not looked at.
    fn link(&mut self, entry: EntryRef<'_>, target: &LayerPath) -> Result<()> {
        let wrong = |what: &str| Error::new(Failure::Corrupt, format!("its hard link target {target} {what}"));
        if entry.is_root() {
            return Err(wrong("cannot be the root"));
        }
        let parent = self.parent(entry.directory())?;
        let path = real(&parent, entry.name())?;
        let old = self.tree.child(parent.at, entry.name());
        let hidden = old.map_or(0, |old| self.clear(old, &path));
        let directory = target.parent().unwrap_or_default();
        let (Reached { at, missing }, through) = self.reach(&directory)?;
        let found = if missing.is_empty() { self.tree.child(at, target.name()) } else { None };
        let found = found.ok_or_else(|| wrong("does not exist"))?;
        if self.tree.is_directory(found) {
            return Err(wrong("is a directory"));
        }
        if through.is_some() || self.tree.layer(found) < self.layer {
            self.note(path.clone(), Divergence::LinkBelow);
        }
        if self.whiteouts.contains(&path) {
            self.note(path.clone(), Divergence::BroughtBack);
        }
        self.name(&parent, path, entry, (old, hidden), found);
        Ok(())
    }

    /// Gives a file a further name, in the place of what was there and of the bytes that this hid.
    fn name(
        &mut self,
        parent: &Directory,
        path: LayerPath,
        entry: EntryRef<'_>,
        (old, hidden): (Option<NodeId>, u64),
        file: NodeId,
    ) {
        let same_content = old.map(|old| is_same(self.tree.kind(old), self.tree.kind(file)));
        self.last = None;
        self.tree.records_mut().count_written(self.layer);
        let new = self.tree.link(parent.at, self.layer, entry.place(), self.tree.inode(file));
        if let Some(old) = old {
            self.tree.succeed(old, new);
        }
        let before = old.and_then(|old| self.tree.writing(old));
        self.record(new, path, before, same_content, hidden);
    }

    /// As [`Fold::name`], of a file that is at hand.
    pub(super) fn rename(&mut self, parent: &Directory, entry: EntryRef<'_>, file: NodeId) -> Result<()> {
        let path = real(parent, entry.name())?;
        let old = self.tree.child(parent.at, entry.name());
        let hidden = old.map_or(0, |old| self.clear(old, &path));
        self.name(parent, path, entry, (old, hidden), file);
        Ok(())
    }

    /// A directory that holds an entry, made where it is missing (0755, root's) or no directory, links followed.
    pub(super) fn parent(&mut self, written: &LayerPath) -> Result<Directory> {
        if let Some((_, last)) = self.last.as_ref().filter(|(last, _)| last == written) {
            return Ok(last.clone());
        }
        let (Reached { at, mut missing }, through) = self.reach(written)?;
        self.diverge(written, through);
        let mut directory = Directory { at, path: self.tree.path(at) };
        if !self.tree.is_directory(at) {
            missing.insert(0, self.tree.name(at).into());
            let at = self.tree.parent(at);
            directory = Directory { at, path: self.tree.path(at) };
        }
        for name in missing {
            directory = self.imply(&directory, &name)?;
        }
        self.last = Some((written.clone(), directory.clone()));
        Ok(directory)
    }

    fn diverge(&mut self, directory: &LayerPath, through: Option<LayerPath>) {
        if let Some(link) = through {
            self.note(directory.clone(), Divergence::ThroughLink(link));
        }
    }

    fn note(&mut self, path: LayerPath, divergence: Divergence) {
        self.tree.records_mut().diverge(self.layer, path, divergence);
    }

    pub(super) fn imply(&mut self, directory: &Directory, name: &[u8]) -> Result<Directory> {
        if self.tree.count_implied() > MAX_IMPLIED {
            let what = format!("the layers name files in more than {MAX_IMPLIED} directories that have no entry");
            return Err(Error::new(Failure::Limit, what));
        }
        let path = directory.path.child(name);
        if [&directory.path, &path].into_iter().any(|path| self.tree.records_mut().was_another(path)) {
            self.note(path.clone(), Divergence::Unnamed);
        }
        Ok(Directory { at: self.make(directory, name, None)?, path })
    }

    /// Puts an entry, or a directory that no entry names, under a name: a directory over a directory keeps what it holds,
    /// anything else replaces what was there.
    pub(super) fn make(&mut self, directory: &Directory, name: &[u8], entry: Option<EntryRef<'_>>) -> Result<NodeId> {
        let path = real(directory, name)?;
        let kind = entry.and_then(|entry| Kind::of(entry.body())).unwrap_or(Kind::Directory);
        if kind != Kind::Directory {
            self.tree.records_mut().count_written(self.layer);
        }
        if matches!(kind, Kind::Symlink(_)) {
            self.last = None;
        }
        if self.whiteouts.contains(&path) {
            self.note(path.clone(), Divergence::BroughtBack);
        }
        let old = self.tree.child(directory.at, name);
        let is_twice = |old| self.tree.layer(old) == self.layer && !self.tree.is_directory(old);
        if kind == Kind::Directory && old.is_some_and(is_twice) {
            self.note(path.clone(), Divergence::Twice);
        }
        if let (Some(old), Some(entry)) = (old.filter(|old| self.tree.is_directory(*old) && kind == Kind::Directory), entry) {
            self.rewrite(old, path, entry);
            return Ok(old);
        }
        let same_content = old.map(|old| is_same(self.tree.kind(old), kind));
        let hidden = old.map_or(0, |old| self.clear(old, &path));
        let new = match entry {
            Some(entry) => self.tree.place(directory.at, self.layer, entry.place()),
            None => self.tree.imply(directory.at, name, self.layer),
        };
        if let Some(old) = old {
            self.tree.succeed(old, new);
        }
        let before = old.and_then(|old| self.tree.writing(old));
        self.record(new, path, before, same_content, hidden);
        Ok(new)
    }

    pub(super) fn rewrite(&mut self, directory: NodeId, path: LayerPath, entry: EntryRef<'_>) {
        let before = self.tree.writing(directory);
        self.tree.rewrite_directory(directory, self.layer, entry.place());
        self.record(directory, path, before, Some(true), 0);
    }

    /// Frees a name: what lay below it is removed, it itself is about to be rewritten. Returns the bytes of its own content
    /// that no name leads to any more.
    fn clear(&mut self, id: NodeId, path: &LayerPath) -> u64 {
        if matches!(self.tree.kind(id), Kind::Directory | Kind::Symlink(_)) {
            self.last = None;
        }
        let mut gone = self.tree.detach(id, self.layer).into_iter();
        let own = gone.next().map_or(0, |(_, bytes)| bytes);
        self.record_removed(gone, &Cause::Replaced(path.clone()));
        own
    }

    pub(super) fn remove(&mut self, id: NodeId, cause: &Cause) {
        let gone = self.tree.detach(id, self.layer);
        self.record_removed(gone, cause);
    }

    fn record_removed(&mut self, gone: impl IntoIterator<Item = (NodeId, u64)>, cause: &Cause) {
        for (id, bytes) in gone {
            let event = Event { layer: self.layer, change: Change::Removed(cause.clone()), bytes, hidden: bytes };
            let (path, before) = (self.tree.path(id), self.tree.writing(id));
            self.tree.records_mut().record(path, before, event);
        }
    }

    /// Records what made a node, after what was there `before`: `same_content` compares it with what it replaced, if it did.
    /// That it came where nothing ever was need not be recorded.
    fn record(&mut self, new: NodeId, path: LayerPath, before: Option<Event>, same_content: Option<bool>, hidden: u64) {
        if same_content.is_none() && !self.tree.records_mut().has(&path) {
            return;
        }
        let bytes = self.tree.writing(new).map_or(0, |event| event.bytes);
        let change = same_content.map_or(Change::Added, |same_content| Change::Rewritten { same_content });
        self.tree.records_mut().record(path, before, Event { layer: self.layer, change, bytes, hidden });
        self.tree.mark_recorded(new);
    }
}

/// The real path of a name in a directory.
fn real(directory: &Directory, name: &[u8]) -> Result<LayerPath> {
    let path = directory.path.child(name);
    let length = path.as_bytes().len();
    if length < MAX_PATH {
        return Ok(path);
    }
    let what = format!("its real path has {length} bytes, and Linux opens none of {MAX_PATH} or more");
    Err(Error::new(Failure::Corrupt, what))
}

/// Whether two things differ in nothing but their metadata: files by their digest, links by their target, devices by
/// their numbers.
fn is_same(old: Kind<'_>, new: Kind<'_>) -> bool {
    match (old, new) {
        (Kind::File(old), Kind::File(new)) => old.sha256 == new.sha256,
        (old, new) => old == new,
    }
}
