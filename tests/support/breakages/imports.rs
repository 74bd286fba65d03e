//! What the code imports.

use super::{Breakage, COPY_SITE, rewrite};
use crate::image::{Entry, NONROOT};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "imported-module-not-copied",
        done: "let the service import a module that the COPY of the source leaves out",
        edit: |image, _| {
            let text = b"import settings\nfrom fastapi import FastAPI\n\napp = FastAPI(title=settings.TITLE)\n";
            rewrite(image, SOURCE, "app/main.py", text);
        },
        rule: "python/import-closure",
        level: "error",
        path: Some("/app/settings.py"),
        layer: Some(SOURCE),
        explains: &[],
    },
    Breakage {
        name: "imported-package-not-required",
        done: "imported a package that the builder had and the requirements do not name",
        edit: |image, _| {
            let text = b"import httpx\nfrom fastapi import FastAPI\n\napp = FastAPI()\nclient = httpx.AsyncClient()\n";
            rewrite(image, SOURCE, "app/main.py", text);
        },
        rule: "python/import-closure",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/httpx"),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "source-is-no-python",
        done: "left a bracket open in the module of the service",
        edit: |image, _| rewrite(image, SOURCE, "app/main.py", b"from fastapi import FastAPI\n\napp = FastAPI(\n"),
        rule: "python/source-parses",
        level: "error",
        path: Some("/app/main.py"),
        layer: Some(SOURCE),
        explains: &[],
    },
    Breakage {
        name: "standard-library-shadowed",
        done: "called a module of the service as one of the standard library is called",
        edit: |image, _| {
            image.layer_mut(SOURCE).put(Entry::file("app/secrets.py", "TOKEN_FILE = '/run/secrets/token'\n").of(NONROOT));
        },
        rule: "python/shadowing",
        level: "warn",
        path: Some("/app/secrets.py"),
        layer: Some(SOURCE),
        explains: &[],
    },
];

/// The instruction that copies the source of the service.
const SOURCE: &str = "/build/app";
