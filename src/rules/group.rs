//! Many offenders, one finding a cause.

use std::collections::BTreeMap;

use super::Context;
use crate::finding::{Finding, Level, Place};
use crate::vfs::{LayerIndex, LayerPath, NodeId};

/// One path that offends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offence<K> {
    /// The path.
    pub path: LayerPath,
    /// The layer to blame, if there is one.
    pub layer: Option<LayerIndex>,
    /// What is wrong with it: offenders of one finding share it.
    pub what: K,
}

/// Offenders of one layer that share what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<K> {
    /// What is wrong with them.
    pub what: K,
    /// The layer to blame, if there is one.
    pub layer: Option<LayerIndex>,
    /// The offenders, in path order; of a crowd the first [`EXAMPLES`].
    pub paths: Vec<LayerPath>,
    /// How many there are beyond these.
    pub others: u64,
    /// The waiver that covers them.
    pub waived: Option<usize>,
}

/// Paths named in a finding.
pub const EXAMPLES: usize = 5;

impl Context<'_> {
    /// Groups offenders by what is wrong, layer and waiver: a waiver of a path takes that path out of the finding about
    /// the others.
    pub fn group<K: Ord + Clone>(&self, offences: impl IntoIterator<Item = Offence<K>>) -> Vec<Group<K>> {
        let (mut groups, is_waived) = (BTreeMap::<_, Vec<LayerPath>>::new(), self.profile.has_waivers(&self.rule.id));
        for Offence { path, layer, what } in offences {
            let waived = is_waived.then(|| self.profile.waiver(&self.rule.id, Some(&path.to_string()))).flatten();
            groups.entry((waived, what, layer)).or_default().push(path);
        }
        let groups = groups.into_iter().map(|((waived, what, layer), mut paths)| {
            paths.sort();
            Group { what, layer, paths, others: 0, waived }
        });
        groups.collect()
    }

    /// As [`Context::group`], of offenders that are there and may be millions: the layer that wrote each is to blame. Beside
    /// each group stand its offenders.
    pub fn crowd<K: Ord + Clone>(&self, offenders: impl IntoIterator<Item = (NodeId, K)>) -> Vec<(Group<K>, Vec<NodeId>)> {
        let (mut groups, is_waived) = (BTreeMap::<_, Vec<NodeId>>::new(), self.profile.has_waivers(&self.rule.id));
        for (node, what) in offenders {
            let cover = || self.profile.waiver(&self.rule.id, Some(&self.tree.path(node).to_string()));
            let waived = is_waived.then(cover).flatten();
            groups.entry((waived, what, self.tree.layer(node))).or_default().push(node);
        }
        let groups = groups.into_iter().map(|((waived, what, layer), nodes)| {
            let paths = self.first(&nodes);
            let others = (nodes.len() - paths.len()) as u64;
            (Group { what, layer: Some(layer), paths, others, waived }, nodes)
        });
        groups.collect()
    }

    /// The first paths of some nodes, in path order.
    fn first(&self, nodes: &[NodeId]) -> Vec<LayerPath> {
        let mut paths: Vec<LayerPath> = Vec::with_capacity(EXAMPLES + 1);
        for node in nodes {
            let path = self.tree.path(*node);
            if paths.len() < EXAMPLES || paths.last().is_some_and(|last| path < *last) {
                paths.insert(paths.partition_point(|known| *known <= path), path);
                paths.truncate(EXAMPLES);
            }
        }
        paths
    }
}

impl<K> Group<K> {
    /// The finding about these offenders.
    pub fn finding(&self, level: Level, message: impl Into<String>, fix: impl Into<String>) -> Finding {
        let mut finding = Finding::new(level, message, fix);
        finding.examples = self.paths.iter().take(EXAMPLES).map(ToString::to_string).collect();
        finding.place = Place { path: finding.examples.first().cloned(), layer: self.layer };
        finding.count = self.count();
        finding.waived = self.waived;
        finding
    }

    /// How many offenders they are.
    pub fn count(&self) -> u64 {
        self.others + self.paths.len() as u64
    }

    /// The first offender, as it stands in messages.
    pub fn first(&self) -> String {
        self.paths.first().map(ToString::to_string).unwrap_or_default()
    }
}
