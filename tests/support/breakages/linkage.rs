//! What the dynamic loader finds.

use super::{Breakage, COPY_SITE, rewrite};
use crate::image::folder::bytes;
use crate::image::{Entry, Image, NONROOT};

const BCRYPT: &str = "usr/local/lib/python3.11/site-packages/bcrypt/_bcrypt.abi3.so";
const PYTHON: &str = "usr/bin/python3.11";
const LIBC: &str = "lib/aarch64-linux-gnu/libc.so.6";

const COPY_FAST: &str = "COPY --chown=65532:65532 /build/fast.abi3.so /app/fast.abi3.so # buildkit";
const COPY_PYTHON: &str = "COPY --chown=65532:65532 /usr/local/bin/python3.11 /usr/local/bin/python3.11 # buildkit";
const COPY_LIBC: &str = "COPY /lib/aarch64-linux-gnu/libc.so.6 /lib/aarch64-linux-gnu/libc.so.6 # buildkit";

/// The bytes of a file in the layer of an instruction.
fn file(image: &mut Image, instruction: &str, path: &str) -> Vec<u8> {
    let layer = image.layer_mut(instruction);
    let entry = layer.entries().iter().find(|entry| entry.path == path);
    bytes(entry.unwrap_or_else(|| panic!("{path} is not in the layer"))).to_vec()
}

/// Exchanges a name in machine code, wherever it stands; the new one is no longer.
fn exchange(bytes: &mut [u8], name: &str, by: &str) {
    let (name, mut by) = (format!("{name}\0").into_bytes(), by.as_bytes().to_vec());
    by.resize(name.len(), 0);
    let places: Vec<usize> = bytes.windows(name.len()).enumerate().filter(|(_, part)| *part == name).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "{} is not in the object", name.escape_ascii());
    for at in places {
        bytes[at..at + name.len()].copy_from_slice(&by);
    }
}

/// Adds a module of the service's own, in which a name is another.
fn own_module(image: &mut Image, name: &str, by: &str) {
    let mut module = file(image, COPY_SITE, BCRYPT);
    exchange(&mut module, name, by);
    image.append(COPY_FAST, vec![Entry::file("app/fast.abi3.so", module).of(NONROOT)]);
    rewrite(image, "/build/app", "app/entrypoint.py", b"import fast\n");
}

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "library-gone",
        done: "made the base from a list of packages that lacks one",
        edit: |image, _| {
            let layer = image.layer_mut("//libexpat1/");
            layer.remove("lib/aarch64-linux-gnu/libexpat.so.1");
            layer.remove("lib/aarch64-linux-gnu/libexpat.so.1.8.10");
        },
        rule: "linkage/needed",
        level: "error",
        path: Some("/usr/bin/python3.11"),
        layer: Some("//python3.11-minimal/"),
        explains: &[],
    },
    Breakage {
        name: "module-without-library",
        done: "compiled a module against a library that only the builder has",
        edit: |image, _| own_module(image, "libgcc_s.so.1", "libGL.so.1"),
        rule: "linkage/needed",
        level: "error",
        path: Some("/app/fast.abi3.so"),
        layer: Some("/build/fast.abi3.so"),
        explains: &[],
    },
    Breakage {
        name: "newer-glibc",
        done: "compiled a module in a builder on the next release of Debian",
        edit: |image, _| own_module(image, "GLIBC_2.17", "GLIBC_2.38"),
        rule: "linkage/glibc-version",
        level: "error",
        path: Some("/app/fast.abi3.so"),
        layer: Some("/build/fast.abi3.so"),
        explains: &[],
    },
    Breakage {
        name: "loader-gone",
        done: "cleaned up `/lib` and took the loader's link with it",
        edit: |image, _| image.layer_mut("//libc6/").remove("lib/ld-linux-aarch64.so.1"),
        rule: "linkage/interp",
        level: "error",
        path: Some("/usr/bin/python3.11"),
        layer: Some("//python3.11-minimal/"),
        explains: &["layout/required-binaries", "config/argv0", "healthcheck/argv0"],
    },
    Breakage {
        name: "builders-libc",
        done: "copied the builder's C library over the base's",
        edit: |image, _| {
            let mut libc = file(image, "//libc6/", LIBC);
            libc.push(0);
            image.append(COPY_LIBC, vec![Entry::file(LIBC, libc).mode(0o755)]);
        },
        rule: "linkage/system-overwrite",
        level: "error",
        path: Some("/lib/aarch64-linux-gnu/libc.so.6"),
        layer: Some("COPY /lib/aarch64-linux-gnu/libc.so.6"),
        explains: &["base/md5sums"],
    },
    Breakage {
        name: "builders-python",
        done: "copied all commands of the builder, its own Python with them",
        edit: |image, _| {
            let mut python = file(image, "//python3.11-minimal/", PYTHON);
            exchange(&mut python, "libexpat.so.1", "libpython3.so");
            image.append(COPY_PYTHON, vec![Entry::file("usr/local/bin/python3.11", python).of(NONROOT).mode(0o755)]);
        },
        rule: "python/foreign-interpreter",
        level: "warn",
        path: Some("/usr/local/bin/python3.11"),
        layer: Some("/usr/local/bin/python3.11 /usr/local/bin/python3.11"),
        explains: &[],
    },
];
