//! Which part of a sweep a report is of, and which image is of which part.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Report;
use super::figures::{count, grouped};
use super::merge::is_lack;
use crate::digest::Digest;

/// Parts of a sweep: those that the report is of, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// How many parts the sweep has.
    pub count: u32,
    /// The parts that are here, by number: one of a run, several of a merge that lacks some.
    pub parts: Vec<Part>,
}

/// A part of a sweep, and what its run saw of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Its number, from 0.
    pub index: u32,
    /// The images of all parts.
    pub images: u64,
    /// SHA-256 over the sorted references of all parts, a line each: parts of one sweep agree in it unless the registry
    /// changed meanwhile.
    pub listed: String,
}

impl Shard {
    /// The part `index`, from 0, of `count` of images with these references, which are sorted.
    pub fn of(index: u32, count: u32, references: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let (images, listed) = list(references);
        Self { count, parts: vec![Part { index, images, listed }] }
    }

    /// Whether the image of this full reference is of a part that is here. That depends on the reference and the number of parts
    /// alone.
    pub fn holds(&self, reference: &str) -> bool {
        let part = part(reference, self.count);
        self.parts.iter().any(|here| here.index == part)
    }
}

/// How many references a sorted list has, each once, and the digest of them.
pub(super) fn list(sorted: impl IntoIterator<Item = impl AsRef<str>>) -> (u64, String) {
    let mut references: Vec<_> = sorted.into_iter().collect();
    references.dedup_by(|one, other| one.as_ref() == other.as_ref());
    let lines: String = references.iter().flat_map(|reference| [reference.as_ref(), "\n"]).collect();
    (references.len() as u64, Digest::sha256(lines.as_bytes()).to_string())
}

/// The part that an image is of (rendezvous hashing; Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates"):
/// the one whose number, before the reference, has the highest SHA-256. One part more takes its share evenly from the others,
/// and no image moves between those.
fn part(reference: &str, count: u32) -> u32 {
    let weight = |index: &u32| Digest::sha256(format!("{index} {reference}").as_bytes());
    (0..count).max_by_key(weight).unwrap_or_default()
}

impl Report {
    /// Which parts of a sweep it is of, in words.
    pub(super) fn part(&self) -> Option<String> {
        let Shard { count: all, parts } = self.shard.as_ref()?;
        let numbers: Vec<String> = parts.iter().map(|part| format!("{}/{all}", part.index)).collect();
        let (word, numbers) = (if parts.len() == 1 { "shard" } else { "shards" }, numbers.join(", "));
        let own = count(self.images.iter().filter(|image| !is_lack(image)).count() as u64, "image");
        let images = parts.iter().map(|part| part.images).max().unwrap_or_default();
        Some(format!("{word} {numbers}: {own} of {}", grouped(images)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NAMES: u32 = 10_000;

    fn name(number: u32) -> String {
        format!("registry.example/team-{}/app-{}:v{}", number % 7, number % 211, number)
    }

    #[test]
    fn parts_are_even() {
        for parts in [2, 8] {
            let mut sizes = vec![0_u32; parts as usize];
            (0..NAMES).for_each(|number| sizes[part(&name(number), parts) as usize] += 1);
            let expected = f64::from(NAMES) / f64::from(parts);
            let chi: f64 = sizes.iter().map(|size| (f64::from(*size) - expected).powi(2) / expected).sum();
            // Of seven degrees of freedom one in a thousand has more than 24.3.
            assert!(chi < 24.3, "{parts}: {sizes:?}");
        }
    }

    #[test]
    fn one_part_more_takes_its_share_and_moves_nothing_else() {
        let moved = (0..2000).map(name).filter(|name| {
            let (before, after) = (part(name, 7), part(name, 8));
            assert!(before == after || after == 7, "{name}");
            before != after
        });
        let moved = moved.count();
        assert!((190..310).contains(&moved), "{moved} of 2000, an eighth is 250");
    }

    #[test]
    fn each_image_is_of_one_part_and_each_part_knows_all_images() {
        let mut all: Vec<String> = (0..100).map(name).collect();
        all.sort();
        let shards: Vec<Shard> = (0..5).map(|index| Shard::of(index, 5, &all)).collect();
        for name in &all {
            assert_eq!(shards.iter().filter(|shard| shard.holds(name)).count(), 1, "{name}");
        }
        assert!(shards.iter().all(|shard| shard.parts[0].images == 100 && shard.parts[0].listed == shards[0].parts[0].listed));
        assert_eq!(Shard::of(0, 1, BTreeSet::from(["b", "a"])).parts[0].listed, Digest::sha256(b"a\nb\n").to_string());
        assert!(all.iter().all(|name| part(name, 1) == 0));
    }

    #[test]
    fn which_part_an_image_is_of_never_changes() {
        let parts: Vec<u32> = (0..8).map(|number| part(&name(number), 8)).collect();
        assert_eq!(parts, [5, 2, 3, 7, 7, 6, 5, 7]);
    }

    #[test]
    fn a_part_says_how_many_images_there_are_in_all_and_which() {
        let shard = Shard::of(3, 8, ["a", "b"]);
        let listed = Digest::sha256(b"a\nb\n").to_string();
        assert_eq!(shard, Shard { count: 8, parts: vec![Part { index: 3, images: 2, listed }] });
        assert_ne!(shard.parts[0].listed, Shard::of(3, 8, ["a", "c"]).parts[0].listed);
        assert_eq!(list(["a", "a", "b"]), list(["a", "b"]), "several platforms of one reference count once");
    }
}
