//! Two snapshots held against each other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::contents::contents;
use super::layers::layers;
use super::{Change, Delta, DirectoryDelta, Findings, OtherPackages, PackageDelta, SettingDelta};
use crate::reference::{Platform, Reference, Transport};
use crate::size::snapshot::{Amount, Fingerprint, Side, Snapshot, around, compared};

/// Packages that are told one by one. More are no culprits.
const PACKAGES: usize = 100;

/// Directories that are told.
const DIRECTORIES: usize = 40;

/// Settings that are told, and characters of a value: a configuration can hold megabytes.
const SETTINGS: usize = 200;
const VALUE: usize = 500;

impl Delta {
    /// What changed from one image to another. A snapshot held against itself gives nothing, and two held against each other
    /// the other way round the same with the sides exchanged.
    pub fn of(old: &Snapshot, new: &Snapshot) -> Self {
        let change = |of: fn(&Snapshot) -> u64| Change { old: of(old), new: of(new) };
        let (packages, other_packages) = packages(old, new);
        Self {
            old: old.side.clone(),
            new: new.side.clone(),
            notes: notes(old, new),
            compressed_bytes: change(|side| side.totals.compressed),
            unpacked_bytes: change(|side| side.totals.unpacked),
            bytes: change(|side| side.totals.bytes),
            files: change(|side| side.totals.files),
            waste_bytes: change(|side| side.totals.waste),
            packages,
            other_packages,
            unowned_bytes: change(|side| side.unowned.bytes),
            directories: directories(old, new),
            layers: layers(&old.layers, &new.layers),
            contents: old.files.as_ref().zip(new.files.as_ref()).map(|(old, new)| contents(old, new)),
            config: old.config.as_ref().zip(new.config.as_ref()).map(|(old, new)| settings(old, new)),
            findings: old.findings.as_ref().zip(new.findings.as_ref()).map(|(old, new)| Findings::of(old, new)),
        }
    }

    /// Whether nothing changed, as far as both sides say.
    pub fn is_empty(&self) -> bool {
        let Self { compressed_bytes, unpacked_bytes, bytes, files, waste_bytes, unowned_bytes, other_packages, .. } = self;
        let others = [other_packages.packages, other_packages.bytes, other_packages.files];
        let totals = [compressed_bytes, unpacked_bytes, bytes, files, waste_bytes, unowned_bytes];
        totals.into_iter().chain(&others).all(|change| change.is_none())
            && self.packages.is_empty()
            && self.directories.is_empty()
            && self.layers.iter().all(|layer| layer.same)
            && self.contents.as_ref().is_none_or(|contents| contents.largest.is_empty())
            && self.config.as_ref().is_none_or(Vec::is_empty)
            && self.findings.as_ref().is_none_or(|findings| findings.new.is_empty() && findings.fixed.is_empty())
    }

    /// Whether two images are of the same platform: only then is one the other's baseline. arm64 means v8 whether it says so
    /// or not. An error says what each is of.
    pub fn comparable(old: &Snapshot, new: &Snapshot) -> Result<(), String> {
        let (old, new) = (&old.side, &new.side);
        let platforms = old.platform.parse::<Platform>().ok().zip(new.platform.parse::<Platform>().ok());
        if platforms.map_or(old.platform == new.platform, |(old, new)| old.serves(&new)) {
            return Ok(());
        }
        Err(format!("{} is of {}, and {} of {}", old.reference, old.platform, new.reference, new.platform))
    }
}

/// Sorts what changed most first, what changed by as much by name, and keeps the first `most`; returns the others.
fn foremost<T, K: Ord>(list: &mut Vec<T>, most: usize, change: impl Fn(&T) -> Change, name: impl Fn(&T) -> K) -> Vec<T> {
    list.sort_by_cached_key(|item| (Reverse(change(item).by().unsigned_abs()), name(item)));
    list.split_off(most.min(list.len()))
}

/// All that is installed of one package.
#[derive(Default)]
struct Installed<'a> {
    name: &'a str,
    versions: BTreeSet<&'a str>,
    amount: Amount,
}

impl Installed<'_> {
    fn version(&self) -> String {
        self.versions.iter().copied().collect::<Vec<_>>().join(", ")
    }
}

fn installed(snapshot: &Snapshot) -> BTreeMap<(&'static str, String), Installed<'_>> {
    let mut found: BTreeMap<_, Installed<'_>> = BTreeMap::new();
    for package in &snapshot.packages {
        let installed = found.entry((package.kind, compared(package.kind, &package.name))).or_default();
        installed.name = &package.name;
        installed.versions.insert(&package.version);
        installed.amount = installed.amount.plus(package.bytes, package.files);
    }
    found
}

impl OtherPackages {
    fn add(&mut self, old: Option<(u64, Amount)>, new: Option<(u64, Amount)>) {
        let add = |change: &mut Change, of: fn((u64, Amount)) -> u64| {
            change.old = change.old.saturating_add(old.map_or(0, of));
            change.new = change.new.saturating_add(new.map_or(0, of));
        };
        add(&mut self.packages, |(packages, _)| packages);
        add(&mut self.bytes, |(_, amount)| amount.bytes);
        add(&mut self.files, |(_, amount)| amount.files);
    }
}

fn packages(old: &Snapshot, new: &Snapshot) -> (Vec<PackageDelta>, OtherPackages) {
    let (were, are) = (installed(old), installed(new));
    let (mut told, mut others) = (Vec::new(), OtherPackages::default());
    for key in were.keys().chain(are.keys().filter(|key| !were.contains_key(*key))) {
        let (was, is) = (were.get(key), are.get(key));
        let is_folded = |side: &Snapshot| side.folded.packages.contains_key(key.0);
        let one = |installed: &Installed<'_>| (1, installed.amount);
        if was.is_none() && is_folded(old) || is.is_none() && is_folded(new) {
            others.add(was.map(one), is.map(one));
            continue;
        }
        let amount = |of: fn(&Amount) -> u64| {
            let of = |installed: &Installed<'_>| of(&installed.amount);
            Change { old: was.map_or(0, of), new: is.map_or(0, of) }
        };
        let package = PackageDelta {
            kind: key.0,
            name: is.or(was).map(|installed| installed.name.to_owned()).unwrap_or_default(),
            old_version: was.map(Installed::version),
            new_version: is.map(Installed::version),
            bytes: amount(|amount| amount.bytes),
            files: amount(|amount| amount.files),
        };
        if package.old_version != package.new_version || !package.bytes.is_none() || !package.files.is_none() {
            told.push(package);
        }
    }
    for folded in old.folded.packages.values() {
        others.add(Some(*folded), None);
    }
    for folded in new.folded.packages.values() {
        others.add(None, Some(*folded));
    }
    let name = |package: &PackageDelta| (package.kind, compared(package.kind, &package.name));
    for rest in foremost(&mut told, PACKAGES, |package| package.bytes, name) {
        let side = |version: Option<String>, bytes, files| version.map(|_| (1, Amount { bytes, files }));
        let (bytes, files) = (rest.bytes, rest.files);
        others.add(side(rest.old_version, bytes.old, files.old), side(rest.new_version, bytes.new, files.new));
    }
    (told, others)
}

/// The directories that changed, but for those that changed by as much as one in them. Below a directory that is left out
/// there is always one that is not.
fn directories(old: &Snapshot, new: &Snapshot) -> Vec<DirectoryDelta> {
    let paths: BTreeSet<&str> = old.directories.keys().chain(new.directories.keys()).map(String::as_str).collect();
    let change = |path: &str| Some(Change { old: old.directory(path)?.bytes, new: new.directory(path)?.bytes });
    let changes: BTreeMap<&str, Change> = paths.into_iter().filter_map(|path| Some((path, change(path)?))).collect();
    let mut repeated = BTreeSet::new();
    for (path, change) in &changes {
        let above = around(path).rev().find_map(|above| changes.get_key_value(above));
        repeated.extend(above.filter(|(_, above)| above.by() == change.by()).map(|(path, _)| *path));
    }
    let told = changes.iter().filter(|(path, change)| !change.is_none() && !repeated.contains(*path));
    let mut told: Vec<_> = told.map(|(path, bytes)| DirectoryDelta { path: (*path).to_owned(), bytes: *bytes }).collect();
    foremost(&mut told, DIRECTORIES, |directory| directory.bytes, |directory| directory.path.clone());
    told
}

fn settings(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<SettingDelta> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let shown = |value: Option<&String>| value.map(|value| value.chars().take(VALUE).collect());
    let differing = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).take(SETTINGS);
    differing.map(|name| SettingDelta { name: name.clone(), old: shown(old.get(name)), new: shown(new.get(name)) }).collect()
}

impl Findings {
    /// What changed, each finding as often as it is there.
    pub fn of(old: &[Fingerprint], new: &[Fingerprint]) -> Self {
        let mut counts: BTreeMap<&Fingerprint, Change> = BTreeMap::new();
        for finding in old {
            counts.entry(finding).or_default().old += 1;
        }
        for finding in new {
            counts.entry(finding).or_default().new += 1;
        }
        let mut found = Self::default();
        for (finding, Change { old, new }) in counts {
            let more = |count: u64, than: u64| (than..count).map(|_| finding.clone());
            found.new.extend(more(new, old));
            found.fixed.extend(more(old, new));
            found.same += old.min(new);
        }
        found
    }
}

fn notes(old: &Snapshot, new: &Snapshot) -> Vec<String> {
    let (was, is) = (&old.side.reference, &new.side.reference);
    let other = !of_one_repository(&old.side, &new.side);
    let mut notes: Vec<String> = other.then(|| format!("{was} is of another repository than {is}")).into_iter().collect();
    for side in [old, new] {
        let reference = &side.side.reference;
        let packages: u64 = side.folded.packages.values().fold(0, |sum, (packages, _)| sum.saturating_add(*packages));
        let folded = [(packages, "packages"), (side.folded.layers, "layers"), (side.folded.findings, "findings")];
        for (count, what) in folded.into_iter().filter(|(count, _)| *count > 0) {
            notes.push(format!(
                "the baseline of {reference} had no room for {count} {what}: what stands here as new or gone may be one of them"
            ));
        }
    }
    notes
}

/// Whether both references can be of the same repository; those that are of no registry are of none.
fn of_one_repository(old: &Side, new: &Side) -> bool {
    let transport = |side: &Side| side.reference.parse().ok().map(|reference: Reference| reference.transport);
    match (transport(old), transport(new)) {
        (Some(old @ Transport::Registry { .. }), Some(new @ Transport::Registry { .. })) => old == new,
        _ => true,
    }
}
