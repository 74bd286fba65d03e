//! Go itself, from Debian's packages, unpacked and not installed: what its archive/tar makes of archives.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;

use super::image::debian::{archive, run};
use super::image::folder::kept;

/// The program that asks it.
const PROGRAM: &str = include_str!("read.go");

/// What a reader makes of an archive: the members that it has whole, and why it went no further.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Verdict {
    pub entries: Vec<Entry>,
    pub error: String,
}

/// A member. Name and target are hex, the content is its SHA-256; of what is larger than 4 MiB, `-`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    pub name: String,
    pub link: String,
    pub kind: u8,
    pub size: i64,
    pub mode: i64,
    pub uid: i64,
    pub gid: i64,
    pub mtime: i64,
    pub major: i64,
    pub minor: i64,
    pub content: String,
}

/// The folder of a package of Debian, unpacked.
pub fn unpacked(packages: &[&str]) -> PathBuf {
    let packages = archive().packages(packages);
    let names: Vec<_> = packages.iter().map(|package| package.file.file_name().unwrap().to_string_lossy()).collect();
    kept("unpacked", &names.join(" "), |target| {
        for package in &packages {
            run(Command::new("dpkg-deb").arg("-x").arg(&package.file).arg(target));
        }
    })
}

/// Where Go and its sources lie.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        unpacked(&[&format!("golang-1.19-go:{machine}"), "golang-1.19-src"]).join("usr/lib/go-1.19")
    })
}

/// What Go makes of archives, all asked in one process.
pub fn verdicts(archives: &[Vec<u8>]) -> Vec<Verdict> {
    let mut asked = Command::new(program()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = asked.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            for archive in archives {
                stdin.write_all(&(archive.len() as u64).to_be_bytes()).unwrap();
                stdin.write_all(archive).unwrap();
            }
        });
        asked.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "Go ends with {}", output.status);
    let told: Vec<Verdict> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(told.len(), archives.len());
    told
}

/// The program, built once.
fn program() -> PathBuf {
    let recipe = format!("{} {PROGRAM}", root().display());
    let folder = kept("go", &recipe, |target| {
        std::fs::write(target.join("read.go"), PROGRAM).unwrap();
        let mut go = Command::new(root().join("bin/go"));
        go.args(["build", "-o", "read", "read.go"]).current_dir(target);
        go.env("GOROOT", root()).env("GOCACHE", target.join("cache")).env("GO111MODULE", "off").env("CGO_ENABLED", "0");
        run(&mut go);
        std::fs::remove_dir_all(target.join("cache")).unwrap();
    });
    folder.join("read")
}
