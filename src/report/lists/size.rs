//! Where the bytes are, as lists.

use std::collections::BTreeMap;

use super::{List, Row, Weight, heaviest, ours, theirs};
use crate::report::figures::{bytes, count, grouped, percent};
use crate::report::{Directory, Image, Layer, Sizes, Waste};
use crate::size::{Cause, Copies, Loss, Metadata};

/// What to show of where the bytes are.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The one list that is wanted; nothing: the most telling of each, and what is wasted.
    pub by: Option<By>,
    /// Rows of a list; what is left is summed up in one more.
    pub top: usize,
}

/// By what bytes are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The layers that ship them.
    Layer,
    /// The directories that hold them.
    Directory,
    /// The packages that own them.
    Package,
    /// The kinds of the files.
    Kind,
    /// The files.
    File,
}

/// The lists of a view.
pub(in crate::report) fn lists(image: &Image, view: &View) -> Vec<List> {
    let (sizes, top) = (&image.sizes, view.top);
    match view.by {
        None => vec![layers(image, top, false), packages(sizes, top), kinds(sizes, top), waste(sizes, top.min(WORST))],
        Some(By::Layer) => vec![layers(image, top, true), waste(sizes, top)],
        Some(By::Directory) => vec![directories(sizes, top)],
        Some(By::Package) => vec![packages(sizes, top)],
        Some(By::Kind) => vec![kinds(sizes, top)],
        Some(By::File) => vec![files(sizes, top)],
    }
}

/// What an overview says of waste: the worst.
const WORST: usize = 3;

/// A row for what a list does not show.
fn rest(rows: &mut Vec<Row>, all: u64, words: impl Into<String>) {
    rows.push(Row::rest(Weight::Bytes { all, hidden: 0 }, words));
}

fn sum(bytes: impl Iterator<Item = u64>) -> u64 {
    bytes.fold(0, u64::saturating_add)
}

/// The ladder of layers, base first; `full`: with what they are packed, and the whole instruction.
fn layers(image: &Image, top: usize, full: bool) -> List {
    let digits = image.layers.len().to_string().len();
    let row = |layer: &Layer| {
        let weight = Weight::Bytes { all: layer.files_bytes.unwrap_or(0), hidden: layer.hidden_bytes.unwrap_or(0) };
        let place = layer.index.saturating_add(1);
        let row = Row { weight: Some(weight), ..Row::plain(Vec::new()) };
        if full {
            let packed = ours(format!("layer {place}, {} packed", bytes(layer.compressed_bytes)));
            Row { parts: vec![packed], made: layer.created_by.clone(), ..row }
        } else {
            let place = ours(format!("{place:>digits$}"));
            Row { parts: std::iter::once(place).chain(layer.created_by.iter().map(theirs)).collect(), ..row }
        }
    };
    let hidden = sum(image.layers.iter().filter_map(|layer| layer.hidden_bytes));
    let (mut rows, others) = heaviest(image.layers.iter().map(row).collect(), top);
    if !others.is_empty() {
        let left = others.iter().filter_map(|row| row.weight);
        let weight = left.fold((0_u64, 0_u64), |(all, below), weight| match weight {
            Weight::Bytes { all: one, hidden } => (all.saturating_add(one), below.saturating_add(hidden)),
            Weight::Change(_) => (all, below),
        });
        let weight = Weight::Bytes { all: weight.0, hidden: weight.1 };
        rows.push(Row::rest(weight, format!("and {} more", grouped(others.len() as u64))));
    }
    let shipped = format!("{} ship {}", grouped(image.layers.len() as u64), bytes(image.sizes.unpacked_bytes));
    let later = if hidden > 0 { format!(", {} of it hidden by later layers", bytes(hidden)) } else { String::new() };
    List { title: "layers", one: "Layer", said: shipped + &later, of: Some(image.sizes.unpacked_bytes), rows }
}

/// Directories as a tree, the largest of each first; those that hold nothing but one another are one row.
fn directories(sizes: &Sizes, top: usize) -> List {
    let mut below: BTreeMap<&str, Vec<&Directory>> = BTreeMap::new();
    for directory in sizes.directories.iter().take(top) {
        below.entry(parent(&directory.path)).or_default().push(directory);
    }
    let outermost = below.get("").map(Vec::as_slice).unwrap_or_default();
    let elsewhere = sizes.bytes.saturating_sub(sum(outermost.iter().map(|directory| directory.bytes)));
    let mut rows = vec![Row::bytes(sizes.bytes, vec![ours("/")])];
    let mut open: Vec<(usize, &Directory)> = outermost.iter().rev().map(|directory| (1, *directory)).collect();
    while let Some((depth, directory)) = open.pop() {
        let above = parent(&directory.path).len() + usize::from(depth > 1);
        let mut innermost = directory;
        while let Some([only]) = below.get(&innermost.path[..]).map(Vec::as_slice)
            && (only.bytes, only.files) == (innermost.bytes, innermost.files)
        {
            innermost = only;
        }
        let name = innermost.path.get(above..).unwrap_or(&innermost.path);
        rows.push(Row { depth, ..Row::bytes(directory.bytes, vec![theirs(name)]) });
        open.extend(below.get(&innermost.path[..]).into_iter().flatten().rev().map(|inner| (depth + 1, *inner)));
    }
    if elsewhere > 0 {
        let weight = Weight::Bytes { all: elsewhere, hidden: 0 };
        rows.push(Row { depth: 1, ..Row::rest(weight, "elsewhere") });
    }
    let said = "each with everything below it, the largest first".to_owned();
    List { title: "directories", one: "Directory", said, of: Some(sizes.bytes), rows }
}

/// The path of the directory that holds another: nothing for the root.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn packages(sizes: &Sizes, top: usize) -> List {
    let all = &sizes.packages;
    let mut rows: Vec<Row> = all
        .iter()
        .take(top)
        .map(|package| {
            let kind = (package.kind != "python").then(|| ours(format!("({})", package.kind)));
            Row::bytes(package.bytes, [theirs(&package.name), theirs(&package.version)].into_iter().chain(kind).collect())
        })
        .collect();
    if all.len() > top {
        let left = all.get(top..).unwrap_or_default();
        rest(&mut rows, sum(left.iter().map(|package| package.bytes)), format!("and {} more", grouped(left.len() as u64)));
    }
    if sizes.unowned.files > 0 {
        rest(&mut rows, sizes.unowned.bytes, format!("{} that no package owns", count(sizes.unowned.files, "file")));
    }
    let owned = sizes.bytes.saturating_sub(sizes.unowned.bytes);
    let said = format!("{} own {} of {}", grouped(all.len() as u64), bytes(owned), bytes(sizes.bytes));
    List { title: "packages", one: "Package", said, of: Some(sizes.bytes), rows }
}

fn kinds(sizes: &Sizes, top: usize) -> List {
    let mut rows: Vec<Row> = sizes
        .kinds
        .iter()
        .take(top)
        .map(|kind| {
            Row::bytes(kind.bytes, vec![ours(format!("{}, {}", kind.kind.word().replace('-', " "), count(kind.files, "file")))])
        })
        .collect();
    if let Some(left) = sizes.kinds.get(top..).filter(|left| !left.is_empty()) {
        let files = sum(left.iter().map(|kind| kind.files));
        let words = format!("and {}, {}", count(left.len() as u64, "more kind"), count(files, "file"));
        rest(&mut rows, sum(left.iter().map(|kind| kind.bytes)), words);
    }
    let said = format!("of {}", count(sizes.files, "file"));
    List { title: "kinds", one: "Kind", said, of: Some(sizes.bytes), rows }
}

fn files(sizes: &Sizes, top: usize) -> List {
    let shown = || sizes.largest.iter().take(top);
    let mut rows: Vec<Row> = shown()
        .map(|file| {
            let owner = file.owner.iter().map(|owner| theirs(&owner.name));
            Row::bytes(file.bytes, owner.chain([theirs(&file.path)]).collect())
        })
        .collect();
    let left = sizes.files.saturating_sub(rows.len() as u64);
    if left > 0 {
        let bytes = sizes.bytes.saturating_sub(sum(shown().map(|file| file.bytes)));
        rest(&mut rows, bytes, format!("and {}", count(left, "more file")));
    }
    let said = format!("{} in {}", bytes(sizes.bytes), count(sizes.files, "file"));
    List { title: "files", one: "File", said, of: Some(sizes.bytes), rows }
}

/// What is shipped and not seen: what made it, and what would mend it.
pub(in crate::report) fn waste(sizes: &Sizes, top: usize) -> List {
    let waste = &sizes.waste;
    let mut rows: Vec<Row> = waste.causes.iter().map(cause).chain(waste.copies.iter().map(copies)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.weight.map_or(0, Weight::magnitude)));
    rows.truncate(top);
    let shown: u128 = rows.iter().filter_map(|row| row.weight).map(Weight::magnitude).sum();
    let left = u128::from(waste.bytes).saturating_sub(shown);
    if left > 0 && !rows.is_empty() {
        rest(&mut rows, u64::try_from(left).unwrap_or(u64::MAX), "of other causes");
    }
    List { title: "waste", one: "Cause", said: wasted(waste, sizes.unpacked_bytes), of: None, rows }
}

/// `0.4 MB (0.2 % of what the layers ship): 0.3 MB removed, 0.1 MB twice`.
fn wasted(waste: &Waste, shipped: u64) -> String {
    if waste.bytes == 0 {
        return "none: every byte that is shipped is seen, and once".to_owned();
    }
    let kinds = [
        (waste.removed, "removed"),
        (waste.overwritten, "overwritten"),
        (waste.metadata_only, "shipped again"),
        (waste.duplicates, "there twice"),
    ];
    let said = kinds.iter().filter(|(amount, _)| *amount > 0).map(|(amount, what)| format!("{} {what}", bytes(*amount)));
    let said: Vec<String> = said.collect();
    format!("{} ({} % of what is shipped): {}", bytes(waste.bytes), percent(waste.bytes, shipped), said.join(", "))
}

fn cause(cause: &Cause) -> Row {
    let layer = cause.layer.saturating_add(1);
    let words = match cause.kind {
        Loss::Removed => format!("removed by layer {layer}"),
        Loss::Overwritten => format!("overwritten by layer {layer}"),
        Loss::MetadataOnly => format!("shipped again by layer {layer}, {}", changed(&cause.changed)),
    };
    Row { made: cause.created_by.clone(), fix: Some(cause.fix.clone()), ..Row::bytes(cause.bytes, vec![ours(words)]) }
}

/// `other owner and mode`.
fn changed(changed: &[Metadata]) -> String {
    let word = |metadata: &Metadata| match metadata {
        Metadata::Owner => Some("owner"),
        Metadata::Mode => Some("mode"),
        Metadata::Capabilities => Some("capabilities"),
        Metadata::Time => None,
    };
    let words: Vec<&str> = changed.iter().filter_map(word).collect();
    if words.is_empty() { "nothing changed".to_owned() } else { format!("other {}", words.join(" and ")) }
}

fn copies(copies: &Copies) -> Row {
    let words = ours(format!("{} times the same:", grouped(copies.count)));
    let parts = std::iter::once(words).chain(copies.paths.first().map(theirs)).collect();
    Row { fix: Some("a link instead of each copy".into()), ..Row::bytes(copies.bytes, parts) }
}
