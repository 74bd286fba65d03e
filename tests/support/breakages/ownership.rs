//! Whose the files are.

use super::{Breakage, COPY_SITE, SITE_PATH};
use crate::image::Entry;
use crate::image::lucid::SITE;

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "root-owned-file",
        done: "copied one more module without `--chown`",
        edit: |image, _| {
            let extra = Entry::file("app/extra.py", "EXTRA = 1\n");
            image.append("COPY extra.py /app/extra.py", vec![Entry::directory("app"), extra]);
        },
        rule: "ownership/tree",
        level: "error",
        path: Some("/app/extra.py"),
        layer: Some("extra.py"),
        explains: &["history/copy-chown"],
    },
    Breakage {
        name: "packages-unreadable",
        done: "copied the packages with the mode and the owner of root's home",
        edit: |image, _| {
            image.layer_mut(COPY_SITE).change(SITE, |entry| (entry.mode, entry.owner) = (0o700, (0, 0)));
        },
        rule: "ownership/readable",
        level: "error",
        path: Some(SITE_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "keep-of-root",
        done: "copied the marker of /var/lib without `--chown`",
        edit: |image, _| image.layer_mut("/var/lib/.keep").change("var/lib/.keep", |entry| entry.owner = (0, 0)),
        rule: "ownership/markers",
        level: "warn",
        path: Some("/var/lib/.keep"),
        layer: Some("/var/lib/.keep"),
        explains: &[],
    },
];
