//! Whether an image grew over its baseline by more than it may. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::delta::Change;
use super::snapshot::compared;
use super::threshold::{Limit, Scope, Threshold};
use super::{Delta, Snapshot};

/// What an image is held against: its baseline, and how much it may have grown.
#[derive(Debug, Clone, Copy)]
pub struct Growth<'a> {
    /// The baseline.
    pub old: &'a Snapshot,
    /// The image.
    pub new: &'a Snapshot,
    /// What changed from the one to the other.
    pub delta: &'a Delta,
    /// What is allowed; empty: nobody set anything.
    pub thresholds: &'a [Threshold],
    /// Whether one passed bound of several on the same scope is enough.
    pub any: bool,
}

/// What came of the bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Scopes that could be judged.
    pub examined: usize,
    /// Scopes that grew by more than they may.
    pub broken: Vec<Broken>,
    /// Why the others could not be judged.
    pub unknown: Vec<String>,
}

/// A scope that grew by more than it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The scope.
    pub scope: Scope,
    /// What was allowed: `5% or 10MB`.
    pub allowed: String,
    /// What grew, by what it grew, most first: of a scope of any one layer or package each that grew by more than it may.
    pub grown: Vec<Grown>,
}

/// Something that grew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// Before and after.
    pub change: Change,
    /// The package, by kind and name, if it is one.
    pub package: Option<(&'static str, String)>,
    /// The layer of the image, from 0, if it is one.
    pub layer: Option<usize>,
}

impl From<Change> for Grown {
    fn from(change: Change) -> Self {
        Self { change, package: None, layer: None }
    }
}

impl Growth<'_> {
    /// Holds the image against these bounds.
    pub fn judge(&self, thresholds: &[Threshold]) -> Outcome {
        let mut scopes: BTreeMap<Scope, Vec<&Limit>> = BTreeMap::new();
        for Threshold { scope, limit } in thresholds {
            let scopes_of = scope.clone().map_or_else(|| vec![Scope::Unpacked, Scope::Compressed], |scope| vec![scope]);
            for scope in scopes_of {
                scopes.entry(scope).or_default().push(limit);
            }
        }
        let mut outcome = Outcome::default();
        for (scope, limits) in scopes {
            match self.grown(&scope, &|change| self.is_passed(&limits, change)) {
                Err(why) => outcome.unknown.push(why),
                Ok(grown) => {
                    outcome.examined += 1;
                    if !grown.is_empty() {
                        outcome.broken.push(Broken { scope, allowed: self.allowed(&limits), grown });
                    }
                }
            }
        }
        outcome
    }

    fn is_passed(&self, limits: &[&Limit], change: Change) -> bool {
        let mut passed = limits.iter().map(|limit| limit.is_passed(change));
        if self.any { passed.any(|passed| passed) } else { passed.all(|passed| passed) }
    }

    /// Without `any` a growth within either bound is allowed; with it, only one within both.
    fn allowed(&self, limits: &[&Limit]) -> String {
        let limits: Vec<String> = limits.iter().map(ToString::to_string).collect();
        limits.join(if self.any { " and " } else { " or " })
    }

    /// What of a scope grew by more than it may, most first; or why that is not known.
    fn grown(&self, scope: &Scope, is_passed: &dyn Fn(Change) -> bool) -> Result<Vec<Grown>, String> {
        let all: Vec<Grown> = match scope {
            Scope::Unpacked => vec![self.delta.unpacked_bytes.into()],
            Scope::Compressed => vec![self.delta.compressed_bytes.into()],
            Scope::Layer => self.layers(is_passed)?,
            Scope::Directory(path) => vec![self.directory(path, is_passed)?],
            Scope::AnyPackage => self.packages(is_passed)?,
            Scope::Package(kind, name) => vec![self.package(kind, name, is_passed)?],
        };
        let mut grown: Vec<Grown> = all.into_iter().filter(|grown| is_passed(grown.change)).collect();
        grown.sort_by_key(|grown| Reverse(grown.change.by()));
        Ok(grown)
    }

    /// The layers of the image. One that a saved baseline has no room for is told from a new one by nothing.
    fn layers(&self, is_passed: &dyn Fn(Change) -> bool) -> Result<Vec<Grown>, String> {
        let layers = || self.delta.layers.iter().filter(|layer| layer.new_index.is_some());
        if self.old.folded.layers > 0 && layers().any(|layer| layer.old_index.is_none() && is_passed(layer.files_bytes)) {
            return Err(unwritten(self.old, "every layer"));
        }
        Ok(layers().map(|layer| Grown { layer: layer.new_index, ..layer.files_bytes.into() }).collect())
    }

    fn directory(&self, path: &str, is_passed: &dyn Fn(Change) -> bool) -> Result<Grown, String> {
        let bytes = |snapshot: &Snapshot| snapshot.directory(path).map(|amount| amount.bytes);
        let change = self.settled(bytes(self.old), bytes(self.new), is_passed);
        change.map(Grown::from).map_err(|side| unwritten(side, path))
    }

    fn package(&self, kind: &'static str, name: &str, is_passed: &dyn Fn(Change) -> bool) -> Result<Grown, String> {
        let bytes = |snapshot: &Snapshot| snapshot.package(kind, name).map(|amount| amount.bytes);
        let change = self.settled(bytes(self.old), bytes(self.new), is_passed);
        let change = change.map_err(|side| unwritten(side, &format!("the {kind} package {name}")))?;
        Ok(Grown { package: Some((kind, name.to_owned())), ..change.into() })
    }

    /// Each package, all that is installed of it together.
    fn packages(&self, is_passed: &dyn Fn(Change) -> bool) -> Result<Vec<Grown>, String> {
        let (old, new) = (packages(self.old), packages(self.new));
        let is_folded = |snapshot: &Snapshot, kind| snapshot.folded.packages.contains_key(kind);
        if !self.new.folded.packages.is_empty() {
            return Err(unwritten(self.new, "every package"));
        }
        let grown = new.into_iter().map(|((kind, name), bytes)| {
            let was = old.get(&(kind, name.clone())).copied().or_else(|| (!is_folded(self.old, kind)).then_some(0));
            let change = self.settled(was, Some(bytes), is_passed);
            let change = change.map_err(|side| unwritten(side, &format!("the {kind} package {name}")))?;
            Ok(Grown { package: Some((kind, name)), ..change.into() })
        });
        grown.collect()
    }

    /// The change; or the side that does not say. What the older one does not say cannot matter where the newer one would be
    /// allowed had it come from nothing.
    fn settled(&self, old: Option<u64>, new: Option<u64>, is_passed: &dyn Fn(Change) -> bool) -> Result<Change, &Snapshot> {
        let new = new.ok_or(self.new)?;
        let is_moot = !is_passed(Change { old: 0, new });
        Ok(Change { old: old.or(is_moot.then_some(new)).ok_or(self.old)?, new })
    }
}

fn unwritten(side: &Snapshot, what: &str) -> String {
    format!("{} does not say what {what} weighs", side.side.reference)
}

/// Bytes of packages by kind and name, all of a name together.
fn packages(snapshot: &Snapshot) -> BTreeMap<(&'static str, String), u64> {
    let mut found = BTreeMap::new();
    for package in &snapshot.packages {
        let bytes: &mut u64 = found.entry((package.kind, compared(package.kind, &package.name))).or_default();
        *bytes = bytes.saturating_add(package.bytes);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::Package;
    use crate::size::snapshot::{Amount, Side, SnapshotLayer, Totals};

    fn image(unpacked: u64, app: u64, packages: &[(&'static str, &str, u64)]) -> Snapshot {
        let package = |(kind, name, bytes): &(&'static str, &str, u64)| Package {
            kind,
            name: (*name).to_owned(),
            version: "1".into(),
            bytes: *bytes,
            files: 1,
        };
        let layer = SnapshotLayer { files_bytes: app, created_by: Some("COPY . /app".into()), ..SnapshotLayer::default() };
        Snapshot {
            side: Side { reference: "x:1".into(), ..Side::default() },
            totals: Totals { unpacked, compressed: unpacked / 2, bytes: unpacked, files: 3, waste: 0 },
            packages: packages.iter().map(package).collect(),
            directories: [("/app".to_owned(), Amount { bytes: app, files: 1 })].into(),
            depth: usize::MAX,
            layers: vec![layer],
            ..Snapshot::default()
        }
    }

    fn judge(old: &Snapshot, new: &Snapshot, bounds: &[&str], any: bool) -> Outcome {
        let thresholds: Vec<Threshold> = bounds.iter().map(|text| text.parse().unwrap()).collect();
        Growth { old, new, delta: &Delta::of(old, new), thresholds: &thresholds, any }.judge(&thresholds)
    }

    /// The scopes that are broken, what grew in each, and how many others held.
    fn broken(old: &Snapshot, new: &Snapshot, bounds: &[&str]) -> (Vec<(Scope, Vec<i128>)>, usize) {
        let Outcome { examined, broken, unknown } = judge(old, new, bounds, false);
        assert_eq!(unknown, [""; 0]);
        let held = examined - broken.len();
        let grown = |grown: &Grown| grown.change.by();
        (broken.into_iter().map(|broken| (broken.scope, broken.grown.iter().map(grown).collect())).collect(), held)
    }

    #[test]
    fn a_scope_fails_if_all_bounds_on_it_are_passed_or_with_any_one() {
        let (old, new) = (image(100, 0, &[]), image(110, 0, &[]));
        for (bounds, all, any) in [
            (&["5%"][..], 2, 2),
            (&["5%", "8B"], 1, 2),
            (&["5%", "20B"], 0, 2),
            (&["unpacked=5%", "20B"], 0, 1),
            (&["10%"], 0, 0),
            (&["0", "0%"], 2, 2),
        ] {
            let counts = [false, true].map(|any| judge(&old, &new, bounds, any).broken.len());
            assert_eq!(counts, [all, any], "{bounds:?}");
        }
        let allowed = |any| judge(&old, &new, &["5%", "8B"], any).broken[0].allowed.clone();
        assert_eq!([allowed(false), allowed(true)], ["5% or 8B", "5% and 8B"]);
        assert_eq!(judge(&new, &old, &["0", "0%"], true).broken, []);
        assert_eq!(judge(&old, &old, &["0", "0%"], true).examined, 2);
    }

    #[test]
    fn each_scope_is_judged_by_what_grew_in_it() {
        let old = image(100, 10, &[("python", "Flask_Login", 5), ("deb", "libc6", 7), ("python", "gone", 9)]);
        let new = image(130, 25, &[("python", "flask-login", 6), ("python", "numpy", 20), ("deb", "libc6", 7)]);
        let package = |kind, name: &str| Scope::Package(kind, name.into());
        for (bound, scope, grown) in [
            ("unpacked=29B", Scope::Unpacked, vec![30]),
            ("compressed=14B", Scope::Compressed, vec![15]),
            ("layer=14B", Scope::Layer, vec![15]),
            ("/app=14B", Scope::Directory("/app".into()), vec![15]),
            ("/=0", Scope::Directory("/".into()), vec![30]),
            ("package=0", Scope::AnyPackage, vec![20, 1]),
            ("python:flask.login=0", package("python", "flask-login"), vec![1]),
            ("python:numpy=100%", package("python", "numpy"), vec![20]),
        ] {
            assert_eq!(broken(&old, &new, &[bound]), (vec![(scope, grown)], 0), "{bound}");
        }
        for bound in
            ["unpacked=30B", "layer=15B", "/app=15B", "/srv=0", "package=20B", "python:gone=0", "deb:libc6=0", "python:none=0"]
        {
            assert_eq!(broken(&old, &new, &[bound]), (vec![], 1), "{bound}");
        }
    }

    #[test]
    fn what_the_baseline_does_not_say_is_unknown_unless_it_cannot_matter() {
        let mut old = image(100, 10, &[("python", "a", 5)]);
        let new = image(130, 25, &[("python", "a", 5), ("python", "b", 6), ("deb", "c", 7)]);
        (old.depth, old.folded.layers) = (0, 1);
        old.directories.clear();
        old.layers.clear();
        old.folded.packages.insert("python", (1, Amount { bytes: 6, files: 1 }));
        for bound in ["/app=1B", "/app=500%", "python:b=0", "package=5B", "layer=1B"] {
            let outcome = judge(&old, &new, &[bound], false);
            assert_eq!((outcome.examined, outcome.broken.len(), outcome.unknown.len()), (0, 0, 1), "{bound}");
            assert!(outcome.unknown[0].starts_with("x:1 does not say what "), "{:?}", outcome.unknown);
        }
        for bound in ["/app=25B", "python:b=6B", "python:a=0", "deb:d=0", "package=7B", "layer=25B"] {
            assert_eq!(broken(&old, &new, &[bound]), (vec![], 1), "{bound}");
        }
        assert_eq!(broken(&old, &new, &["deb:c=6B"]).0.len(), 1, "no package of this kind was folded");
    }
}
