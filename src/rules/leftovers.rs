//! Files that an image need not ship, known by where they lie and how they are called: rows of data, and the one engine
//! that judges by them.

use std::sync::OnceLock;

use memchr::memmem;

use super::{Context, words};
use crate::finding::Judgement;
use crate::vfs::{LayerPath, NodeId, Set, Tree};

/// What is left over of one kind: a row.
pub(super) struct Leftovers {
    /// The rule.
    pub id: &'static str,
    /// Where it is looked for.
    pub below: Below,
    /// What is not looked at, with everything below it: globs as those of `names`.
    pub except: Names,
    /// What it is: globs of `DIRECTORY/NAME`. Of a directory, everything below it is meant.
    pub names: Names,
    /// One and many of them, for the message.
    pub what: (&'static str, &'static str),
    /// What to change.
    pub fix: &'static str,
}

/// Where leftovers are looked for.
pub(super) enum Below {
    /// Below these directories, links followed.
    Paths(&'static [&'static str]),
    /// Below the site directories of Python.
    Sites,
}

/// Directories that a message names.
const NAMED: usize = 3;

impl Leftovers {
    /// One finding a layer, of the level that the rule declares; none where all of them together have fewer bytes than the
    /// option `min-bytes` says.
    pub(super) fn judge(&self, context: &Context<'_>) -> Judgement {
        let tree = context.tree;
        let (mut tops, mut found, mut looked) = (Set::default(), Vec::new(), 0);
        let mut todo: Vec<(NodeId, bool)> = self.roots(context).into_iter().map(|root| (root, false)).collect();
        while let Some((node, is_left)) = todo.pop() {
            looked += 1;
            if tree.is_directory(node) {
                let (except, names) = (self.except.within(tree.name(node)), self.names.within(tree.name(node)));
                for (name, child) in tree.children(node).rev().filter(|(name, _)| !fit(&except, name)) {
                    let is_top = !is_left && fit(&names, name);
                    if is_top {
                        tops.insert(child);
                    }
                    todo.push((child, is_left || is_top));
                }
            }
            found.extend(Some((node, ())).filter(|_| is_left && tree.trace(node).is_some()));
        }
        let groups = context.crowd(found);
        let open = groups.iter().filter(|(group, _)| group.waived.is_none()).map(|(_, nodes)| context.weight(nodes));
        if open.fold(0, u64::saturating_add) < context.count("min-bytes").unwrap_or_default() {
            return Judgement::looked(looked, vec![]);
        }
        let findings = groups.iter().map(|(group, nodes)| {
            let within = within(tree, &tops, nodes);
            let (what, bytes) = (words::count(group.count(), self.what.0, self.what.1), context.weight(nodes));
            let message = format!("{what}, {}: {}", words::bytes(bytes), words::list(&within, NAMED));
            group.finding(context.rule.level, message, self.fix)
        });
        Judgement::looked(looked, findings.collect())
    }

    fn roots(&self, context: &Context<'_>) -> Vec<NodeId> {
        match self.below {
            Below::Paths(paths) => {
                let nodes = paths.iter().filter_map(|path| context.tree.resolve(&LayerPath::new(path)).ok());
                nodes.filter(|node| context.tree.is_directory(*node)).collect()
            }
            Below::Sites => context.facts.python.sites.iter().map(|site| site.node).collect(),
        }
    }
}

/// Where leftovers lie: of many files, their directories are named.
fn within(tree: &Tree, tops: &Set<NodeId>, nodes: &[NodeId]) -> Vec<String> {
    let top = |node: NodeId| tree.around(node).filter(|node| tops.contains(*node)).last();
    let alone = |top: NodeId| nodes.len() == 1 || tree.is_directory(top);
    let shown = |top: NodeId| if alone(top) { top } else { tree.parent(top) };
    let shown: Set<NodeId> = nodes.iter().filter_map(|node| top(*node)).map(shown).collect();
    let mut paths: Vec<LayerPath> = shown.iter().map(|node| tree.path(node)).collect();
    paths.sort();
    paths.iter().map(LayerPath::to_string).collect()
}

/// Globs of `DIRECTORY/NAME`: `{a,b}` is either, and a `*` any part of one name. They are read when they are first asked.
pub(super) struct Names {
    globs: &'static [&'static str],
    read: OnceLock<Vec<(Like, Like)>>,
}

impl Names {
    pub(super) const fn of(globs: &'static [&'static str]) -> Self {
        Self { globs, read: OnceLock::new() }
    }

    /// The globs that names in a directory of this name may fit.
    fn within(&self, directory: &[u8]) -> Vec<&Like> {
        let split = |glob: String| glob.split_once('/').map(|(directory, name)| (Like::of(directory), Like::of(name)));
        let read = || self.globs.iter().flat_map(|glob| alternatives(glob)).filter_map(split).collect();
        self.read.get_or_init(read).iter().filter(|(glob, _)| glob.fits(directory)).map(|(_, name)| name).collect()
    }
}

fn fit(globs: &[&Like], name: &[u8]) -> bool {
    globs.iter().any(|glob| glob.fits(name))
}

/// A glob without braces for each of its alternatives.
fn alternatives(glob: &str) -> Vec<String> {
    let parts = glob.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (either, behind))) = parts else { return vec![glob.to_owned()] };
    let behind = alternatives(behind);
    let each = |word| behind.iter().map(move |behind| format!("{before}{word}{behind}"));
    either.split(',').flat_map(each).collect()
}

/// A glob in which nothing but `*` stands for something else.
struct Like {
    start: String,
    /// What names have in between, and how they end; of a glob without a `*`, nothing: it is the name.
    rest: Option<(Vec<String>, String)>,
}

impl Like {
    fn of(glob: &str) -> Self {
        let mut parts = glob.split('*').map(ToOwned::to_owned);
        let start = parts.next().unwrap_or_default();
        let end = parts.next_back();
        Self { start, rest: end.map(|end| (parts.collect(), end)) }
    }

    fn fits(&self, name: &[u8]) -> bool {
        let Some((middle, end)) = &self.rest else { return name == self.start.as_bytes() };
        let between = name.strip_prefix(self.start.as_bytes()).and_then(|name| name.strip_suffix(end.as_bytes()));
        between.is_some_and(|mut name| {
            middle.iter().all(|part| {
                let found = memmem::find(name, part.as_bytes());
                name = found.and_then(|at| name.get(at + part.len()..)).unwrap_or_default();
                found.is_some()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_has_alternatives_in_both_names_and_parts_that_are_anything() {
        let names = Names::of(&["{a,b}/x-*", "*/{.c,d*.y*ml}", "/{e,f}"]);
        let fits = |directory: &str, name: &str| fit(&names.within(directory.as_bytes()), name.as_bytes());
        for (directory, name) in [("a", "x-"), ("b", "x-1"), ("", ".c"), ("q", "d.yml"), ("q", "d-1.yaml"), ("", "e"), ("", "f")]
        {
            assert!(fits(directory, name), "{directory}/{name}");
        }
        for (directory, name) in [("c", "x-1"), ("a", "x"), ("q", "c"), ("q", "d.ml"), ("q", "dyml"), ("q", "e"), ("", "ef")] {
            assert!(!fits(directory, name), "{directory}/{name}");
        }
    }
}
