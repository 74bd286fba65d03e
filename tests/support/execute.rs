//! Running the command of an arm64 image: its own interpreter, in its own unpacked tree, by QEMU's user-mode emulation.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::image::Image;
use crate::image::debian::run;
use crate::image::layout::{Family, TAG};
use crate::image::pack::{Compression, cache};

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server that it is said that it serves.
    Started,
    /// It ended with this line.
    Ended(String),
}

/// What a server says once it has loaded its application.
const STARTED: &str = "Application startup complete";

/// Seconds of CPU that nothing takes under emulation.
const PATIENCE: &str = "--cpu=180";

/// `e_machine` of the image's machine, as it stands in a file (System V ABI, chapter 4).
const AARCH64: [u8; 2] = [183, 0];

/// The emulator, statically linked, as it stands in the root of an unpacked image.
const EMULATOR: &str = "/.emulator";

/// A root file system on this machine.
pub struct Root {
    folder: tempfile::TempDir,
}

impl Root {
    /// Unpacks an image with its owners, which only root can.
    pub fn of(image: &Image) -> Self {
        // In the cache, so that blobs are linked and not copied.
        let folder = tempfile::tempdir_in(cache()).unwrap();
        let layout = folder.path().join("image");
        image.write_layout(&layout, Compression::None, Family::Oci);
        let named = format!("{}:{TAG}", layout.display());
        run(Command::new("umoci").args(["unpack", "--image", &named]).arg(folder.path().join("bundle")));
        let root = Self { folder };
        fs::copy(emulator(), root.path(EMULATOR)).unwrap();
        root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("bundle/rootfs").join(path.trim_start_matches('/'))
    }

    /// Runs the command of the image.
    pub fn command(&self, image: &Image) -> Outcome {
        let argv = [texts(&image.config["Entrypoint"]), texts(&image.config["Cmd"])].concat();
        self.run(image, &argv)
    }

    /// Runs the health check of the image.
    pub fn probe(&self, image: &Image) -> Outcome {
        let test = texts(&image.config["Healthcheck"]["Test"]);
        let (form, words) = test.split_first().unwrap();
        let shell = ["/bin/sh", "-c"].map(ToOwned::to_owned);
        self.run(image, &if form == "CMD-SHELL" { [&shell[..], words].concat() } else { words.to_vec() })
    }

    /// Runs words as a container runtime does, without a network. What says that a program cannot be started at all is
    /// the runtime, or the kernel of the image's machine; here are neither, so their words are taken from them.
    fn run(&self, image: &Image, argv: &[String]) -> Outcome {
        match self.program(image, &argv[0]) {
            Ok(words) => self.emulate(image, &[&words[..], &argv[1..]].concat()),
            Err(line) => Outcome::Ended(line),
        }
    }

    /// What the emulator has to run for a program: itself, or the interpreter of a script.
    fn program(&self, image: &Image, name: &str) -> Result<Vec<String>, String> {
        let (path, real) = if name.contains('/') {
            let real = self.real(name).ok_or(format!("exec: \"{name}\": stat {name}: no such file or directory"))?;
            (name.to_owned(), real)
        } else {
            let environment = texts(&image.config["Env"]);
            let path = environment.iter().find_map(|setting| setting.strip_prefix("PATH=")).unwrap();
            let mut found = path.split(':').map(|folder| format!("{folder}/{name}"));
            let found = found.find_map(|path| Some((path.clone(), self.real(&path)?)));
            found.ok_or(format!("exec: \"{name}\": executable file not found in $PATH"))?
        };
        let bytes = fs::read(real).unwrap();
        if let Some(line) = bytes.strip_prefix(b"#!") {
            let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let mut words: Vec<String> = String::from_utf8_lossy(line).split_whitespace().map(ToOwned::to_owned).collect();
            self.real(&words[0]).ok_or(format!("exec {path}: no such file or directory"))?;
            words.push(path);
            return Ok(words);
        }
        if bytes.get(18..20) == Some(&AARCH64) { Ok(vec![path]) } else { Err(format!("exec {path}: exec format error")) }
    }

    /// The file that a path of the image leads to, links followed below the root.
    fn real(&self, path: &str) -> Option<PathBuf> {
        let (mut at, mut todo) = (PathBuf::new(), vec![PathBuf::from(path)]);
        for _ in 0..40 {
            let Some(next) = todo.pop() else { return self.path(at.to_str()?).exists().then(|| self.path(at.to_str().unwrap())) };
            let mut parts = next.components();
            match parts.next() {
                Some(Component::Normal(part)) => {
                    let link = fs::read_link(self.path(at.join(part).to_str()?));
                    todo.push(parts.as_path().to_owned());
                    match link {
                        Ok(target) => todo.push(target),
                        Err(_) => at.push(part),
                    }
                    continue;
                }
                Some(Component::RootDir) => at.clear(),
                Some(Component::ParentDir) => drop(at.pop()),
                _ => {}
            }
            let rest = parts.as_path().to_owned();
            if rest.components().next().is_some() {
                todo.push(rest);
            }
        }
        None
    }

    fn emulate(&self, image: &Image, argv: &[String]) -> Outcome {
        // Each of these programs becomes the next, so that killing the first kills the last.
        let mut command = Command::new("/usr/bin/prlimit");
        let root = format!("--root={}", self.path("").display());
        let wd = format!("--wd={}", image.config["WorkingDir"].as_str().unwrap_or("/"));
        command.args([PATIENCE, "/usr/bin/unshare", "--net", &root, &wd]);
        let user = image.config["User"].as_str().unwrap_or("0");
        let (user, group) = user.split_once(':').unwrap_or((user, "0"));
        command.args([format!("--setgid={group}"), format!("--setuid={user}")]);
        command.env_clear().env("HOME", "/home/nonroot").env("HOSTNAME", "container");
        command.envs(texts(&image.config["Env"]).iter().map(|setting| setting.split_once('=').unwrap()));
        let mut lines = lines(command.arg(EMULATOR).args(argv));
        // The emulator looks for the loader in the kernel's stead.
        if lines.last().is_some_and(|line| line.contains("Could not open '/lib")) {
            return Outcome::Ended(format!("exec {}: no such file or directory", argv[0]));
        }
        if lines.iter().any(|line| line.contains(STARTED)) {
            Outcome::Started
        } else {
            Outcome::Ended(lines.pop().unwrap_or_default())
        }
    }
}

/// The texts of a list of the configuration.
fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// What a command writes to stderr until it ends, or says that it has started.
fn lines(command: &mut Command) -> Vec<String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut lines = Vec::new();
    for line in stderr.lines() {
        let line = line.unwrap();
        let is_started = line.contains(STARTED);
        if !line.trim().is_empty() {
            lines.push(line);
        }
        if is_started {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    lines
}

fn emulator() -> &'static Path {
    let path = Path::new("/usr/bin/qemu-aarch64-static");
    assert!(path.exists(), "{} is missing: install qemu-user-static", path.display());
    path
}
