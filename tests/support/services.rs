//! Thirty services on one base, as the text that the library's own images are written in.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::fmt::Write as _;

use lucid_verify::serve::Image;

/// How many there are.
pub const SERVICES: usize = 30;

/// The two that have another version of `FastAPI` than the others.
pub const BEHIND: [usize; 2] = [7, 19];

/// The first twelve copy their module without `--chown`.
pub const UNOWNED: usize = 12;

const SITE: &str = "/usr/local/lib/python3.11/site-packages";

/// What distroless has of a Python, as far as it takes to start.
const BASE: &str = "\
layer bazel build //python3:python3_nonroot_arm64_debian12
d 0755 0:0 /etc
f 0644 0:0 /etc/os-release \"ID=debian\\nVERSION_ID=\\\"12\\\"\\nPRETTY_NAME=\\\"Distroless\\\"\\n\"
f 0644 0:0 /etc/passwd \"root:x:0:0:root:/root:/sbin/nologin\\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\\n\"
f 0644 0:0 /etc/group \"root:x:0:\\nnonroot:x:65532:\\n\"
d 0700 65532:65532 /home/nonroot
f 0644 0:0 /var/lib/dpkg/status.d/libc6 \"Package: libc6\\nVersion: 2.36-9+deb12u10\\nArchitecture: arm64\\n\"
l 0777 0:0 /lib/ld-linux-aarch64.so.1 -> aarch64-linux-gnu/ld-linux-aarch64.so.1
f 0755 0:0 16384 /lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
f 0755 0:0 65536 /lib/aarch64-linux-gnu/libc.so.6 elf:aarch64,interp=/lib/ld-linux-aarch64.so.1,needed=ld-linux-aarch64.so.1,soname=libc.so.6
f 0755 0:0 131072 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
f 0644 0:0 /usr/lib/python3.11/encodings/__init__.py \"import codecs\\n\"
f 0644 0:0 /usr/lib/python3.11/os.py \"import sys\\n\"
";

/// What a service is called.
pub fn name(number: usize) -> String {
    const TASKS: [&str; 6] = ["auth", "billing", "catalog", "gateway", "ledger", "search"];
    const PARTS: [&str; 5] = ["api", "worker", "cron", "admin", "sync"];
    format!("lucid-{}-{}", TASKS[number % TASKS.len()], PARTS[number / TASKS.len()])
}

/// A service: the base, a framework that all share but two, and one to three layers of its own.
pub fn service(number: usize) -> Image {
    let mut text = BASE.to_owned();
    let version = if BEHIND.contains(&number) { "0.104.1" } else { "0.115.6" };
    let _ = writeln!(text, "layer COPY --from=builder {SITE} {SITE}");
    for (package, version) in [("fastapi", version), ("pydantic", "2.10.4")] {
        distribution(&mut text, package, version);
    }
    if number.is_multiple_of(3) {
        let _ = writeln!(text, "layer RUN pip install -r requirements.txt");
        distribution(&mut text, &format!("own{number}"), "1.0");
    }
    let (chown, owner) = if number < UNOWNED { ("", "0:0") } else { (" --chown=65532:65532", "65532:65532") };
    let _ = writeln!(text, "layer COPY{chown} app /app\nd 0755 {owner} /app");
    let _ = writeln!(text, "f 0600 {owner} /app/main.py \"import fastapi\\nNAME = '{}'\\n\"", name(number));
    let config = serde_json::json!({
        "os": "linux", "architecture": "arm64", "variant": "v8", "created": "2025-11-20T18:04:00Z",
        "config": {"User": "65532:65532", "Entrypoint": ["/usr/bin/python3.11", "/app/main.py"],
            "Env": ["PATH=/usr/bin", format!("PYTHONPATH={SITE}")], "Labels": {"com.team.service": name(number)}}
    });
    Image::written(&text, &config.to_string()).expect("an image")
}

fn distribution(text: &mut String, name: &str, version: &str) {
    let info = format!("{SITE}/{name}-{version}.dist-info");
    let _ = writeln!(text, "d 0755 0:0 {SITE}/{name}\nf 0644 0:0 {SITE}/{name}/__init__.py \"__version__ = '{version}'\\n\"");
    let _ = writeln!(
        text,
        "d 0755 0:0 {info}\nf 0644 0:0 {info}/METADATA \"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n\""
    );
    let _ = writeln!(text, "f 0644 0:0 {info}/WHEEL \"Wheel-Version: 1.0\\nTag: py3-none-any\\n\"");
    let _ = writeln!(text, "f 0644 0:0 {info}/RECORD \"{name}/__init__.py,,\\n{name}-{version}.dist-info/METADATA,,\\n\"");
}
