//! What belongs into a builder.

use super::Breakage;
use crate::image::{Content, Entry};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "gcc-shipped",
        done: "copied the compiler out of the builder",
        edit: |image, parts| {
            image.append("COPY /toolchain /", parts.package("cpp-12"));
            let layer = image.layer_mut("/toolchain");
            for entry in parts.package("gcc-12") {
                layer.put(entry);
            }
        },
        rule: "toolchain/compilers",
        level: "error",
        path: Some("/usr/bin/aarch64-linux-gnu-cpp-12"),
        layer: Some("/toolchain"),
        explains: &["linkage/needed", "toolchain/internal", "toolchain/packages"],
    },
    Breakage {
        name: "shell-shipped",
        done: "copied a shell in, to look around",
        edit: |image, parts| image.append("COPY /shell /", parts.package("dash")),
        rule: "toolchain/shells",
        level: "error",
        path: Some("/bin/dash"),
        layer: Some("/shell"),
        explains: &["labels/security"],
    },
    Breakage {
        name: "make-shipped",
        done: "copied make out of the builder, with its note in the package database",
        edit: |image, parts| image.append("COPY /tools /", parts.package("make")),
        rule: "toolchain/build-systems",
        level: "error",
        path: Some("/usr/bin/gmake"),
        layer: Some("/tools"),
        explains: &["toolchain/headers", "toolchain/packages"],
    },
    Breakage {
        name: "apt-shipped",
        done: "copied a package manager in, to install what is missing later",
        edit: |image, parts| image.append("COPY /apt /", parts.package("apt")),
        rule: "toolchain/package-managers",
        level: "error",
        path: Some("/usr/bin/apt"),
        layer: Some("/apt"),
        explains: &["linkage/needed"],
    },
    Breakage {
        name: "compiler-part-left",
        done: "removed the compiler by the name of its driver",
        edit: |image, parts| {
            let mut entries = parts.package("cpp-12");
            entries.retain(|entry| entry.path.ends_with("/cc1") || matches!(entry.content, Content::Directory));
            image.append("COPY /usr/lib/gcc /usr/lib/gcc", entries);
        },
        rule: "toolchain/internal",
        level: "error",
        path: Some("/usr/lib/gcc/aarch64-linux-gnu/12/cc1"),
        layer: Some("/usr/lib/gcc"),
        explains: &["linkage/needed"],
    },
    Breakage {
        name: "compiler-removed-later",
        done: "removed the compiler in a later instruction than the one that brought it",
        edit: |image, parts| {
            let compiler = "usr/bin/aarch64-linux-gnu-gcc-12";
            let mut entries = parts.package("gcc-12");
            entries.retain(|entry| entry.path == compiler || ["usr", "usr/bin"].contains(&entry.path.as_str()));
            image.append("COPY /gcc /", entries);
            let removed = ["usr", "usr/bin"].map(Entry::directory).into_iter();
            let removed = removed.chain([Entry::file("usr/bin/.wh.aarch64-linux-gnu-gcc-12", "")]).collect();
            image.append(&format!("RUN /usr/bin/python3.11 -c import os; os.remove('/{compiler}')"), removed);
        },
        rule: "toolchain/deleted-but-shipped",
        level: "warn",
        path: Some("/usr/bin/aarch64-linux-gnu-gcc-12"),
        layer: Some("COPY /gcc"),
        explains: &[],
    },
];
