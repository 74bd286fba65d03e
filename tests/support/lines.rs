//! Layers at random, in the line language: few names, so that they meet.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::collections::BTreeMap;

use lucid_verify::error::Result;
use lucid_verify::layer::LayerPath;
use lucid_verify::vfs::{Event, Tree, dump};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn path() -> impl Strategy<Value = String> {
    vec(select(vec!["a", "b", "c"]), 1..=3).prop_map(|names| format!("/{}", names.join("/")))
}

fn stat(modes: Vec<&'static str>) -> impl Strategy<Value = String> {
    (select(modes), select(vec!["0:0", "65532:65532", "5:7"])).prop_map(|(mode, owner)| format!("{mode} {owner}"))
}

fn target() -> impl Strategy<Value = &'static str> {
    select(vec!["/a", "/b/c", "/", "a", "b/", "c", ".", "..", "../c", "../../../a", "missing/../b", "/missing/x"])
}

fn file() -> impl Strategy<Value = String> {
    (stat(vec!["0644", "0600", "4755"]), path(), select(vec!["", "x", "yy", "zzzz"]))
        .prop_map(|(stat, path, content)| format!("f {stat} {path} \"{content}\""))
}

/// One line of a layer, or a file and a further name of it. No directory has the setgid bit: the kernel hands it down to
/// the parents that an unpacker makes.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => (stat(vec!["0755", "0700", "1777", "0750"]), path()).prop_map(|(stat, path)| format!("d {stat} {path}")),
        6 => file(),
        2 => (file(), path()).prop_map(|(file, path)| {
            let target = file.split(' ').nth(3).unwrap_or_default().to_owned();
            format!("{file}\nh {path} => {target}")
        }),
        3 => (stat(vec!["0777"]), path(), target()).prop_map(|(stat, path, target)| format!("l {stat} {path} -> {target}")),
        2 => (path(), path()).prop_map(|(path, target)| format!("h {path} => {target}")),
        1 => (stat(vec!["0644"]), path()).prop_map(|(stat, path)| format!("p {stat} {path}")),
        1 => stat(vec!["0755", "0700"]).prop_map(|stat| format!("d {stat} /")),
        3 => path().prop_map(|path| format!("w {path}")),
        1 => path().prop_map(|path| format!("o {path}")),
        1 => Just("o /".to_owned()),
    ]
}

/// Layers, base first, each a list of lines.
pub fn layers() -> impl Strategy<Value = Vec<Vec<String>>> {
    vec(vec(line(), 0..9), 1..5)
}

/// The tree of layers that are lists of lines.
pub fn tree(layers: &[Vec<String>]) -> Result<Tree> {
    let layers: Vec<String> = layers.iter().map(|lines| lines.join("\n")).collect();
    dump::tree(layers.iter().map(String::as_str))
}

/// Layers without each line with which, behind those before it, they are `bad`.
pub fn without(layers: Vec<Vec<String>>, bad: impl Fn(&[Vec<String>]) -> bool) -> Vec<Vec<String>> {
    let mut kept = Vec::new();
    for lines in layers {
        let at = kept.len();
        kept.push(Vec::new());
        for line in lines {
            kept[at].push(line);
            if bad(&kept) {
                kept[at].pop();
            }
        }
    }
    kept
}

/// What happened to each path that any layer ever wrote.
pub fn history(tree: &Tree) -> BTreeMap<LayerPath, Vec<Event>> {
    let trail = tree.trail();
    let lone = trail.lone().map(|id| (tree.path(id), trail.of(&tree.path(id)).into_owned()));
    lone.chain(trail.changed().map(|(path, events)| (path.clone(), events.to_vec()))).collect()
}

/// Layers without the lines that nobody can unpack.
pub fn possible() -> impl Strategy<Value = Vec<Vec<String>>> {
    layers().prop_map(|layers| without(layers, |layers| tree(layers).is_err()))
}
