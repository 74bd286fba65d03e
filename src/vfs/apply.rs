//! One layer applied to a tree. Nothing else knows union semantics.
//!
//! The tree is the one that the image specification describes (image-spec, layer.md) and that umoci unpacks. A layer's
//! opaque marks and whiteouts are applied first, against what lies below, so that their place among the entries cannot
//! matter; then its entries, in order. Runtimes that mount layers over each other differ where a layer writes through a
//! symbolic link of a lower one, or brings back a directory that it hides; the tree does not follow them, and the trail notes
//! where.

use std::collections::BTreeMap;

use super::node::{Kind, NodeId};
use super::resolve::MAX_LINKS;
use super::trail::{Cause, Change, Divergence, Event};
use super::{LayerIndex, Tree};
use crate::error::{Error, Kind as Failure, Result};
use crate::layer::{Body, Entry, LayerDiff, LayerPath, Stat};

/// Bytes of a path that Linux opens (limits.h, `PATH_MAX`): a longer one, reached through links, is nowhere to be unpacked.
const MAX_PATH: usize = 4096;

/// Directories that no entry names, of a whole image. One entry can imply two thousand, and the entries ceiling does not
/// count them; real layers imply a few.
const MAX_IMPLIED: u32 = 100_000;

/// Bytes of link targets that the paths of one layer may lead through. Real layers need a few dozen for each entry; links
/// made for it cost 160 kB.
const MAX_LINK_BYTES: usize = 1 << 26;

impl Tree {
    /// Applies a layer. An error is `Corrupt` where no reader could put an entry, or `Limit`, and names entry and layer; the
    /// tree then holds a part of the layer and speaks for no image.
    pub fn apply(&mut self, layer: LayerIndex, diff: &LayerDiff) -> Result<()> {
        self.lay(layer, &diff.entries)
    }

    /// As [`Tree::apply`], of bare entries.
    pub(super) fn lay(&mut self, layer: LayerIndex, entries: &[Entry]) -> Result<()> {
        let doing = |entry: &Entry, error: Error| error.doing(format!("put {} of layer {}", entry.path, layer + 1));
        let mut fold = Fold { tree: self, layer, link_bytes: 0, last: None };
        let mut hidden = BTreeMap::new();
        for entry in entries {
            fold.hides(entry, &mut hidden).map_err(|error| doing(entry, error))?;
        }
        let mut removed = Vec::new();
        for (path, is_opaque) in hidden {
            let node = fold.tree.get(&path).filter(|node| !is_opaque && fold.tree.children(*node).next().is_some());
            removed.extend(node.map(|_| path.clone()));
            fold.hide(path, is_opaque);
        }
        for entry in entries {
            fold.put(entry).map_err(|error| doing(entry, error))?;
        }
        for path in removed {
            if self.get(&path).is_some_and(|node| self.is_directory(node)) {
                self.trail_mut().diverge(layer, path, Divergence::BroughtBack);
            }
        }
        Ok(())
    }
}

/// A layer on its way into a tree.
struct Fold<'t> {
    tree: &'t mut Tree,
    layer: LayerIndex,
    link_bytes: usize,
    /// The directory of the last entry, as it was written and as it is: most entries lie in the same as the one before.
    /// Forgotten when a link comes or goes, or a directory goes: only then can the same path lead elsewhere.
    last: Option<(LayerPath, Directory)>,
}

/// A directory and its real path.
#[derive(Clone)]
struct Directory {
    at: NodeId,
    path: LayerPath,
}

/// How far a path leads: the last node that exists, and the names that would follow it.
struct Reached {
    at: NodeId,
    missing: Vec<Box<[u8]>>,
    /// The first link of a lower layer on the way.
    through: Option<LayerPath>,
}

impl Fold<'_> {
    /// Notes what a whiteout or an opaque mark hides, by its real path. A directory that is both hidden and made opaque is
    /// hidden. Paths that lead nowhere hide nothing.
    fn hides(&mut self, entry: &Entry, hidden: &mut BTreeMap<LayerPath, bool>) -> Result<()> {
        let (directory, is_opaque) = match (&entry.body, entry.path.parent()) {
            (Body::Whiteout, Some(parent)) => (parent, false),
            (Body::Opaque, _) => (entry.path.clone(), true),
            _ => return Ok(()),
        };
        let Reached { at, missing, through } = self.reach(&directory)?;
        self.diverge(&directory, through);
        let found = if is_opaque { Some(at) } else { self.tree.child(at, entry.path.name()) };
        if let (Some(found), true) = (found, missing.is_empty()) {
            let both = hidden.entry(self.tree.path(found)).or_insert(is_opaque);
            *both &= is_opaque;
        }
        Ok(())
    }

    /// Takes a path, or everything in a directory, out of the tree. Paths come in byte order, so that a directory is gone
    /// before anything in it is looked for.
    fn hide(&mut self, path: LayerPath, is_opaque: bool) {
        let Some(id) = self.tree.get(&path) else { return };
        if is_opaque {
            let children: Vec<NodeId> = self.tree.children(id).map(|(_, child)| child).collect();
            let cause = Cause::Opaque(path);
            for child in children {
                self.remove(child, &cause);
            }
        } else {
            self.remove(id, &Cause::Whiteout(path));
        }
    }

    fn put(&mut self, entry: &Entry) -> Result<()> {
        let wrong = |what: &str| Error::new(Failure::Corrupt, what);
        let kind = match &entry.body {
            Body::Whiteout | Body::Opaque => return Ok(()),
            Body::Directory => Kind::Directory,
            Body::File(trace) => Kind::File(trace.clone()),
            Body::Symlink(target) => Kind::Symlink(target.clone()),
            Body::Device { block, major, minor } => Kind::Device { block: *block, major: *major, minor: *minor },
            Body::Fifo => Kind::Fifo,
            Body::Hardlink(target) => return self.link(&entry.path, target),
        };
        if !entry.path.is_root() {
            let parent = self.parent(&entry.path)?;
            return self.make(&parent, entry.path.name(), entry.stat, kind).map(drop);
        }
        if kind != Kind::Directory {
            return Err(wrong("the root can be nothing but a directory"));
        }
        self.rewrite(self.tree.root(), LayerPath::root(), entry.stat);
        Ok(())
    }

    /// A further name of a file. The file must exist when the name is made, as for link(2): a link at the end of the target
    /// is itself the file, and the metadata of the entry is not looked at.
    fn link(&mut self, path: &LayerPath, target: &LayerPath) -> Result<()> {
        let wrong = |what: &str| Error::new(Failure::Corrupt, format!("its hard link target {target} {what}"));
        if path.is_root() {
            return Err(wrong("cannot be the root"));
        }
        let parent = self.parent(path)?;
        let real = real(&parent, path.name())?;
        let old = self.tree.child(parent.at, path.name());
        let (replaced, hidden) = old.map(|old| (self.tree.kind(old).clone(), self.clear(old, &real))).unzip();
        let directory = target.parent().unwrap_or_default();
        let reached = self.reach(&directory)?;
        let found = if reached.missing.is_empty() { self.tree.child(reached.at, target.name()) } else { None };
        let found = found.ok_or_else(|| wrong("does not exist"))?;
        if self.tree.is_directory(found) {
            return Err(wrong("is a directory"));
        }
        let same_content = replaced.map(|replaced| is_same(&replaced, self.tree.kind(found)));
        self.last = None;
        self.tree.trail_mut().count_written(self.layer);
        let new = self.tree.link(parent.at, path.name(), self.layer, self.tree.inode(found));
        if let Some(old) = old {
            self.tree.succeed(old, new);
        }
        self.record(real, same_content, 0, hidden.unwrap_or_default());
        Ok(())
    }

    /// The directory that holds a path, made where it is missing (0755, root's) or no directory, links followed.
    fn parent(&mut self, path: &LayerPath) -> Result<Directory> {
        let written = path.parent().unwrap_or_default();
        if let Some((_, last)) = self.last.as_ref().filter(|(last, _)| *last == written) {
            return Ok(last.clone());
        }
        let Reached { at, mut missing, through } = self.reach(&written)?;
        self.diverge(&written, through);
        let mut directory = Directory { at, path: self.tree.path(at) };
        if !self.tree.is_directory(at) {
            missing.insert(0, self.tree.name(at).into());
            let at = self.tree.parent(at);
            directory = Directory { at, path: self.tree.path(at) };
        }
        for name in missing {
            directory = self.imply(&directory, &name)?;
        }
        self.last = Some((written, directory.clone()));
        Ok(directory)
    }

    fn diverge(&mut self, directory: &LayerPath, through: Option<LayerPath>) {
        if let Some(link) = through {
            self.tree.trail_mut().diverge(self.layer, directory.clone(), Divergence::ThroughLink(link));
        }
    }

    fn imply(&mut self, directory: &Directory, name: &[u8]) -> Result<Directory> {
        if self.tree.count_implied() > MAX_IMPLIED {
            let what = format!("the layers name files in more than {MAX_IMPLIED} directories that have no entry");
            return Err(Error::new(Failure::Limit, what));
        }
        let stat = Stat { mode: 0o755, ..Stat::default() };
        Ok(Directory { at: self.make(directory, name, stat, Kind::Directory)?, path: real(directory, name)? })
    }

    /// Follows a directory's path as far as it leads, every link included. Behind the first name that does not exist, or
    /// that is no directory, there are only names: `..` takes one away, as umoci has it.
    fn reach(&mut self, path: &LayerPath) -> Result<Reached> {
        let mut todo: Vec<&[u8]> = path.components().rev().collect();
        let mut reached = Reached { at: self.tree.root(), missing: Vec::new(), through: None };
        let mut links = 0;
        while let Some(name) = todo.pop() {
            let Reached { at, missing, through } = &mut reached;
            match name {
                b"" | b"." => continue,
                b".." => {
                    if missing.pop().is_none() {
                        *at = self.tree.parent(*at);
                    }
                    continue;
                }
                _ => {}
            }
            let next = if missing.is_empty() { self.tree.child(*at, name) } else { None };
            match next.map(|next| (next, self.tree.kind(next))) {
                None => missing.push(name.into()),
                Some((link, Kind::Symlink(target))) => {
                    if through.is_none() && self.tree.layer(link) < self.layer {
                        *through = Some(self.tree.path(link));
                    }
                    links += 1;
                    self.link_bytes += target.len();
                    if links > MAX_LINKS {
                        return Err(Error::new(Failure::Corrupt, "its path leads through more than 40 symbolic links"));
                    }
                    if self.link_bytes > MAX_LINK_BYTES {
                        return Err(Error::new(
                            Failure::Limit,
                            "the layer's paths lead through more than 64 MiB of link targets",
                        ));
                    }
                    if target.first() == Some(&b'/') {
                        *at = self.tree.root();
                    }
                    todo.extend(target.split(|byte| *byte == b'/').rev());
                }
                Some((next, _)) => *at = next,
            }
        }
        Ok(reached)
    }

    /// Puts something under a name: a directory over a directory keeps what it holds, anything else replaces what was there.
    fn make(&mut self, directory: &Directory, name: &[u8], stat: Stat, kind: Kind) -> Result<NodeId> {
        let path = real(directory, name)?;
        let bytes = if matches!(kind, Kind::File(_)) { stat.size } else { 0 };
        if kind != Kind::Directory {
            self.tree.trail_mut().count_written(self.layer);
        }
        if matches!(kind, Kind::Symlink(_)) {
            self.last = None;
        }
        let Some(old) = self.tree.child(directory.at, name) else {
            self.record(path, None, bytes, 0);
            return Ok(self.tree.insert(directory.at, name, self.layer, stat, kind));
        };
        if kind == Kind::Directory && self.tree.is_directory(old) {
            self.rewrite(old, path, stat);
            return Ok(old);
        }
        let same_content = is_same(self.tree.kind(old), &kind);
        let hidden = self.clear(old, &path);
        self.record(path, Some(same_content), bytes, hidden);
        let new = self.tree.insert(directory.at, name, self.layer, stat, kind);
        self.tree.succeed(old, new);
        Ok(new)
    }

    fn rewrite(&mut self, directory: NodeId, path: LayerPath, stat: Stat) {
        self.tree.rewrite_directory(directory, self.layer, stat);
        self.record(path, Some(true), 0, 0);
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

    fn remove(&mut self, id: NodeId, cause: &Cause) {
        let gone = self.tree.detach(id, self.layer);
        self.record_removed(gone, cause);
    }

    fn record_removed(&mut self, gone: impl IntoIterator<Item = (NodeId, u64)>, cause: &Cause) {
        for (id, bytes) in gone {
            let event = Event { layer: self.layer, change: Change::Removed(cause.clone()), bytes, hidden: bytes };
            let path = self.tree.path(id);
            self.tree.trail_mut().record(path, event);
        }
    }

    /// Records an entry: `same_content` compares it with what it replaced, if it did.
    fn record(&mut self, path: LayerPath, same_content: Option<bool>, bytes: u64, hidden: u64) {
        let change = same_content.map_or(Change::Added, |same_content| Change::Rewritten { same_content });
        self.tree.trail_mut().record(path, Event { layer: self.layer, change, bytes, hidden });
    }
}

/// The real path of a name in a directory.
fn real(directory: &Directory, name: &[u8]) -> Result<LayerPath> {
    let path = directory.path.join(name);
    let length = path.as_bytes().len();
    if length < MAX_PATH {
        return Ok(path);
    }
    let what = format!("its real path has {length} bytes, and Linux opens none of {MAX_PATH} or more");
    Err(Error::new(Failure::Corrupt, what))
}

/// Whether two things differ in nothing but their metadata: files by their digest, links by their target, devices by
/// their numbers.
fn is_same(old: &Kind, new: &Kind) -> bool {
    match (old, new) {
        (Kind::File(old), Kind::File(new)) => old.sha256 == new.sha256,
        (old, new) => old == new,
    }
}
