//! What packages require of one another, and what is left of them.

use super::{Breakage, COPY_SITE, rewrite};
use crate::image::lucid::SITE;
use crate::image::wheels::row_of;
use crate::image::{BUILT, Entry, Image, NONROOT};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "requirement-missing",
        done: "installed a package with `--no-deps`",
        edit: |image, _| take(image, &["h11", "h11-0.16.0.dist-info"]),
        rule: "python/requires-dist",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/h11"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "builder-of-a-newer-patch",
        done: "installed in python:3.11-slim, whose Python is newer than that of the base: pip left out what only older ones need",
        edit: |image, _| take(image, &["async_timeout", "async_timeout-5.0.1.dist-info"]),
        rule: "python/requires-dist",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/async_timeout"),
        layer: Some(COPY_SITE),
        explains: &["python/import-closure"],
    },
    Breakage {
        name: "requirement-of-another-version",
        done: "copied one package over from an older installation",
        edit: |image, _| {
            take(image, &["typing_extensions.py", "typing_extensions-4.13.2.dist-info"]);
            add(image, ["typing_extensions", "3.7.4"], "", &[["typing_extensions.py", "TypedDict = dict\n"]]);
        },
        rule: "python/requires-dist",
        level: "warn",
        path: Some("/usr/local/lib/python3.11/site-packages/typing_extensions-3.7.4.dist-info"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "setuptools-passed-over",
        done: "installed a package that needs setuptools with `pip install --user`, where the builder had it",
        edit: |image, _| {
            add(image, ["legacy", "1.0"], "Requires-Dist: setuptools\n", &[["legacy.py", "import pkg_resources\n"]]);
        },
        rule: "python/user-install-gap",
        level: "warn",
        path: Some("/usr/local/lib/python3.11/site-packages/setuptools"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "package-for-a-newer-python",
        done: "copied a package from an image of Python 3.13",
        edit: |image, _| {
            add(image, ["modern", "1.0"], "Requires-Python: >=3.13\n", &[["modern.py", "type X = int\n"]]);
        },
        rule: "python/requires-python",
        level: "warn",
        path: Some("/usr/local/lib/python3.11/site-packages/modern-1.0.dist-info"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "installed-editable",
        done: "installed the service's library with `pip install -e`",
        edit: |image, _| {
            let path = ["__editable__.auth_core-1.0.pth", "/build/auth-core/src\n"];
            add(image, ["auth_core", "1.0"], "", &[path, ["auth_core-1.0.dist-info/top_level.txt", "auth_core\n"]]);
            rewrite(image, "/build/app", "app/entrypoint.py", b"import auth_core\n");
        },
        rule: "python/pth-inert",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/__editable__.auth_core-1.0.pth"),
        layer: Some(COPY_SITE),
        explains: &["python/import-closure"],
    },
    Breakage {
        name: "installed-twice",
        done: "installed into a directory that held an older version",
        edit: |image, _| add(image, ["idna", "2.8"], "", &[]),
        rule: "python/duplicate-dist",
        level: "warn",
        path: Some("/usr/local/lib/python3.11/site-packages/idna-3.10.dist-info"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "metadata-cleaned-away",
        done: "deleted every METADATA and RECORD of a package to save room",
        edit: |image, _| {
            for file in ["METADATA", "RECORD", "INSTALLER"] {
                image.layer_mut(COPY_SITE).remove(&format!("{SITE}/sniffio-1.3.1.dist-info/{file}"));
            }
        },
        rule: "python/broken-dist",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/sniffio-1.3.1.dist-info/METADATA"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
];

/// Takes names out of the directory of the packages.
fn take(image: &mut Image, names: &[&str]) {
    for name in names {
        image.layer_mut(COPY_SITE).remove(&format!("{SITE}/{name}"));
    }
}

/// Installs a distribution of a name and a version, with more fields of METADATA, and its files.
fn add(image: &mut Image, [name, version]: [&str; 2], fields: &str, files: &[[&str; 2]]) {
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{fields}");
    let mut rows = String::new();
    let site = image.layer_mut(COPY_SITE);
    site.put(Entry::directory(&format!("{SITE}/{info}")).of(NONROOT));
    let metadata_file = format!("{info}/METADATA");
    for [path, text] in files.iter().copied().chain([[metadata_file.as_str(), metadata.as_str()]]) {
        let entry = Entry::file(&format!("{SITE}/{path}"), text).of(NONROOT).mtime(BUILT - 60);
        rows += &(row_of(path, &entry) + "\n");
        site.put(entry);
    }
    let record = Entry::file(&format!("{SITE}/{info}/RECORD"), format!("{rows}{info}/RECORD,,\n"));
    site.put(record.of(NONROOT).mtime(BUILT - 60));
}
