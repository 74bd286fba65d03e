//! Directories that hold the same.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::vfs::{Kind, NodeId, Tree};

/// Two directories that hold the same files under the same names, and are in no two others that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twins {
    /// The first of them in path order.
    pub one: NodeId,
    /// Another.
    pub other: NodeId,
    /// Bytes of the files in one of them; files with several names, which cost nothing more, are left out.
    pub bytes: u64,
}

/// Compiled modules hold the path that they were compiled at.
const COMPILED: &[u8] = b"__pycache__";

/// What a directory holds: a digest of all names and contents below it, and their bytes.
#[derive(Clone, Copy)]
struct Held {
    digest: [u8; 32],
    bytes: u64,
}

/// What a directory holds that was not looked at.
const NOTHING: Held = Held { digest: [0; 32], bytes: 0 };

/// Finds the directories that hold the same, in path order. Owners, modes and times are not looked at, nor is what Python
/// compiled.
pub fn twins(tree: &Tree) -> Vec<Twins> {
    let mut paths: Vec<NodeId> = tree.iter().filter(|node| tree.is_directory(*node)).collect();
    let mut held: BTreeMap<NodeId, Held> = BTreeMap::new();
    for directory in paths.iter().rev() {
        let found = hold(tree, *directory, &held);
        held.insert(*directory, found);
    }
    paths.retain(|directory| held.get(directory).is_some_and(|held| held.bytes > 0));
    let mut alike: BTreeMap<[u8; 32], Vec<NodeId>> = BTreeMap::new();
    for directory in &paths {
        if let Some(held) = held.get(directory) {
            alike.entry(held.digest).or_default().push(*directory);
        }
    }
    let group = |directory: &NodeId| held.get(directory).and_then(|held| alike.get(&held.digest)).map_or(&[][..], Vec::as_slice);
    let of = |directory: NodeId| {
        let one = *group(&directory).first().filter(|one| **one != directory)?;
        // What is below two directories that hold the same goes without saying.
        let is_below = group(&tree.parent(directory)).len() > 1;
        (!is_below).then(|| Twins { one, other: directory, bytes: held.get(&directory).map_or(0, |held| held.bytes) })
    };
    paths.iter().filter_map(|directory| of(*directory)).collect()
}

fn hold(tree: &Tree, directory: NodeId, below: &BTreeMap<NodeId, Held>) -> Held {
    let (mut hasher, mut bytes) = (Sha256::new(), 0_u64);
    for (name, child) in tree.children(directory).filter(|(name, _)| *name != COMPILED) {
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        match tree.kind(child) {
            Kind::File(trace) => {
                hasher.update(b"f");
                hasher.update(trace.sha256);
                let own = if tree.names(child) == 1 { tree.stat(child).size } else { 0 };
                bytes = bytes.saturating_add(own);
            }
            Kind::Directory => {
                let held = below.get(&child).copied().unwrap_or(NOTHING);
                hasher.update(b"d");
                hasher.update(held.digest);
                bytes = bytes.saturating_add(held.bytes);
            }
            Kind::Symlink(target) => {
                hasher.update(b"l");
                hasher.update((target.len() as u64).to_le_bytes());
                hasher.update(target);
            }
            Kind::Device { .. } | Kind::Fifo => hasher.update(b"o"),
        }
    }
    Held { digest: hasher.finalize().into(), bytes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    fn found(text: &str) -> Vec<(String, String, u64)> {
        let tree = dump::tree([text]).unwrap();
        let path = |node| tree.path(node).to_string();
        twins(&tree).iter().map(|twins| (path(twins.one), path(twins.other), twins.bytes)).collect()
    }

    #[test]
    fn the_outermost_directories_that_hold_the_same_are_twins() {
        let text = "f 0644 0:0 /a/x/p/m \"123\"\nf 0644 0:0 /a/x/n \"45\"\nf 0600 1:1 /b/x/p/m \"123\"\nf 0644 0:0 /b/x/n \"45\"\n\
                    f 0644 0:0 /b/x/p/__pycache__/m.pyc \"other\"\nf 0644 0:0 /b/more \"1\"";
        assert_eq!(found(text), [("/a/x".into(), "/b/x".into(), 5)]);
    }

    #[test]
    fn other_names_other_content_and_nothing_are_no_twins() {
        assert_eq!(found("f 0644 0:0 /a/m \"123\"\nf 0644 0:0 /b/n \"123\"\nf 0644 0:0 /c/m \"124\""), []);
        assert_eq!(found("d 0755 0:0 /a/x\nd 0755 0:0 /b/x\nf 0644 0:0 /a/e \"\"\nf 0644 0:0 /b/e \"\""), []);
        assert_eq!(found("l 0777 0:0 /a/l -> x\nf 0644 0:0 /a/m \"1\"\nl 0777 0:0 /b/l -> y\nf 0644 0:0 /b/m \"1\""), []);
    }

    #[test]
    fn hard_links_cost_nothing_and_three_are_two_pairs() {
        assert_eq!(found("f 0644 0:0 3 /a/m \"123\"\nh /b/m => /a/m"), []);
        let three = "f 0644 0:0 /a/m \"123\"\nf 0644 0:0 /b/m \"123\"\nf 0644 0:0 /c/m \"123\"";
        assert_eq!(found(three), [("/a".into(), "/b".into(), 3), ("/a".into(), "/c".into(), 3)]);
    }
}
