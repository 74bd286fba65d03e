//! Installed packages and what runs them.

use super::{Breakage, COPY_SITE, SITE_PATH, below};
use crate::image::lucid::SITE;
use crate::image::{Content, Entry, Image, Layer};

pub const BREAKAGES: &[Breakage] = &[
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
        level: "error",
        path: Some(SITE_PATH),
        layer: Some("shutil.rmtree"),
        explains: &[
            "python/import-closure",
            "marker/site-packages",
            "python/critical-packages",
            "python/record-integrity",
            "layout/empty-dirs",
            "size/waste",
        ],
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
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/jwt/api_jwt.py"),
        layer: Some("patches/api_jwt.py"),
        explains: &[],
    },
    Breakage {
        name: "package-never-installed",
        done: "left a package out of the requirements",
        edit: |image, _| {
            let site = image.layer_mut(COPY_SITE);
            let of_it = |path: &str| {
                path == format!("{SITE}/redis") || path.starts_with(&format!("{SITE}/redis-")) && !path.contains("dist-info/")
            };
            let paths: Vec<String> = site.entries().iter().map(|entry| entry.path.clone()).filter(|path| of_it(path)).collect();
            for path in &paths {
                site.remove(path);
            }
        },
        rule: "python/critical-packages",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/redis"),
        layer: Some(COPY_SITE),
        explains: &["python/import-closure"],
    },
    Breakage {
        name: "python-isolated",
        done: "put `-I` into CMD, which makes Python ignore PYTHONPATH",
        edit: |image, _| {
            image.config["Cmd"] = serde_json::json!(["/usr/bin/python3.11", "-I", "/app/entrypoint.py"]);
            image.reword("CMD ", r#"CMD ["/usr/bin/python3.11" "-I" "/app/entrypoint.py"]"#);
        },
        rule: "python/importable-path",
        level: "error",
        path: Some(SITE_PATH),
        layer: Some(COPY_SITE),
        explains: &["python/import-closure", "python/module-resolves"],
    },
    Breakage {
        name: "packages-of-another-version",
        done: "let the builder and PYTHONPATH go on to Python 3.10, and the base not",
        edit: |image, _| {
            let site = image.layer_mut(COPY_SITE);
            // Its pip takes the wheels of its own version.
            let moved = |mut entry: Entry| {
                entry.path = entry.path.replace("python3.11", "python3.10").replace("cpython-311", "cpython-310");
                if let (true, Content::File(bytes)) = (entry.path.ends_with("/RECORD"), &entry.content) {
                    let rows = String::from_utf8(bytes.to_vec()).unwrap().replace("cpython-311", "cpython-310");
                    entry.content = Content::File(rows.into_bytes().into());
                }
                entry
            };
            *site = Layer::new("", site.entries().iter().cloned().map(moved).collect());
            let begin = "COPY --chown=65532:65532 /root/.local/lib/python3.11/site-packages";
            let (from, to) = ("/root/.local/lib/python3.10/site-packages", "/usr/local/lib/python3.10/site-packages");
            image.reword(begin, &format!("COPY --chown=65532:65532 {from} {to} # buildkit"));
            environment(image, "PYTHONPATH", &format!("PYTHONPATH=/app:{to}"));
        },
        rule: "python/version-consistent",
        level: "error",
        path: Some("/usr/local/lib/python3.10/site-packages"),
        layer: Some("python3.10"),
        explains: &[
            "python/record-integrity",
            "python/import-closure",
            "python/native-ext-suffix",
            "marker/site-packages",
            "python/site-packages-exists",
            "config/pythonpath",
        ],
    },
    Breakage {
        name: "module-never-copied",
        done: "left a module that the service declares out of the COPY of the source",
        edit: |image, _| image.layer_mut("/build/app").remove("app/main.py"),
        rule: "python/module-resolves",
        level: "error",
        path: Some("/app/main.py"),
        layer: Some("/build/app"),
        explains: &["python/import-closure"],
    },
    Breakage {
        name: "entrypoint-renamed",
        done: "renamed the script and left CMD as it was",
        edit: |image, _| {
            image.layer_mut("/build/app").change("app/entrypoint.py", |entry| entry.path = "app/entry_point.py".into());
        },
        rule: "python/entrypoint-file",
        level: "error",
        path: Some("/app/entrypoint.py"),
        layer: Some("/build/app"),
        explains: &[],
    },
    Breakage {
        name: "entrypoint-unreadable",
        done: "copied the script with a mode that does not let anybody read it",
        edit: |image, _| image.layer_mut("/build/app").change("app/entrypoint.py", |entry| entry.mode = 0o300),
        rule: "ownership/readable",
        level: "error",
        path: Some("/app/entrypoint.py"),
        layer: Some("/build/app"),
        explains: &["python/entrypoint-file"],
    },
    Breakage {
        name: "pythonpath-lost",
        done: "set PYTHONPATH to the service's own directory alone",
        edit: |image, _| environment(image, "PYTHONPATH", "PYTHONPATH=/app"),
        rule: "config/pythonpath",
        level: "error",
        path: None,
        layer: None,
        explains: &["python/import-closure", "python/importable-path"],
    },
    Breakage {
        name: "pythonpath-open",
        done: "wrote `ENV PYTHONPATH=…:$PYTHONPATH`, where the variable was not set",
        edit: |image, _| environment(image, "PYTHONPATH", &format!("PYTHONPATH=/app:{SITE_PATH}:")),
        rule: "config/pythonpath",
        level: "warn",
        path: None,
        layer: None,
        explains: &[],
    },
];

/// Exchanges a variable of the environment.
fn environment(image: &mut Image, name: &str, value: &str) {
    let entries = image.config["Env"].as_array_mut().expect("Env is a list");
    let is_of = |entry: &&mut serde_json::Value| entry.as_str().is_some_and(|entry| entry.split('=').next() == Some(name));
    *entries.iter_mut().find(is_of).expect("the variable is set") = value.into();
}
