//! A tree as text, one line a path, and the same lines as a layer: the language of `ls`, golden tests and fixtures.
//!
//! ```text
//! d 0755 0:0 /app
//! f 0644 65532:65532 12 /app/x.py
//! l 0777 0:0 /bin/python -> /usr/bin/python3.11
//! h /b => /a                       another name of the file /a
//! c 0666 0:0 1,3 /dev/null         b for a block device
//! p 0644 0:0 /run/pipe
//! f 0755 0:0 cap 12 /bin/ping     with file capabilities
//! ```
//!
//! Fields are parted by blanks; a path starts with `/`. In paths and link targets, bytes that a terminal would act on or
//! that are no UTF-8 stand as `\n`, `\t`, `\r`, `\xNN` or `\u{N}`, a backslash as `\\` and a blank as `\x20`.
//! [`dump`] lists the root and everything below it, a directory before what it holds, names in byte order; of several
//! names of one file the first is the file and the others are `h`. Times are not listed.
//!
//! [`entries`] reads the same lines as a layer, in the order in which they stand. There
//!
//! - `w /path` is a whiteout and `o /dir` an opaque mark;
//! - `@SECONDS` may follow the owner: the modification time, else 0;
//! - the size of a file may be left out, and its path may be followed by its content:
//!   - `"text"` with `\n`, `\t`, `\r`, `\\`, `\"`, `\xNN` and `\u{N}`;
//!   - `size=N`, the same as a size without content: N bytes that nobody saw; equal only to those of the same path and
//!     size;
//!   - `elf:MACHINE` and options behind commas: `exec` or `rel` (else a shared object), `interp=PATH`, `needed=NAME`
//!     (repeatable), `soname=NAME`, `rpath=DIRS`, `runpath=DIRS`, `verneed=FILE:VERSION` and `verdef=VERSION` (symbol
//!     versions that it wants and has, repeatable), `align=BYTES` (else 65536), `dynamic` (an empty dynamic section),
//!     `unknown` (one that was not captured), `unloaded=BYTES` (symbols and the like). MACHINE is `aarch64`, `x86-64`, `arm`, `i386`, `riscv64`, `ppc64le` or `s390x`. It has
//!     64 bytes unless a size stands before the path;
//!   - `pyc:MAGIC` and options behind commas: `mtime=SECONDS` and `size=BYTES` of its source (else 0), or `hash`: a compiled
//!     Python module of 16 bytes, unless a size stands before the path;
//!   - nothing: an empty file;
//! - behind a quoted content, `unkept` says that the bytes are not in the keep set, `over` that they are and were too many,
//!   and `imports` that of a Python module only its skeleton is;
//! - empty lines and lines that start with `#` are passed over.
//!
//! ```text
//! f 0644 65532:65532 @1700000000 /app/.lucid-marker "LUCID_X_1700000000\n"
//! f 0755 0:0 6831704 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
//! f 0644 0:0 /big size=200000000
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::content::{self, unescape};
use super::{Kind, NodeId, Tree};
use crate::error::{Error, Kind as Failure, Result};
use crate::layer::{Body, Entry, LayerPath, Stat};
use crate::text;

/// The line of one node. Every name of a file with several is the file: only [`dump`] sees which is the first.
pub fn line(tree: &Tree, id: NodeId) -> String {
    let stat = tree.stat(id);
    let kind = match tree.kind(id) {
        Kind::Directory => 'd',
        Kind::File(_) => 'f',
        Kind::Symlink(_) => 'l',
        Kind::Device { block: false, .. } => 'c',
        Kind::Device { block: true, .. } => 'b',
        Kind::Fifo => 'p',
    };
    let mut line = format!("{kind} {:04o} {}:{} ", stat.mode, stat.uid, stat.gid);
    if stat.capable {
        line.push_str("cap ");
    }
    let _ = match tree.kind(id) {
        Kind::File(_) => write!(line, "{} ", stat.size),
        Kind::Device { major, minor, .. } => write!(line, "{major},{minor} "),
        _ => Ok(()),
    };
    line.push_str(&path(&tree.path(id)));
    if let Kind::Symlink(target) = tree.kind(id) {
        let _ = write!(line, " -> {}", word(target));
    }
    line
}

/// A whole tree.
pub fn dump(tree: &Tree) -> String {
    let mut first = BTreeMap::new();
    let mut out = String::new();
    for id in tree.iter() {
        let of = *first.entry(tree.inode(id)).or_insert(id);
        if of == id {
            out.push_str(&line(tree, id));
        } else {
            let _ = write!(out, "h {} => {}", path(&tree.path(id)), path(&tree.path(of)));
        }
        out.push('\n');
    }
    out
}

/// A path as it stands in a line.
fn path(path: &LayerPath) -> String {
    format!("/{}", word(path.as_bytes()))
}

/// Bytes as they stand in a line: without loss, and without a blank.
pub fn word(bytes: &[u8]) -> String {
    text::escape(bytes).replace(' ', "\\x20")
}

/// The tree that layers make which are written in lines, base first.
pub fn tree<'a>(layers: impl IntoIterator<Item = &'a str>) -> Result<Tree> {
    let mut tree = Tree::new();
    for (index, layer) in layers.into_iter().enumerate() {
        tree.lay(index, &Arc::new(entries(layer)?.into_iter().collect()))?;
    }
    Ok(tree)
}

/// The entries of a layer that is written in lines. An error names the line.
pub fn entries(text: &str) -> Result<Vec<Entry>> {
    let lines = text.lines().map(str::trim_ascii).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            let wrong = |what| Error::new(Failure::Usage, what).doing(format!("read line {}, `{line}`", number + 1));
            entry(line).map_err(wrong)
        })
        .collect()
}

/// What of a line is not read yet.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The next word.
    fn word(&mut self, what: &str) -> Result<&'a str, String> {
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest.trim_ascii_start();
        if word.is_empty() { Err(format!("it has no {what}")) } else { Ok(word) }
    }

    /// The next word, if it starts so; without that start.
    fn optional(&mut self, start: &str) -> Option<&'a str> {
        let word = self.0.split(' ').next()?.strip_prefix(start)?;
        self.word("word").ok().map(|_| word)
    }

    fn path(&mut self) -> Result<LayerPath, String> {
        match self.word("path")? {
            path if path.starts_with('/') => Ok(LayerPath::new(unescape(path)?)),
            other => Err(format!("{other:?} stands where a path with a leading / is wanted")),
        }
    }

    /// `sign WORD`.
    fn behind(&mut self, sign: &str) -> Result<(), String> {
        match self.word(sign)? {
            word if word == sign => Ok(()),
            word => Err(format!("{word:?} stands where {sign} is wanted")),
        }
    }

    fn stat(&mut self) -> Result<Stat, String> {
        let mode = self.word("mode")?;
        let mode = u16::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o7777);
        let (uid, gid) = pair(self.word("owner")?, ':')?;
        let mtime = self.optional("@").map_or(Ok(0), str::parse).map_err(|_| "its time is no number of seconds")?;
        let capable = self.optional("cap").is_some();
        Ok(Stat { mode: mode.ok_or("its mode is no octal number up to 7777")?, uid, gid, size: 0, mtime, capable })
    }

    /// The size of a file, where one stands before its path.
    fn size(&mut self) -> Result<Option<u64>, String> {
        if self.0.starts_with('/') {
            return Ok(None);
        }
        self.word("path")?.parse().map(Some).map_err(|_| "neither a size nor a path follows the owner".to_owned())
    }
}

fn pair(word: &str, separator: char) -> Result<(u64, u64), String> {
    word.split_once(separator)
        .and_then(|(left, right)| Some((left.parse().ok()?, right.parse().ok()?)))
        .ok_or_else(|| format!("{word:?} is no pair of numbers with {separator:?} between"))
}

fn entry(line: &str) -> Result<Entry, String> {
    let mut words = Words(line);
    let kind = words.word("type")?;
    let mut stat = match kind {
        "h" | "w" | "o" => Stat::default(),
        "d" | "f" | "l" | "c" | "b" | "p" => words.stat()?,
        _ => return Err(format!("{kind:?} is none of the types d, f, l, h, c, b, p, w, o")),
    };
    let numbers = if matches!(kind, "c" | "b") { pair(words.word("device number")?, ',')? } else { (0, 0) };
    let size = if kind == "f" { words.size()? } else { None };
    let path = words.path()?;
    let body = match kind {
        "d" => Body::Directory,
        "w" => Body::Whiteout,
        "o" => Body::Opaque,
        "p" => Body::Fifo,
        "c" | "b" => Body::Device { block: kind == "b", major: numbers.0, minor: numbers.1 },
        "h" => {
            words.behind("=>")?;
            Body::Hardlink(words.path()?)
        }
        "l" => {
            words.behind("->")?;
            Body::Symlink(unescape(words.word("target")?)?.into())
        }
        _ => {
            let (trace, size) = content::read(std::mem::take(&mut words.0), size, &path)?;
            stat.size = size;
            Body::File(trace)
        }
    };
    if words.0.is_empty() { Ok(Entry { path, stat, body }) } else { Err(format!("{:?} is left over", words.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{FileKind, Kept};

    #[test]
    fn a_tree_is_what_its_lines_say() {
        let lines = "\
d 0755 0:0 /
d 01777 5:6 /a\\x20b
f 4755 65532:65533 cap 7 /a\\x20b/\\xff\\n\\\\
c 0666 0:0 1,3 /dev
b 0660 0:6 8,1 /disk
h /e => /dev
l 0777 0:0 /link -> ../no\\x20where
p 0600 0:0 /pipe
";
        assert_eq!(dump(&tree([lines]).unwrap()), lines.replace("01777", "1777"));
    }

    #[test]
    fn content_may_stand_in_the_line() {
        let read = entries("\n  # a comment\n f 0644 1:2 @-5 /m \"#! /bin/sh -e\\nx \\x22\\xff\\\"\" \n").unwrap();
        let [Entry { path, stat, body: Body::File(trace) }] = &read[..] else { panic!("{read:?}") };
        assert_eq!(path.to_string(), "/m");
        assert_eq!(*stat, Stat { mode: 0o644, uid: 1, gid: 2, size: 19, mtime: -5, capable: false });
        assert_eq!(trace.kind, FileKind::Script(b" /bin/sh -e"[..].into()));
        assert_eq!(trace.kept, Kept::Whole(b"#! /bin/sh -e\nx \"\xff\""[..].into()));
    }

    #[test]
    fn a_wrong_line_is_named_with_what_is_wrong() {
        for (line, what) in [
            ("x /a", "none of the types"),
            ("d 0888 0:0 /a", "octal"),
            ("d 10000 0:0 /a", "octal"),
            ("d 0755 root /a", "pair of numbers"),
            ("d 0755 0:0 a", "leading /"),
            ("d 0755 0:0 /a b", "left over"),
            ("f 0644 0:0 x /a", "neither a size"),
            ("f 0644 0:0 3 /a \"ab\"", "3 bytes"),
            ("l 0777 0:0 /a", "no ->"),
            ("h /a -> /b", "=> is wanted"),
            ("w /a\\q", "escape"),
        ] {
            let error = entries(&format!("d 0755 0:0 /\n{line}")).unwrap_err();
            assert!(error.what.contains(what), "{line}: {error}");
            assert!(error.to_string().contains(&format!("line 2, `{line}`")), "{error}");
        }
    }
}
