//! What the image runs on.

use super::{Breakage, COPY_SITE};
use crate::image::lucid::{SITE, x86_64_wheel};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "x86-64-wheel",
        done: "installed one package in a builder of the build machine's platform",
        edit: |image, _| {
            let site = image.layer_mut(COPY_SITE);
            site.remove(&format!("{SITE}/bcrypt"));
            site.remove(&format!("{SITE}/bcrypt-4.3.0.dist-info"));
            for entry in x86_64_wheel() {
                site.put(entry);
            }
        },
        rule: "platform/elf-arch",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/bcrypt/_bcrypt.abi3.so"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "built-for-amd64",
        done: "built without `--platform`, on a base that was pulled for arm64",
        edit: |image, _| (image.architecture, image.variant) = ("amd64", None),
        rule: "platform/config-arch",
        level: "error",
        path: None,
        layer: None,
        explains: &["platform/elf-arch", "platform/label"],
    },
];
