//! What changed from one image to another.

use super::head::item;
use super::markup::{Column, Field, Html};
use crate::report::Delta;
use crate::report::figures::{self, bytes, count};
use crate::size::delta::{Change, Contents, Fate, FileDelta, LayerDelta, PackageDelta};
use crate::size::snapshot::Side;

/// A page of its own.
pub(super) fn page(html: &mut Html, delta: &Delta) {
    html.tag("header", |html| {
        html.leaf("h1", &line(delta.unpacked_bytes));
        html.tag("dl class=identity", |html| {
            side(html, "old", &delta.old);
            side(html, "new", &delta.new);
        });
    });
    details(html, delta);
}

/// A part of the page of the new image.
pub(super) fn section(html: &mut Html, delta: &Delta) {
    html.tag("section class=change", |html| {
        html.leaf("h2", "What changed");
        html.leaf("p class=line", &line(delta.unpacked_bytes));
        html.tag("dl class=identity", |html| side(html, "compared with", &delta.old));
        details(html, delta);
    });
}

fn line(change: Change) -> String {
    figures::change(change.old, change.new)
}

fn side(html: &mut Html, term: &str, side: &Side) {
    let digest = side.digest.as_deref().map(|digest| format!(" {digest}")).unwrap_or_default();
    item(html, term, &format!("{}{digest} {}", side.reference, side.platform));
}

fn details(html: &mut Html, delta: &Delta) {
    if !delta.notes.is_empty() {
        html.tag("ul", |html| delta.notes.iter().for_each(|note| html.leaf("li", note)));
    }
    totals(html, delta);
    findings(html, delta);
    packages(html, delta);
    let directories = delta.directories.iter().map(|directory| weighed(Field::code(&directory.path), directory.bytes));
    table(html, "Directories that changed, with everything below them", &["directory"], &directories.collect::<Vec<_>>());
    table(
        html,
        "Layers that changed",
        &["layer", "instruction"],
        &delta.layers.iter().filter(|layer| !layer.same).map(layer).collect::<Vec<_>>(),
    );
    if let Some(contents) = &delta.contents {
        files(html, contents);
    }
    config(html, delta);
}

/// A table whose last columns are the bytes before, after, and the difference.
fn table(html: &mut Html, caption: &'static str, names: &[&'static str], rows: &[Vec<Field>]) {
    if rows.is_empty() {
        return;
    }
    let numbers = ["before", "after", "change"].map(Column::Number);
    let columns: Vec<Column> = names.iter().copied().map(Column::Text).chain(numbers).collect();
    html.table(caption, &columns, rows);
}

fn weighed(name: Field, change: Change) -> Vec<Field> {
    vec![
        name,
        Field::Bytes(Some(change.old)),
        Field::Bytes(Some(change.new)),
        Field::By(change.by(), figures::signed(change.by())),
    ]
}

fn totals(html: &mut Html, delta: &Delta) {
    let rows = [
        ("all layers", delta.unpacked_bytes),
        ("packed", delta.compressed_bytes),
        ("final tree", delta.bytes),
        ("of no package", delta.unowned_bytes),
        ("shipped and not seen", delta.waste_bytes),
    ];
    let mut rows: Vec<Vec<Field>> = rows.into_iter().map(|(what, change)| weighed(Field::text(what), change)).collect();
    let files = delta.files;
    rows.push(vec![
        Field::text("files"),
        Field::Count(files.old),
        Field::Count(files.new),
        Field::By(files.by(), figures::exact(files.by())),
    ]);
    table(html, "Totals", &["bytes of"], &rows);
}

fn packages(html: &mut Html, delta: &Delta) {
    let row = |package: &PackageDelta| {
        let versions = match (package.old_version.as_deref(), package.new_version.as_deref()) {
            (Some(old), Some(new)) if old == new => new.to_owned(),
            (Some(old), Some(new)) => format!("{old} → {new}"),
            (None, Some(new)) => format!("new: {new}"),
            (Some(old), None) => format!("gone: {old}"),
            (None, None) => String::new(),
        };
        let name = Field::code(format!("{} {}", package.kind, package.name));
        let mut row = weighed(name, package.bytes);
        row.insert(1, Field::text(versions));
        row
    };
    let mut rows: Vec<Vec<Field>> = delta.packages.iter().map(row).collect();
    let others = delta.other_packages;
    if others.packages != Change::default() {
        let mut row = weighed(Field::text("others"), others.bytes);
        row.insert(1, Field::text(format!("{} → {} packages", others.packages.old, others.packages.new)));
        rows.push(row);
    }
    table(html, "Packages that changed", &["package", "version"], &rows);
}

fn layer(layer: &LayerDelta) -> Vec<Field> {
    let at = |index: Option<usize>| index.map(|index| index.saturating_add(1).to_string());
    let place = match (at(layer.old_index), at(layer.new_index)) {
        (Some(old), Some(new)) if old == new => new,
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (None, Some(new)) => format!("new: {new}"),
        (Some(old), None) => format!("gone: {old}"),
        (None, None) => String::new(),
    };
    let mut row = weighed(Field::code(layer.created_by.as_deref().unwrap_or_default()), layer.files_bytes);
    row.insert(0, Field::text(place));
    row
}

impl Fate {
    /// The word that stands in reports.
    const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Shrunk => "shrunk",
            Self::Rewritten => "rewritten",
            Self::Gone => "gone",
            Self::Moved => "moved",
        }
    }
}

fn files(html: &mut Html, contents: &Contents) {
    let all = [
        (contents.new, Fate::New),
        (contents.grown, Fate::Grown),
        (contents.shrunk, Fate::Shrunk),
        (contents.rewritten, Fate::Rewritten),
        (contents.gone, Fate::Gone),
        (contents.moved, Fate::Moved),
    ];
    let some = all.iter().filter(|(amount, _)| amount.files > 0);
    let said: Vec<String> =
        some.map(|(amount, fate)| format!("{} {} ({})", count(amount.files, "file"), fate.word(), bytes(amount.bytes))).collect();
    if !said.is_empty() {
        html.leaf("p", &said.join(", "));
    }
    let row = |file: &FileDelta| {
        let path = match &file.from {
            Some(from) => format!("{from} → {}", file.path),
            None => file.path.clone(),
        };
        let mut row = weighed(Field::Code(path), file.bytes);
        row.insert(1, Field::text(file.what.word()));
        row
    };
    table(html, "Files that weigh most in the change", &["file", "what"], &contents.largest.iter().map(row).collect::<Vec<_>>());
}

fn config(html: &mut Html, delta: &Delta) {
    let Some(config) = delta.config.as_ref().filter(|config| !config.is_empty()) else { return };
    let value = |value: &Option<String>| value.as_ref().map_or_else(|| Field::text("not set"), Field::code);
    let rows: Vec<Vec<Field>> =
        config.iter().map(|setting| vec![Field::code(&setting.name), value(&setting.old), value(&setting.new)]).collect();
    html.table("Configuration that changed", &["setting", "before", "after"].map(Column::Text), &rows);
}

fn findings(html: &mut Html, delta: &Delta) {
    let Some(findings) = &delta.findings else { return };
    let row = |what: &'static str| {
        move |finding: &crate::size::snapshot::Fingerprint| {
            vec![Field::text(what), Field::text(&finding.rule), Field::code(&finding.at)]
        }
    };
    let rows: Vec<Vec<Field>> = findings.new.iter().map(row("new")).chain(findings.fixed.iter().map(row("fixed"))).collect();
    if !rows.is_empty() {
        html.table("Findings that changed", &["what", "rule", "where"].map(Column::Text), &rows);
    }
    html.leaf("p class=quiet", &format!("{} in both", count(findings.same, "finding")));
}
