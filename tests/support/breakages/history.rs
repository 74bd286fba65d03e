//! What the history says of how the image was made.

use super::{Breakage, COPY_SITE, PLAIN};

/// How the good image's RUN begins.
const RUN: &str = "RUN |3";

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "nothing-verified",
        done: "left out the RUN that verifies what was copied",
        edit: |image, _| image.steps.retain(|step| !step.created_by.starts_with(RUN)),
        rule: "history/runtime-verify",
        level: "warn",
        layer: Some(COPY_SITE),
        ..PLAIN
    },
    Breakage {
        name: "shell-in-the-last-stage",
        done: "ran a line for a shell in the last stage, on the debug variant of the base",
        edit: |image, _| {
            let said = "RUN |1 VERSION=1.0.0 /bin/sh -c python3 -c 'import uvicorn' && mkdir -p /app/logs # buildkit";
            image.reword(RUN, said);
        },
        rule: "history/shell-run",
        layer: Some("mkdir -p /app/logs"),
        ..PLAIN
    },
    Breakage {
        name: "token-in-arg",
        done: "wrote a token into the Dockerfile as the default of an ARG",
        edit: |image, _| image.say("ARG NPM_TOKEN=npm_012345678901234567890123456789012345"),
        rule: "history/secret",
        ..PLAIN
    },
    Breakage {
        name: "installed-in-the-last-stage",
        done: "installed one more package in the last stage",
        edit: |image, _| {
            image.append("RUN |1 VERSION=1.0.0 /usr/bin/python3.11 -m pip install --user httpx # buildkit", vec![]);
        },
        rule: "base/multi-stage",
        level: "warn",
        layer: Some("pip install --user httpx"),
        ..PLAIN
    },
];
