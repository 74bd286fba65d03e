//! Commands of installed packages, and how the packages were built.

use super::{Breakage, COPY_BIN, COPY_SITE, exchange};
use crate::image::lucid::{BIN, installed};
use crate::image::wheels::{PIP, PYTHON_3_10};
use crate::image::{Content, Image};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "commands-left-behind",
        done: "copied the marker of the commands without the commands",
        edit: |image, _| {
            for path in commands(image) {
                image.layer_mut(COPY_BIN).remove(&path);
            }
        },
        rule: "python/console-scripts-present",
        level: "warn",
        path: Some("/usr/local/bin/fastapi"),
        layer: Some(COPY_BIN),
        explains: &[],
    },
    Breakage {
        name: "commands-and-marker-left-behind",
        done: "copied the packages without their commands",
        edit: |image, _| {
            for path in commands(image).into_iter().chain([format!("{BIN}/.lucid-marker")]) {
                image.layer_mut(COPY_BIN).remove(&path);
            }
        },
        rule: "layout/empty-copy",
        level: "error",
        path: Some("/usr/local/bin"),
        layer: Some(COPY_BIN),
        explains: &["layout/empty-dirs", "marker/bin", "python/console-scripts-present"],
    },
    Breakage {
        name: "builder-shebang",
        done: "installed with the interpreter of python:3.11-slim, whose path the commands then begin with",
        edit: |image, _| {
            for path in commands(image) {
                image.layer_mut(COPY_BIN).change(&path, |entry| {
                    let Content::File(bytes) = &entry.content else { panic!("a command is a file") };
                    let text = String::from_utf8(bytes.to_vec()).unwrap().replacen("/usr/bin/", "/usr/local/bin/", 1);
                    entry.content = Content::File(text.into_bytes().into());
                });
            }
        },
        rule: "python/console-script-shebang",
        level: "warn",
        path: Some("/usr/local/bin/fastapi"),
        layer: Some(COPY_BIN),
        explains: &[],
    },
    Breakage {
        name: "python-3.10-extension",
        done: "installed one package with the Python of another base",
        edit: |image, _| exchange(image, ["pydantic_core", "pydantic_core-2.33.2.dist-info"], &PYTHON_3_10),
        rule: "python/native-ext-suffix",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/pydantic_core/_pydantic_core.cpython-310-aarch64-linux-gnu.so"),
        layer: Some(COPY_SITE),
        explains: &["python/import-closure"],
    },
    Breakage {
        name: "pip-shipped",
        done: "upgraded pip with `pip install --user`, from where it was copied",
        edit: |image, _| {
            let pip = installed(&PIP);
            for (layer, entries) in [(COPY_SITE, pip.site), (COPY_BIN, pip.bin)] {
                for entry in entries {
                    image.layer_mut(layer).put(entry);
                }
            }
        },
        rule: "python/pip-present",
        level: "warn",
        path: Some("/usr/local/lib/python3.11/site-packages/pip-25.0.dist-info"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
];

/// The paths of the commands that the packages brought.
fn commands(image: &mut Image) -> Vec<String> {
    let entries = image.layer_mut(COPY_BIN).entries().iter();
    let files = entries.filter(|entry| matches!(entry.content, Content::File(_)) && !entry.path.ends_with(".lucid-marker"));
    files.map(|entry| entry.path.clone()).collect()
}
