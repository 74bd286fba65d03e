//! What the image was made from.

use super::{Breakage, rewrite};

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
        explains: &["linkage/needed", "toolchain/shells", "toolchain/package-managers"],
    },
    Breakage {
        name: "interpreter-gone",
        done: "took a base image without the interpreter that everything names",
        edit: |image, _| image.layer_mut("//python3.11-minimal/").remove("usr/bin/python3.11"),
        rule: "base/python",
        level: "error",
        path: Some("/usr/bin/python3.11"),
        layer: None,
        explains: &["config/argv0", "healthcheck/argv0", "layout/required-binaries"],
        explains: &["config/argv0", "healthcheck/argv0", "hygiene/dangling-links"],
    },
];
