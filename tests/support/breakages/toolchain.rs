//! What belongs into a builder.

use super::Breakage;

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
        explains: &["toolchain/packages"],
    },
    Breakage {
        name: "shell-shipped",
        done: "copied a shell in, to look around",
        edit: |image, parts| image.append("COPY /shell /", parts.package("dash")),
        rule: "toolchain/shells",
        level: "error",
        path: Some("/bin/dash"),
        layer: Some("/shell"),
        explains: &[],
    },
];
