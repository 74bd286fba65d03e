//! What changed, as lists.

use super::{List, Part, Row, Weight, heaviest, ours, theirs};
use crate::report::figures::{bytes, count, grouped, signed};
use crate::size::delta::{Change, Contents, Delta, DirectoryDelta, Fate, FileDelta, LayerDelta, PackageDelta};

/// Everything that changed, in at most `most` rows a list: packages, directories, layers, files, configuration, findings.
pub(in crate::report) fn lists(delta: &Delta, most: usize) -> Vec<List> {
    let lists = [
        Some(packages(delta, most)),
        Some(directories(&delta.directories, most)),
        Some(layers(&delta.layers, most)),
        delta.contents.as_ref().map(|contents| files(contents, most)),
        Some(settings(delta, most)),
        Some(findings(delta, most)),
    ];
    lists.into_iter().flatten().filter(|list| !list.rows.is_empty()).collect()
}

/// Whether nothing at all differs.
pub(in crate::report) fn is_nothing(delta: &Delta) -> bool {
    let totals = [delta.compressed_bytes, delta.unpacked_bytes, delta.bytes, delta.files, delta.waste_bytes];
    totals.into_iter().all(Change::is_none) && lists(delta, 1).is_empty()
}

/// Packages, the files that none owns, and what of the change of the final tree is left.
pub(in crate::report) fn packages(delta: &Delta, most: usize) -> List {
    let unowned = delta.unowned_bytes.by();
    let of_packages = delta.bytes.by() - unowned;
    let rows: Vec<Row> = delta.packages.iter().map(package).collect();
    let known = rows.len();
    let (mut rows, others) = heaviest(rows, most);
    let rest = of_packages - rows.iter().map(by).sum::<i128>();
    if rest != 0 || !others.is_empty() {
        let words =
            if known > rows.len() { format!("and {} more", grouped((known - rows.len()) as u64)) } else { "and others".into() };
        rows.push(Row::rest(Weight::Change(rest), words));
    }
    if unowned != 0 {
        rows.push(Row::change(unowned, vec![ours("files that no package owns")]));
    }
    let said = format!("{} changed, {}; the final tree {}", grouped(known as u64), signed(of_packages), signed(delta.bytes.by()));
    List { title: "packages", one: "Package", said, of: None, rows }
}

/// The packages and the unowned files that changed the most.
pub(in crate::report) fn culprits(delta: &Delta, most: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = delta.packages.iter().map(package).collect();
    if !delta.unowned_bytes.is_none() {
        rows.push(Row::change(delta.unowned_bytes.by(), vec![ours("files that no package owns")]));
    }
    rows.retain(|row| by(row) != 0);
    rows.sort_by_key(|row| std::cmp::Reverse(by(row).unsigned_abs()));
    rows.truncate(most);
    rows
}

fn by(row: &Row) -> i128 {
    match row.weight {
        Some(Weight::Change(by)) => by,
        _ => 0,
    }
}

/// `numpy 1.26.4 → 2.1.0`, `attrs 23.1 new`.
fn package(package: &PackageDelta) -> Row {
    let mut parts = vec![theirs(&package.name)];
    parts.extend(versions(package.old_version.as_deref(), package.new_version.as_deref()));
    if package.kind != "python" {
        parts.push(ours(format!("({})", package.kind)));
    }
    Row::change(package.bytes.by(), parts)
}

pub(super) fn versions(old: Option<&str>, new: Option<&str>) -> Vec<Part> {
    match (old, new) {
        (Some(old), Some(new)) if old == new => vec![theirs(new)],
        (Some(old), Some(new)) => vec![theirs(old), ours("→"), theirs(new)],
        (None, Some(new)) => vec![theirs(new), ours("new")],
        (Some(old), None) => vec![theirs(old), ours("gone")],
        (None, None) => vec![],
    }
}

fn directories(directories: &[DirectoryDelta], most: usize) -> List {
    let row = |directory: &DirectoryDelta| Row::change(directory.bytes.by(), vec![theirs(&directory.path)]);
    let rows: Vec<Row> = directories.iter().map(row).collect();
    let (rows, rest) = heaviest(rows, most);
    let more = if rest.is_empty() { String::new() } else { format!(", and {} more", grouped(rest.len() as u64)) };
    List { title: "directories", one: "Directory", said: format!("each with everything below it{more}"), of: None, rows }
}

/// Layers that are not the same, in the order of the image.
fn layers(layers: &[LayerDelta], most: usize) -> List {
    let of = |wanted: fn(&LayerDelta) -> bool| layers.iter().filter(|layer| wanted(layer)).count() as u64;
    let kinds = [
        (of(|layer| layer.same), "the same"),
        (of(|layer| !layer.same && layer.old_index.is_some() && layer.new_index.is_some()), "changed"),
        (of(|layer| layer.old_index.is_none()), "new"),
        (of(|layer| layer.new_index.is_none()), "gone"),
    ];
    let said: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", grouped(*count))).collect();
    let rows: Vec<Row> = layers.iter().filter(|layer| !layer.same).map(layer).collect();
    let (mut rows, rest) = heaviest(rows, most);
    if !rest.is_empty() {
        let words = format!("and {} more", grouped(rest.len() as u64));
        rows.push(Row::rest(Weight::Change(rest.iter().map(by).sum()), words));
    }
    List { title: "layers", one: "Layer", said: said.join(", "), of: None, rows }
}

fn layer(layer: &LayerDelta) -> Row {
    let place = match (layer.old_index, layer.new_index) {
        (Some(old), Some(new)) if old == new => format!("layer {}", new.saturating_add(1)),
        (Some(old), Some(new)) => format!("layer {} → {}", old.saturating_add(1), new.saturating_add(1)),
        (None, Some(new)) => format!("layer {} new", new.saturating_add(1)),
        (Some(old), None) => format!("layer {} gone", old.saturating_add(1)),
        (None, None) => "layer".to_owned(),
    };
    let made = layer.created_by.iter().map(theirs);
    Row::change(layer.files_bytes.by(), std::iter::once(ours(place)).chain(made).collect())
}

fn files(contents: &Contents, most: usize) -> List {
    let kinds = [
        (contents.new, "new", ""),
        (contents.grown, "grown", "by "),
        (contents.shrunk, "shrunk", "by "),
        (contents.rewritten, "rewritten", ""),
        (contents.gone, "gone", ""),
        (contents.moved, "moved", ""),
    ];
    let said = kinds.iter().filter(|(amount, ..)| amount.files > 0);
    let said: Vec<String> =
        said.map(|(amount, what, by)| format!("{} {what} {by}{}", grouped(amount.files), bytes(amount.bytes))).collect();
    let all = kinds.iter().fold(0_u64, |sum, (amount, ..)| sum.saturating_add(amount.files));
    let mut rows: Vec<Row> = contents.largest.iter().take(most).map(file).collect();
    let rest = all.saturating_sub(rows.len() as u64);
    if rest > 0 && !rows.is_empty() {
        rows.push(Row::plain(vec![ours(format!("and {}", count(rest, "more file")))]));
    }
    List { title: "files", one: "File", said: said.join(", "), of: None, rows }
}

fn file(file: &FileDelta) -> Row {
    let from = file.from.iter().flat_map(|from| [theirs(from), ours("→")]);
    let fate = match file.what {
        Fate::New => "new".to_owned(),
        Fate::Grown => "grown".to_owned(),
        Fate::Shrunk => "shrunk".to_owned(),
        Fate::Rewritten => format!("rewritten, {}", bytes(file.bytes.new)),
        Fate::Gone => "gone".to_owned(),
        Fate::Moved => format!("moved, {}", bytes(file.bytes.new)),
    };
    Row::change(file.bytes.by(), from.chain([theirs(&file.path), ours(format!("({fate})"))]).collect())
}

fn settings(delta: &Delta, most: usize) -> List {
    let settings = delta.config.as_deref().unwrap_or_default();
    let mut rows: Vec<Row> = settings
        .iter()
        .take(most)
        .map(|setting| {
            let parts = [vec![theirs(&setting.name)], versions(setting.old.as_deref(), setting.new.as_deref())];
            Row::plain(parts.concat())
        })
        .collect();
    more(&mut rows, settings.len(), most);
    let said = format!("{} changed", count(settings.len() as u64, "setting"));
    List { title: "configuration", one: "Setting", said, of: None, rows }
}

fn findings(delta: &Delta, most: usize) -> List {
    let Some(findings) = &delta.findings else {
        return List { title: "findings", one: "Finding", said: String::new(), of: None, rows: Vec::new() };
    };
    let (new, fixed) = (findings.new.len(), findings.fixed.len());
    let said = format!("{} new, {} fixed, {} the same", grouped(new as u64), grouped(fixed as u64), grouped(findings.same));
    let words = findings.new.iter().map(|one| ("new", one)).chain(findings.fixed.iter().map(|one| ("fixed", one)));
    let mut rows: Vec<Row> =
        words.take(most).map(|(word, one)| Row::plain(vec![ours(word), theirs(&one.rule), theirs(&one.at)])).collect();
    more(&mut rows, new + fixed, most);
    List { title: "findings", one: "Finding", said, of: None, rows }
}

fn more(rows: &mut Vec<Row>, all: usize, most: usize) {
    if all > most {
        rows.push(Row::plain(vec![ours(format!("and {} more", grouped((all - most) as u64)))]));
    }
}
