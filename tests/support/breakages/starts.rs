//! What is seen only at the start.

use serde_json::json;

use super::{Breakage, COPY_BIN, COPY_SITE, PLAIN};
use crate::image::Content;
use crate::image::lucid::{BIN, SITE};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "package-of-directories-alone",
        done: "copied the directories of a package, and what it says of itself, without its files",
        edit: |image, _| {
            let site = image.layer_mut(COPY_SITE);
            let below = format!("{SITE}/redis/");
            let is_file = |content: &Content| matches!(content, Content::File(_));
            let entries = site.entries().iter();
            let files = entries.filter(|entry| is_file(&entry.content) && entry.path.starts_with(&below));
            let files: Vec<String> = files.map(|entry| entry.path.clone()).collect();
            for path in files {
                site.remove(&path);
            }
        },
        rule: "python/record-integrity",
        path: Some("/usr/local/lib/python3.11/site-packages/redis/__init__.py"),
        layer: Some(COPY_SITE),
        explains: &["python/critical-packages", "python/broken-dist", "python/import-closure"],
        ..PLAIN
    },
    Breakage {
        name: "command-of-the-builders-interpreter",
        done: "started an installed command, whose first line names the interpreter of python:3.11-slim",
        edit: |image, _| {
            image.layer_mut(COPY_BIN).change(&format!("{BIN}/uvicorn"), |entry| {
                let Content::File(bytes) = &entry.content else { panic!("a command is a file") };
                let text = String::from_utf8(bytes.to_vec()).unwrap().replacen("/usr/bin/", "/usr/local/bin/", 1);
                entry.content = Content::File(text.into_bytes().into());
            });
            image.config["Cmd"] = json!(["/usr/local/bin/uvicorn", "main:app", "--port", "8089"]);
            image.reword("CMD ", r#"CMD ["/usr/local/bin/uvicorn" "main:app" "--port" "8089"]"#);
        },
        rule: "config/argv0",
        path: Some("/usr/local/bin/uvicorn"),
        layer: Some(COPY_BIN),
        explains: &["python/console-script-shebang"],
        ..PLAIN
    },
];
