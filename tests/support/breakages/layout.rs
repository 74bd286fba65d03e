//! Where the service's own files lie.

use super::{Breakage, leave_out};
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
        explains: &["marker/source", "layout/app", "python/module-resolves", "python/entrypoint-file"],
    },
    Breakage {
        name: "source-not-copied",
        done: "left out the COPY of the source; WORKDIR made its directory all the same",
        edit: |image, _| leave_out(image, "/build/app"),
        rule: "layout/app",
        level: "error",
        path: Some("/app"),
        layer: Some("WORKDIR /app"),
        explains: &["marker/source", "python/module-resolves", "python/entrypoint-file"],
    },
];
