//! Where the service's own files lie.

use super::{Breakage, below, leave_out};
use crate::image::{Entry, Layer, NONROOT};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "wildcard-matched-nothing",
        done: "copied the source by a wildcard that matches no file, which is no mistake to the builder",
        edit: |image, _| {
            let directory = Entry::directory("app").of(NONROOT);
            let begin = "COPY --chown=65532:65532 /build/app";
            *image.layer_mut(begin) = Layer::new("", vec![directory]);
            image.reword(begin, "COPY --chown=65532:65532 /build/*.py /app/ # buildkit");
        },
        rule: "layout/empty-copy",
        level: "error",
        path: Some("/app"),
        layer: Some("/build/*.py"),
        explains: &["marker/source", "layout/app", "layout/empty-dirs", "python/module-resolves", "python/entrypoint-file"],
    },
    Breakage {
        name: "source-not-copied",
        done: "left out the COPY of the source; WORKDIR made its directory all the same",
        edit: |image, _| leave_out(image, "/build/app"),
        rule: "layout/app",
        level: "error",
        path: Some("/app"),
        layer: Some("WORKDIR /app"),
        explains: &["marker/source", "layout/empty-dirs", "python/module-resolves", "python/entrypoint-file"],
    },
    Breakage {
        name: "builder-directory-copied",
        done: "copied the directory that was built in, too",
        edit: |image, _| {
            let list = Entry::file("build/requirements.txt", "uvicorn\n").of(NONROOT);
            image.append("COPY --chown=65532:65532 /build /build", below(list));
        },
        rule: "layout/builder-leftover",
        level: "warn",
        path: Some("/build"),
        layer: Some("COPY --chown=65532:65532 /build /build"),
        explains: &[],
    },
];
