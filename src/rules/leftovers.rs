//! Files that an image need not ship, known by where they lie and how they are called: rows of data, and the one engine
//! that judges by them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{Context, Offence, words};
use crate::finding::Judgement;
use crate::text::lossless;
use crate::vfs::{LayerPath, NodeId};

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
        let (mut tops, mut offences, mut looked) = (BTreeMap::<LayerPath, NodeId>::new(), Vec::new(), 0);
        let mut todo: Vec<(NodeId, Option<NodeId>)> = self.roots(context).into_iter().map(|root| (root, None)).collect();
        while let Some((node, top)) = todo.pop() {
            looked += 1;
            let directory = lossless(tree.name(node));
            for (name, child) in tree.children(node).rev() {
                let label = format!("{directory}/{}", lossless(name));
                if !self.except.fit(&label) {
                    todo.push((child, top.or_else(|| self.names.fit(&label).then_some(child))));
                }
            }
            if let (Some(top), Some(_)) = (top, tree.trace(node)) {
                let path = tree.path(node);
                offences.push(Offence { path: path.clone(), layer: Some(tree.layer(node)), what: () });
                tops.insert(path, top);
            }
        }
        let groups = context.group(offences);
        let total = context.bytes(groups.iter().filter(|group| group.waived.is_none()).flat_map(|group| &group.paths));
        if total < context.count("min-bytes").unwrap_or_default() {
            return Judgement::looked(looked, vec![]);
        }
        let findings = groups.iter().map(|group| {
            // Of many files, their directories are named.
            let alone = |top: &NodeId| group.count() == 1 || tree.is_directory(*top);
            let shown = |top: &NodeId| tree.path(if alone(top) { *top } else { tree.parent(*top) });
            let within: BTreeSet<LayerPath> = group.paths.iter().filter_map(|path| tops.get(path)).map(shown).collect();
            let within: Vec<String> = within.iter().map(LayerPath::to_string).collect();
            let (what, bytes) = (words::count(group.count(), self.what.0, self.what.1), context.bytes(&group.paths));
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

/// Globs of `DIRECTORY/NAME`, compiled when they are first asked.
pub(super) struct Names {
    globs: &'static [&'static str],
    set: OnceLock<GlobSet>,
}

impl Names {
    pub(super) const fn of(globs: &'static [&'static str]) -> Self {
        Self { globs, set: OnceLock::new() }
    }

    fn fit(&self, label: &str) -> bool {
        self.set.get_or_init(|| compiled(self.globs)).is_match(label)
    }
}

fn compiled(globs: &[&str]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(GlobBuilder::new(glob).literal_separator(true).build().unwrap_or_else(|error| unreachable!("{error}")));
    }
    set.build().unwrap_or_else(|error| unreachable!("{error}"))
}
