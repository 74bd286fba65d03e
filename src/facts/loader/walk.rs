//! From each object to those that it needs, as a loader goes.

use std::collections::{BTreeMap, BTreeSet};

use super::reach::Root;
use super::system::System;
use super::{Image, Links, Need, Reach};
use crate::facts::elf::{Isa, is_loadable};
use crate::layer::elf::{Dynamic, Elf};
use crate::layer::{FileKind, LayerPath};
use crate::vfs::node::InodeId;
use crate::vfs::{NodeId, Tree};

/// Names that are looked up in directories. An image of a thousand objects takes 50,000.
const MAX_LOOKUPS: u32 = 2_000_000;

/// Directories that are handed down from one object to the next.
const MAX_CHAIN: usize = 64;

pub(super) struct Walk<'a> {
    system: &'a System<'a>,
    isa: Isa,
    /// Each object under the first of its names.
    objects: BTreeMap<InodeId, (NodeId, &'a Elf)>,
    /// Objects by file name and `DT_SONAME`.
    named: BTreeMap<&'a [u8], Vec<(NodeId, Isa)>>,
    /// Directories of packages, which load what they have before they need it.
    packages: Vec<LayerPath>,
    seen: BTreeSet<Visit>,
    links: BTreeMap<NodeId, Links>,
    lookups: u32,
}

/// An object in a directory, and the directories that are handed down to it.
type Visit = (NodeId, NodeId, Vec<NodeId>);

impl<'a> Walk<'a> {
    pub fn new(image: &'a Image<'a>, system: &'a System<'a>, isa: Isa) -> Self {
        let mut named: BTreeMap<&[u8], Vec<(NodeId, Isa)>> = BTreeMap::new();
        for object in image.objects {
            let own: BTreeSet<&[u8]> = object.elf.soname().into_iter().chain([image.tree.name(object.node)]).collect();
            for name in own {
                named.entry(name).or_default().push((object.node, Isa::of(&object.elf)));
            }
        }
        let objects = image.objects.iter().filter(|object| Isa::of(&object.elf) == isa);
        let objects = objects.map(|object| (image.tree.inode(object.node), (object.node, &object.elf))).collect();
        // What can be imported from the directory of the standard library brings nothing but itself.
        let is_site = |name: &[u8]| matches!(name, b"site-packages" | b"dist-packages");
        let sites = image.tree.iter().filter(|node| is_site(image.tree.name(*node)) && image.tree.is_directory(*node));
        let packages = sites.map(|node| image.tree.path(node)).collect();
        let (seen, links) = (BTreeSet::new(), BTreeMap::new());
        Self { system, isa, objects, named, packages, seen, links, lookups: MAX_LOOKUPS }
    }

    pub fn all(&mut self, roots: &[Root]) {
        for root in roots {
            let (node, is_known) = match self.objects.get(&self.tree().inode(root.node)) {
                Some((node, _)) => (*node, self.links.contains_key(node)),
                None => continue,
            };
            if root.reach < Reach::Called || !is_known {
                self.load(root, node);
            }
        }
    }

    pub fn end(self) -> (BTreeMap<NodeId, Links>, bool) {
        (self.links, self.lookups == 0)
    }

    fn tree(&self) -> &'a Tree {
        self.system.tree
    }

    /// Loads an object and all that it needs.
    fn load(&mut self, root: &Root, node: NodeId) {
        let interpreter = root.interpreter.and_then(|node| self.objects.get(&self.tree().inode(node)));
        let chain = interpreter.map(|(node, elf)| self.system.inherited(elf, self.tree().parent(*node))).unwrap_or_default();
        let mut todo: Vec<Visit> = vec![(node, self.tree().parent(node), chain)];
        while let Some(visit) = todo.pop().filter(|_| self.lookups > 0) {
            if self.seen.insert(visit.clone()) {
                self.visit(root, node, visit, &mut todo);
            }
        }
    }

    fn visit(&mut self, root: &Root, by: NodeId, (node, origin, above): Visit, todo: &mut Vec<Visit>) {
        let Some((_, elf)) = self.objects.get(&self.tree().inode(node)).copied() else { return };
        // Each `..` of a path is a lookup, too.
        self.spend(1 + lists(elf).len());
        let mut chain = self.system.inherited(elf, origin);
        chain.extend(above.iter().filter(|directory| !chain.contains(directory)).copied().collect::<Vec<_>>());
        chain.truncate(MAX_CHAIN);
        let searched = self.system.searched(elf, origin, &chain);
        let paths = || paths(self.system, elf, origin);
        let empty = || Links { reach: root.reach, root: by, needs: vec![Need::Missing; elf.needed().len()], paths: paths() };
        let mut links = self.links.remove(&node).unwrap_or_else(empty);
        for (name, need) in elf.needed().iter().zip(&mut links.needs) {
            let (looked, directory) = self.look(name, node, origin, &searched);
            todo.extend(looked.loaded().map(|library| (library, directory, chain.clone())));
            // Whoever found it on another way: once it is loaded, its name is enough.
            *need = (*need).min(looked);
        }
        self.links.insert(node, links);
    }

    fn spend(&mut self, lookups: usize) {
        self.lookups = self.lookups.saturating_sub(u32::try_from(lookups).unwrap_or(u32::MAX));
    }

    /// What comes of a need, and the directory in which it is met.
    fn look(&mut self, name: &[u8], node: NodeId, origin: NodeId, searched: &[NodeId]) -> (Need, NodeId) {
        if self.system.is_loader(name) {
            return (Need::Loader, origin);
        }
        if let Some((found, directory)) = self.find(name, origin, searched) {
            return (Need::Found(found), directory);
        }
        let (all, tree) = (self.named.get(name).cloned().unwrap_or_default(), self.tree());
        self.spend(all.len() + self.packages.len());
        let own = || all.iter().filter(|(_, isa)| *isa == self.isa).map(|(node, _)| *node);
        let path = tree.path(node);
        let home = self.packages.iter().find(|home| path.is_within(home));
        if let Some(found) = home.and_then(|home| own().find(|node| tree.path(*node).is_within(home))) {
            return (Need::Preloaded(found), tree.parent(found));
        }
        let need = match own().next() {
            Some(node) => Need::Elsewhere(node),
            None if all.is_empty() => Need::Missing,
            None => Need::Foreign,
        };
        (need, origin)
    }

    /// The file that a name leads to, and the directory that has the name.
    fn find(&mut self, name: &[u8], origin: NodeId, searched: &[NodeId]) -> Option<(NodeId, NodeId)> {
        let (tree, system) = (self.tree(), self.system);
        self.spend(searched.len() + system.defaults.len() + 1);
        if name.contains(&b'/') {
            let paths = system.expanded(name, origin);
            return paths.iter().find_map(|path| self.file(tree.resolve_parent(path).ok()?));
        }
        let in_any = |directories: &[NodeId]| directories.iter().find_map(|directory| self.file(tree.child(*directory, name)?));
        let cached = || {
            let paths = system.cache.as_ref().map_or(&[][..], |cache| cache.of(name));
            paths.iter().find_map(|path| self.file(tree.resolve_parent(path).ok()?))
        };
        in_any(searched).or_else(cached).or_else(|| in_any(&system.defaults))
    }

    /// What a name leads to, if that is an object of the right machine.
    fn file(&self, name: NodeId) -> Option<(NodeId, NodeId)> {
        let tree = self.tree();
        let node = tree.target(name).ok()?;
        match &tree.trace(node)?.kind {
            FileKind::Elf(elf) if is_loadable(elf) && Isa::of(elf) == self.isa => {
                let (first, _) = self.objects.get(&tree.inode(node))?;
                Some((*first, tree.parent(name)))
            }
            _ => None,
        }
    }
}

/// The directories that an object names: `DT_RUNPATH`, else `DT_RPATH`.
fn lists(elf: &Elf) -> &[u8] {
    match &elf.dynamic {
        Dynamic::Known { rpath, runpath, .. } => runpath.as_deref().or(rpath.as_deref()).unwrap_or_default(),
        Dynamic::None | Dynamic::Unknown(_) => &[],
    }
}

fn paths(system: &System<'_>, elf: &Elf, origin: NodeId) -> Vec<LayerPath> {
    let parts = lists(elf).split(|byte| *byte == b':').filter(|part| !part.is_empty()).take(MAX_CHAIN);
    parts.flat_map(|part| system.expanded(part, origin)).collect()
}
