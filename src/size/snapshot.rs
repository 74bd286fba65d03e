//! What one image weighs, as far as a comparison needs it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::breakdown::{files, weigh};
use super::{Directory, Package};
use crate::facts::python::distribution::normalized;
use crate::vfs::{LayerPath, Tree};

/// The kinds of packages.
const KINDS: [&str; 3] = ["apk", "deb", "python"];

/// A word that says which kind of package it is. Behind this name serde does not take it for borrowed text.
pub type PackageKind = &'static str;

/// The kind of package that is written so, if there is one.
pub fn kind(word: &str) -> Option<PackageKind> {
    KINDS.into_iter().find(|kind| *kind == word)
}

/// Reads the kind of a package.
pub(super) fn read_kind<'de, D: Deserializer<'de>>(from: D) -> Result<PackageKind, D::Error> {
    let word = String::deserialize(from)?;
    kind(&word).ok_or_else(|| serde::de::Error::custom(format!("{word:?} is no kind of packages")))
}

/// One side of a comparison: an image that was read, or what a report or a saved baseline says of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is.
    pub side: Side,
    /// What it weighs.
    pub totals: Totals,
    /// Bytes and files of the final tree that no package owns.
    pub unowned: Amount,
    /// The packages, by kind, name and version. One that is installed twice is there twice.
    pub packages: Vec<Package>,
    /// Directories with everything below them, by path as [`crate::text::lossless`] text with a leading `/`; the root is not among
    /// them. Of an image all that hold a file; else those that were written down.
    pub directories: BTreeMap<String, Amount>,
    /// Every directory of at most this depth (`/a` has 1) that holds a file is among `directories`. Of a deeper one that is not,
    /// nothing is known.
    pub depth: usize,
    /// What is not there one by one.
    pub folded: Folded,
    /// The layers, base first.
    pub layers: Vec<SnapshotLayer>,
    /// The regular files, each under the first of its names; known of images alone.
    pub files: Option<BTreeMap<LayerPath, SnapshotFile>>,
    /// The configuration as one line a setting, secrets masked; known of images alone.
    pub config: Option<BTreeMap<String, String>>,
    /// The findings that stand; `None` where nothing was judged.
    pub findings: Option<Vec<Fingerprint>>,
}

/// What a side of a comparison is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// `image`, `report` or `baseline`.
    pub from: Origin,
    /// The full reference.
    pub reference: String,
    /// The manifest's digest, where the transport has one.
    pub digest: Option<String>,
    /// The platform that the configuration claims.
    pub platform: String,
}

/// Where a side of a comparison is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// An image that was read.
    #[default]
    Image,
    /// A JSON report.
    Report,
    /// A baseline that `--save-baseline` wrote.
    Baseline,
}

/// The totals of an image, in bytes but for the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Blobs of all layers.
    pub compressed: u64,
    /// Regular files of all layers.
    pub unpacked: u64,
    /// Regular files of the final tree.
    pub bytes: u64,
    /// How many there are.
    pub files: u64,
    /// Shipped and not seen.
    pub waste: u64,
}

/// Some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Amount {
    /// Their bytes.
    pub bytes: u64,
    /// How many there are.
    pub files: u64,
}

impl Amount {
    /// One file more.
    pub fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// With so much more.
    #[must_use]
    pub fn plus(self, bytes: u64, files: u64) -> Self {
        Self { bytes: self.bytes.saturating_add(bytes), files: self.files.saturating_add(files) }
    }
}

impl From<&Directory> for Amount {
    fn from(directory: &Directory) -> Self {
        Self { bytes: directory.bytes, files: directory.files }
    }
}

/// What a saved baseline had no room for. Asked for by name, it is unknown, never nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// Packages, by kind: how many, and what they hold together.
    pub packages: BTreeMap<&'static str, (u64, Amount)>,
    /// How many layers.
    pub layers: u64,
    /// How many findings.
    pub findings: u64,
}

/// A layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotLayer {
    /// Its place, base first, from 0.
    pub index: usize,
    /// The uncompressed digest.
    pub diff_id: String,
    /// The instruction that made it, as the image claims, secrets masked.
    pub created_by: Option<String>,
    /// Bytes of the blob.
    pub compressed: u64,
    /// Bytes of the regular files that it ships.
    pub files_bytes: u64,
}

/// A regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Its bytes, holes included.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// A finding, as far as it can be told whether another image has it, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Fingerprint {
    /// The rule that found it.
    pub rule: String,
    /// Where; of a finding without a path its message, figures left out. Of one that stands for several offenders the first,
    /// and how many they are: `/app/x.py ×12`.
    pub at: String,
}

impl Fingerprint {
    /// A finding of a rule, at a path if it has one.
    pub fn new(rule: &str, path: Option<&str>, message: &str) -> Self {
        let figureless = || message.chars().filter(|character| !character.is_ascii_digit()).collect();
        Self { rule: rule.to_owned(), at: path.map_or_else(figureless, ToOwned::to_owned) }
    }

    /// A finding that stands for so many offenders, of which this is the first: `/app/x.py ×12`.
    #[must_use]
    pub fn of(mut self, offenders: u64) -> Self {
        if offenders > 1 || self.at.contains(TIMES) {
            let _ = write!(self.at, "{TIMES}{offenders}");
        }
        self
    }

    /// The first offender, and how many there are.
    pub fn offenders(&self) -> (&str, u64) {
        let several = self.at.rsplit_once(TIMES).and_then(|(at, count)| Some((at, count.parse().ok()?)));
        several.unwrap_or((&self.at, 1))
    }
}

/// Stands between the first offender and how many there are.
const TIMES: &str = " ×";

impl Snapshot {
    /// What a directory holds with everything below it; nothing if it is not there. `None`: the snapshot does not say.
    pub fn directory(&self, path: &str) -> Option<Amount> {
        if path == "/" {
            return Some(Amount { bytes: self.totals.bytes, files: self.totals.files });
        }
        let listed = self.directories.get(path).copied();
        // What is below nothing is nothing.
        let is_empty = |(above, directory): (usize, &str)| {
            self.directories.get(directory).map_or(above < self.depth, |amount| amount.files == 0)
        };
        listed.or_else(|| around(path).chain([path]).enumerate().any(is_empty).then(Amount::default))
    }

    /// What a package holds, all that is installed of it together; nothing if it is not there. `None`: the snapshot does not
    /// say.
    pub fn package(&self, kind: &str, name: &str) -> Option<Amount> {
        let name = compared(kind, name);
        let mut of =
            self.packages.iter().filter(|package| package.kind == kind && compared(kind, &package.name) == name).peekable();
        let is_known = of.peek().is_some() || !self.folded.packages.contains_key(kind);
        is_known.then(|| of.fold(Amount::default(), |sum, package| sum.plus(package.bytes, package.files)))
    }
}

/// The directories around a path, outermost first, without the root.
pub(super) fn around(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.match_indices('/').filter(|(at, _)| *at > 0).filter_map(|(at, _)| path.get(..at))
}

/// The name of a package as names of its kind are compared.
pub fn compared(kind: &str, name: &str) -> String {
    if kind == "python" { normalized(name) } else { name.to_owned() }
}

/// Every directory of a tree that holds a file, with everything below it.
pub fn directories(tree: &Tree) -> BTreeMap<String, Amount> {
    let mut found = BTreeMap::new();
    weigh(tree, &mut |id, level, amount| {
        if level > 0 {
            found.insert(tree.path(id).lossless(), amount);
        }
    });
    found
}

/// The regular files of a tree, each under the first of its names.
pub fn contents(tree: &Tree) -> BTreeMap<LayerPath, SnapshotFile> {
    let file = |id| Some((tree.path(id), SnapshotFile { bytes: tree.stat(id).size, sha256: tree.trace(id)?.sha256 }));
    files(tree).filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    #[test]
    fn every_directory_is_measured_and_a_file_counts_under_its_first_name() {
        let tree =
            dump::tree(["f 0644 0:0 /a/b/c/d/e \"12345\"\nf 0644 0:0 /a/x\\xff/y \"1\"\nh /z => /a/b/c/d/e\nd 0755 0:0 /n"])
                .unwrap();
        let found = directories(&tree);
        let found: Vec<_> = found.iter().map(|(path, amount)| (&path[..], amount.bytes, amount.files)).collect();
        let all = [("/a", 6, 2), ("/a/b", 5, 1), ("/a/b/c", 5, 1), ("/a/b/c/d", 5, 1), ("/a/x\\xff", 1, 1)];
        assert_eq!(found, all);
        assert_eq!(contents(&tree).keys().map(ToString::to_string).collect::<Vec<_>>(), ["/a/b/c/d/e", "/a/x\\xff/y"]);
    }

    #[test]
    fn several_offenders_are_told_from_a_name_that_looks_like_them() {
        let at = |path: &str, count| Fingerprint::new("a/b", Some(path), "").of(count);
        for (path, count, shown) in [("/x", 1, "/x"), ("/x", 12, "/x ×12"), ("/x ×9", 1, "/x ×9 ×1"), ("/x ×9", 3, "/x ×9 ×3")]
        {
            let fingerprint = at(path, count);
            assert_eq!((&fingerprint.at[..], fingerprint.offenders()), (shown, (path, count)));
        }
    }

    #[test]
    fn what_was_not_written_down_is_unknown_and_never_nothing() {
        let amount = Amount { bytes: 7, files: 1 };
        let directories = BTreeMap::from([("/a".to_owned(), amount), ("/k".to_owned(), Amount::default())]);
        let mut snapshot = Snapshot { directories, depth: 1, ..Snapshot::default() };
        let empty = Some(Amount::default());
        for (path, known) in
            [("/a", Some(amount)), ("/a/b", None), ("/b", empty), ("/b/c/d", empty), ("/k/x", empty), ("/", empty)]
        {
            assert_eq!(snapshot.directory(path), known, "{path}");
        }
        snapshot.depth = 0;
        assert_eq!((snapshot.directory("/b"), snapshot.directory("/k/x")), (None, empty));
        let package = |name: &str, bytes| Package { kind: "python", name: name.into(), version: "1".into(), bytes, files: 1 };
        snapshot.packages = vec![package("A_b", 3), package("a-B", 4)];
        snapshot.folded.packages.insert("deb", (2, amount));
        assert_eq!(snapshot.package("python", "a.b"), Some(Amount { bytes: 7, files: 2 }));
        assert_eq!((snapshot.package("python", "c"), snapshot.package("deb", "c")), (empty, None));
    }
}
