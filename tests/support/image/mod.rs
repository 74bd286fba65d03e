//! Images as data: layers of entries and a configuration, cheap to clone and to edit, written as bytes only when asked.

#![allow(dead_code, reason = "each test takes what it needs")]

pub mod debian;
pub mod folder;
pub mod layout;
pub mod lucid;
pub mod pack;
pub mod registry;
pub mod slim;
pub mod wheels;

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

/// The second at which the image is said to have been built: every time in it is this one or close before it, so that
/// its bytes are the same in every run.
pub const BUILT: u64 = 1_763_661_840;

/// [`BUILT`] as RFC 3339 text.
pub const CREATED: &str = "2025-11-20T18:04:00Z";

/// The user that such images run as.
pub const NONROOT: u64 = 65532;

/// What stands at a path.
#[derive(Clone, Hash)]
pub enum Content {
    Directory,
    File(Arc<[u8]>),
    Zeros(u64),
    Symlink(String),
    Hardlink(String),
}

/// A path of a layer, without `./` and without a slash at its end; the root is the empty path.
#[derive(Clone)]
pub struct Entry {
    pub path: String,
    pub content: Content,
    pub mode: u32,
    pub owner: (u64, u64),
    pub mtime: u64,
}

impl Entry {
    /// An entry of root's.
    fn new(path: &str, content: Content, mode: u32) -> Self {
        Self { path: path.into(), content, mode, owner: (0, 0), mtime: BUILT }
    }

    pub fn file(path: &str, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(path, Content::File(bytes.as_ref().into()), 0o644)
    }

    pub fn zeros(path: &str, length: u64) -> Self {
        Self::new(path, Content::Zeros(length), 0o644)
    }

    pub fn directory(path: &str) -> Self {
        Self::new(path, Content::Directory, 0o755)
    }

    pub fn symlink(path: &str, target: &str) -> Self {
        Self::new(path, Content::Symlink(target.into()), 0o777)
    }

    /// Says whose it is: user and group of this number.
    pub fn of(mut self, id: u64) -> Self {
        self.owner = (id, id);
        self
    }

    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    pub fn mtime(mut self, seconds: u64) -> Self {
        self.mtime = seconds;
        self
    }
}

/// A layer. Clones share their entries, and the key under which their bytes are kept, until one of them is edited.
#[derive(Clone)]
pub struct Layer {
    /// `./` before every name, as Debian's packages have it and Bazel keeps it; or nothing, as in `BuildKit`'s layers.
    pub prefix: &'static str,
    entries: Arc<Vec<Entry>>,
    key: Arc<OnceLock<String>>,
}

impl Layer {
    pub fn new(prefix: &'static str, entries: Vec<Entry>) -> Self {
        Self { prefix, entries: Arc::new(entries), key: Arc::default() }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn edit(&mut self) -> &mut Vec<Entry> {
        self.key = Arc::default();
        Arc::make_mut(&mut self.entries)
    }

    /// Adds an entry, or replaces the one of that path in its place.
    pub fn put(&mut self, entry: Entry) {
        let entries = self.edit();
        match entries.iter_mut().find(|old| old.path == entry.path) {
            Some(old) => *old = entry,
            None => entries.push(entry),
        }
    }

    /// Removes a path and everything below it; it must be there.
    pub fn remove(&mut self, path: &str) {
        let before = self.entries.len();
        let below = format!("{path}/");
        self.edit().retain(|entry| entry.path != path && !entry.path.starts_with(&below));
        assert!(self.entries.len() < before, "{path} is not in the layer");
    }

    /// Changes the entry of a path; it must be there.
    pub fn change(&mut self, path: &str, change: impl FnOnce(&mut Entry)) {
        let entry = self.edit().iter_mut().find(|entry| entry.path == path);
        change(entry.unwrap_or_else(|| panic!("{path} is not in the layer")));
    }
}

/// A line of the history, with the layer that it made, if it made one.
#[derive(Clone)]
pub struct Step {
    pub created_by: String,
    pub layer: Option<Layer>,
}

/// An image.
#[derive(Clone)]
pub struct Image {
    pub steps: Vec<Step>,
    /// The `config` object of the configuration.
    pub config: Value,
    pub architecture: &'static str,
    pub variant: Option<&'static str>,
}

impl Image {
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.steps.iter().filter_map(|step| step.layer.as_ref())
    }

    /// A small image of one platform, for whoever needs no more than some layers.
    pub fn of(layers: impl IntoIterator<Item = (&'static str, Layer)>) -> Self {
        let steps = layers.into_iter().map(|(made, layer)| Step { created_by: made.into(), layer: Some(layer) }).collect();
        Self { steps, config: json!({"Cmd": ["/bin/true"]}), architecture: "arm64", variant: Some("v8") }
    }

    /// The one layer whose instruction holds `fragment`, to edit.
    pub fn layer_mut(&mut self, fragment: &str) -> &mut Layer {
        let mut found = self.steps.iter_mut().filter(|step| step.layer.is_some() && step.created_by.contains(fragment));
        let step = found.next().unwrap_or_else(|| panic!("no layer was made by {fragment}"));
        assert!(found.next().is_none(), "several layers were made by {fragment}");
        step.layer.as_mut().unwrap()
    }

    /// Appends a layer as `BuildKit` would, and the line of history of the instruction that made it.
    pub fn append(&mut self, created_by: &str, entries: Vec<Entry>) {
        self.steps.push(Step { created_by: created_by.into(), layer: Some(Layer::new("", entries)) });
    }

    /// Appends a line of history that makes no layer.
    pub fn say(&mut self, created_by: &str) {
        self.steps.push(Step { created_by: created_by.into(), layer: None });
    }

    /// Exchanges the one line of history that begins so.
    pub fn reword(&mut self, begin: &str, instruction: &str) {
        let step = self.steps.iter_mut().find(|step| step.created_by.starts_with(begin));
        step.unwrap_or_else(|| panic!("no line of history is {begin}")).created_by = instruction.into();
    }

    /// The configuration document, of layers with these `diff_ids`.
    fn document(&self, diff_ids: &[String]) -> Value {
        let history: Vec<Value> = self.steps.iter().map(Step::history).collect();
        let mut document = json!({
            "architecture": self.architecture,
            "config": self.config,
            "created": CREATED,
            "history": history,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        if let Some(variant) = self.variant {
            document["variant"] = variant.into();
        }
        document
    }
}

impl Step {
    /// As Bazel writes it for distroless, and as `BuildKit` does above that.
    fn history(&self) -> Value {
        if self.created_by.starts_with("bazel ") {
            return json!({"created": "0001-01-01T00:00:00Z", "created_by": self.created_by});
        }
        let mut line = json!({"created": CREATED, "created_by": self.created_by, "comment": "buildkit.dockerfile.v0"});
        if self.layer.is_none() {
            line["empty_layer"] = true.into();
        }
        line
    }
}
