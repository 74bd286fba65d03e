//! The entries of a layer in little memory: columns, with what repeats told once.

use std::collections::BTreeMap;

use super::entry::{Body, Entry, Stat};
use super::path::LayerPath;

/// The entries of a layer, in the order of its tar. An entry costs 32 bytes and its name; a file 48 more, and what is kept of
/// it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entries {
    rows: Vec<Row>,
    /// The last components of the paths, one behind the other.
    names: Vec<u8>,
    directories: Vec<LayerPath>,
    /// The directories on the way to that of the last entry, outermost first: a tar mostly lists depth first.
    open: Vec<u32>,
    attributes: Vec<Attributes>,
    known: BTreeMap<Attributes, u32>,
    /// What the entries are which are no directories.
    bodies: Vec<Body>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    directory: u32,
    /// Where its name ends; it begins where that of the row before ends.
    name: u32,
    attributes: u32,
    body: u32,
    size: u64,
    mtime: i64,
}

/// What few values are shared by many entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Attributes {
    mode: u16,
    uid: u64,
    gid: u64,
    capable: bool,
}

/// The body of directories, which all have the same.
const DIRECTORY: u32 = u32::MAX;

impl Entries {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds one behind the others. Its path is told by its directory and its name.
    pub fn push(&mut self, entry: Entry) {
        let Entry { path, stat, body } = entry;
        let directory = self.directory(&path);
        self.names.extend_from_slice(path.name());
        let Stat { mode, uid, gid, size, mtime, capable } = stat;
        let attributes = self.attributes(Attributes { mode, uid, gid, capable });
        let at = if body == Body::Directory { DIRECTORY } else { index(self.bodies.len()) };
        if at != DIRECTORY {
            self.bodies.push(body);
        }
        self.rows.push(Row { directory, name: index(self.names.len()), attributes, body: at, size, mtime });
    }

    fn directory(&mut self, path: &LayerPath) -> u32 {
        let above = path.split().map(|(directory, _)| directory).unwrap_or_default();
        while let Some(last) = self.open.last() {
            let last_path = &self.directories[*last as usize];
            if last_path.as_bytes() == above {
                return *last;
            }
            let leads_on =
                last_path.is_root() || above.strip_prefix(last_path.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'/'));
            if leads_on {
                break;
            }
            self.open.pop();
        }
        let new = index(self.directories.len());
        self.directories.push(path.parent().unwrap_or_default());
        self.open.push(new);
        new
    }

    fn attributes(&mut self, attributes: Attributes) -> u32 {
        let last = self.rows.last().map(|row| row.attributes);
        if let Some(last) = last.filter(|last| self.attributes[*last as usize] == attributes) {
            return last;
        }
        let all = &mut self.attributes;
        *self.known.entry(attributes).or_insert_with(|| {
            all.push(attributes);
            index(all.len() - 1)
        })
    }

    /// Gives back what only further entries would need.
    pub fn shrink(&mut self) {
        self.open = Vec::new();
        self.known = BTreeMap::new();
        self.rows.shrink_to_fit();
        self.names.shrink_to_fit();
        self.bodies.shrink_to_fit();
        self.directories.shrink_to_fit();
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = EntryRef<'_>> + ExactSizeIterator {
        (0..self.rows.len()).map(|at| EntryRef { entries: self, at })
    }

    /// The one at a place below [`len`](Self::len).
    pub fn get(&self, at: usize) -> EntryRef<'_> {
        debug_assert!(at < self.rows.len());
        EntryRef { entries: self, at }
    }

    /// Bytes of file contents, and of what was made of them, that they hold.
    pub fn kept_bytes(&self) -> u64 {
        let kept = |body: &Body| if let Body::File(trace) = body { trace.kept_bytes() } else { 0 };
        self.bodies.iter().map(kept).sum()
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_else(|_| unreachable!("entries and their names have ceilings far below 2^32"))
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut all = Self::default();
        entries.into_iter().for_each(|entry| all.push(entry));
        all.shrink();
        all
    }
}

/// One entry where it is stored.
#[derive(Debug, Clone, Copy)]
pub struct EntryRef<'a> {
    entries: &'a Entries,
    at: usize,
}

impl<'a> EntryRef<'a> {
    fn row(self) -> &'a Row {
        &self.entries.rows[self.at]
    }

    /// Its place among the entries of its layer.
    pub fn place(self) -> usize {
        self.at
    }

    /// The directory that holds it; of the root, the root.
    pub fn directory(self) -> &'a LayerPath {
        &self.entries.directories[self.row().directory as usize]
    }

    /// The last component of its path; of the root, nothing.
    pub fn name(self) -> &'a [u8] {
        let begin = self.at.checked_sub(1).map_or(0, |before| self.entries.rows[before].name);
        &self.entries.names[begin as usize..self.row().name as usize]
    }

    /// The path that it speaks of, as [`Entry::path`].
    pub fn path(self) -> LayerPath {
        self.directory().child(self.name())
    }

    /// Whether it speaks of the root.
    pub fn is_root(self) -> bool {
        self.name().is_empty()
    }

    /// Mode, owner, size and time.
    pub fn stat(self) -> Stat {
        let Row { attributes, size, mtime, .. } = *self.row();
        let Attributes { mode, uid, gid, capable } = self.entries.attributes[attributes as usize];
        Stat { mode, uid, gid, size, mtime, capable }
    }

    /// What it is.
    pub fn body(self) -> &'a Body {
        match self.row().body {
            DIRECTORY => &Body::Directory,
            at => &self.entries.bodies[at as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Kept, Seen, Trace};

    fn entry(path: &str, uid: u64, body: Body) -> Entry {
        Entry { path: path.into(), stat: Stat { mode: 0o644, uid, size: uid, mtime: -1, ..Stat::default() }, body }
    }

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let trace = |digest| Body::File(Trace::new([digest; 32], false, Seen::plain(Kept::Whole([digest].into()))));
        let all = [
            entry("", 0, Body::Directory),
            entry("a", 1, Body::Directory),
            entry("a/b/c", 2, trace(1)),
            entry("a/x", 1, Body::Symlink(b"y"[..].into())),
            entry("ab/x", 1, Body::Hardlink("a/x".into())),
            entry("a/b/d", 1, trace(2)),
            entry("z", 1, Body::Device { block: true, major: 1, minor: 2 }),
            entry("a", 3, Body::Opaque),
            entry("a/b", 3, Body::Whiteout),
            entry("", 1, Body::Directory),
        ];
        let entries: Entries = all.iter().cloned().collect();
        let told = |entry: EntryRef<'_>| Entry { path: entry.path(), stat: entry.stat(), body: entry.body().clone() };
        assert_eq!(entries.iter().map(told).collect::<Vec<_>>(), all);
        assert_eq!(entries.kept_bytes(), 2);
        assert_eq!((entries.len(), entries.attributes.len()), (10, 4));
    }

    #[test]
    fn a_directory_is_told_once_for_what_is_listed_together() {
        let paths = ["a/1", "a/2", "a/b/1", "a/b/c/1", "a/b/2", "a/3", "a2", "a/4"];
        let entries: Entries = paths.iter().map(|path| entry(path, 0, Body::Fifo)).collect();
        let directories: Vec<String> = entries.directories.iter().map(ToString::to_string).collect();
        assert_eq!(directories, ["/a", "/a/b", "/a/b/c", "/", "/a"]);
        assert_eq!(entries.iter().map(|entry| entry.path().to_string()).nth(5), Some("/a/3".to_owned()));
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!((size_of::<Row>(), size_of::<Body>()), (32, 48));
    }
}
