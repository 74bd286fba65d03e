//! Many offenders, one finding a cause.

use super::Context;
use crate::finding::{Finding, Level, Place};
use crate::vfs::{LayerIndex, LayerPath};

/// One path that offends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offence {
    /// The path.
    pub path: LayerPath,
    /// The layer to blame.
    pub layer: LayerIndex,
    /// What is wrong with it, in the words that offenders of one finding share (`0:0`).
    pub what: String,
}

/// Offenders of one layer that share what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What is wrong with them.
    pub what: String,
    /// The layer to blame.
    pub layer: LayerIndex,
    /// How many there are.
    pub count: u64,
    /// The first five, in path order.
    pub examples: Vec<String>,
    /// The waiver that covers them.
    pub waived: Option<usize>,
}

/// Paths named in a finding.
const EXAMPLES: usize = 5;

impl Context<'_> {
    /// Groups offenders by waiver, layer and what is wrong: a waiver of a path takes that path out of the finding about
    /// the others.
    pub fn group(&self, offences: Vec<Offence>) -> Vec<Group> {
        let mut groups = std::collections::BTreeMap::<_, Group>::new();
        let mut offences = offences;
        offences.sort_by(|one, other| one.path.cmp(&other.path));
        for Offence { path, layer, what } in offences {
            let waived = self.profile.waiver(self.rule.id, Some(&path.to_string()));
            let group = groups.entry((waived.is_some(), waived, layer, what.clone())).or_insert_with(|| Group {
                what,
                layer,
                count: 0,
                examples: Vec::new(),
                waived,
            });
            group.count += 1;
            if group.examples.len() < EXAMPLES {
                group.examples.push(path.to_string());
            }
        }
        groups.into_values().collect()
    }
}

impl Group {
    /// The finding about these offenders.
    pub fn finding(self, level: Level, message: impl Into<String>, fix: impl Into<String>) -> Finding {
        let mut finding =
            Finding::new(level, message, fix).at(Place { path: self.examples.first().cloned(), layer: Some(self.layer) });
        finding.count = self.count;
        finding.examples = self.examples;
        finding.waived = self.waived;
        finding
    }
}
