//! The tunnel tools as the comparison found them: the blocks that it calls "Current".

use super::{Service, app};
use crate::image::debian::archive;
use crate::image::lucid::{copied, keep, parts};
use crate::image::{BUILT, Entry, Image, NONROOT};

const TOOLS: Service =
    Service { id: "tunnel-tools", marker: "TUNNEL_TOOLS", title: "Tunnel Tools", cluster: "core", revision: "4f1c2d93b6a0" };

/// Issue 7: `connect()`, and no `settimeout`, to a host that is another container.
const PROBE: &str = "import os, socket; host = os.getenv('CONTROL_HOST', 'tor-proxy'); \
    port = int(os.getenv('CONTROL_PORT', '9051')); s = socket.socket(); s.connect((host, port)); s.close(); exit(0)";

const ENTRYPOINT: &str = "import tunnel_metrics\nimport tunnel_status\n\nif __name__ == \"__main__\":\n    \
    tunnel_status.watch(tunnel_metrics.collect)\n";

const STATUS: &str = "import time\n\n\ndef watch(collect):\n    while True:\n        collect()\n        time.sleep(30)\n";

pub fn image() -> Image {
    // FROM gcr.io/distroless/python3-debian12:latest
    let mut image = parts().base();
    // Issue 5. ENV PATH=/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app
    let env = [
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED=1",
        "PYTHONDONTWRITEBYTECODE=1",
        "PYTHONPATH=/app",
        "CONTROL_HOST=tor-proxy",
        "CONTROL_PORT=9051",
    ];
    TOOLS.begin(&mut image, &env);
    // The base's own LANG=C.UTF-8 is inherited, whatever the document sees.
    // "Creates marker files with actual content", "Uses timestamps", "Creates marker files after directory creation"
    image.append("COPY --chown=65532:65532 /var/run/.keep /var/run/.keep # buildkit", keep(TOOLS.marker, "run", "RUNTIME"));
    image.append("COPY --chown=65532:65532 /var/lib/.keep /var/lib/.keep # buildkit", keep(TOOLS.marker, "lib", "LIB"));
    image.append(
        "COPY --chown=65532:65532 /usr/local/bin /usr/local/bin # buildkit",
        copied(TOOLS.marker, "usr/local/bin", "BINARIES", vec![]),
    );
    // Issue 3. the /usr/bin/tini of ENTRYPOINT, from FROM debian:12-slim AS tunnel-builder
    let tini = archive().packages(&["tini"])[0].files().into_iter().find(|entry| entry.path == "usr/bin/tini");
    let tini = tini.expect("tini is where Debian has it").of(NONROOT);
    let folders = ["usr", "usr/bin"].map(Entry::directory);
    image.append("COPY --chown=65532:65532 /usr/bin/tini /usr/bin/tini # buildkit", folders.into_iter().chain([tini]).collect());
    // Issue 6. entrypoint, tunnel_metrics, tunnel_status in /app; and nothing that verifies them
    let files = app(&[
        ("app/.lucid-source-marker", &format!("LUCID_TUNNEL_TOOLS_SOURCE_{}\n", BUILT - 30)),
        ("app/entrypoint.py", ENTRYPOINT),
        ("app/tunnel_metrics.py", "def collect():\n    return {}\n"),
        ("app/tunnel_status.py", STATUS),
    ]);
    image.append("COPY --chown=65532:65532 /app /app # buildkit", files);
    // Issue 4. ENTRYPOINT ["/usr/bin/tini", "--", "python3", "/app/entrypoint.py"], and no CMD
    // HEALTHCHECK --interval=30s --timeout=10s --start-period=45s --retries=3
    let entrypoint = ["/usr/bin/tini", "--", "python3", "/app/entrypoint.py"];
    Service::end(&mut image, 7000, 45, &["python3", "-c", PROBE], &entrypoint, &[]);
    image
}
