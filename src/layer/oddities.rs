//! A bounded list of what is odd.

use super::{LayerPath, Oddity, OddityKind};

/// Listed of a layer; more are counted. A reader of a report does not read a thousand.
const LISTED: usize = 1000;

/// What is odd about a layer and no reason to stop.
#[derive(Debug, Clone, Default)]
pub(super) struct Oddities {
    pub(super) list: Vec<Oddity>,
    /// How many more there are.
    pub(super) more: u64,
}

impl Oddities {
    pub(super) fn push(&mut self, path: Option<LayerPath>, kind: OddityKind, what: impl Into<String>) {
        if self.list.len() < LISTED {
            self.list.push(Oddity { path, kind, what: what.into() });
        } else {
            self.more += 1;
        }
    }

    /// Adds what is about no path.
    pub(super) fn extend(&mut self, whats: impl IntoIterator<Item = (OddityKind, String)>) {
        for (kind, what) in whats {
            self.push(None, kind, what);
        }
    }

    pub(super) fn into_vec(mut self) -> Vec<Oddity> {
        if self.more > 0 {
            let what = format!("{} more oddities are not listed", self.more);
            self.list.push(Oddity { path: None, kind: OddityKind::More, what });
        }
        self.list
    }
}
