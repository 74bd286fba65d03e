//! What the image runs on.

use super::{Breakage, COPY_SITE, exchange};
use crate::image::Content;
use crate::image::wheels::{MUSL, X86_64};

const BCRYPT: [&str; 2] = ["bcrypt", "bcrypt-4.3.0.dist-info"];

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "x86-64-wheel",
        done: "installed one package in a builder of the build machine's platform",
        edit: |image, _| exchange(image, BCRYPT, &X86_64),
        rule: "platform/elf-arch",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/bcrypt/_bcrypt.abi3.so"),
        layer: Some(COPY_SITE),
        explains: &["platform/wheel-tags"],
    },
    Breakage {
        name: "musl-wheel",
        done: "installed one package in a builder on Alpine",
        edit: |image, _| exchange(image, BCRYPT, &MUSL),
        rule: "platform/libc",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/bcrypt.libs/libgcc_s-4e37474d.so.1"),
        layer: Some(COPY_SITE),
        explains: &["linkage/needed", "platform/wheel-tags"],
    },
    Breakage {
        name: "amd64-interpreter",
        done: "took the interpreter from a base for the build machine's platform",
        edit: |image, _| {
            image.layer_mut("//python3.11-minimal/").change("usr/bin/python3.11", |entry| {
                let Content::File(bytes) = &entry.content else { panic!("python is a file") };
                let mut bytes = bytes.to_vec();
                bytes[18] = 62; // e_machine: EM_X86_64
                entry.content = Content::File(bytes.into());
            });
        },
        rule: "platform/interpreter-arch",
        level: "error",
        path: Some("/usr/bin/python3.11"),
        layer: Some("//python3.11-minimal/"),
        explains: &["platform/elf-arch"],
    },
    Breakage {
        name: "built-for-amd64",
        done: "built without `--platform`, on a base that was pulled for arm64",
        edit: |image, _| (image.architecture, image.variant) = ("amd64", None),
        rule: "platform/config-arch",
        level: "error",
        path: None,
        layer: None,
        explains: &["platform/elf-arch", "platform/label", "platform/tag"],
    },
];
