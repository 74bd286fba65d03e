//! Any layers: the bytes are a list of operations on few names, so that they meet. The tree is sound, it is that of a naive
//! reading of the specification, and what a mount shows is sound, too.

use std::collections::BTreeMap;

use lucid_verify::vfs::{Kind, Tree, dump};

use super::reference::Reference;

const PATHS: [&str; 14] =
    ["/", "/a", "/b", "/c", "/a/a", "/a/b", "/a/c", "/b/a", "/b/b", "/c/a", "/a/b/c", "/a/a/a", "/b/a/c", "/c/b/a"];
const TARGETS: [&str; 10] = ["/a", "/b/c", "/", "a", "b/", "c", ".", "..", "../c", "missing/../b"];
const STATS: [&str; 4] = ["0755 0:0", "0700 5:7", "1777 0:0", "4644 65532:65532"];

/// Three bytes an operation; a few of them begin the next layer.
pub fn run(data: &[u8]) {
    let mut layers = vec![String::new()];
    for operation in data.chunks_exact(3).take(200) {
        match line(operation) {
            Some(line) => layers.last_mut().expect("there is one").push_str(&line),
            None => layers.push(String::new()),
        }
    }
    let mut slow = Reference::new();
    let read = |layer: &String| dump::entries(layer).expect("the lines are good ones");
    let done = layers.iter().try_for_each(|layer| slow.apply(&read(layer)));
    match dump::tree(layers.iter().map(String::as_str)) {
        Ok(tree) => {
            assert!(done.is_ok(), "a naive reader refuses these layers");
            assert_eq!(dump::dump(&tree), slow.dump());
            is_sound(&tree);
            if let Some(Ok(mounted)) = tree.mounted() {
                is_sound(&mounted.tree);
                assert!(mounted.tree.mounted().is_none(), "what is mounted is as it is");
                assert!(mounted.differences.is_sorted_by(|one, other| one.path < other.path), "a path differs once");
            }
        }
        Err(error) => assert!(done.is_err(), "only we refuse these layers: {error}"),
    }
}

fn line(operation: &[u8]) -> Option<String> {
    let [what, path, other] = *operation else { return None };
    let of = |all: &'static [&str], byte: u8| all[usize::from(byte) % all.len()];
    let (stat, path, target) = (of(&STATS, what >> 4), of(&PATHS, path), of(&TARGETS, other));
    let file = of(&PATHS[1..], other);
    let line = match what % 16 {
        0..=3 if path != "/" => format!("f {stat} {path} \"{}\"", "x".repeat(usize::from(other % 4))),
        4 | 5 => format!("d {stat} {path}"),
        6 | 7 if path != "/" => format!("l 0777 0:0 {path} -> {target}"),
        8 | 9 if path != "/" => format!("h {path} => {file}"),
        10 if path != "/" => format!("p {stat} {path}"),
        11 | 12 if path != "/" => format!("w {path}"),
        13 => format!("o {path}"),
        _ => return None,
    };
    Some(line + "\n")
}

/// Every node is a name in a directory, names are in order, and every byte that is shipped is there or hidden.
fn is_sound(tree: &Tree) {
    let mut standing = BTreeMap::new();
    for id in tree.iter() {
        assert!(tree.is_directory(tree.parent(id)), "{} is in no directory", tree.path(id));
        assert_eq!(tree.get(&tree.path(id)), Some(id), "{} is not where it is", tree.path(id));
        assert!(tree.children(id).is_sorted_by(|one, other| one.0 < other.0), "{} has names out of order", tree.path(id));
        assert!(tree.is_directory(id) || tree.children(id).next().is_none(), "{} holds something", tree.path(id));
        if matches!(tree.kind(id), Kind::File(_)) {
            standing.insert(tree.inode(id), tree.stat(id).size);
        }
    }
    let trail = tree.trail();
    let shipped: u64 = trail.shipments().map(|shipment| shipment.bytes).sum();
    let hidden: u64 = trail.changed().flat_map(|(_, events)| events).map(|event| event.hidden).sum();
    assert_eq!(shipped, standing.values().sum::<u64>() + hidden);
}

/// Layers in which every operation meets another.
pub fn seeds() -> Vec<Vec<u8>> {
    let all = (0..16).flat_map(|what| [what, what * 3, what * 5]).collect();
    let met = (0..60_u8).flat_map(|at| [at.wrapping_mul(7), at % 5, at.wrapping_mul(11)]).collect();
    vec![all, met, vec![0, 1, 1, 14, 0, 0, 11, 1, 0, 4, 1, 0]]
}
