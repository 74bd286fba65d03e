//! Wheels from the Python package index, installed as `pip install --user` lays them in a builder.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::debian::run;
use super::{BUILT, Content, Entry, NONROOT, pack};

/// A builder: what it installs, every distribution with the digest of the one file that is wanted of it, and for what.
pub struct Builder<'a> {
    pub requirements: &'a str,
    /// What the first line of scripts names.
    pub interpreter: &'a str,
    pub python: &'static str,
    pub machine: &'static str,
    pub policies: &'static [&'static str],
}

const MANYLINUX: &[&str] = &["manylinux2014", "manylinux_2_17", "manylinux_2_28"];

/// What the service requires, for what it runs on.
pub const SERVICE: Builder<'static> = Builder {
    requirements: include_str!("aarch64.txt"),
    interpreter: "/usr/bin/python3.11",
    python: "3.11.2",
    machine: "aarch64",
    policies: MANYLINUX,
};

/// One distribution of the service's, built for the machine of whoever ran `docker build`.
pub const X86_64: Builder<'static> = Builder {
    requirements: "bcrypt==4.3.0 --hash=sha256:f6746e6fec103fcd509b96bacdfdaa2fbde9a553245dbada284435173a6f1aef",
    machine: "x86_64",
    ..SERVICE
};

/// The same, built on Alpine.
pub const MUSL: Builder<'static> = Builder {
    requirements: "bcrypt==4.3.0 --hash=sha256:17a854d9a7a476a89dcef6c8bd119ad23e0f82557afbd2c442777a16408e614f",
    policies: &["musllinux_1_1"],
    ..SERVICE
};

/// Another distribution of the service's, built by the Python before.
pub const PYTHON_3_10: Builder<'static> = Builder {
    requirements: "pydantic-core==2.33.2 --hash=sha256:0069c9acc3f3981b9ff4cdfaf088e98d83440a4c7ea1bc07460af3d4dc22e72d",
    python: "3.10.12",
    ..SERVICE
};

/// The installer itself.
pub const PIP: Builder<'static> = Builder {
    requirements: "pip==25.0 --hash=sha256:b6eb97a803356a52b2dd4bb73ba9e65b2ba16caa6bcb25a7497350a4e5859b65",
    ..SERVICE
};

/// The packages that are downloaded most, and what they require.
pub const POPULAR: Builder<'static> = Builder { requirements: include_str!("popular.txt"), ..SERVICE };

/// Packages and their scripts, with paths below `lib/python3.11/site-packages` and `bin` left out.
pub struct Installed {
    pub site: Vec<Entry>,
    pub bin: Vec<Entry>,
}

/// Where `--target` puts data that `--user` puts beside `lib`.
const DATA: [&str; 3] = ["etc", "include", "share"];

/// Installs what a builder would, for a machine that the host need not be; once, then from the cache.
pub fn install(builder: &Builder<'_>) -> Installed {
    let Builder { requirements, machine, .. } = builder;
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
        pip_install(&list, builder, &laid);
        fs::rename(&laid, &target).unwrap();
    }
    let mut laid = Installed { site: walk(&target, ""), bin: Vec::new() };
    // Manual pages, headers and the like stay in the builder.
    laid.site.retain(|entry| !DATA.contains(&entry.path.split('/').next().unwrap()));
    let bin = laid.site.extract_if(.., |entry| entry.path == "bin" || entry.path.starts_with("bin/")).skip(1);
    laid.bin = bin.map(|entry| script(entry, builder.interpreter)).collect();
    for entry in &mut laid.site {
        // Deeper ones came with a distribution that has others in it.
        if entry.path.ends_with(".dist-info/RECORD") && entry.path.matches('/').count() == 1 {
            relocate(entry, &laid.bin);
        }
    }
    laid
}

fn pip_install(requirements: &Path, builder: &Builder<'_>, target: &Path) {
    let Builder { python, machine, policies, .. } = builder;
    let abi = format!("cp{}", python.splitn(3, '.').take(2).collect::<String>());
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--require-hashes", "--python-version", python, "--implementation", "cp"]);
    pip.args(["--abi", &abi, "--abi", "abi3", "--abi", "none"]);
    for policy in *policies {
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

/// A script whose first line names the interpreter of the builder, not this host's.
fn script(mut entry: Entry, interpreter: &str) -> Entry {
    entry.path = entry.path.split_off("bin/".len());
    let Content::File(bytes) = &entry.content else { panic!("{} is no script", entry.path) };
    let text = std::str::from_utf8(bytes).unwrap();
    let (first, body) = text
        .split_once('\n')
        .filter(|(first, _)| first.starts_with("#!"))
        .unwrap_or_else(|| panic!("{} is no script", entry.path));
    // A shell stands before an interpreter whose path is long.
    let body = if first == "#!/bin/sh" { body.splitn(3, '\n').last().unwrap() } else { body };
    entry.content = Content::File(format!("#!{interpreter}\n{body}").into_bytes().into());
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
