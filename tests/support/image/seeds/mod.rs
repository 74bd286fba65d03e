//! The images that the project's five source documents describe, taken literally. Each builder says which line of the
//! document each of its layers stands for.

pub mod controller;
pub mod copy_guide;
pub mod design;
pub mod multi_stage;
pub mod tunnel;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::image::lucid::{SITE, copied, keep};
use crate::image::slim::System;
use crate::image::wheels::{self, Builder, Installed, SERVICE};
use crate::image::{CREATED, Entry, Image, Layer, NONROOT};

/// The interpreter of python:3.11-slim, which pip writes into the first line of every console script.
const BUILDER_PYTHON: &str = "/usr/local/bin/python3.11";

/// What a service says of itself.
struct Service {
    /// `com.lucid.service`.
    id: &'static str,
    /// `<SERVICE>` of its markers.
    marker: &'static str,
    title: &'static str,
    /// `com.lucid.cluster`.
    cluster: &'static str,
    revision: &'static str,
}

impl Service {
    /// The LABEL block of the design pattern.
    fn labels(&self) -> Value {
        json!({
            "maintainer": "Lucid Development Team",
            "org.opencontainers.image.title": format!("Lucid {}", self.title),
            "org.opencontainers.image.description": format!("Distroless {} for Lucid project", self.title.to_lowercase()),
            "org.opencontainers.image.version": "1.0.0",
            "org.opencontainers.image.revision": self.revision,
            "org.opencontainers.image.created": CREATED,
            "com.lucid.service": self.id,
            "com.lucid.platform": "arm64",
            "com.lucid.cluster": self.cluster,
            "com.lucid.security": "distroless",
        })
    }

    /// Begins the runtime stage: its arguments, its labels, its ENV over that of the base, WORKDIR.
    fn begin(&self, image: &mut Image, env: &[&str]) {
        for argument in ["BUILD_DATE", "VCS_REF", "VERSION=1.0.0"] {
            image.say(&format!("ARG {argument}"));
        }
        image.say(&format!("LABEL maintainer=Lucid Development Team org.opencontainers.image.title=Lucid {}", self.title));
        image.config["Labels"] = self.labels();
        image.say(&format!("ENV {}", env.join(" ")));
        let name = |setting: &str| setting.split('=').next().unwrap().to_owned();
        let base = image.config["Env"].as_array().unwrap().iter().map(|setting| setting.as_str().unwrap().to_owned());
        let mut all: Vec<String> = base.collect();
        for setting in env {
            match all.iter_mut().find(|old| name(old) == name(setting)) {
                Some(old) => (*setting).clone_into(old),
                None => all.push((*setting).to_owned()),
            }
        }
        image.config["Env"] = all.into();
        image.append("WORKDIR /app # buildkit", vec![Entry::directory("app")]);
        image.config["WorkingDir"] = "/app".into();
    }

    /// `COPY` of the packages and of their commands, as `pip install --user` left them in /root/.local of the builder.
    fn packages(&self, image: &mut Image, requirements: &str) {
        let Installed { site, bin } = wheels::install(&Builder { requirements, interpreter: BUILDER_PYTHON, ..SERVICE });
        let from = "/root/.local/lib/python3.11/site-packages";
        image.append(&format!("COPY --chown=65532:65532 {from} /{SITE} # buildkit"), copied(self.marker, SITE, "PACKAGES", site));
        image.append(
            "COPY --chown=65532:65532 /root/.local/bin /usr/local/bin # buildkit",
            copied(self.marker, "usr/local/bin", "BINARIES", bin),
        );
    }

    /// `COPY` of the builder's whole /var/run and /var/lib, with what its own packages left there.
    fn directories(&self, image: &mut Image, builder: &[Entry]) {
        let mut run = keep(self.marker, "run", "RUNTIME");
        run.push(Entry::directory("var/run/lock").of(NONROOT).mode(0o1777));
        image.append("COPY --chown=65532:65532 /var/run /var/run # buildkit", run);
        let mut lib = keep(self.marker, "lib", "LIB");
        lib.extend(builder.iter().cloned().map(|entry| entry.of(NONROOT)));
        image.append("COPY --chown=65532:65532 /var/lib /var/lib # buildkit", lib);
    }

    /// A line of verification of the runtime stage: it makes a layer without anything in it.
    fn verify(image: &mut Image, argv: &str) {
        image.append(&format!("RUN |3 BUILD_DATE={CREATED} VCS_REF=4f1c2d9 VERSION=1.0.0 {argv} # buildkit"), vec![]);
    }

    /// Ends the runtime stage: EXPOSE, HEALTHCHECK, USER, ENTRYPOINT, CMD.
    fn end(image: &mut Image, port: u16, start_period: u64, probe: &[&str], entrypoint: &[&str], cmd: &[&str]) {
        const SECOND: u64 = 1_000_000_000;
        image.say(&format!("EXPOSE [{port}/tcp]"));
        image.config["ExposedPorts"] = json!({format!("{port}/tcp"): {}});
        let period = if start_period == 60 { "1m0s".to_owned() } else { format!("{start_period}s") };
        let times = format!("Interval:30s Timeout:10s StartPeriod:{period} StartInterval:0s Retries:3");
        image.say(&format!("HEALTHCHECK {{Test:[CMD {}] {times}}}", probe.join(" ")));
        let test: Vec<&str> = ["CMD"].iter().chain(probe).copied().collect();
        let (interval, timeout, start) = (30 * SECOND, 10 * SECOND, start_period * SECOND);
        image.config["Healthcheck"] =
            json!({"Test": test, "Interval": interval, "Timeout": timeout, "StartPeriod": start, "Retries": 3});
        image.say("USER 65532:65532");
        image.config["User"] = "65532:65532".into();
        image.say(&format!("ENTRYPOINT {}", quoted(entrypoint)));
        image.config["Entrypoint"] = if entrypoint.is_empty() { Value::Null } else { json!(entrypoint) };
        if !cmd.is_empty() {
            image.say(&format!("CMD {}", quoted(cmd)));
            image.config["Cmd"] = json!(cmd);
        }
    }
}

/// As `BuildKit` writes an argument vector into the history.
fn quoted(argv: &[&str]) -> String {
    format!("[{}]", argv.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" "))
}

/// The probe of the design pattern, of this port.
fn probe(port: u16) -> String {
    format!(
        "import socket; s = socket.socket(); s.settimeout(2); result = s.connect_ex(('127.0.0.1', {port})); s.close(); \
         exit(0 if result == 0 else 1)"
    )
}

/// The ENV block of the design pattern, but for the port and the host of the service.
const ENV: [&str; 7] = [
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "PYTHONUNBUFFERED=1",
    "PYTHONDONTWRITEBYTECODE=1",
    "PYTHONPATH=/app:/usr/local/lib/python3.11/site-packages",
    "PYTHONIOENCODING=utf-8",
    "LANG=C.UTF-8",
    "LC_ALL=C.UTF-8",
];

/// What lies below /var/lib of python:3.11-slim.
fn plain_builder() -> &'static [Entry] {
    static BUILDER: OnceLock<Vec<Entry>> = OnceLock::new();
    BUILDER.get_or_init(|| var_lib(&python_slim()))
}

/// What lies below /var/lib of a builder with the toolchain of the design pattern.
fn full_builder() -> &'static [Entry] {
    const TOOLCHAIN: [&str; 8] =
        ["build-essential", "gcc", "g++", "libffi-dev", "libssl-dev", "pkg-config", "curl", "ca-certificates"];
    static BUILDER: OnceLock<Vec<Entry>> = OnceLock::new();
    BUILDER.get_or_init(|| {
        let mut system = python_slim();
        let mut entries = var_lib(&system);
        let recorded = system.record(&TOOLCHAIN);
        entries.extend(recorded.into_iter().filter(|entry| entry.path.starts_with("var/lib/")));
        distinct(entries)
    })
}

/// python:3.11-slim, but for the Python that it builds from source.
fn python_slim() -> System {
    let mut system = System::slim();
    system.install(&["ca-certificates", "netbase", "tzdata"], vec![]);
    system
}

fn var_lib(system: &System) -> Vec<Entry> {
    let entries = system.image.layers().flat_map(Layer::entries).filter(|entry| entry.path.starts_with("var/lib/"));
    distinct(entries.cloned().collect())
}

/// The last entry of each path, in path order.
fn distinct(entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Files of the service's own, with the directories above them from /app on.
fn app(files: &[(&str, &str)]) -> Vec<Entry> {
    let mut entries = BTreeMap::new();
    for (path, text) in files {
        for (end, _) in path.match_indices('/') {
            entries.insert(path[..end].to_owned(), Entry::directory(&path[..end]).of(NONROOT));
        }
        entries.insert((*path).to_owned(), Entry::file(path, text).of(NONROOT));
    }
    entries.insert("app".into(), Entry::directory("app"));
    entries.into_values().collect()
}
