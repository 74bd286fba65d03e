//! Many offenders, one finding a cause.

use std::collections::BTreeMap;

use super::Context;
use crate::finding::{Finding, Level, Place};
use crate::vfs::{LayerIndex, LayerPath};

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
    /// The offenders, in path order.
    pub paths: Vec<LayerPath>,
    /// The waiver that covers them.
    pub waived: Option<usize>,
}

/// Paths named in a finding.
pub const EXAMPLES: usize = 5;

impl Context<'_> {
    /// Groups offenders by what is wrong, layer and waiver: a waiver of a path takes that path out of the finding about
    /// the others.
    pub fn group<K: Ord + Clone>(&self, offences: impl IntoIterator<Item = Offence<K>>) -> Vec<Group<K>> {
        let mut groups = BTreeMap::<_, Vec<LayerPath>>::new();
        for Offence { path, layer, what } in offences {
            let waived = self.profile.waiver(&self.rule.id, Some(&path.to_string()));
            groups.entry((waived, what, layer)).or_default().push(path);
        }
        let groups = groups.into_iter().map(|((waived, what, layer), mut paths)| {
            paths.sort();
            Group { what, layer, paths, waived }
        });
        groups.collect()
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
        self.paths.len() as u64
    }

    /// The first offender, as it stands in messages.
    pub fn first(&self) -> String {
        self.paths.first().map(ToString::to_string).unwrap_or_default()
    }
}
