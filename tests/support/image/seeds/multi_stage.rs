//! The multi-stage build: a slim image of Python, and what a builder of the same base installed into /usr/local.

use std::collections::BTreeMap;

use serde_json::json;

use crate::image::debian::archive;
use crate::image::slim::System;
use crate::image::wheels::{self, Builder, Installed, SERVICE, row_of};
use crate::image::{Content, Entry, Image};

/// Python's libraries, as docker-library keeps those that its interpreter and its modules are linked to.
const LIBRARIES: &[&str] = &[
    "libbz2-1.0",
    "libcrypt1",
    "libdb5.3",
    "libexpat1",
    "libffi8",
    "liblzma5",
    "libncursesw6",
    "libnsl2",
    "libreadline8",
    "libsqlite3-0",
    "libssl3",
    "libtirpc3",
    "libuuid1",
    "zlib1g",
];

/// What the image of Python itself has in its site directory.
const SEEDED: &str = "\
    pip==25.0.1 --hash=sha256:c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f\n\
    setuptools==79.0.1 --hash=sha256:e147c0549f27767ba362f9da434eab9c5dc0045d5304feb602a0af001089fc51\n\
    wheel==0.45.1 --hash=sha256:708e7481cc80179af0e556bbf0cc00b8444c7321e2700b8d8580231d13017248\n";

/// What the builder adds before it installs the application.
const HATCHLING: &str = "\
    hatchling==1.27.0 --hash=sha256:d3a2f3567c4f926ea39849cdf924c7e99e6686c9c8e288ae1037c8fa2a5d937b\n\
    packaging==26.3 --hash=sha256:d7193f7c8e4e93f444fde0262bf90af30e16fa0ad0ad44cb553c87339b23cd1c\n\
    pathspec==1.1.1 --hash=sha256:a00ce642f577bf7f473932318056212bc4f8bfdf53128c78bbd5af0b9b20b189\n\
    pluggy==1.7.0 --hash=sha256:7dd7b0d8832ba3cb632c306926ded123429211b83641b35dc5c41ad2d34f9bec\n\
    trove-classifiers==2026.9.21.13 --hash=sha256:8b1ff4f9c191b1040b71c37f1e445ab99732911e3cd91de52838453a854d7a17\n";

const SITE: &str = "usr/local/lib/python3.11/site-packages";

const INTERPRETER: &str = "/usr/local/bin/python3.11";

pub fn image() -> Image {
    // FROM python:3.10-slim; Debian's Python is 3.11
    let mut system = System::slim();
    system.install(&["ca-certificates", "netbase", "tzdata"], vec![]);
    system.install(LIBRARIES, vec![]);
    let interpreter = python();
    system.image.append("RUN /bin/sh -c make install # buildkit", interpreter.clone());
    system.image.append("RUN /bin/sh -c pip --version # buildkit", packages(SEEDED, vec![]));
    // COPY --from=builder /usr/local/lib/python3.10/site-packages /usr/local/lib/python3.10/site-packages
    // COPY --from=builder /usr/local/bin /usr/local/bin
    // behind pip install --no-cache-dir hatchling, and pip install --no-cache-dir /opt/app/
    let below = |entry: &Entry, folder: &str| entry.path == folder || entry.path.starts_with(&format!("{folder}/"));
    let all = packages(&format!("{SEEDED}{HATCHLING}{}", wheels::SERVICE.requirements), application());
    let above = ["usr", "usr/local", "usr/local/lib", "usr/local/lib/python3.11"].map(Entry::directory);
    let site = all.iter().filter(|entry| below(entry, SITE)).cloned();
    system.image.append(&format!("COPY /{SITE} /{SITE} # buildkit"), above.iter().cloned().chain(site).collect());
    let bin = interpreter.iter().chain(&all).filter(|entry| below(entry, "usr/local/bin"));
    let bin: BTreeMap<&str, &Entry> = bin.map(|entry| (&entry.path[..], entry)).collect();
    let bin = above[..2].iter().cloned().chain(bin.into_values().cloned());
    system.image.append("COPY /usr/local/bin /usr/local/bin # buildkit", bin.collect());
    // ENV DEBIAN_FRONTEND=noninteractive PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
    system.image.say("ENV DEBIAN_FRONTEND=noninteractive PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1");
    // RUN apt-get update && apt-get install -y --no-install-recommends git curl ca-certificates && rm -rf /var/lib/apt/lists/*
    system.install(&["git", "curl", "ca-certificates"], vec![]);
    // WORKDIR /workspace
    let mut image = system.image;
    image.append("WORKDIR /workspace # buildkit", vec![Entry::directory("workspace")]);
    // CMD ["python", "-m", "app"]
    image.say(r#"CMD ["python" "-m" "app"]"#);
    image.config = json!({
        "Env": [
            "PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
            "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
            "PYTHON_VERSION=3.11.2",
            "DEBIAN_FRONTEND=noninteractive",
            "PYTHONUNBUFFERED=1",
            "PYTHONDONTWRITEBYTECODE=1",
        ],
        "WorkingDir": "/workspace",
        "Cmd": ["python", "-m", "app"],
    });
    image
}

/// Debian's interpreter under /usr/local, which it finds its library by, with the `site` of its own source: Debian's looks
/// into directories of other names.
fn python() -> Vec<Entry> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let mut put = |entry: Entry| drop(entries.insert(entry.path.clone(), entry));
    for path in ["usr", "usr/local", "usr/local/bin", "usr/local/lib"] {
        put(Entry::directory(path));
    }
    for package in
        archive().packages(&["libpython3.11-minimal", "libpython3.11-stdlib", "python3.11-minimal", "python3-distutils"])
    {
        let files = package.files().into_iter();
        for entry in files.filter(|entry| !matches!(&entry.content, Content::Symlink(target) if target.starts_with('/'))) {
            let wanted = entry.path == "usr/bin/python3.11" || entry.path.starts_with("usr/lib/python3.11");
            if wanted && !entry.path.ends_with("/EXTERNALLY-MANAGED") {
                put(Entry { path: entry.path.replacen("usr", "usr/local", 1), ..entry });
            }
        }
    }
    put(Entry::file("usr/local/lib/python3.11/site.py", archive().upstream("python3.11", "Lib/site.py")));
    put(Entry::directory(SITE));
    put(Entry::symlink("usr/local/bin/python3", "python3.11"));
    put(Entry::symlink("usr/local/bin/python", "python3"));
    entries.into_values().collect()
}

/// Packages and their commands, in /usr/local, and root's.
fn packages(requirements: &str, more: Vec<Entry>) -> Vec<Entry> {
    let Installed { site, bin } = wheels::install(&Builder { requirements, interpreter: INTERPRETER, ..SERVICE });
    let at =
        |folder: &'static str| move |entry: Entry| Entry { path: format!("{folder}/{}", entry.path), owner: (0, 0), ..entry };
    let above = ["usr", "usr/local", "usr/local/bin", "usr/local/lib", "usr/local/lib/python3.11", SITE].map(Entry::directory);
    above.into_iter().chain(site.into_iter().map(at(SITE))).chain(bin.into_iter().map(at("usr/local/bin"))).chain(more).collect()
}

/// The application, as pip installs what hatchling makes of it.
fn application() -> Vec<Entry> {
    let main = "from fastapi import FastAPI\n\napi = FastAPI()\n\n\ndef main() -> None:\n    print(api.title)\n\n\n\
        if __name__ == \"__main__\":\n    main()\n";
    let script =
        format!("#!{INTERPRETER}\nimport sys\nfrom app.__main__ import main\nif __name__ == '__main__':\n    sys.exit(main())\n");
    let info = "app-0.1.0.dist-info";
    let site = [
        ("app/__init__.py".to_owned(), "\"\"\"The application.\"\"\"\n"),
        ("app/__main__.py".to_owned(), main),
        (format!("{info}/INSTALLER"), "pip\n"),
        (format!("{info}/METADATA"), "Metadata-Version: 2.4\nName: app\nVersion: 0.1.0\nRequires-Dist: fastapi\n"),
        (format!("{info}/WHEEL"), "Wheel-Version: 1.0\nGenerator: hatchling 1.27.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (format!("{info}/entry_points.txt"), "[console_scripts]\napp = app.__main__:main\n"),
    ];
    let command = Entry::file("usr/local/bin/app", script).mode(0o755);
    let mut record = row_of("../../../bin/app", &command) + "\n";
    let mut entries = vec![command];
    entries.extend(["app", info].map(|folder| Entry::directory(&format!("{SITE}/{folder}"))));
    for (path, text) in site {
        let entry = Entry::file(&format!("{SITE}/{path}"), text);
        record += &(row_of(&path, &entry) + "\n");
        entries.push(entry);
    }
    let record = format!("{record}{info}/RECORD,,\n");
    entries.push(Entry::file(&format!("{SITE}/{info}/RECORD"), record));
    entries
}
