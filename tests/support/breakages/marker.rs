//! Markers.

use super::{Breakage, COPY_BIN, COPY_SITE, MARKER, MARKER_PATH, below, leave_out, rewrite};
use crate::image::lucid::SITE;
use crate::image::{BUILT, Entry, NONROOT};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "marker-missing",
        done: "left out the RUN that writes the marker beside the packages",
        edit: |image, _| image.layer_mut(COPY_SITE).remove(MARKER),
        rule: "marker/site-packages",
        level: "error",
        path: Some(MARKER_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "marker-empty",
        done: "wrote the marker with `touch`",
        edit: |image, _| rewrite(image, COPY_SITE, MARKER, b""),
        rule: "marker/nonempty",
        level: "error",
        path: Some(MARKER_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "marker-blank",
        done: "wrote the marker with `echo \"\"`: one byte, which a test of the file's size takes for content",
        edit: |image, _| rewrite(image, COPY_SITE, MARKER, b"\n"),
        rule: "marker/nonempty",
        level: "error",
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
        level: "error",
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
        level: "error",
        path: Some(MARKER_PATH),
        layer: Some("markers/.lucid-marker"),
        explains: &["marker/same-layer"],
    },
    Breakage {
        name: "runtime-marker-missing",
        done: "left out the COPY of the runtime directory's marker",
        edit: |image, _| leave_out(image, "/var/run/.keep"),
        rule: "marker/var-run",
        level: "warn",
        path: Some("/var/run/.keep"),
        layer: None,
        explains: &[],
    },
    Breakage {
        name: "source-marker-missing",
        done: "wrote no marker behind the COPY of the source",
        edit: |image, _| image.layer_mut("/build/app").remove("app/.lucid-source-marker"),
        rule: "marker/source",
        level: "error",
        path: Some("/app/.lucid-source-marker"),
        layer: Some("/build/app"),
        explains: &[],
    },
    Breakage {
        name: "marker-unexpanded",
        done: "wrote the marker with single quotes: the shell did not expand the timestamp",
        edit: |image, _| rewrite(image, COPY_SITE, MARKER, b"LUCID_AUTH_PACKAGES_INSTALLED_$(date +%s)\n"),
        rule: "marker/content",
        level: "warn",
        path: Some(MARKER_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "marker-before-install",
        done: "wrote the marker an hour before the install, in a RUN that the builder kept",
        edit: |image, _| image.layer_mut(COPY_SITE).change(MARKER, |entry| entry.mtime = BUILT - 7200),
        rule: "marker/after-install",
        level: "warn",
        path: Some(MARKER_PATH),
        layer: Some(COPY_SITE),
        explains: &[],
    },
    Breakage {
        name: "marker-copied-alone",
        done: "copied the marker by itself, so that it is there whatever became of the packages",
        edit: |image, _| {
            image.layer_mut(COPY_SITE).remove(MARKER);
            let marker = Entry::file(MARKER, format!("LUCID_AUTH_PACKAGES_INSTALLED_{}\n", BUILT - 50)).of(NONROOT);
            image.append(&format!("COPY --chown=65532:65532 markers/.lucid-marker {MARKER_PATH}"), below(marker));
        },
        rule: "marker/same-layer",
        level: "warn",
        path: Some(MARKER_PATH),
        layer: Some("markers/.lucid-marker"),
        explains: &[],
    },
    Breakage {
        name: "marker-of-another-service",
        done: "copied the Dockerfile of another service, and left its name in a marker",
        edit: |image, _| {
            let text = format!("LUCID_BLOCKCHAIN_ENGINE_BINARIES_INSTALLED_{}\n", BUILT - 50);
            rewrite(image, COPY_BIN, "usr/local/bin/.lucid-marker", text.as_bytes());
        },
        rule: "marker/service-consistent",
        level: "warn",
        path: Some("/usr/local/bin/.lucid-marker"),
        layer: Some(COPY_BIN),
        explains: &[],
    },
];
