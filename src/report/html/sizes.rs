//! Where the bytes are: the map of the tree, directories, packages, layers.

use serde_json::{Value, json};

use super::markup::{Column, Field, Html};
use crate::report::{FileSize, Image, KindSize, Layer, Package, Sizes, Waste};
use crate::size::map::{Belongs, Cell};
use crate::size::{Cause, Copies, Directory, Loss, Map};

pub(super) fn write(html: &mut Html, image: &Image) {
    let sizes = &image.sizes;
    if image.complete && sizes.bytes > 0 {
        html.tag("section", |html| {
            html.leaf("h2", "Where the bytes are");
            match &image.map {
                Some(map) => html.tag("div class=map hidden", |html| html.data(&data(map))),
                None => html.leaf("p", "The map of the tree is drawn while an image is read: a report that was merged has none."),
            }
            html.tag("div class=columns", |html| {
                html.tag("div", |html| directories(html, sizes));
                html.tag("div", |html| {
                    packages(html, sizes);
                    kinds(html, sizes);
                });
            });
            largest(html, sizes);
        });
    }
    if !image.layers.is_empty() {
        html.tag("section", |html| {
            html.leaf("h2", "Layers");
            layers(html, image);
            waste(html, &sizes.waste);
        });
    }
}

/// The map as rows: what the script reads. Bytes of no package are of -1, those of several of -2.
fn data(map: &Map) -> Value {
    let owners: Vec<Value> = map.owners.iter().map(|owner| json!([owner.kind, owner.name, owner.version, owner.bytes])).collect();
    let cell = |cell: &Cell| {
        let owner = match cell.belongs {
            Belongs::To(owner) => i64::try_from(owner).unwrap_or(-2),
            Belongs::ToNone => -1,
            Belongs::ToSeveral => -2,
        };
        json!([cell.parent, cell.bytes, cell.files, owner, cell.name])
    };
    json!({"owners": owners, "cells": map.cells.iter().map(cell).collect::<Vec<_>>()})
}

fn directories(html: &mut Html, sizes: &Sizes) {
    let columns = [Column::Text("directory"), Column::Number("files"), Column::Number("bytes")];
    let row = |directory: &Directory| {
        let name = Field::Share { text: directory.path.clone(), part: directory.bytes, hidden: 0, whole: sizes.bytes };
        vec![name, Field::Count(directory.files), Field::Bytes(Some(directory.bytes))]
    };
    html.table(
        "The largest directories, with everything below them",
        &columns,
        &sizes.directories.iter().map(row).collect::<Vec<_>>(),
    );
}

/// Packages and what none owns: together all files.
fn packages(html: &mut Html, sizes: &Sizes) {
    if sizes.packages.is_empty() {
        return;
    }
    let columns = [Column::Text("package"), Column::Text("version"), Column::Number("files"), Column::Number("bytes")];
    let row = |text: String, version: &str, bytes: u64, files: u64| {
        let name = Field::Share { text, part: bytes, hidden: 0, whole: sizes.bytes };
        vec![name, Field::text(version), Field::Count(files), Field::Bytes(Some(bytes))]
    };
    let of =
        |package: &Package| row(format!("{} {}", package.kind, package.name), &package.version, package.bytes, package.files);
    let none = row("no package".into(), "", sizes.unowned.bytes, sizes.unowned.files);
    html.table("Packages", &columns, &std::iter::once(none).chain(sizes.packages.iter().map(of)).collect::<Vec<_>>());
}

fn kinds(html: &mut Html, sizes: &Sizes) {
    let columns = [Column::Text("kind"), Column::Number("files"), Column::Number("bytes")];
    let row = |kind: &KindSize| {
        let name = Field::Share { text: kind.kind.word().to_owned(), part: kind.bytes, hidden: 0, whole: sizes.bytes };
        vec![name, Field::Count(kind.files), Field::Bytes(Some(kind.bytes))]
    };
    if !sizes.kinds.is_empty() {
        html.table("Kinds of files", &columns, &sizes.kinds.iter().map(row).collect::<Vec<_>>());
    }
}

fn largest(html: &mut Html, sizes: &Sizes) {
    let columns = [Column::Text("file"), Column::Text("package"), Column::Number("layer"), Column::Number("bytes")];
    let row = |file: &FileSize| {
        let name = Field::Share { text: file.path.clone(), part: file.bytes, hidden: 0, whole: sizes.bytes };
        let owner = file.owner.as_ref().map(|owner| format!("{} {}", owner.kind, owner.name)).unwrap_or_default();
        vec![name, Field::text(owner), Field::Count((file.layer as u64).saturating_add(1)), Field::Bytes(Some(file.bytes))]
    };
    if !sizes.largest.is_empty() {
        html.table("The largest files", &columns, &sizes.largest.iter().map(row).collect::<Vec<_>>());
    }
}

/// The ladder: what each layer ships, and what of that a later one hides.
fn layers(html: &mut Html, image: &Image) {
    let columns = [
        Column::Number("layer"),
        Column::Text("instruction, as the image claims"),
        Column::Number("files ship"),
        Column::Number("of them hidden"),
        Column::Number("packed"),
    ];
    let most = image.layers.iter().filter_map(|layer| layer.files_bytes).max().unwrap_or_default();
    let row = |layer: &Layer| {
        let text = layer.created_by.clone().unwrap_or_else(|| layer.digest.clone());
        let (part, hidden) = (layer.files_bytes.unwrap_or_default(), layer.hidden_bytes.unwrap_or_default());
        vec![
            Field::Count((layer.index as u64).saturating_add(1)),
            Field::Share { text, part, hidden, whole: most },
            Field::Bytes(layer.files_bytes),
            Field::Bytes(layer.hidden_bytes),
            Field::Bytes(Some(layer.compressed_bytes)),
        ]
    };
    html.table(
        "Layers, base first; hidden: no name of the final tree leads to it",
        &columns,
        &image.layers.iter().map(row).collect::<Vec<_>>(),
    );
}

fn waste(html: &mut Html, waste: &Waste) {
    let columns = ["how", "by layer", "instruction", "the largest file", "fix"].map(Column::Text);
    let columns: Vec<Column> = columns.into_iter().chain(["files", "bytes"].map(Column::Number)).collect();
    let row = |cause: &Cause| {
        let how = match cause.kind {
            Loss::Removed => "removed",
            Loss::Overwritten => "overwritten",
            Loss::MetadataOnly => "shipped again unchanged",
        };
        vec![
            Field::text(how),
            Field::Text(cause.layer.saturating_add(1).to_string()),
            Field::code(cause.created_by.as_deref().unwrap_or_default()),
            Field::code(&cause.largest),
            Field::text(&cause.fix),
            Field::Count(cause.files),
            Field::Bytes(Some(cause.bytes)),
        ]
    };
    if !waste.causes.is_empty() {
        html.table("Shipped and not seen", &columns, &waste.causes.iter().map(row).collect::<Vec<_>>());
    }
    let columns = [Column::Text("the first of them"), Column::Number("copies"), Column::Number("bytes too many")];
    let row = |copies: &Copies| {
        vec![Field::code(copies.paths.join(", ")), Field::Count(copies.count), Field::Bytes(Some(copies.bytes))]
    };
    if !waste.copies.is_empty() {
        html.table("The same content more than once", &columns, &waste.copies.iter().map(row).collect::<Vec<_>>());
    }
}
