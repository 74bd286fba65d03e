//! The health check.

use serde_json::{Value, json};

use super::{Breakage, PLAIN};
use crate::image::{Entry, Image, NONROOT};

/// Another health check, and its line of history.
fn check(image: &mut Image, test: Value) {
    let said = format!("HEALTHCHECK {{Test:{test} Interval:30s Timeout:10s StartPeriod:1m0s StartInterval:0s Retries:3}}");
    image.config["Healthcheck"]["Test"] = test;
    image.reword("HEALTHCHECK ", &said);
}

/// Another line of Python.
fn probe(image: &mut Image, code: &str) {
    check(image, json!(["CMD", "/usr/bin/python3.11", "-c", code]));
}

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "no-health-check",
        done: "left HEALTHCHECK out",
        edit: |image, _| {
            image.config.as_object_mut().unwrap().remove("Healthcheck");
            image.steps.retain(|step| !step.created_by.starts_with("HEALTHCHECK "));
        },
        rule: "healthcheck/present",
        ..PLAIN
    },
    Breakage {
        name: "health-check-for-a-shell",
        done: "wrote HEALTHCHECK as a line for a shell, with the curl of another image",
        edit: |image, _| check(image, json!(["CMD-SHELL", "curl -f http://localhost:8089/health || exit 1"])),
        rule: "config/shell-form",
        explains: &["healthcheck/argv0", "healthcheck/exec-form"],
        ..PLAIN
    },
    Breakage {
        name: "health-check-with-curl",
        done: "let HEALTHCHECK start the curl of another image",
        edit: |image, _| check(image, json!(["CMD", "curl", "-f", "http://localhost:8089/health"])),
        rule: "healthcheck/argv0",
        ..PLAIN
    },
    Breakage {
        name: "health-check-without-timeout",
        done: "let the health check wait forever",
        edit: |image, _| {
            let code =
                "import socket; s = socket.socket(); r = s.connect_ex(('127.0.0.1', 8089)); s.close(); exit(0 if r == 0 else 1)";
            probe(image, code);
        },
        rule: "healthcheck/timeout",
        ..PLAIN
    },
    Breakage {
        name: "health-check-raises",
        done: "let the health check use `connect()`, whose exception is the answer",
        edit: |image, _| {
            probe(image, "import socket; s = socket.socket(); s.settimeout(2); s.connect(('127.0.0.1', 8089)); s.close()");
        },
        rule: "healthcheck/connect-ex",
        level: "warn",
        ..PLAIN
    },
    Breakage {
        name: "health-check-always-well",
        done: "let the health check end with `exit(0)` whatever it finds",
        edit: |image, _| {
            probe(image, "import socket; s = socket.socket(); s.settimeout(2); s.connect_ex(('127.0.0.1', 8089)); exit(0)");
        },
        rule: "healthcheck/exit-code",
        level: "warn",
        ..PLAIN
    },
    Breakage {
        name: "health-check-of-another-port",
        done: "copied the health check of a service that listens on another port",
        edit: |image, _| {
            let code = "from urllib.request import urlopen; urlopen('http://127.0.0.1:8090/health', timeout=2)";
            probe(image, code);
        },
        rule: "healthcheck/port",
        level: "warn",
        ..PLAIN
    },
    Breakage {
        name: "health-check-without-a-quote",
        done: "lost a quote in the line of the health check",
        edit: |image, _| {
            let code =
                "import socket; s = socket.socket(); s.settimeout(2); exit(0 if s.connect_ex(('127.0.0.1, 8089)) == 0 else 1)";
            probe(image, code);
        },
        rule: "healthcheck/compiles",
        level: "info",
        ..PLAIN
    },
    Breakage {
        name: "health-check-file-without-timeout",
        done: "put the health check into a file, and let it wait forever",
        edit: |image, _| {
            check(image, json!(["CMD", "/usr/bin/python3.11", "/app/healthcheck.py"]));
            let code = "import socket\nimport sys\n\ns = socket.socket()\nsys.exit(s.connect_ex((\"127.0.0.1\", 8089)))\n";
            image.layer_mut("/build/app").put(Entry::file("app/healthcheck.py", code).of(NONROOT));
        },
        rule: "healthcheck/timeout",
        path: Some("/app/healthcheck.py"),
        layer: Some("/build/app"),
        ..PLAIN
    },
];
