//! A snapshot as lines.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{EMPTY, FORMAT, HEADER};
use crate::size::breakdown::{DEPTH, DIRECTORIES};
use crate::size::delta::instruction;
use crate::size::snapshot::{Amount, Fingerprint, Snapshot, SnapshotLayer, around};
use crate::text;

/// Bytes of a saved baseline: one that is larger nobody reads in a review.
const MOST: usize = 20_000;

/// Of these, what the header, the lines of what is left out, and two counts may need: seven lines of three numbers at most.
const OVERHEAD: usize = 600;

/// Characters of the reference, and of other texts of which there is one.
const REFERENCE: usize = 600;
const TEXT: usize = 150;

/// The line of layers that are left out.
const LAYERS: &str = "layers-left-out";

/// The line of findings that are left out: of them there is nothing to sum up.
const FINDINGS: &str = "findings-left-out";

/// A line of which there can be many.
struct Fact {
    line: String,
    /// The line that tells of it if it is left out, without its numbers.
    left_out: String,
    /// Its numbers there: how many it is, and two sums.
    numbers: [u64; 3],
    is_kept: bool,
}

/// The baseline that a later image can be held against, at most 20,000 bytes. Of directories those of `keep` and the forty that
/// hold the most down to the third; all of the rest. What does not fit is left out from the smallest up, and stands there as
/// a count and a sum.
pub fn to_text(snapshot: &Snapshot, keep: &[String]) -> Vec<u8> {
    let mut lines = totals(snapshot);
    let taken: usize = lines.iter().map(|line| line.len() + 1).sum();
    let mut room = MOST.saturating_sub(OVERHEAD + taken);
    let mut facts = [directories(snapshot, keep), findings(snapshot), layers(snapshot), packages(snapshot)];
    // Each has its share first; what is left then goes to packages, layers, findings and directories.
    for (facts, share) in facts.iter_mut().zip([3_000, 4_000, 6_000, room]) {
        fit(facts, share, &mut room);
    }
    for facts in facts.iter_mut().rev() {
        fit(facts, room, &mut room);
    }
    let kept = |facts: &[Fact]| facts.iter().filter(|fact| fact.is_kept).count();
    lines.push(format!("directories {}", kept(&facts[0])));
    lines.push(format!("packages {}", kept(&facts[3])));
    lines.extend(left_out(snapshot, facts.iter().flatten().filter(|fact| !fact.is_kept)));
    lines.extend(facts.into_iter().flatten().filter(|fact| fact.is_kept).map(|fact| fact.line));
    lines.sort_unstable();
    format!("{HEADER}{FORMAT}\n{}\n", lines.join("\n")).into_bytes()
}

/// Keeps what fits into so many bytes of the room.
fn fit(facts: &mut [Fact], share: usize, room: &mut usize) {
    let mut share = share.min(*room);
    for fact in facts.iter_mut().filter(|fact| !fact.is_kept) {
        let length = fact.line.len() + 1;
        if let Some(left) = share.checked_sub(length) {
            fact.is_kept = true;
            share = left;
            *room -= length;
        }
    }
}

/// The facts of which there is one.
fn totals(snapshot: &Snapshot) -> Vec<String> {
    let (side, totals) = (&snapshot.side, &snapshot.totals);
    let clipped = |text: &str, most: usize| field(&text.chars().take(most).collect::<String>());
    let mut lines = vec![
        format!("bytes {}", totals.bytes),
        format!("compressed {}", totals.compressed),
        format!("files {}", totals.files),
        format!("image {}", clipped(&side.reference, REFERENCE)),
        format!("platform {}", clipped(&side.platform, TEXT)),
        format!("unowned {} {}", snapshot.unowned.bytes, snapshot.unowned.files),
        format!("unpacked {}", totals.unpacked),
        format!("waste {}", totals.waste),
    ];
    lines.extend(side.digest.as_ref().map(|digest| format!("digest {}", clipped(digest, TEXT))));
    lines.extend(snapshot.findings.as_ref().map(|all| format!("findings {}", all.len() as u64 + snapshot.folded.findings)));
    lines
}

fn directories(snapshot: &Snapshot, keep: &[String]) -> Vec<Fact> {
    let known = snapshot.directories.iter().filter(|(path, _)| around(path).count() < DEPTH);
    let mut largest: Vec<(&str, Amount)> = known.map(|(path, amount)| (&path[..], *amount)).collect();
    largest.sort_by_key(|(path, amount)| (Reverse(amount.bytes), *path));
    largest.truncate(DIRECTORIES);
    let named = keep.iter().filter_map(|path| Some((&path[..], snapshot.directory(path)?)));
    let mut lines: Vec<Fact> = Vec::new();
    for (path, Amount { bytes, files }) in named.chain(largest) {
        let line = format!("directory {} {bytes} {files}", field(path));
        if lines.iter().all(|fact| fact.line != line) {
            lines.push(Fact { line, left_out: String::new(), numbers: [0; 3], is_kept: false });
        }
    }
    lines
}

/// The packages, largest first. One that is installed twice in the same version is one line.
fn packages(snapshot: &Snapshot) -> Vec<Fact> {
    let mut packages: BTreeMap<(&str, &str, &str), Amount> = BTreeMap::new();
    for package in &snapshot.packages {
        let amount = packages.entry((package.kind, &package.name, &package.version)).or_default();
        *amount = amount.plus(package.bytes, package.files);
    }
    let mut packages: Vec<_> = packages.into_iter().collect();
    packages.sort_by_key(|(package, amount)| (Reverse(amount.bytes), *package));
    let fact = |((kind, name, version), Amount { bytes, files })| Fact {
        line: format!("package {kind} {} {} {bytes} {files}", field(name), field(version)),
        left_out: format!("packages-left-out {kind}"),
        numbers: [1, bytes, files],
        is_kept: false,
    };
    packages.into_iter().map(fact).collect()
}

fn layers(snapshot: &Snapshot) -> Vec<Fact> {
    let mut layers: Vec<_> = snapshot.layers.iter().collect();
    layers.sort_by_key(|layer| (Reverse(layer.compressed), layer.index));
    let fact = |layer: &SnapshotLayer| {
        let told = layer.created_by.as_deref().map(instruction).unwrap_or_default();
        let (compressed, files_bytes) = (layer.compressed, layer.files_bytes);
        Fact {
            line: format!("layer {:03} {} {compressed} {files_bytes} {}", layer.index, field(&layer.diff_id), last(&told)),
            left_out: LAYERS.to_owned(),
            numbers: [1, compressed, files_bytes],
            is_kept: false,
        }
    };
    layers.into_iter().map(fact).collect()
}

fn findings(snapshot: &Snapshot) -> Vec<Fact> {
    let mut counts: BTreeMap<&Fingerprint, u64> = BTreeMap::new();
    for finding in snapshot.findings.iter().flatten() {
        *counts.entry(finding).or_default() += 1;
    }
    let fact = |(finding, count): (&Fingerprint, u64)| Fact {
        line: format!("finding {} {count} {}", field(&finding.rule), last(&finding.at)),
        left_out: FINDINGS.to_owned(),
        numbers: [count, 0, 0],
        is_kept: false,
    };
    counts.into_iter().map(fact).collect()
}

/// What is left out, with what the snapshot itself does not hold one by one.
fn left_out<'a>(snapshot: &Snapshot, facts: impl Iterator<Item = &'a Fact>) -> Vec<String> {
    let mut sums: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    let folded = &snapshot.folded;
    for (kind, (packages, amount)) in &folded.packages {
        sums.insert(format!("packages-left-out {kind}"), [*packages, amount.bytes, amount.files]);
    }
    if folded.layers > 0 {
        let left = snapshot.layers.iter().fold(
            [snapshot.totals.compressed, snapshot.totals.unpacked],
            |[compressed, unpacked], layer| {
                [compressed.saturating_sub(layer.compressed), unpacked.saturating_sub(layer.files_bytes)]
            },
        );
        sums.insert(LAYERS.to_owned(), [folded.layers, left[0], left[1]]);
    }
    if folded.findings > 0 {
        sums.insert(FINDINGS.to_owned(), [folded.findings, 0, 0]);
    }
    for fact in facts.filter(|fact| !fact.left_out.is_empty()) {
        let sum = sums.entry(fact.left_out.clone()).or_default();
        for (sum, number) in sum.iter_mut().zip(fact.numbers) {
            *sum = sum.saturating_add(number);
        }
    }
    let said = |(what, [count, first, second]): (String, [u64; 3])| match &what[..] {
        FINDINGS => format!("{what} {count}"),
        _ => format!("{what} {count} {first} {second}"),
    };
    sums.into_iter().map(said).collect()
}

/// A text as a field that others follow.
fn field(text: &str) -> String {
    encoded(text, |_| false)
}

/// A text as the last field of a line. Editors take blanks off the end of a line.
fn last(text: &str) -> String {
    let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
    encoded(text, |at| (start..end).contains(&at))
}

/// A text as a field; blanks stay where `stays` says so.
fn encoded(text: &str, stays: impl Fn(usize) -> bool) -> String {
    match text {
        "" => return EMPTY.to_owned(),
        EMPTY => return "%2d".to_owned(),
        _ => {}
    }
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if character == '%' || text::acts(character) || character.is_whitespace() && !(character == ' ' && stays(at)) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}
