//! Growth over a baseline, in words.

use std::cmp::Reverse;

use super::super::{Context, words};
use crate::finding::{Finding, Level, Place};
use crate::size::delta::{Change, Fate, PackageDelta};
use crate::size::growth::{Broken, Grown, Growth};
use crate::size::snapshot::compared;
use crate::size::{Delta, Scope};
use crate::text::terminal;
use crate::vfs::LayerPath;

/// What is named of what grew.
const NAMED: usize = 3;

/// Where packages lie: what grew below is told of them.
const PACKAGES: [&str; 3] = ["/site-packages", "/dist-packages", "/node_modules"];

/// Why the blobs of both sides cannot be compared, given what came of it: those of one side are packed otherwise, which
/// layers that both have show. A side that weighs too much proves all the same that what grew least did, or did not.
pub(super) fn incomparable(context: &Context<'_>, delta: &Delta, is_broken: bool) -> Option<&'static str> {
    let shared = delta.layers.iter().filter(|layer| layer.same).map(|layer| layer.compressed_bytes);
    let (old, new) =
        shared.fold((0_u128, 0_u128), |(old, new), Change { old: o, new: n }| (old + u128::from(o), new + u128::from(n)));
    let layers = &context.facts.layers;
    let is_plain = || !layers.is_empty() && layers.iter().all(|layer| layer.media_type.ends_with("tar"));
    let is_heavier = if old + new > 0 { new * 10 > old * 11 } else { is_plain() };
    if is_heavier && is_broken {
        Some("the layers lie here uncompressed: what they weigh in a registry is not known")
    } else if old * 10 > new * 11 && !is_broken {
        Some("the layers of the baseline lay uncompressed: what they weighed in a registry is not known")
    } else {
        None
    }
}

/// The finding about a scope that grew by more than it may.
pub(super) fn finding(context: &Context<'_>, growth: &Growth<'_>, broken: &Broken, level: Level) -> Finding {
    let delta = growth.delta;
    let worst = broken.grown.first();
    let change = worst.map(|grown| grown.change).unwrap_or_default();
    let layer = worst.and_then(|grown| grown.layer).or_else(|| heaviest(delta, &broken.scope));
    let over = terminal(&delta.old.reference);
    let by = by(change);
    let (head, culprits) = match &broken.scope {
        Scope::Unpacked => (by.clone(), culprits(context, delta, layer)),
        Scope::Compressed => (format!("{by} packed"), culprits(context, delta, layer)),
        Scope::Layer => (format!("{by} in a layer"), listed(&broken.grown, |grown| made(context, grown.layer?))),
        Scope::Directory(path) => (format!("{by} in {}", terminal(path)), files(delta, path)),
        Scope::AnyPackage | Scope::Package(..) => {
            (format!("{by} in a package"), listed(&broken.grown, |grown| package(delta, grown.package.as_ref()?).map(named)))
        }
    };
    let told = if culprits.is_empty() { String::new() } else { format!(": {}", culprits.join(", ")) };
    let mut finding = Finding::new(level, format!("{head} over {over}{told}"), fix(context, delta, broken, layer))
        .contrast(by, format!("at most {}", broken.allowed))
        .of(worst.and_then(|grown| grown.package.as_ref()).map(|(_, name)| terminal(name)));
    let path = match &broken.scope {
        Scope::Directory(path) => Some(path.clone()),
        _ => None,
    };
    finding.place = Place { path, layer };
    finding.count = broken.grown.len().max(1) as u64;
    finding
}

/// `+31.2 MB (+5.8 %)`.
fn by(change: Change) -> String {
    let by = change.new.saturating_sub(change.old);
    let tenths = u128::from(by) * 1000 / u128::from(change.old.max(1));
    let percent = if change.old == 0 { String::new() } else { format!(" (+{}.{} %)", tenths / 10, tenths % 10) };
    format!("{}{percent}", plus(by))
}

fn plus(bytes: u64) -> String {
    format!("+{}", words::bytes(bytes))
}

fn grown(change: Change) -> u64 {
    change.new.saturating_sub(change.old)
}

/// The layer of the image that grew most.
fn heaviest(delta: &Delta, scope: &Scope) -> Option<usize> {
    let by = |packed: Change, files: Change| grown(if *scope == Scope::Compressed { packed } else { files });
    let layers = delta.layers.iter().filter_map(|layer| Some((by(layer.compressed_bytes, layer.files_bytes), layer.new_index?)));
    layers.filter(|(by, _)| *by > 0).max_by_key(|(by, index)| (*by, Reverse(*index))).map(|(_, index)| index)
}

/// What made an image grow: packages, then directories, then what is not seen, then the layer.
fn culprits(context: &Context<'_>, delta: &Delta, layer: Option<usize>) -> Vec<String> {
    let mut packages: Vec<&PackageDelta> = delta.packages.iter().filter(|package| grown(package.bytes) > 0).collect();
    packages.sort_by_key(|package| Reverse(grown(package.bytes)));
    let mut told: Vec<String> = packages.iter().take(NAMED).map(|package| named(package)).collect();
    if let Some(more) = packages.len().checked_sub(NAMED).filter(|more| *more > 0) {
        told.push(format!("{more} more packages"));
    }
    let unowned = grown(delta.unowned_bytes);
    let is_own = |path: &str| PACKAGES.iter().all(|packages| !path.contains(packages));
    let directories = delta.directories.iter().map(|directory| (grown(directory.bytes), &directory.path));
    let mut directories: Vec<_> = directories.filter(|(by, path)| (1..=unowned).contains(by) && is_own(path)).collect();
    directories.sort_by_key(|(by, path)| (Reverse(*by), *path));
    told.extend(directories.first().map(|(by, path)| format!("{} in {}", plus(*by), terminal(path))));
    if directories.is_empty() && unowned > 0 {
        told.push(format!("{} of no package", plus(unowned)));
    }
    let waste = grown(delta.waste_bytes);
    told.extend((waste > 0).then(|| format!("{} shipped and not seen", plus(waste))));
    told.extend(layer.and_then(|layer| made(context, layer)));
    told
}

/// `layer 7 COPY . /app`.
fn made(context: &Context<'_>, layer: usize) -> Option<String> {
    let by = context.facts.instruction(layer).map(|made| format!(" {}", words::excerpt(&made))).unwrap_or_default();
    context.facts.layers.get(layer).map(|_| format!("layer {}{by}", layer + 1))
}

/// `numpy 1.26.4 → 2.1.0 +28.4 MB`.
fn named(package: &PackageDelta) -> String {
    let version = match (&package.old_version, &package.new_version) {
        (Some(old), Some(new)) if old != new => format!(" {} → {}", terminal(old), terminal(new)),
        (None, Some(new)) => format!(" {} (new)", terminal(new)),
        (_, Some(new)) => format!(" {}", terminal(new)),
        (_, None) => String::new(),
    };
    format!("{}{version} {}", terminal(&package.name), plus(grown(package.bytes)))
}

fn package<'d>(delta: &'d Delta, (kind, name): &(&str, String)) -> Option<&'d PackageDelta> {
    delta.packages.iter().find(|package| package.kind == *kind && compared(kind, &package.name) == *name)
}

fn listed(grown: &[Grown], tell: impl Fn(&Grown) -> Option<String>) -> Vec<String> {
    let mut told: Vec<String> = grown.iter().take(NAMED).filter_map(tell).collect();
    told.extend(grown.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("{more} more")));
    told
}

/// The files that made a directory grow.
fn files(delta: &Delta, path: &str) -> Vec<String> {
    let directory = LayerPath::new(path);
    let largest = delta.contents.iter().flat_map(|contents| &contents.largest);
    let came = largest.filter(|file| matches!(file.what, Fate::New | Fate::Grown | Fate::Moved));
    let below = came.filter(|file| LayerPath::new(&file.path).is_within(&directory));
    let from = |file: &crate::size::delta::FileDelta| if file.what == Fate::Grown { grown(file.bytes) } else { file.bytes.new };
    below.take(NAMED).map(|file| format!("{} {}", terminal(&file.path), plus(from(file)))).collect()
}

fn fix(context: &Context<'_>, delta: &Delta, broken: &Broken, layer: Option<usize>) -> String {
    let package = match &broken.scope {
        Scope::Unpacked | Scope::Compressed => delta.packages.iter().max_by_key(|package| grown(package.bytes)),
        _ => broken.grown.first().and_then(|grown| package(delta, grown.package.as_ref()?)),
    };
    let unowned = if matches!(broken.scope, Scope::Unpacked | Scope::Compressed) { grown(delta.unowned_bytes) } else { 0 };
    let package = package.filter(|package| grown(package.bytes) > unowned);
    let usual = || match layer.and_then(|layer| made(context, layer)) {
        Some(made) => format!("take out of {made} what nobody needs"),
        None => "take out what nobody needs of it".to_owned(),
    };
    let first = match package {
        Some(PackageDelta { name, old_version: Some(old), new_version: Some(new), .. }) if old != new => {
            format!("stay with {} {} or take out what {} brings and nobody needs", terminal(name), terminal(old), terminal(new))
        }
        Some(PackageDelta { name, old_version: None, .. }) => format!("take {} out if nothing needs it", terminal(name)),
        _ => usual(),
    };
    format!("{first}; if the bytes are meant, take a new baseline or raise max-growth")
}
