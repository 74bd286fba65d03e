//! Where the bytes are: the map of the tree, directories, packages, layers.

use serde_json::{Value, json};

use super::markup::{Column, Field, Html};
use crate::report::{Image, Sizes};
use crate::size::Map;
use crate::size::map::Belongs;

pub(super) fn write(html: &mut Html, image: &Image) {
    let sizes = &image.sizes;
    if image.complete && sizes.bytes > 0 {
        html.tag("section", |html| {
            html.leaf("h2", "Where the bytes are");
            if let Some(map) = &image.map {
                html.tag("div class=map hidden", |html| html.data(&data(map)));
            }
            html.tag("div class=columns", |html| {
                directories(html, sizes);
                packages(html, sizes);
            });
        });
    }
    if !image.layers.is_empty() {
        html.tag("section", |html| {
            html.leaf("h2", "Layers");
            layers(html, image);
        });
    }
}

/// The map as rows: what the script reads. Bytes of no package are of -1, those of several of -2.
fn data(map: &Map) -> Value {
    let owners: Vec<Value> = map.owners.iter().map(|owner| json!([owner.kind, owner.name, owner.version, owner.bytes])).collect();
    let cell = |cell: &crate::size::map::Cell| {
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
    let row = |directory: &crate::size::Directory| {
        let name = Field::Share { text: directory.path.clone(), part: directory.bytes, hidden: 0, whole: sizes.bytes };
        vec![name, Field::Count(directory.files), Field::Bytes(Some(directory.bytes))]
    };
    html.table(
        "The largest directories, with everything below them",
        &columns,
        &sizes.directories.iter().map(row).collect::<Vec<_>>(),
    );
}

fn packages(html: &mut Html, sizes: &Sizes) {
    if sizes.packages.is_empty() {
        return;
    }
    let columns = [Column::Text("package"), Column::Text("version"), Column::Number("files"), Column::Number("bytes")];
    let row = |package: &crate::size::Package| {
        let text = format!("{} {}", package.kind, package.name);
        let name = Field::Share { text, part: package.bytes, hidden: 0, whole: sizes.bytes };
        vec![name, Field::text(&package.version), Field::Count(package.files), Field::Bytes(Some(package.bytes))]
    };
    html.table("Packages", &columns, &sizes.packages.iter().map(row).collect::<Vec<_>>());
}

fn layers(html: &mut Html, image: &Image) {
    let columns = [
        Column::Number("layer"),
        Column::Text("instruction, as the image claims"),
        Column::Number("entries"),
        Column::Number("bytes"),
        Column::Number("packed"),
    ];
    let most = image.layers.iter().filter_map(|layer| layer.bytes).max().unwrap_or_default();
    let row = |layer: &crate::report::Layer| {
        let text = layer.created_by.clone().unwrap_or_else(|| layer.digest.clone());
        vec![
            Field::Count(layer.index as u64 + 1),
            Field::Share { text, part: layer.bytes.unwrap_or_default(), hidden: 0, whole: most },
            layer.entries.map_or(Field::Bytes(None), Field::Count),
            Field::Bytes(layer.bytes),
            Field::Bytes(Some(layer.compressed_bytes)),
        ]
    };
    html.table("Layers, base first", &columns, &image.layers.iter().map(row).collect::<Vec<_>>());
}
