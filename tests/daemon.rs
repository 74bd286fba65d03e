//! Images of a Docker engine: what it answers is read as it comes, and why it does not answer is said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/archives.rs"]
mod archives;
#[path = "support/cli.rs"]
#[allow(dead_code, reason = "all of these have something in the environment")]
mod cli;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "archives need less of it than layers")]
mod tarball;

use std::io;
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::path::Path;

use archives::{large, modern, neutral, pack, saved};
use cli::lucid;
use lucid_verify::digest::Digest;
use registry::{Reply, Server, scripted};
use serde_json::Value;

/// Exit code, report and stderr of an image that the engine at `host` is asked for.
fn verify(host: &str, image: &str) -> (i32, Value, String) {
    let mut command = lucid(&[&format!("docker-daemon:{image}"), "--profile", "generic", "--format", "json"]);
    command.env("DOCKER_HOST", host).env_remove("DOCKER_TLS_VERIFY").env("HTTP_PROXY", "http://127.0.0.1:9");
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), report["images"][0].clone(), String::from_utf8(output.stderr).unwrap())
}

/// An engine that has one image.
fn engine(tar: Vec<u8>) -> Server {
    scripted(move |request| match &request.path[..] {
        "/images/x/a:1/get" => Reply::new(200, tar.clone()).with("content-type", "application/x-tar"),
        "/images/broken:latest/get" => Reply::new(200, tar.clone()).cut(tar.len() / 2),
        "/images/failing:latest/get" => Reply::new(500, r#"{"message":"disk full"}"#),
        "/images/secret:latest/get" => Reply::new(403, r#"{"message":"authorization denied by plugin"}"#),
        _ => Reply::new(404, r#"{"message":"No such image: nothere:latest"}"#),
    })
}

/// A socket in the file system behind which a server answers.
fn socket(path: &Path, server: &Server) -> String {
    let (listener, server) = (UnixListener::bind(path).unwrap(), server.host());
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&server).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || io::copy(&mut from, &mut to));
            let (mut from, mut to) = (server, client);
            std::thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    format!("unix://{}", path.display())
}

#[test]
fn an_image_of_an_engine_is_the_one_that_it_saves() {
    let folder = tempfile::tempdir().unwrap();
    let tar = pack(&modern(&large(), "x/a:1"));
    let server = engine(tar.clone());
    let output = lucid(&["docker-archive:-", "--profile", "generic", "--format", "json"]).write_stdin(tar).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let wanted = neutral(report["images"][0].clone());
    for host in [format!("tcp://{}", server.host()), socket(&folder.path().join("docker.sock"), &server)] {
        let (code, image, stderr) = verify(&host, "x/a:1");
        assert_eq!(Some(code), output.status.code(), "{stderr}");
        assert_eq!(image["reference"], "docker-daemon:x/a:1");
        assert_eq!(neutral(image), wanted);
        assert_eq!(verify(&host, "docker.io/x/a:1").0, code, "it is the same name");
    }
}

#[test]
fn an_image_of_an_engine_is_asked_for_by_its_id_too() {
    let id = Digest::sha256(b"id").to_string();
    let server = engine(pack(&saved(&large(), "x/a:1")));
    assert_eq!(verify(&format!("tcp://{}", server.host()), &id).0, 3);
    assert_eq!(server.paths(), [format!("/images/{id}/get")]);
}

#[test]
fn the_name_of_the_image_chooses_the_profile() {
    let server = engine(pack(&saved(&large(), "x/a:1")));
    let directory = tempfile::tempdir().unwrap();
    let mut command = lucid(&["docker-daemon:pickme/lucid-auth:1", "--format", "json"]);
    let output = command.env("DOCKER_HOST", format!("tcp://{}", server.host())).current_dir(directory.path()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["images"][0]["policy"]["profile"], "lucid");
}

#[test]
fn an_engine_that_gives_no_image_is_never_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let server = engine(pack(&saved(&large(), "x/a:1")));
    let here = socket(&folder.path().join("docker.sock"), &server);
    let nowhere = format!("unix://{}", folder.path().join("nothing.sock").display());
    for (host, image, code, wanted) in [
        (&here[..], "nothere", 3, "no such image (404 Not Found): No such image"),
        (&here, "secret", 4, "authorization denied by plugin"),
        (&here, "failing", 5, "disk full"),
        (&here, "broken", 5, "the connection with docker broke"),
        (&nowhere, "x/a:1", 5, "is the engine running, and is DOCKER_HOST right?"),
        ("tcp://127.0.0.1:1", "x/a:1", 5, "docker save IMAGE | lucid-verify docker-archive:-"),
        ("ssh://there", "x/a:1", 2, "docker save IMAGE | lucid-verify docker-archive:-"),
        ("npipe:////./pipe/docker_engine", "x/a:1", 2, "DOCKER_HOST is npipe:"),
    ] {
        let (found, image, stderr) = verify(host, image);
        assert!(found == code && stderr.contains(wanted), "{host} {found}: {stderr}");
        assert_eq!(image["complete"], false, "{host}");
    }
}

#[test]
fn a_socket_that_may_not_be_asked_is_a_denial() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docker.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        let _ = io::Write::write_all(&mut io::stderr(), b"skipped: root may ask every socket\n");
        return;
    }
    let (code, _, stderr) = verify(&format!("unix://{}", path.display()), "x/a:1");
    assert!(code == 4 && stderr.contains("the group docker"), "{code} {stderr}");
}
