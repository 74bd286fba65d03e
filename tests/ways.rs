//! One real image by every way in, and what a large layer costs on stdin. These tests run only where `LUCID_REAL=1` asks
//! for them: they need skopeo, podman and docker-registry.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/archives.rs"]
mod archives;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/run.rs"]
mod run;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "archives need less of it than layers")]
mod tarball;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lucid_verify::digest::{Algorithm, Hasher};
use serde_json::{Value, json};
use tarball::{Header, Tarball};

use image::Image;
use image::debian::run;
use image::layout::{Family, TAG, blob_file};
use image::lucid::{BIN, parts};
use image::pack::Compression;
use image::registry::Registry;
use run::{asked, lucid_verify};

const NAME: &str = "docker.io/pickme/lucid-auth:latest-arm64";

/// Exit code, and what of the report does not depend on how the image came here.
fn verify(reference: &str, stdin: Option<&Path>, host: &str) -> (Option<i32>, Value) {
    let mut command = lucid_verify();
    command.args([reference, "--profile", "lucid", "--format", "json"]).env("DOCKER_HOST", host);
    if let Some(path) = stdin {
        // Not the file itself: a pipe cannot be gone back in.
        let mut cat = Command::new("cat").arg(path).stdout(Stdio::piped()).spawn().unwrap();
        command.stdin(cat.stdout.take().unwrap());
        let output = command.output().unwrap();
        assert!(cat.wait().unwrap().success(), "the archive was not read to its end");
        return said(&output);
    }
    said(&command.output().unwrap())
}

fn said(output: &std::process::Output) -> (Option<i32>, Value) {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let image = &report["images"][0];
    assert!(image["complete"] == true, "{}: {}", output.status, output.stderr.escape_ascii());
    (output.status.code(), archives::neutral(image.clone()))
}

/// Podman, answering as a Docker engine does.
struct Engine {
    child: Child,
    host: String,
    _folder: tempfile::TempDir,
}

impl Engine {
    /// One that has the image of an archive of `docker save`.
    fn with(archive: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let podman = || {
            let mut command = Command::new("podman");
            command.args(["--storage-driver", "vfs", "--root"]).arg(folder.path().join("root"));
            command.arg("--runroot").arg(folder.path().join("run"));
            command
        };
        run(podman().args(["load", "--quiet", "--input"]).arg(archive));
        let socket = folder.path().join("engine.sock");
        let host = format!("unix://{}", socket.display());
        let mut service = podman();
        service.args(["system", "service", "--time", "0", &host]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = service.spawn().unwrap();
        for _ in 0..100 {
            if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Self { child, host, _folder: folder }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bytes of the configuration in a layout.
fn configuration(layout: &Path) -> Vec<u8> {
    let document = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
    let index = document(fs::read(layout.join("index.json")).unwrap());
    let blob = |entry: &Value| fs::read(blob_file(layout, entry["digest"].as_str().unwrap())).unwrap();
    blob(&document(blob(&index["manifests"][0]))["config"])
}

#[test]
fn by_every_way_in_it_is_the_same_image() {
    if !asked("by_every_way_in_it_is_the_same_image") {
        return;
    }
    let good = parts().image();
    let mut broken = good.clone();
    broken.layer_mut(&format!("/root/.local/bin /{BIN}")).remove(&format!("{BIN}/.lucid-marker"));
    by_every_way(&broken, 1);
    let (folder, wanted) = by_every_way(&good, 0);
    let engine = Engine::with(&folder.path().join("docker.tar"));
    let found = verify(&format!("docker-daemon:{NAME}"), None, &engine.host);
    assert!(found == wanted, "the engine gives another report");
}

/// Verifies an image by every way that needs no engine. Returns the folder of its archives, and what is said of it.
fn by_every_way(image: &Image, code: i32) -> (tempfile::TempDir, (Option<i32>, Value)) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("layout");
    image.write_layout(&directory, Compression::Gzip, Family::Oci);
    let registry = Registry::start();
    let wanted = verify(&registry.push(&directory, "pickme/lucid-auth"), None, "");
    assert_eq!(wanted.0, Some(code), "{:#}", wanted.1);

    let layout = format!("oci:{}:{TAG}", directory.display());
    let file = |name: &str| folder.path().join(name);
    let (oci, docker, modern) = (file("oci.tar"), file("docker.tar"), file("modern.tar"));
    for (transport, path, name) in [("oci-archive", &oci, TAG), ("docker-archive", &docker, NAME)] {
        run(Command::new("skopeo").args(["copy", "--quiet", &layout, &format!("{transport}:{}:{name}", path.display())]));
    }
    let layers = image.layers().map(|layer| fs::read(layer.blob(Compression::None).file).unwrap()).collect();
    let members = archives::modern_of(layers, configuration(&directory), "pickme/lucid-auth:latest-arm64");
    fs::write(&modern, archives::pack(&members)).unwrap();
    for (reference, stdin) in [
        (layout, None),
        (format!("oci-archive:{}", oci.display()), None),
        (format!("docker-archive:{}", docker.display()), None),
        (format!("docker-archive:{}", modern.display()), None),
        (format!("oci-archive:{}", modern.display()), None),
        ("oci-archive:-".into(), Some(&oci)),
        ("docker-archive:-".into(), Some(&docker)),
        ("docker-archive:-".into(), Some(&modern)),
        ("oci-archive:-".into(), Some(&modern)),
    ] {
        let found = verify(&reference, stdin.map(PathBuf::as_path), "");
        assert!(found == wanted, "{reference} {stdin:?} gives another report");
    }
    (folder, wanted)
}

/// Writes a layer that holds one file of so many MiB of zeros.
fn write_layer(mib: u64, mut write: impl FnMut(&[u8])) {
    let zeros = vec![0; 1 << 20];
    write(&Header::new("zeros", b'0', mib << 20).block());
    (0..mib).for_each(|_| write(&zeros));
    write(&zeros[..1024]);
}

/// Writes an archive of one such layer.
fn write_archive(mib: u64, out: &mut dyn Write) {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    write_layer(mib, |bytes| hasher.update(bytes));
    let rootfs = json!({"type": "layers", "diff_ids": [hasher.finish()]});
    let config = json!({"os": "linux", "architecture": "arm64", "config": {"Cmd": ["/zeros"]}, "rootfs": rootfs});
    let manifest = json!([{"Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"]}]);
    out.write_all(&Header::new("layer.tar", b'0', (mib << 20) + 1536).block()).unwrap();
    write_layer(mib, |bytes| out.write_all(bytes).unwrap());
    let documents = Tarball::default().file("config.json", config.to_string().as_bytes());
    out.write_all(&documents.file("manifest.json", manifest.to_string().as_bytes()).end()).unwrap();
}

/// The most memory that such an archive takes on stdin, in KiB (time(1), `%M`).
fn peak_of(mib: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("peak");
    let mut command = Command::new("/usr/bin/time");
    command.args(["-q", "-f", "%M", "-o"]).arg(&note).arg(lucid_verify().get_program());
    command
        .args(["docker-archive:-", "--no-cache", "--profile", "generic", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("/usr/bin/time runs");
    write_archive(mib, &mut child.stdin.take().unwrap());
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["images"][0]["complete"], true, "{report:#}");
    fs::read_to_string(note).unwrap().trim().parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_a_layer_on_stdin() {
    if !asked("memory_does_not_grow_with_a_layer_on_stdin") {
        return;
    }
    let (small, large) = (peak_of(64), peak_of(1024));
    assert!(large <= small + 4 * 1024, "{small} KiB for 64 MiB of zeros, {large} KiB for 1 GiB");
    assert!(large < 64 * 1024, "{large} KiB");
}
