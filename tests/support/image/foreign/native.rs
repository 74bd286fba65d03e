//! Machine code on nothing, or on nearly nothing.

use std::process::Command;

use serde_json::json;

use super::configure;
use crate::image::debian::{archive, run};
use crate::image::folder::{self, below, kept};
use crate::image::{Content, Entry, Image};

/// The instruction that brings the one file.
pub const COPY_BINARY: &str = "COPY /out/gosu";

/// `FROM scratch`, and one static executable that Go made.
pub fn scratch() -> Image {
    let mut image = Image::of([]);
    image.append(&format!("{COPY_BINARY} /gosu # buildkit"), vec![gosu("gosu")]);
    configure(image, &[], &json!({"Entrypoint": ["/gosu"], "Cmd": ["--version"], "User": "65534:65534", "WorkingDir": "/"}))
}

/// The executable of Debian's package of this name.
pub fn gosu(package: &str) -> Entry {
    let files = archive().packages(&[package])[0].files();
    let binary = files.into_iter().find(|entry| entry.path == "usr/sbin/gosu").expect("gosu is where Debian has it");
    Entry { path: "gosu".into(), ..binary }
}

/// A program for musl, which brings two of its libraries.
const WHEEL: &str = "clang-format==23.1.5 --hash=sha256:d2a72a532d7f0d35bb7fb7860a2881d14d25ef9a1c208fb965a2e29f0aa849ff";

/// The folder in which the program lies.
const PROGRAM: &str = "opt/clang-format";

/// The instruction that brings musl.
pub const COPY_MUSL: &str = "COPY /musl";

/// Busybox under its many names, musl's loader, and a program that is linked to it.
pub fn musl() -> Image {
    let mut image = Image::of([]);
    let busybox = archive().packages(&["busybox-static"])[0].files();
    let binary = busybox.into_iter().find(|entry| entry.path == "bin/busybox").expect("busybox is where Debian has it");
    let mut rootfs = vec![Entry::directory("bin"), binary];
    let applets = ["sh", "ls", "cat", "env", "sleep", "wget", "vi", "tar"];
    rootfs.extend(applets.map(|name| Entry { mode: 0o755, ..hardlink(&format!("bin/{name}"), "bin/busybox") }));
    rootfs.extend(["dev", "etc", "home", "lib", "proc", "root", "sys", "usr", "usr/bin", "var"].map(Entry::directory));
    rootfs.push(Entry::directory("tmp").mode(0o1777));
    rootfs.push(Entry::file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"));
    rootfs.push(Entry::file("etc/group", "root:x:0:\nnobody:x:65534:\n"));
    image.append("ADD rootfs.tar.gz / # buildkit", rootfs);
    let musl = archive().packages(&["musl"])[0].files();
    let wanted = |entry: &Entry| ["etc", "lib"].iter().any(|top| entry.path.split('/').next() == Some(top));
    image.append(&format!("{COPY_MUSL} / # buildkit"), musl.into_iter().filter(wanted).collect());
    let mut program = below(Entry::directory(PROGRAM));
    program.extend(folder::read(&wheel(), PROGRAM));
    program.retain(|entry| !entry.path.contains(".dist-info"));
    program.extend(below(Entry::symlink("usr/bin/clang-format", &format!("/{PROGRAM}/clang_format/data/bin/clang-format"))));
    image.append("COPY /opt/clang-format /opt/clang-format # buildkit", program);
    configure(image, &[], &json!({"Entrypoint": ["clang-format"], "Cmd": ["--version"], "User": "nobody"}))
}

fn hardlink(path: &str, target: &str) -> Entry {
    Entry { content: Content::Hardlink(target.into()), ..Entry::file(path, "") }
}

fn wheel() -> std::path::PathBuf {
    kept("musl", WHEEL, |target| {
        let list = target.with_extension("txt");
        std::fs::write(&list, WHEEL).unwrap();
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--no-deps"]);
        pip.args(["--only-binary=:all:", "--require-hashes", "--platform", "musllinux_1_2_aarch64", "--target"]);
        run(pip.arg(target).arg("-r").arg(&list));
        std::fs::remove_dir_all(target.join("bin")).unwrap();
    })
}
