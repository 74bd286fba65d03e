//! A real overlay mount of layers that are lists of lines: another program, which knows nothing of this crate, unpacks each
//! as containerd does, and Linux mounts them over one another. Needs root.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lucid_verify::layer::{Body, Entry};
use lucid_verify::vfs::{Shown, Tree, dump};
use serde_json::{Value, json};

/// The program on its way.
pub struct Overlay {
    child: Child,
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Overlay {
    pub fn start() -> Self {
        let mut command = Command::new("unshare");
        command.args(["--mount", "python3", "-c", include_str!("overlay.py")]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (ask, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, ask, answers }
    }

    /// The lines of what the mount shows, a `?` before names that are listed and lead nowhere; or what refuses to be unpacked:
    /// `layer 2: /path: error`.
    pub fn lay<T: AsRef<str>>(&mut self, layers: &[T]) -> Result<Vec<String>, String> {
        let layers: Vec<Vec<Value>> =
            layers.iter().map(|lines| dump::entries(lines.as_ref()).unwrap().iter().map(told).collect()).collect();
        writeln!(self.ask.as_mut().unwrap(), "{}", json!(layers)).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).expect("the other program ended");
        if let Some(refused) = answer["refused"].as_str() {
            return Err(refused.to_owned());
        }
        Ok(answer["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect())
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        self.ask = None;
        let _ = self.child.wait();
    }
}

fn told(entry: &Entry) -> Value {
    let Entry { path, stat, body } = entry;
    let (kind, target, content, device) = match body {
        Body::Directory => ("d", None, None, None),
        Body::File(trace) => {
            ("f", None, Some(trace.bytes().map_or_else(|| " ".repeat(usize::try_from(stat.size).unwrap()), latin)), None)
        }
        Body::Symlink(target) => ("l", Some(latin(target)), None, None),
        Body::Hardlink(target) => ("h", Some(target.to_string()), None, None),
        Body::Device { block, major, minor } => (if *block { "b" } else { "c" }, None, None, Some([major, minor])),
        Body::Fifo => ("p", None, None, None),
        Body::Whiteout => ("w", None, None, None),
        Body::Opaque => ("o", None, None, None),
    };
    json!({
        "path": path.to_string(), "kind": kind, "mode": stat.mode, "uid": stat.uid, "gid": stat.gid,
        "target": target, "content": content, "device": device,
    })
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// What the library says that a mount shows, in the same words.
pub fn worked_out(tree: &Tree) -> Result<Vec<String>, String> {
    let lines = |tree: &Tree| dump::dump(tree).lines().map(ToOwned::to_owned).collect();
    match tree.mounted() {
        None => Ok(lines(tree)),
        Some(Err(refusal)) => Err(format!("layer {}: {}", refusal.layer + 1, refusal.path)),
        Some(Ok(mounted)) => {
            let ghosts = mounted.differences.iter().filter(|difference| difference.shown == Shown::Ghost);
            let mut lines: Vec<String> = lines(&mounted.tree);
            lines.extend(ghosts.map(|ghost| format!("? {}", ghost.path)));
            Ok(lines)
        }
    }
}
