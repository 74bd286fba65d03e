//! Virtual environments that the real tools make on the host, and then as they would have made them in the image.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::image::debian::run;
use crate::image::folder::{self, bytes, kept};
use crate::image::wheels::{self, Builder, SERVICE, row_of};
use crate::image::{Content, Entry};

/// What the service needs, of what the pattern's own image is made of.
pub fn requirements() -> String {
    let others =
        ["cryptography", "cffi", "pycparser", "grpcio", "redis", "async-timeout", "pymongo", "dnspython", "motor", "PyJWT"];
    let name = |line: &str| line.split("==").next().unwrap().to_owned();
    wheels::SERVICE
        .requirements
        .lines()
        .filter(|line| !others.contains(&&name(line)[..]))
        .fold(String::new(), |text, line| text + line + "\n")
}

/// What `ensurepip` of Debian's Python brings.
const ENSURED: &str = "\
    pip==23.0.1 --hash=sha256:236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f\n\
    setuptools==66.1.1 --hash=sha256:6f590d76b713d5de4e49fe4fbca24474469f53c83632d5d0fd056f7ff7e8112b\n";

/// The tools, as they are on the host.
const TOOLS: &str = "uv==0.13.9\nvirtualenv==21.15.8\n";

/// `python3 -m venv`, and pip in it.
pub fn pip(home: &str) -> Vec<Entry> {
    let requirements = format!("{ENSURED}{}", requirements());
    let made = kept("venv", &format!("pip {}", python()), |target| {
        run(Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(target.join("venv")));
    });
    let mut entries = moved(&made, home, "/usr/bin/python3");
    let interpreter = format!("/{home}/bin/python3");
    let laid = wheels::install(&Builder { requirements: &requirements, interpreter: &interpreter, ..SERVICE });
    let below = |folder: &str, entries: Vec<Entry>| {
        let folder = format!("{home}/{folder}");
        entries.into_iter().map(move |entry| Entry { path: format!("{folder}/{}", entry.path), owner: (0, 0), ..entry })
    };
    entries.extend(below("lib/python3.11/site-packages", laid.site));
    entries.extend(below("bin", laid.bin));
    entries
}

/// `uv venv` and `uv sync`.
pub fn uv(home: &str) -> Vec<Entry> {
    let requirements = requirements();
    let made = kept("venv", &format!("uv {} {requirements} {TOOLS}", python()), |target| {
        let venv = target.join("venv");
        run(uv_command().args(["venv", "--quiet", "--no-project", "--python", "python3"]).arg(&venv));
        install(&venv, &requirements);
    });
    moved(&made, home, "/usr/bin/python3.11")
}

/// `virtualenv` and the project in it, editable, as `poetry install` leaves it. `project` lies at `/app`.
pub fn poetry(home: &str, project: &[Entry]) -> Vec<Entry> {
    let requirements = requirements();
    let source = project.iter().filter(|entry| matches!(entry.content, Content::File(_)));
    let text = source.clone().fold(String::new(), |text, entry| text + &entry.path + &String::from_utf8_lossy(bytes(entry)));
    let made = kept("venv", &format!("poetry {} {requirements} {TOOLS} {text}", python()), |target| {
        let venv = target.join("venv");
        let mut virtualenv = Command::new("python3");
        virtualenv.env("PYTHONPATH", tools()).args(["-m", "virtualenv", "--quiet", "--no-periodic-update", "--app-data"]);
        run(virtualenv.arg(target.with_extension("seeds")).arg(&venv));
        install(&venv, &requirements);
        for entry in source {
            let file = target.join(entry.path.strip_prefix("app/").unwrap());
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes(entry)).unwrap();
        }
        run(uv_command().args(["pip", "install", "--quiet", "--no-deps", "--python"]).arg(&venv).arg("-e").arg(target));
    });
    moved(&made, home, "/usr/bin/python3.11")
}

fn install(venv: &Path, requirements: &str) {
    let list = venv.with_extension("txt");
    std::fs::write(&list, requirements).unwrap();
    let mut uv = uv_command();
    uv.args(["pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--link-mode", "copy"]);
    uv.args(["--python-platform", "aarch64-unknown-linux-gnu", "--python-version", "3.11", "--python"]);
    run(uv.arg(venv).arg("-r").arg(list));
}

fn python() -> String {
    String::from_utf8(run(Command::new("python3").args(["-c", "import sys; print('python%d.%d' % sys.version_info[:2])"])))
        .unwrap()
        .trim()
        .to_owned()
}

fn tools() -> PathBuf {
    kept("tools", TOOLS, |target| {
        let list = target.with_extension("txt");
        std::fs::write(&list, TOOLS).unwrap();
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target"]);
        run(pip.arg(target).arg("-r").arg(list));
    })
}

fn uv_command() -> Command {
    let mut command = Command::new(tools().join("bin/uv"));
    command
        .env("UV_CACHE_DIR", crate::image::pack::cache().join("uv"))
        .env("UV_NO_CONFIG", "1")
        .env("UV_PYTHON_DOWNLOADS", "never");
    command
}

/// An environment that was made in `made/venv`, as it is when it was made at `/home` of the image, whose interpreter is
/// Debian's. Its scripts, and all else that names its place, are changed, and the rows of RECORD with them.
fn moved(made: &Path, home: &str, interpreter: &str) -> Vec<Entry> {
    let (minor, venv) = (python(), made.join("venv"));
    let project = home.rsplit_once('/').map_or("/", |(above, _)| above);
    // What was kept was moved once already, from the folder in which it was made.
    let mut entries = folder::read(&venv, home);
    entries.retain(|entry| !entry.path.contains("__pycache__"));
    let written = written_place(&entries, home);
    let mut changed = Vec::new();
    for entry in &mut entries {
        entry.path = entry.path.replace(&minor, "python3.11");
        match &mut entry.content {
            Content::Symlink(target) if target.starts_with('/') => interpreter.clone_into(target),
            Content::Symlink(target) => *target = target.replace(&minor, "python3.11"),
            Content::File(bytes) => {
                let Ok(text) = std::str::from_utf8(bytes) else { continue };
                let named = if entry.path.ends_with("/pyvenv.cfg") {
                    settings(text, home)
                } else if let Some(written) = written.as_ref().filter(|written| text.contains(&written[..])) {
                    text.replace(&format!("{written}/venv"), &format!("/{home}"))
                        .replace(written, &format!("/{project}"))
                        .replace(&minor, "python3.11")
                } else {
                    continue;
                };
                *bytes = named.into_bytes().into();
                changed.push(entry.clone());
            }
            _ => {}
        }
    }
    for entry in entries.iter_mut().filter(|entry| entry.path.ends_with(".dist-info/RECORD")) {
        record(entry, home, &changed);
    }
    std::iter::once(Entry::directory(home)).chain(entries).collect()
}

/// The folder in which the environment was made, as its script of activation has it.
fn written_place(entries: &[Entry], home: &str) -> Option<String> {
    let activate = entries.iter().find(|entry| entry.path == format!("{home}/bin/activate"))?;
    let text = std::str::from_utf8(bytes(activate)).unwrap();
    let (before, _) = text.split_once("/made/venv")?;
    let start = before.rfind(['"', '\'', '=', ' ', '\n']).map_or(0, |at| at + 1);
    Some(format!("{}/made", &before[start..]))
}

/// `pyvenv.cfg`, of Debian's Python.
fn settings(text: &str, home: &str) -> String {
    let line = |line: &str| match line.split_once(" = ") {
        Some(("home", _)) => "home = /usr/bin".into(),
        Some((key @ ("version" | "version_info"), _)) => format!("{key} = 3.11.2"),
        Some((key @ ("executable" | "base-executable"), _)) => format!("{key} = /usr/bin/python3.11"),
        Some((key @ ("base-prefix" | "base-exec-prefix"), _)) => format!("{key} = /usr"),
        Some(("command", _)) => format!("command = /usr/bin/python3 -m venv /{home}"),
        _ => line.to_owned(),
    };
    text.lines().map(line).fold(String::new(), |text, line| text + &line + "\n")
}

/// The rows of files that were changed.
fn record(record: &mut Entry, home: &str, changed: &[Entry]) {
    let site = format!("{home}/lib/python3.11/site-packages/");
    let text = std::str::from_utf8(bytes(record)).unwrap();
    let row = |row: &str| {
        let name = row.split(',').next().unwrap();
        let path = name.strip_prefix("../../../").map_or_else(|| format!("{site}{name}"), |below| format!("{home}/{below}"));
        changed.iter().find(|entry| entry.path == path).map_or_else(|| row.to_owned(), |entry| row_of(name, entry))
    };
    let rows = text.lines().map(row).fold(String::new(), |text, row| text + &row + "\n");
    record.content = Content::File(rows.into_bytes().into());
}
