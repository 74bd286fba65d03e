//! `--matrix` and `--dockerfile`: what the matrix says of an image of the pattern, and of one with the faults of the tunnel tools.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/tunnel.rs"]
mod tunnel;

use std::path::PathBuf;

use lucid_verify::serve::{Image, Server};
use serde_json::Value;

/// A base image: distroless with Python.
const BASE: &str = r#"layer bazel build //python3:root
d 0755 0:0 /etc
d 0755 0:0 /usr/bin
d 0755 0:0 /var/run
f 0644 0:0 /etc/os-release "PRETTY_NAME=\"Distroless\"\nID=\"debian\"\nVERSION_ID=\"12\"\n"
f 0644 0:0 /etc/passwd "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
f 0644 0:0 /etc/group "root:x:0:\nnonroot:x:65532:\n"
l 0777 0:0 /lib/ld-linux-aarch64.so.1 -> aarch64-linux-gnu/ld-linux-aarch64.so.1
f 0755 0:0 16384 /lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
f 0755 0:0 65536 /lib/aarch64-linux-gnu/libc.so.6 elf:aarch64,soname=libc.so.6
f 0755 0:0 131072 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
l 0777 0:0 /usr/bin/python3 -> python3.11
f 0644 0:0 /var/lib/dpkg/status.d/python3.11-minimal "Package: python3.11-minimal\nVersion: 3.11.2-6\nArchitecture: arm64\n"
"#;

/// What the pattern lays on top of it.
const PATTERN: &str = r#"layer COPY --chown=65532:65532 /root/.local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
d 0755 65532:65532 /usr/local/lib/python3.11/site-packages
f 0644 65532:65532 /usr/local/lib/python3.11/site-packages/.lucid-marker "LUCID_AUTH_PACKAGES_INSTALLED_1763700000\n"
f 0644 65532:65532 /usr/local/lib/python3.11/site-packages/uvicorn.py "def run(): ...\n"
layer COPY --chown=65532:65532 /root/.local/bin /usr/local/bin
d 0755 65532:65532 /usr/local/bin
f 0644 65532:65532 /usr/local/bin/.lucid-marker "LUCID_AUTH_BINARIES_INSTALLED_1763700000\n"
layer COPY --chown=65532:65532 /build/auth /app/auth
d 0755 65532:65532 /app/auth
f 0644 65532:65532 /app/auth/main.py "import uvicorn\n"
layer COPY --chown=65532:65532 /var/run/.keep /var/run/.keep
f 0644 65532:65532 /var/run/.keep "LUCID_AUTH_RUNTIME_DIRECTORY\n"
layer COPY --chown=65532:65532 /var/lib/.keep /var/lib/.keep
f 0644 65532:65532 /var/lib/.keep "LUCID_AUTH_LIB_DIRECTORY\n"
layer RUN |1 VERSION=1.0.0 /usr/bin/python3.11 -c import grpc, uvicorn, auth.main # buildkit
"#;

const CONFIG: &str = include_str!("../testdata/golden/config.json");
const DOCKERFILE: &str = include_str!("../testdata/golden/Dockerfile");

/// The layers above the base image of the tunnel tools, as their Dockerfile makes them.
const TUNNEL: &str = r#"layer WORKDIR /app
d 0755 0:0 /app
layer COPY --chown=65532:65532 /var/run/.keep /var/run/.keep
f 0644 65532:65532 /var/run/.keep "LUCID_TUNNEL_TOOLS_RUNTIME_DIRECTORY\n"
layer COPY --chown=65532:65532 /var/lib/.keep /var/lib/.keep
f 0644 65532:65532 /var/lib/.keep "LUCID_TUNNEL_TOOLS_LIB_DIRECTORY\n"
layer COPY --chown=65532:65532 /usr/local/bin /usr/local/bin
d 0755 65532:65532 /usr/local/bin
f 0644 65532:65532 /usr/local/bin/.lucid-marker "LUCID_TUNNEL_TOOLS_BINARIES_INSTALLED_1763700000\n"
layer COPY --chown=65532:65532 /usr/bin/tini /usr/bin/tini
f 0755 65532:65532 8192 /usr/bin/tini elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
layer COPY --chown=65532:65532 /app /app
f 0644 65532:65532 /app/entrypoint.py "import tunnel_metrics\nimport tunnel_status\n"
f 0644 65532:65532 /app/tunnel_metrics.py "pass\n"
f 0644 65532:65532 /app/tunnel_status.py "pass\n"
"#;

/// What the comparison quotes of the configuration.
fn tunnel_config() -> String {
    let mut config: Value = serde_json::from_str(CONFIG).unwrap();
    let run = &mut config["config"];
    run["Entrypoint"] = serde_json::json!(["/usr/bin/tini", "--", "python3", "/app/entrypoint.py"]);
    run["Cmd"] = Value::Null;
    run["Env"] = serde_json::json!([
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED=1",
        "PYTHONDONTWRITEBYTECODE=1",
        "PYTHONPATH=/app"
    ]);
    run["Healthcheck"]["Test"] = serde_json::json!([
        "CMD",
        "python3",
        "-c",
        "import os, socket; host = os.getenv('CONTROL_HOST', 'tor-proxy'); port = int(os.getenv('CONTROL_PORT', '9051')); \
         s = socket.socket(); s.connect((host, port)); s.close(); exit(0)"
    ]);
    config.to_string()
}

/// A served image, and a folder with a Dockerfile and a profile.
struct Case {
    server: Server,
    folder: tempfile::TempDir,
}

impl Case {
    fn new(layers: &str, config: &str, dockerfile: &str, profile: &str) -> Self {
        let image = Image::written(layers, config).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
        std::fs::write(folder.path().join("lucid-verify.toml"), profile).unwrap();
        Self { server: Server::start(move |request| image.reply(request)).unwrap(), folder }
    }

    fn pattern() -> Self {
        Self::new(&format!("{BASE}{PATTERN}"), CONFIG, DOCKERFILE, "extends = \"lucid\"\n")
    }

    fn tunnel() -> Self {
        let profile = "extends = \"lucid\"\n[service]\nname = \"tunnel-tools\"\npackages = []\n";
        Self::new(&format!("{BASE}{TUNNEL}"), &tunnel_config(), tunnel::DOCKERFILE, profile)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn output(&self, more: &[&str]) -> String {
        let reference = format!("{}/pickme/lucid-x:1", self.server.host());
        let profile = self.file("lucid-verify.toml");
        let output = cli::lucid(&[&reference, "--profile", profile.to_str().unwrap()]).args(more).env("COLUMNS", "80").output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    fn report(&self, more: &[&str]) -> Value {
        serde_json::from_str(&self.output(&[more, &["--format", "json"]].concat())).unwrap()
    }
}

#[test]
fn the_pattern_meets_every_requirement() {
    let case = Case::pattern();
    let dockerfile = case.file("Dockerfile");
    let report = case.report(&["--matrix", "--dockerfile", dockerfile.to_str().unwrap()]);
    let wanted: Vec<_> = tunnel::MATRIX.iter().map(|(requirement, _)| (*requirement, "pass")).collect();
    assert_eq!(tunnel::rows(&report), wanted, "{:#}", report["images"][0]["matrix"]);
}

#[test]
fn the_faults_of_the_tunnel_tools_are_those_of_their_own_matrix() {
    let case = Case::tunnel();
    let dockerfile = case.file("Dockerfile");
    let report = case.report(&["--matrix", "--dockerfile", dockerfile.to_str().unwrap()]);
    assert_eq!(tunnel::rows(&report), tunnel::MATRIX, "{:#}", report["images"][0]["matrix"]);
    let shown = case.output(&["--matrix", "--dockerfile", dockerfile.to_str().unwrap()]);
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(tunnel::MATRIX.iter().all(|(requirement, _)| shown.contains(requirement)), "{shown}");
}

#[test]
fn without_a_dockerfile_nobody_guesses_what_the_builder_was() {
    let report = Case::tunnel().report(&["--matrix"]);
    for row in report["images"][0]["matrix"].as_array().unwrap() {
        let is_of_builder =
            ["Platform flags", "Python base in builder", "Builder verification"].contains(&row["requirement"].as_str().unwrap());
        assert_eq!(row["outcome"] == "unknown", is_of_builder, "{row:#}");
        let why = row["evidence"].as_str().unwrap();
        assert_eq!(why.contains("no attestation and no --dockerfile"), is_of_builder, "{row:#}");
    }
}

#[test]
fn findings_name_the_line_of_the_dockerfile() {
    let case = Case::new(
        &format!("{BASE}{PATTERN}layer COPY config /app/config\nf 0644 0:0 /app/config/x.toml \"x\"\n"),
        CONFIG,
        &format!("{DOCKERFILE}COPY config /app/config\n"),
        "extends = \"lucid\"\n",
    );
    let dockerfile = case.file("Dockerfile");
    let with = ["--dockerfile", dockerfile.to_str().unwrap(), "--rule", "ownership/tree"];
    let line = DOCKERFILE.lines().count() + 1;
    assert_eq!(case.report(&with)["images"][0]["rules"][0]["findings"][0]["layer"]["dockerfile_line"], line);
    assert!(case.output(&with).contains(&format!("made in   Dockerfile:{line}")));
    assert!(case.report(&with[2..])["images"][0]["rules"][0]["findings"][0]["layer"]["dockerfile_line"].is_null());
}

#[test]
fn a_mistake_in_the_dockerfile_is_one_of_usage() {
    let case = Case::pattern();
    let file = case.file("Wrong");
    std::fs::write(&file, "FROM a\nCOPPY b /c\n").unwrap();
    let (code, stdout, stderr) = cli::run(&["a/x", "--dockerfile", file.to_str().unwrap()]);
    assert!(code == 2 && stdout.is_empty() && stderr.contains("Wrong:2: unknown instruction 'COPPY'"), "{stderr}");
}

#[test]
fn a_profile_without_a_matrix_says_so() {
    let case = Case::pattern();
    let reference = format!("{}/x:1", case.server.host());
    let (_, stdout, stderr) = cli::run(&[&reference, "--profile", "generic", "--matrix", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["images"][0]["matrix"], serde_json::json!([]));
    assert!(stderr.contains("the profile generic has no [[matrix]]"), "{stderr}");
    let (_, stdout, _) = cli::run(&[&reference, "--profile", "generic", "--format", "json"]);
    assert!(!stdout.contains("\"matrix\""));
}
