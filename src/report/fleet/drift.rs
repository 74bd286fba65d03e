//! Packages that images have in different versions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::Image;

/// Packages that are listed.
const LISTED: usize = 100;

/// A package that images have in different versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drift {
    /// `python`, `deb` or `apk`.
    pub kind: &'static str,
    /// Its name, as the first image spells it.
    pub name: String,
    /// Its versions, that of most images first.
    pub versions: Vec<Version>,
}

/// A version, and the images that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Version {
    /// The version.
    pub version: String,
    /// The places in `images` of those that have it, from 0. An image can have several versions of one package.
    pub images: Vec<usize>,
}

/// A package in all images: its first name, and who has which version.
#[derive(Default)]
struct Spread<'a> {
    name: &'a str,
    versions: BTreeMap<&'a str, BTreeSet<usize>>,
}

pub(super) fn of(images: &[Image]) -> Vec<Drift> {
    let mut packages: BTreeMap<(&'static str, String), Spread<'_>> = BTreeMap::new();
    for (place, image) in images.iter().enumerate() {
        for package in &image.sizes.packages {
            let kind = package.kind;
            let key = if kind == "python" { normalized(&package.name) } else { package.name.clone() };
            let spread = packages.entry((kind, key)).or_default();
            if spread.name.is_empty() {
                spread.name = &package.name;
            }
            spread.versions.entry(&package.version).or_default().insert(place);
        }
    }
    let mut drift: Vec<(usize, Drift)> = packages
        .into_iter()
        .filter(|(_, spread)| differs(&spread.versions))
        .map(|((kind, _), spread)| (spread.versions.values().map(BTreeSet::len).sum(), drift(kind, &spread)))
        .collect();
    // They come by name, and the sort is stable.
    drift.sort_by_key(|(images, drift)| (drift.kind != "python", Reverse(*images)));
    drift.into_iter().take(LISTED).map(|(_, drift)| drift).collect()
}

/// Whether some images have another set of versions than others: one that has two of them, as all have, drifts from none.
fn differs(versions: &BTreeMap<&str, BTreeSet<usize>>) -> bool {
    let mut sets = versions.values();
    let first = sets.next();
    sets.any(|set| Some(set) != first)
}

fn drift(kind: &'static str, spread: &Spread<'_>) -> Drift {
    let version = |(version, images): (&&str, &BTreeSet<usize>)| Version {
        version: (*version).to_owned(),
        images: images.iter().copied().collect(),
    };
    let mut versions: Vec<Version> = spread.versions.iter().map(version).collect();
    versions.sort_by_key(|version| Reverse(version.images.len()));
    Drift { kind, name: spread.name.to_owned(), versions }
}

/// A name as installers compare it (PEP 503, "Normalized Names").
fn normalized(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fleet::tests::{image, package};

    #[test]
    fn what_images_have_in_different_versions_is_listed_with_them() {
        let with = |packages: &[(&str, &str, &str)]| {
            let mut image = image("x", vec![]);
            image.sizes.packages = packages.iter().map(|(kind, name, version)| package(kind, name, version)).collect();
            image
        };
        let images = [
            with(&[
                ("python", "FastAPI", "1"),
                ("python", "same", "1"),
                ("deb", "libc6", "2"),
                ("python", "twice", "1"),
                ("python", "twice", "2"),
            ]),
            with(&[
                ("python", "fastapi", "2"),
                ("python", "same", "1"),
                ("deb", "libc6", "3"),
                ("python", "twice", "1"),
                ("python", "twice", "2"),
            ]),
            with(&[("python", "fast.api", "1"), ("python", "fastapi", "2")]),
        ];
        let drift = of(&images);
        let seen: Vec<String> = drift
            .iter()
            .map(|drift| {
                let versions = drift.versions.iter().map(|version| format!("{} {:?}", version.version, version.images));
                format!("{} {}: {}", drift.kind, drift.name, versions.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(seen, ["python FastAPI: 2 [1, 2], 1 [0]", "deb libc6: 2 [0], 3 [1]"]);
    }
}
