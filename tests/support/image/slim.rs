//! A Debian as `debootstrap` and `apt-get` leave it in an image: merged `/usr`, dpkg's own database, and without the manuals
//! that slim images leave out.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::debian::{Package, archive};
use super::{Content, Entry, Image, Layer, Step};

/// What debian:bookworm-slim is made of; apt adds what these need.
const SLIM: &[&str] = &[
    "apt",
    "base-files",
    "base-passwd",
    "bash",
    "bsdutils",
    "coreutils",
    "dash",
    "debian-archive-keyring",
    "debianutils",
    "diffutils",
    "dpkg",
    "findutils",
    "grep",
    "gzip",
    "hostname",
    "init-system-helpers",
    "libc-bin",
    "login",
    "mount",
    "ncurses-base",
    "ncurses-bin",
    "perl-base",
    "sed",
    "sysvinit-utils",
    "tar",
    "tzdata",
    "usr-is-merged",
    "util-linux",
];

/// What slim images leave out of every package (debuerreotype's slimify), but for copyright files.
const LEFT_OUT: [&str; 7] = [
    "usr/share/doc/",
    "usr/share/groff/",
    "usr/share/info/",
    "usr/share/linda/",
    "usr/share/lintian/",
    "usr/share/locale/",
    "usr/share/man/",
];

/// Directories that are links into `/usr`.
const MERGED: [&str; 3] = ["bin", "lib", "sbin"];

/// A Debian, and what is installed in it.
#[derive(Clone)]
pub struct System {
    /// The paragraphs of dpkg's status file, by package.
    status: BTreeMap<String, String>,
    /// The image so far: nothing but the base, until someone installs.
    pub image: Image,
}

impl System {
    /// debian:bookworm-slim, put together once a process.
    pub fn slim() -> Self {
        static SLIM_SYSTEM: OnceLock<System> = OnceLock::new();
        let make = || {
            let mut system = Self { status: BTreeMap::new(), image: Image::of([]) };
            let mut tree = system.lay(SLIM);
            settle(&mut tree);
            let layer = Some(Layer::new("", tree.into_values().collect()));
            system.image.steps.push(Step { created_by: "# debian.sh --arch 'arm64' out/ 'bookworm'".into(), layer });
            system.image.config = serde_json::json!({"Cmd": ["bash"], "Env": [PATH]});
            system
        };
        SLIM_SYSTEM.get_or_init(make).clone()
    }

    /// `RUN apt-get install` of these, in a layer of its own; `settled` is what their maintainer scripts do.
    pub fn install(&mut self, names: &[&str], settled: Vec<Entry>) {
        let mut tree = self.lay(names);
        tree.extend(settled.into_iter().map(|entry| (entry.path.clone(), entry)));
        let instruction = format!(
            "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends {} && rm -rf /var/lib/apt/lists/* # buildkit",
            names.join(" ")
        );
        self.image.append(&instruction, tree.into_values().collect());
    }

    /// What dpkg's database says after these were installed, and nothing of what they lay down.
    pub fn record(&mut self, names: &[&str]) -> Vec<Entry> {
        let mut tree = BTreeMap::new();
        for package in self.missing(names) {
            self.note(&package, &mut tree);
        }
        self.finish(&mut tree);
        tree.into_values().collect()
    }

    /// What dpkg lays down of packages and of what these need, in path order, with its database as it is then.
    fn lay(&mut self, names: &[&str]) -> BTreeMap<String, Entry> {
        let mut tree = BTreeMap::new();
        for package in self.missing(names) {
            unpack(&package, &mut tree);
            self.note(&package, &mut tree);
        }
        self.finish(&mut tree);
        tree
    }

    fn missing(&self, names: &[&str]) -> Vec<Package> {
        archive().closure(names).into_iter().filter(|package| !self.status.contains_key(&package.name)).collect()
    }

    /// The package's own files in the database, and its paragraph in the status file.
    fn note(&mut self, package: &Package, tree: &mut BTreeMap<String, Entry>) {
        let notes: BTreeMap<String, Content> = package.notes().into_iter().map(|note| (note.path, note.content)).collect();
        let Some(Content::File(control)) = notes.get("control") else { panic!("{} has no control file", package.name) };
        let control = std::str::from_utf8(control).unwrap();
        let same = control.lines().any(|line| line == "Multi-Arch: same");
        let named = format!("var/lib/dpkg/info/{}{}", package.name, if same { ":arm64" } else { "" });
        put(tree, Entry::file(&format!("{named}.list"), package.list()));
        if let Some(Content::File(sums)) = notes.get("md5sums") {
            put(tree, Entry::file(&format!("{named}.md5sums"), sums));
        }
        let installed = control.replacen('\n', "\nStatus: install ok installed\n", 1);
        self.status.insert(package.name.clone(), installed);
    }

    /// The status file, and the directories above the database.
    fn finish(&self, tree: &mut BTreeMap<String, Entry>) {
        for folder in ["var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info"] {
            put(tree, Entry::directory(folder));
        }
        let status = self.status.values().fold(String::new(), |text, paragraph| text + paragraph + "\n");
        put(tree, Entry::file("var/lib/dpkg/status", status));
    }
}

fn put(tree: &mut BTreeMap<String, Entry>, entry: Entry) {
    tree.insert(entry.path.clone(), entry);
}

/// Lays down what a package has; what is there already stays.
fn unpack(package: &Package, tree: &mut BTreeMap<String, Entry>) {
    for mut entry in package.files() {
        entry.path = merged(&entry.path);
        if let Content::Hardlink(target) = &entry.content {
            entry.content = Content::Hardlink(merged(target));
        }
        let is_manual = LEFT_OUT.iter().any(|left| entry.path.starts_with(left)) && !entry.path.ends_with("/copyright");
        let is_left_out = is_manual && !matches!(entry.content, Content::Directory);
        if !is_left_out && !entry.path.is_empty() && !MERGED.contains(&&entry.path[..]) {
            tree.entry(entry.path.clone()).or_insert(entry);
        }
    }
}

/// `PATH` of Docker's own images.
pub const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A path where `/bin`, `/lib` and `/sbin` are links.
fn merged(path: &str) -> String {
    let is_merged = path.split_once('/').is_some_and(|(first, _)| MERGED.contains(&first));
    if is_merged { format!("usr/{path}") } else { path.to_owned() }
}

/// A link of `update-alternatives`, and where it leads.
pub fn alternative(path: &str, target: &str) -> Vec<Entry> {
    let name = path.rsplit('/').next().unwrap();
    let middle = format!("etc/alternatives/{name}");
    let folders = ["etc", "etc/alternatives"].map(Entry::directory);
    folders.into_iter().chain([Entry::symlink(&middle, target), Entry::symlink(path, &format!("/{middle}"))]).collect()
}

/// What the maintainer scripts of the base make.
fn settle(tree: &mut BTreeMap<String, Entry>) {
    let mut entries: Vec<Entry> = MERGED.iter().map(|name| Entry::symlink(name, &format!("usr/{name}"))).collect();
    entries.push(Entry::symlink("var/run", "/run"));
    for name in ["passwd", "group"] {
        let Content::File(master) = tree[&format!("usr/share/base-passwd/{name}.master")].content.clone() else { unreachable!() };
        entries.push(Entry::file(&format!("etc/{name}"), master));
    }
    entries.extend(alternative("usr/bin/awk", "/usr/bin/mawk"));
    entries.extend(alternative("usr/bin/which", "/usr/bin/which.debianutils"));
    for folder in ["usr/local", "usr/local/bin", "usr/local/lib", "usr/local/sbin"] {
        entries.push(Entry::directory(folder));
    }
    tree.extend(entries.into_iter().map(|entry| (entry.path.clone(), entry)));
}
