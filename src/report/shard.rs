//! Which part of a sweep a report is of, and which image is of which part.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Report;
use super::figures::{count, grouped};
use crate::digest::Digest;

/// A part of a sweep: which of its images the report is of, and how many there are in all parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Its number, from 0.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// The images of all parts.
    pub images: u64,
    /// SHA-256 over the sorted references of all parts, a line each: parts of one sweep agree in it unless the registry
    /// changed meanwhile.
    pub listed: String,
}

impl Shard {
    /// The part `index`, from 0, of `count` of these images.
    pub fn of(index: u32, count: u32, references: &BTreeSet<String>) -> Self {
        let lines: String = references.iter().flat_map(|reference| [reference, "\n"]).collect();
        Self { index, count, images: references.len() as u64, listed: Digest::sha256(lines.as_bytes()).to_string() }
    }

    /// Whether the image of this full reference is of this part. That depends on the reference and the number of parts alone.
    pub fn holds(&self, reference: &str) -> bool {
        part(reference, self.count) == self.index
    }
}

/// The part that an image is of (rendezvous hashing; Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates"):
/// the one whose number, before the reference, has the highest SHA-256. One part more takes its share evenly from the others,
/// and no image moves between those.
fn part(reference: &str, count: u32) -> u32 {
    let weight = |index: &u32| Digest::sha256(format!("{index} {reference}").as_bytes());
    (0..count).max_by_key(weight).unwrap_or_default()
}

impl Report {
    /// Which part of a sweep it is of, in words.
    pub(super) fn part(&self) -> Option<String> {
        let Shard { index, count: parts, images, .. } = self.shard.as_ref()?;
        let own = count(self.images.len() as u64, "image");
        Some(format!("shard {index}/{parts}: {own} of {}", grouped(*images)))
    }
}

#[cfg(test)]
mod tests {
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
        let all: BTreeSet<String> = (0..100).map(name).collect();
        let shards: Vec<Shard> = (0..5).map(|index| Shard::of(index, 5, &all)).collect();
        for name in &all {
            assert_eq!(shards.iter().filter(|shard| shard.holds(name)).count(), 1, "{name}");
        }
        assert!(shards.iter().all(|shard| shard.images == 100 && shard.listed == shards[0].listed));
        assert_eq!(Shard::of(0, 1, &BTreeSet::from(["b".into(), "a".into()])).listed, Digest::sha256(b"a\nb\n").to_string());
        assert!(all.iter().all(|name| part(name, 1) == 0));
    }

    #[test]
    fn which_part_an_image_is_of_never_changes() {
        let parts: Vec<u32> = (0..8).map(|number| part(&name(number), 8)).collect();
        assert_eq!(parts, [5, 2, 3, 7, 7, 6, 5, 7]);
    }
}
