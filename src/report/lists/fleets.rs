//! What changed from one fleet to another, as lists.

use super::delta::versions;
use super::{List, Part, Row, ours, theirs};
use crate::report::Verdict;
use crate::report::figures::{self, count, grouped};
use crate::report::fleets::{Changed, Fleets, Member, Moved, Turned};
use crate::report::table::familiar;
use crate::size::delta::Change;

/// Sentences on both fleets together: how many images, of which verdicts, of how many bytes.
pub(in crate::report) fn sentences(fleets: &Fleets) -> Vec<String> {
    let parts = [
        (fleets.added.len() as u64, "came"),
        (fleets.removed.len() as u64, "went"),
        (fleets.changed.len() as u64, "changed"),
        (fleets.same, "as before"),
    ];
    let parts = parts.map(|(count, word)| format!("{} {word}", grouped(count)));
    let verdicts = &fleets.verdicts;
    let verdicts = [
        (verdicts.held, Verdict::Held),
        (verdicts.findings, Verdict::Findings),
        (verdicts.undecided, Verdict::Undecided),
        (verdicts.incomplete, Verdict::Incomplete),
    ];
    let told = verdicts.into_iter().filter(|(change, _)| *change != Change::default());
    let told: Vec<String> = told.map(|(change, verdict)| format!("{} {}", verdict.word(), moved(change))).collect();
    vec![
        format!("{} images: {}", moved(fleets.images), parts.join(", ")),
        told.join(", "),
        format!("unpacked {}", figures::change(fleets.unpacked_bytes.old, fleets.unpacked_bytes.new)),
        format!("packed {}", figures::change(fleets.compressed_bytes.old, fleets.compressed_bytes.new)),
    ]
}

/// `900 → 905`.
fn moved(change: Change) -> String {
    if change.is_none() { grouped(change.new) } else { format!("{} → {}", grouped(change.old), grouped(change.new)) }
}

/// Images that changed, came and went, packages that moved, findings that turned: at most `most` rows a list.
pub(in crate::report) fn lists(fleets: &Fleets, most: usize) -> Vec<List> {
    let lists = [
        list("changed", "Image", &fleets.changed, most, changed),
        list("came", "Image", &fleets.added, most, member),
        list("went", "Image", &fleets.removed, most, member),
        list("packages", "Package", &fleets.packages, most, package),
        list("findings", "Rule", &fleets.findings, most, turned),
    ];
    lists.into_iter().filter(|list| !list.rows.is_empty()).collect()
}

fn list<T>(title: &'static str, one: &'static str, all: &[T], most: usize, row: fn(&T) -> Row) -> List {
    let mut rows: Vec<Row> = all.iter().take(most).map(row).collect();
    if all.len() > most {
        rows.push(Row::plain(vec![ours(format!("… and {} more", grouped((all.len() - most) as u64)))]));
    }
    List { title, one, said: count(all.len() as u64, &one.to_lowercase()), of: None, rows }
}

fn name(reference: &str, platform: Option<&str>) -> Vec<Part> {
    std::iter::once(theirs(familiar(reference))).chain(platform.map(theirs)).collect()
}

fn changed(image: &Changed) -> Row {
    let mut parts = name(&image.reference, image.platform.as_deref());
    if image.old_verdict != image.new_verdict {
        parts.push(ours(format!("{} → {}", image.old_verdict.word(), image.new_verdict.word())));
    }
    let findings = image.findings.as_ref().map_or((0, 0), |findings| (findings.new.len() as u64, findings.fixed.len() as u64));
    let told = [(findings.0, "findings came"), (findings.1, "findings went"), (image.packages, "packages differ")];
    parts
        .extend(told.iter().filter(|(number, _)| *number > 0).map(|(number, what)| ours(format!("{} {what}", grouped(*number)))));
    match image.unpacked_bytes {
        Some(bytes) => Row::change(bytes.by(), parts),
        None => Row::plain(parts),
    }
}

fn member(image: &Member) -> Row {
    let mut parts = name(&image.reference, image.platform.as_deref());
    parts.push(ours(image.verdict.word()));
    image.unpacked_bytes.map_or_else(|| Row::plain(parts.clone()), |bytes| Row::bytes(bytes, parts.clone()))
}

fn package(package: &Moved) -> Row {
    let mut parts = vec![theirs(&package.name)];
    parts.extend(versions(package.old_version.as_deref(), package.new_version.as_deref()));
    parts.push(ours(format!("({}) in {}", package.kind, count(package.images, "image"))));
    Row::change(package.bytes.by(), parts)
}

fn turned(rule: &Turned) -> Row {
    let said = format!("{} new, {} fixed, in {}", grouped(rule.new), grouped(rule.fixed), count(rule.images, "image"));
    Row::plain(vec![theirs(&rule.rule), ours(said)])
}
