//! What the image was made from.

use super::{Breakage, PLAIN, rewrite};
use crate::image::{Content, Entry};

/// What `debian:12-slim` says of itself.
const DEBIAN: &[u8] =
    b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n";

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "debian-base",
        done: "took Debian's slim image for the last stage",
        edit: |image, parts| {
            rewrite(image, "//common:rootfs", "usr/lib/os-release", DEBIAN);
            for package in ["dash", "apt"] {
                for entry in parts.package(package) {
                    image.layer_mut("//common:rootfs").put(entry);
                }
            }
        },
        rule: "base/kind",
        level: "error",
        path: Some("/usr/lib/os-release"),
        layer: Some("//common:rootfs"),
        explains: &["linkage/needed", "toolchain/shells", "toolchain/package-managers", "labels/security"],
    },
    Breakage {
        name: "interpreter-gone",
        done: "took a base image without the interpreter that everything names",
        edit: |image, _| image.layer_mut("//python3.11-minimal/").remove("usr/bin/python3.11"),
        rule: "base/python",
        level: "error",
        path: Some("/usr/bin/python3.11"),
        layer: None,
        explains: &["config/argv0", "healthcheck/argv0", "layout/required-binaries", "hygiene/dangling-links"],
    },
    Breakage {
        name: "account-without-password",
        done: "copied a shadow file of which the root account has no password",
        edit: |image, _| {
            let shadow = Entry::file("etc/shadow", "root::19700:0:99999:7:::\nnonroot:!:19700:0:99999:7:::\n").mode(0o640);
            image.append("COPY shadow /etc/shadow", vec![Entry::directory("etc"), shadow]);
        },
        rule: "base/passwd",
        path: Some("/etc/shadow"),
        layer: Some("/etc/shadow"),
        ..PLAIN
    },
    Breakage {
        name: "library-of-the-builder",
        done: "copied the builder's zlib over the one of the base",
        edit: |image, _| {
            let zlib = image.layer_mut("//zlib1g/").entries().iter().find(|entry| entry.path.contains("/libz.so.1.")).unwrap();
            let mut other = zlib.clone();
            let Content::File(bytes) = &other.content else { panic!("zlib is a file") };
            other.content = Content::File([&bytes[..], b"built elsewhere"].concat().into());
            let folders = ["lib", "lib/aarch64-linux-gnu"].map(Entry::directory);
            image.append(
                "COPY /lib/aarch64-linux-gnu/libz.so.1* /lib/aarch64-linux-gnu/",
                [folders.to_vec(), vec![other]].concat(),
            );
        },
        rule: "linkage/system-overwrite",
        explains: &["base/md5sums"],
        path: Some("/lib/aarch64-linux-gnu/libz.so.1.2.13"),
        layer: Some("libz.so.1*"),
        ..PLAIN
    },
];
