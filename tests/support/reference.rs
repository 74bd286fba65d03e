//! The image specification's layers applied the slow way: a map of path texts, and a scan for every question.

use std::collections::BTreeMap;

use lucid_verify::layer::{Body, Entry};

/// What is behind a path: its line without the path, and of files and links what they hold.
struct File {
    kind: char,
    attributes: String,
    target: String,
}

/// Paths with a leading `/`, the root empty, and the files behind them.
pub struct Reference {
    paths: BTreeMap<String, usize>,
    files: Vec<File>,
}

/// What no reader can unpack.
pub struct Impossible;

impl Reference {
    pub fn new() -> Self {
        let root = File { kind: 'd', attributes: "0755 0:0".into(), target: String::new() };
        Self { paths: BTreeMap::from([(String::new(), 0)]), files: vec![root] }
    }

    fn kind(&self, path: &str) -> Option<char> {
        self.paths.get(path).map(|file| self.files[*file].kind)
    }

    /// `SecureJoin` of the runtimes: text by text, with `..` taken away from what was written so far.
    fn join(&self, path: &str) -> Result<String, Impossible> {
        let (mut rest, mut done, mut links) = (path.to_owned(), String::new(), 0);
        while !rest.is_empty() {
            let (name, after) = rest.split_once('/').unwrap_or((&rest, ""));
            let (name, after) = (name.to_owned(), after.to_owned());
            rest = after;
            match &name[..] {
                "" | "." => continue,
                ".." => {
                    done.truncate(done.rfind('/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let next = format!("{done}/{name}");
            if self.kind(&next) == Some('l') {
                links += 1;
                if links > 40 {
                    return Err(Impossible);
                }
                let target = &self.files[self.paths[&next]].target;
                rest = format!("{target}/{rest}");
                if target.starts_with('/') {
                    done.clear();
                }
            } else {
                done = next;
            }
        }
        Ok(done)
    }

    /// The real path of a name: its directory joined, itself not followed.
    fn place(&self, path: &str) -> Result<String, Impossible> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok(format!("{}/{name}", self.join(directory)?))
    }

    fn remove_below(&mut self, path: &str) {
        self.paths.retain(|other, _| !other.starts_with(&format!("{path}/")));
    }

    fn put(&mut self, path: String, file: usize) {
        let directory = path.rfind('/').map_or("", |cut| &path[..cut]).to_owned();
        if self.kind(&directory) != Some('d') {
            self.directory(&directory, "0755 0:0");
        }
        if self.files[file].kind != 'd' || self.kind(&path) != Some('d') {
            self.remove_below(&path);
        }
        self.paths.insert(path, file);
    }

    fn directory(&mut self, path: &str, attributes: &str) {
        self.files.push(File { kind: 'd', attributes: attributes.into(), target: String::new() });
        self.put(path.to_owned(), self.files.len() - 1);
    }

    pub fn apply(&mut self, entries: &[Entry]) -> Result<(), Impossible> {
        let mut hidden = Vec::new();
        for entry in entries {
            let path = entry.path.to_string();
            match entry.body {
                Body::Whiteout => hidden.push((self.place(&path)?, true)),
                Body::Opaque => hidden.push((self.join(&path)?, false)),
                _ => {}
            }
        }
        for (path, itself) in hidden {
            self.remove_below(&path);
            if itself {
                self.paths.remove(&path);
            }
        }
        let mut rest = entries.iter().filter(|entry| !matches!(entry.body, Body::Whiteout | Body::Opaque));
        rest.try_for_each(|entry| self.entry(entry))
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), Impossible> {
        let path = if entry.path.is_root() { String::new() } else { self.place(&entry.path.to_string())? };
        let stat = format!("{:04o} {}:{}", entry.stat.mode, entry.stat.uid, entry.stat.gid);
        let (kind, attributes, target) = match &entry.body {
            Body::Directory if path.is_empty() => {
                self.files[0].attributes = stat;
                return Ok(());
            }
            Body::Directory => ('d', stat, String::new()),
            Body::File(_) => ('f', format!("{stat} {}", entry.stat.size), String::new()),
            Body::Symlink(target) => ('l', stat, String::from_utf8_lossy(target).into_owned()),
            Body::Fifo => ('p', stat, String::new()),
            Body::Whiteout | Body::Opaque | Body::Device { .. } => unreachable!("filtered out, or never generated"),
            Body::Hardlink(target) => return self.link(path, &target.to_string()),
        };
        self.files.push(File { kind, attributes, target });
        self.put(path, self.files.len() - 1);
        Ok(())
    }

    fn link(&mut self, path: String, target: &str) -> Result<(), Impossible> {
        // The name is freed, and its directory made, before the target is looked for.
        self.files.push(File { kind: 'p', attributes: String::new(), target: String::new() });
        self.put(path.clone(), self.files.len() - 1);
        self.paths.remove(&path);
        let target = self.place(target)?;
        let file = *self.paths.get(&target).ok_or(Impossible)?;
        if self.files[file].kind == 'd' {
            return Err(Impossible);
        }
        self.paths.insert(path, file);
        Ok(())
    }

    /// The lines of the tree.
    pub fn dump(&self) -> String {
        let mut first: BTreeMap<usize, &str> = BTreeMap::new();
        let mut lines = Vec::new();
        for (path, number) in &self.paths {
            let File { kind, attributes, target } = &self.files[*number];
            let shown = if path.is_empty() { "/" } else { path };
            lines.push(match (first.get(number), kind) {
                (Some(of), _) => format!("h {shown} => {of}\n"),
                (None, 'l') => format!("l {attributes} {shown} -> {target}\n"),
                (None, _) => format!("{kind} {attributes} {shown}\n"),
            });
            first.entry(*number).or_insert(shown);
        }
        lines.concat()
    }
}
