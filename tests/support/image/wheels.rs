//! Wheels from the Python package index, installed as `pip install --user` lays them in a builder.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::debian::run;
use super::{BUILT, Content, Entry, NONROOT, pack};

/// What the service requires, every distribution with the digest of the one file that is wanted of it.
pub const AARCH64: &str = include_str!("aarch64.txt");

/// The distribution that the breakages exchange, built for the machine of whoever ran `docker build`.
pub const X86_64: &str = "bcrypt==4.3.0 --hash=sha256:f6746e6fec103fcd509b96bacdfdaa2fbde9a553245dbada284435173a6f1aef";

/// Packages and their scripts, with paths below `lib/python3.11/site-packages` and `bin` left out.
pub struct Installed {
    pub site: Vec<Entry>,
    pub bin: Vec<Entry>,
}

/// Installs what `requirements` names for a machine that the host need not be, and for distroless' interpreter; once, then
/// from the cache.
pub fn install(requirements: &str, machine: &str) -> Installed {
    install_for(requirements, machine, "/usr/bin/python3.11")
}

/// Does so with another interpreter in the first line of console scripts.
pub fn install_for(requirements: &str, machine: &str, interpreter: &str) -> Installed {
    let pip = run(Command::new("python3").args(["-m", "pip", "--version"]));
    let key = pack::sha256(&[requirements.as_bytes(), machine.as_bytes(), &pip].concat());
    let folder = pack::cache().join("wheels");
    fs::create_dir_all(&folder).unwrap();
    let target = folder.join(key);
    if !target.exists() {
        let partial = tempfile::tempdir_in(&folder).unwrap();
        let list = partial.path().join("requirements.txt");
        fs::write(&list, requirements).unwrap();
        let laid = partial.path().join("target");
        pip_install(&list, machine, &laid);
        fs::rename(&laid, &target).unwrap();
    }
    let mut laid = Installed { site: walk(&target, ""), bin: Vec::new() };
    let bin = laid.site.extract_if(.., |entry| entry.path == "bin" || entry.path.starts_with("bin/")).skip(1);
    laid.bin = bin.map(|entry| script(entry, interpreter)).collect();
    for entry in &mut laid.site {
        // Deeper ones came with a distribution that has others in it.
        if entry.path.ends_with(".dist-info/RECORD") && entry.path.matches('/').count() == 1 {
            relocate(entry, &laid.bin);
        }
    }
    laid
}

fn pip_install(requirements: &Path, machine: &str, target: &Path) {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--require-hashes", "--python-version", "3.11.2", "--implementation", "cp"]);
    pip.args(["--abi", "cp311", "--abi", "abi3", "--abi", "none"]);
    for policy in ["manylinux2014", "manylinux_2_17", "manylinux_2_28"] {
        pip.arg("--platform").arg(format!("{policy}_{machine}"));
    }
    run(pip.arg("--target").arg(target).arg("-r").arg(requirements));
}

/// Everything below a folder, in path order, with the modes and times that a container's builder would give it.
fn walk(folder: &Path, below: &str) -> Vec<Entry> {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()).collect();
    found.sort();
    let mut entries = Vec::new();
    for path in found {
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        let metadata = fs::metadata(&path).unwrap();
        if metadata.is_dir() {
            entries.push(Entry::directory(&name).of(NONROOT).mtime(BUILT - 60));
            entries.extend(walk(&path, &format!("{name}/")));
        } else {
            let mode = if metadata.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
            entries.push(Entry::file(&name, fs::read(&path).unwrap()).of(NONROOT).mode(mode).mtime(BUILT - 60));
        }
    }
    entries
}

/// A console script whose first line names the interpreter of the builder, not this host's.
fn script(mut entry: Entry, interpreter: &str) -> Entry {
    entry.path = entry.path.split_off("bin/".len());
    let Content::File(bytes) = &entry.content else { panic!("{} is no script", entry.path) };
    let text = std::str::from_utf8(bytes).unwrap();
    let (_, body) = text.split_once("# -*- coding").unwrap_or_else(|| panic!("{} is no script of pip's", entry.path));
    entry.content = Content::File(format!("#!{interpreter}\n# -*- coding{body}").into_bytes().into());
    entry
}

/// The rows of scripts, as `--user` writes them: three folders up, where `--target` writes two.
fn relocate(record: &mut Entry, scripts: &[Entry]) {
    let Content::File(bytes) = &record.content else { return };
    let mut rows = String::new();
    for row in std::str::from_utf8(bytes).unwrap().lines() {
        let Some(rest) = row.strip_prefix("../../bin/") else {
            writeln!(rows, "{row}").unwrap();
            continue;
        };
        let name = rest.split(',').next().unwrap();
        let script = scripts.iter().find(|script| script.path == name).unwrap_or_else(|| panic!("no script {name}"));
        writeln!(rows, "../../../{}", row_of(&format!("bin/{name}"), script)).unwrap();
    }
    record.content = Content::File(rows.into_bytes().into());
}

/// A row of a RECORD.
pub fn row_of(path: &str, entry: &Entry) -> String {
    let Content::File(bytes) = &entry.content else { panic!("{path} is no file") };
    format!("{path},sha256={},{}", base64(&Sha256::digest(bytes)), bytes.len())
}

/// The URL-safe alphabet without padding, as RECORD files have it (RFC 4648, section 5).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = |chunk: &[u8]| {
        let number = (0..3).fold(0, |number, at| number << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        (0..=chunk.len()).map(|at| char::from(DIGITS[number >> (18 - 6 * at) & 63])).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}
