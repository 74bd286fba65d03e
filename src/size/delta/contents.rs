//! What became of the files.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Contents, Fate, FileDelta};
use crate::size::snapshot::{Amount, SnapshotFile};
use crate::vfs::LayerPath;

type Files = BTreeMap<LayerPath, SnapshotFile>;

/// Files that are told.
const LARGEST: usize = 50;

/// What became of one file, before it is known whether it is told.
struct Fated<'a> {
    path: &'a LayerPath,
    from: Option<&'a LayerPath>,
    what: Fate,
    bytes: Change,
}

impl Fated<'_> {
    /// The bytes that it stands for in the sum of its fate.
    fn weight(&self) -> u64 {
        let Change { old, new } = self.bytes;
        if matches!(self.what, Fate::Rewritten | Fate::Moved) { new } else { old.abs_diff(new) }
    }
}

/// What became of the files of an image in another. A file moved if one of the same content went and it came; of several it is
/// that of the same name, else the first in path order. Files without content never move.
pub(super) fn contents(old: &Files, new: &Files) -> Contents {
    let moved = moves(old, new);
    let left: BTreeSet<&LayerPath> = moved.values().copied().collect();
    let mut fated = Vec::new();
    for (path, was) in old {
        match new.get(path) {
            Some(is) => fated.extend(changed(path, *was, *is)),
            None if !left.contains(path) => {
                fated.push(Fated { path, from: None, what: Fate::Gone, bytes: Change { old: was.bytes, new: 0 } });
            }
            None => {}
        }
    }
    for (path, is) in new.iter().filter(|(path, _)| !old.contains_key(*path)) {
        let from = moved.get(path).copied();
        let what = if from.is_some() { Fate::Moved } else { Fate::New };
        let bytes = Change { old: from.map_or(0, |_| is.bytes), new: is.bytes };
        fated.push(Fated { path, from, what, bytes });
    }
    sums(fated)
}

fn changed(path: &LayerPath, was: SnapshotFile, is: SnapshotFile) -> Option<Fated<'_>> {
    let bytes = Change { old: was.bytes, new: is.bytes };
    let what = match was.bytes.cmp(&is.bytes) {
        std::cmp::Ordering::Less => Fate::Grown,
        std::cmp::Ordering::Greater => Fate::Shrunk,
        std::cmp::Ordering::Equal => Fate::Rewritten,
    };
    (was != is).then_some(Fated { path, from: None, what, bytes })
}

fn sums(mut fated: Vec<Fated<'_>>) -> Contents {
    let mut contents = Contents::default();
    for file in &fated {
        let sum: &mut Amount = match file.what {
            Fate::New => &mut contents.new,
            Fate::Grown => &mut contents.grown,
            Fate::Shrunk => &mut contents.shrunk,
            Fate::Rewritten => &mut contents.rewritten,
            Fate::Gone => &mut contents.gone,
            Fate::Moved => &mut contents.moved,
        };
        sum.add(file.weight());
    }
    fated.sort_by_key(|file| (Reverse(file.bytes.by().unsigned_abs()), Reverse(file.weight()), file.path));
    let shown = LayerPath::lossless;
    let told = fated.into_iter().take(LARGEST).map(|Fated { path, from, what, bytes }| FileDelta {
        path: shown(path),
        from: from.map(shown),
        what,
        bytes,
    });
    contents.largest = told.collect();
    contents
}

/// Paths that came, with the paths that their content went from.
fn moves<'a>(old: &'a Files, new: &'a Files) -> BTreeMap<&'a LayerPath, &'a LayerPath> {
    let mut went = without(old, new);
    let mut moves = BTreeMap::new();
    for (content, came) in without(new, old) {
        let Some(mut went) = went.remove(&content) else { continue };
        let mut named: BTreeMap<&[u8], Vec<&LayerPath>> = BTreeMap::new();
        for path in went.iter().rev() {
            named.entry(path.name()).or_default().push(path);
        }
        let mut unnamed = Vec::new();
        for path in came {
            match named.get_mut(path.name()).and_then(Vec::pop) {
                Some(from) => drop(moves.insert(path, from)),
                None => unnamed.push(path),
            }
        }
        let left: BTreeSet<&LayerPath> = named.into_values().flatten().collect();
        went.retain(|path| left.contains(path));
        moves.extend(unnamed.into_iter().zip(went));
    }
    moves
}

/// The paths of files with content that are not in the other image, by content, in path order.
fn without<'a>(files: &'a Files, others: &Files) -> BTreeMap<([u8; 32], u64), Vec<&'a LayerPath>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (path, file) in files.iter().filter(|(path, file)| file.bytes > 0 && !others.contains_key(*path)) {
        found.entry((file.sha256, file.bytes)).or_default().push(path);
    }
    found
}
