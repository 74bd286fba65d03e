//! Which part of a sweep a report is of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// The part `index` of `count`, of a sweep over images with these references, which are sorted. Several platforms of one
    /// reference count once.
    pub fn of(index: u32, count: u32, references: &[impl AsRef<str>]) -> Self {
        let (images, listed) = list(references);
        Self { count, parts: vec![Part { index, images, listed }] }
    }
}

/// How many references a sorted list has, each once, and the digest of them.
pub(super) fn list(sorted: &[impl AsRef<str>]) -> (u64, String) {
    let mut references: Vec<&str> = sorted.iter().map(AsRef::as_ref).collect();
    references.dedup();
    let lines: String = references.iter().flat_map(|reference| [reference, "\n"]).collect();
    (references.len() as u64, Digest::sha256(lines.as_bytes()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_how_many_images_there_are_in_all_and_which() {
        let shard = Shard::of(3, 8, &["a", "b", "b"]);
        let listed = Digest::sha256(b"a\nb\n").to_string();
        assert_eq!(shard, Shard { count: 8, parts: vec![Part { index: 3, images: 2, listed }] });
        assert_ne!(shard.parts[0].listed, Shard::of(3, 8, &["a", "c"]).parts[0].listed);
    }
}
