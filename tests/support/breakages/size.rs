//! What the image weighs.

use super::{Breakage, COPY_SITE, PLAIN};
use crate::image::{Content, Entry, NONROOT};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "chown-in-its-own-layer",
        done: "copied the packages without `--chown`, and gave them to the user by a RUN",
        edit: |image, _| {
            let entries = image.layer_mut(COPY_SITE).entries().to_vec();
            let again = entries.iter().cloned().map(|entry| Entry { mtime: entry.mtime + 1, ..entry }).collect();
            image.append("RUN chown -R 65532:65532 /usr/local/lib", again);
        },
        rule: "size/duplicate-copy",
        level: "warn",
        layer: Some("chown -R"),
        explains: &["size/waste", "size/layer-order"],
        ..PLAIN
    },
    Breakage {
        name: "packages-twice",
        done: "copied root's packages to where they were, too",
        edit: |image, _| {
            let site = format!("{}/", crate::image::lucid::SITE);
            let copied = image.layer_mut(COPY_SITE).entries().iter().filter_map(|entry| {
                let path = entry.path.strip_prefix(&site).filter(|_| !matches!(entry.content, Content::Hardlink(_)))?;
                Some(Entry { path: format!("opt/packages/{path}"), ..entry.clone() })
            });
            let folders = ["opt", "opt/packages"].map(|path| Entry::directory(path).of(NONROOT));
            let entries = folders.into_iter().chain(copied).collect();
            image.append("COPY --chown=65532:65532 /packages /opt/packages", entries);
        },
        rule: "size/duplicate-copy",
        level: "warn",
        path: Some("/opt/packages"),
        layer: Some("/opt/packages"),
        explains: &["toolchain/headers", "size/waste"],
    },
];
