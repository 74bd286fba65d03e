//! What weighs something, row by row: one form for every format that prints it.

pub(super) mod delta;
pub(super) mod fleets;
pub(super) mod size;

use super::figures;

/// A list and what it says of itself.
#[derive(Debug)]
pub(super) struct List {
    /// What it lists: `packages`.
    pub(super) title: &'static str,
    /// What one row is: `Package`.
    pub(super) one: &'static str,
    /// What the list comes to, in words of the report alone.
    pub(super) said: String,
    /// The bytes of which a row is a share, where it is one.
    pub(super) of: Option<u64>,
    /// Its rows.
    pub(super) rows: Vec<Row>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    /// What it weighs, if it is about bytes.
    pub(super) weight: Option<Weight>,
    /// How deep it lies in a tree.
    pub(super) depth: usize,
    /// What it is about.
    pub(super) parts: Vec<Part>,
    /// Whether it sums up what the list does not show: it is drawn to no scale.
    pub(super) is_rest: bool,
    /// The instruction that made it, where that is worth more than a line.
    pub(super) made: Option<String>,
    /// What would make it less.
    pub(super) fix: Option<String>,
}

/// What a row weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Bytes, and how many of them no name of the final tree leads to.
    Bytes { all: u64, hidden: u64 },
    /// Bytes more, or fewer.
    Change(i128),
}

/// A piece of a row's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Words of the report.
    Ours(String),
    /// Text of the image: every format keeps it from acting.
    Theirs(String),
}

impl Weight {
    /// `13.1 MB`, `+28.4 MB`.
    pub(super) fn figure(self) -> String {
        match self {
            Self::Bytes { all, .. } => figures::bytes(all),
            Self::Change(by) => figures::signed(by),
        }
    }

    /// To the byte.
    pub(super) fn exact(self) -> String {
        match self {
            Self::Bytes { all, .. } => figures::grouped(all),
            Self::Change(by) => figures::exact(by),
        }
    }

    /// How much it is, whatever its sign.
    pub(super) fn magnitude(self) -> u128 {
        match self {
            Self::Bytes { all, .. } => all.into(),
            Self::Change(by) => by.unsigned_abs(),
        }
    }

    /// How much of it is hidden.
    pub(super) fn hidden(self) -> u128 {
        match self {
            Self::Bytes { hidden, .. } => hidden.into(),
            Self::Change(_) => 0,
        }
    }
}

impl Row {
    /// A row that is not about bytes.
    fn plain(parts: Vec<Part>) -> Self {
        Self { weight: None, depth: 0, parts, is_rest: false, made: None, fix: None }
    }

    /// A row about bytes.
    fn bytes(all: u64, parts: Vec<Part>) -> Self {
        Self { weight: Some(Weight::Bytes { all, hidden: 0 }), ..Self::plain(parts) }
    }

    /// A row for what a list does not show.
    fn rest(weight: Weight, words: impl Into<String>) -> Self {
        Self { weight: Some(weight), is_rest: true, ..Self::plain(vec![ours(words)]) }
    }

    /// A row about a change.
    fn change(by: i128, parts: Vec<Part>) -> Self {
        Self { weight: Some(Weight::Change(by)), ..Self::plain(parts) }
    }
}

/// Words of the report.
fn ours(words: impl Into<String>) -> Part {
    Part::Ours(words.into())
}

/// Text of the image.
fn theirs(text: impl Into<String>) -> Part {
    Part::Theirs(text.into())
}

/// The `most` rows that weigh the most, in the order in which they stand, and the others.
fn heaviest(rows: Vec<Row>, most: usize) -> (Vec<Row>, Vec<Row>) {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(rows[*at].weight.map_or(0, Weight::magnitude)));
    let kept: std::collections::BTreeSet<usize> = order.into_iter().take(most).collect();
    let (shown, rest): (Vec<_>, Vec<_>) = rows.into_iter().enumerate().partition(|(at, _)| kept.contains(at));
    let rows = |rows: Vec<(usize, Row)>| rows.into_iter().map(|(_, row)| row).collect();
    (rows(shown), rows(rest))
}
