//! What people do to such images, and what must be said of it: the one table, which docs/breakages.md is made from.

use std::fmt::Write as _;
use std::sync::Arc;

use super::image::lucid::{Parts, SITE, x86_64_wheel};
use super::image::{Content, Entry, Image, NONROOT};

/// One thing that a person did to the good image.
pub struct Breakage {
    /// Its name.
    pub name: &'static str,
    /// What the person did.
    pub done: &'static str,
    /// Does it.
    pub edit: fn(&mut Image, &Parts),
    /// The rule whose one finding, an error, is the cause.
    pub rule: &'static str,
    /// The path that this finding names, if it is about a path.
    pub path: Option<&'static str>,
    /// Part of the instruction of the layer that it blames, if there is one to blame.
    pub layer: Option<&'static str>,
    /// Rules that may fail beside it, their errors explained by it.
    pub explains: &'static [&'static str],
}

const MARKER: &str = "usr/local/lib/python3.11/site-packages/.lucid-marker";
const MARKER_PATH: &str = "/usr/local/lib/python3.11/site-packages/.lucid-marker";
const SITE_PATH: &str = "/usr/local/lib/python3.11/site-packages";
const COPY_SITE: &str = "/root/.local/lib/python3.11/site-packages";

/// Every breakage.
pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "marker-missing",
        done: "left out the RUN that writes the marker beside the packages",
        edit: |image, _| image.layer_mut(COPY_SITE).remove(MARKER),
        rule: "marker/site-packages",
        path: Some(MARKER_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "marker-empty",
        done: "wrote the marker with `touch`",
        edit: |image, _| rewrite(image, COPY_SITE, MARKER, b""),
        rule: "marker/nonempty",
        path: Some(MARKER_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "marker-blank",
        done: "wrote the marker with `echo \"\"`: one byte, which a test of the file's size takes for content",
        edit: |image, _| rewrite(image, COPY_SITE, MARKER, b"\n"),
        rule: "marker/nonempty",
        path: Some(MARKER_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "marker-removed-later",
        done: "removed the marker again in a later instruction",
        edit: |image, _| {
            let folder = format!("{SITE}/.wh..lucid-marker");
            image.append(
                &format!("RUN /usr/bin/python3.11 -c import os; os.remove('{MARKER_PATH}')"),
                below(Entry::file(&folder, "")),
            );
        },
        rule: "marker/site-packages",
        path: Some(MARKER_PATH),
        layer: Some("os.remove"),
        explains: &[],
    },
    Breakage {
        name: "marker-blanked-later",
        done: "copied a blank marker over the good one in a later instruction",
        edit: |image, _| {
            let blank = Entry::file(MARKER, "\n").of(NONROOT);
            image.append(&format!("COPY --chown=65532:65532 markers/.lucid-marker {MARKER_PATH}"), below(blank));
        },
        rule: "marker/nonempty",
        path: Some(MARKER_PATH),
        layer: Some("markers/.lucid-marker"),
        explains: &[],
    },
    Breakage {
        name: "site-packages-hidden",
        done: "made the directory of the packages anew in a later instruction, which hides what was in it",
        edit: |image, _| {
            let opaque = Entry::file(&format!("{SITE}/.wh..wh..opq"), "");
            image.append(
                &format!("RUN /usr/bin/python3.11 -c import os, shutil; shutil.rmtree('{SITE_PATH}'); os.mkdir('{SITE_PATH}')"),
                below(opaque),
            );
        },
        rule: "python/site-packages-populated",
        path: Some(SITE_PATH),
        layer: Some("shutil.rmtree"),
        explains: &["marker/site-packages", "python/record-integrity"],
    },
    Breakage {
        name: "root-owned-file",
        done: "copied one more module without `--chown`",
        edit: |image, _| {
            let extra = Entry::file("app/extra.py", "EXTRA = 1\n");
            image.append("COPY extra.py /app/extra.py", vec![Entry::directory("app"), extra]);
        },
        rule: "ownership/tree",
        path: Some("/app/extra.py"),
        layer: Some("extra.py"),
        explains: &[],
    },
    Breakage {
        name: "module-tampered",
        done: "copied a changed module over an installed one",
        edit: |image, _| {
            let path = format!("{SITE}/jwt/api_jwt.py");
            let site = image.layer_mut(COPY_SITE).entries();
            let mut changed = site.iter().find(|entry| entry.path == path).expect("PyJWT is installed").clone();
            let Content::File(bytes) = &changed.content else { panic!("{path} is a file") };
            changed.content = Content::File([&bytes[..], b"# patched\n"].concat().into());
            image.append(&format!("COPY --chown=65532:65532 patches/api_jwt.py /{path}"), below(changed));
        },
        rule: "python/record-integrity",
        path: Some("/usr/local/lib/python3.11/site-packages/jwt/api_jwt.py"),
        layer: Some("patches/api_jwt.py"),
        explains: &[],
    },
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
        path: Some("/usr/local/lib/python3.11/site-packages/bcrypt/_bcrypt.abi3.so"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
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
        path: Some("/usr/bin/aarch64-linux-gnu-cpp-12"),
        layer: Some("/toolchain"),
        explains: &["toolchain/packages"],
    },
    Breakage {
        name: "shell-shipped",
        done: "copied a shell in, to look around",
        edit: |image, parts| image.append("COPY /shell /", parts.package("dash")),
        rule: "toolchain/shells",
        path: Some("/bin/dash"),
        layer: Some("/shell"),
        explains: &[],
    },
    Breakage {
        name: "user-root",
        done: "wrote USER 0",
        edit: |image, _| {
            image.config["User"] = "0".into();
            image.reword("USER 65532:65532", "USER 0");
        },
        rule: "config/user",
        path: None,
        layer: None,
        explains: &[],
    },
    Breakage {
        name: "built-for-amd64",
        done: "built without `--platform`, on a base that was pulled for arm64",
        edit: |image, _| (image.architecture, image.variant) = ("amd64", None),
        rule: "platform/config-arch",
        path: None,
        layer: None,
        explains: &["platform/elf-arch", "platform/label"],
    },
    Breakage {
        name: "interpreter-missing",
        done: "named an interpreter in CMD that the base does not have",
        edit: |image, _| {
            image.config["Cmd"][0] = "/usr/bin/python3.12".into();
            image.reword(r#"CMD ["/usr/bin/python3.11""#, r#"CMD ["/usr/bin/python3.12" "/app/entrypoint.py"]"#);
        },
        rule: "config/argv0",
        path: Some("/usr/bin/python3.12"),
        layer: None,
        explains: &[],
    },
];

/// Exchanges a file's content in the layer of an instruction.
fn rewrite(image: &mut Image, instruction: &str, path: &str, bytes: &[u8]) {
    image.layer_mut(instruction).change(path, |entry| entry.content = Content::File(Arc::from(bytes)));
}

/// An entry behind the directories above it, which belong to whom they belonged to before.
fn below(entry: Entry) -> Vec<Entry> {
    let above = entry.path.match_indices('/').map(|(end, _)| &entry.path[..end]);
    let owned = |path: &str| Entry::directory(path).of(if path == "usr" { 0 } else { NONROOT });
    let mut entries: Vec<Entry> = above.map(owned).collect();
    entries.push(entry);
    entries
}

/// The table as Markdown: docs/breakages.md.
pub fn document() -> String {
    let mut text = String::from(
        "# Broken images, and what is said of them\n\n\
         `tests/real.rs` builds one good image out of Debian's and PyPI's own packages, breaks it in each of these ways, pushes\n\
         it to a real registry and verifies it: exit 1, and one error that no other finding explains. This page is generated\n\
         from `tests/support/breakages.rs` (`LUCID_UPDATE=1 cargo test --test real`).\n\n\
         | someone … | rule | path | layer blamed | may fail with it |\n|---|---|---|---|---|\n",
    );
    for Breakage { done, rule, path, layer, explains, .. } in BREAKAGES {
        let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
        let or_none = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), code);
        let explains = if explains.is_empty() { "nothing".into() } else { explains.join(", ") };
        writeln!(text, "| {done} | {rule} | {} | {} | {explains} |", or_none(*path), or_none(*layer)).unwrap();
    }
    text
}
