//! What a tar member means as part of a layer (image-spec, layer.md).

use super::tar::Member;
use super::{Body, Entry, LayerPath, Stat};
use crate::error::{Error, Kind, Result};
use crate::limits::{self, Limits};
use crate::text;

const WHITEOUT: &[u8] = b".wh.";
/// AUFS kept its own files under this, and image tools pass over them.
const AUFS: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// What a member means.
pub(super) enum Meaning {
    /// An entry that needs no content.
    Entry(Entry),
    /// A regular file, whose content follows.
    File(LayerPath, Stat),
    /// Nothing, and why.
    Nothing(LayerPath, &'static str),
}

/// Reads a member as runtimes do, or refuses it where they refuse to unpack it.
pub(super) fn meaning(member: &Member, limits: &Limits) -> Result<Meaning> {
    let longest = member.name.len().max(member.link.len()) as u64;
    if longest > limits.path {
        return Err(limits::path(format!("the layer holds a path of {longest} bytes, more than {}", limits.path)));
    }
    let path = LayerPath::new(&member.name);
    let mode = u16::try_from(member.mode & 0o7777).unwrap_or_default();
    let stat =
        Stat { mode, uid: member.uid, gid: member.gid, size: 0, mtime: member.mtime, capable: member.capabilities.is_some() };
    if let Some(meaning) = whiteout(&path, stat)? {
        return Ok(meaning);
    }
    let body = match member.kind {
        b'0' => return Ok(Meaning::File(path, Stat { size: member.size, ..stat })),
        b'1' => Body::Hardlink(LayerPath::new(&member.link)),
        b'2' => Body::Symlink(member.link.as_slice().into()),
        kind @ (b'3' | b'4') => Body::Device { block: kind == b'4', major: member.device.0, minor: member.device.1 },
        b'5' => Body::Directory,
        b'6' => Body::Fifo,
        kind => {
            let what =
                format!("{path} is a tar member of type '{}'; container runtimes refuse to unpack it", text::escape(&[kind]));
            return Err(Error::new(Kind::Unsupported, what));
        }
    };
    Ok(Meaning::Entry(Entry { path, stat, body }))
}

fn whiteout(path: &LayerPath, stat: Stat) -> Result<Option<Meaning>> {
    let directory = || path.parent().unwrap_or_default();
    let (path, body) = match path.name() {
        OPAQUE => (directory(), Body::Opaque),
        name if name.starts_with(AUFS) => {
            return Ok(Some(Meaning::Nothing(path.clone(), "it is AUFS's own file, and passed over")));
        }
        name => match name.strip_prefix(WHITEOUT) {
            None => return Ok(None),
            Some(b"" | b"." | b"..") => return Err(Error::new(Kind::Corrupt, format!("the whiteout {path} names no file"))),
            Some(hidden) => (directory().join(hidden), Body::Whiteout),
        },
    };
    Ok(Some(Meaning::Entry(Entry { path, stat, body })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, kind: u8) -> Member {
        let (name, link) = (name.into(), b"../t".to_vec());
        Member {
            name,
            link,
            kind,
            mode: 0o104_755,
            uid: 1,
            gid: 2,
            size: 3,
            mtime: 4,
            device: (5, 6),
            capabilities: None,
            is_marked: false,
            odd: Vec::new(),
        }
    }

    fn entry(name: &str, kind: u8) -> (String, Body) {
        match meaning(&member(name, kind), &Limits::default()).unwrap() {
            Meaning::Entry(entry) => (entry.path.to_string(), entry.body),
            Meaning::File(..) | Meaning::Nothing(..) => panic!("{name} is no entry"),
        }
    }

    #[test]
    fn whiteout_names_are_whiteouts_whatever_their_type() {
        for kind in [b'0', b'1', b'2', b'3', b'5', b'S'] {
            assert_eq!(entry("./a/.wh.b", kind), ("/a/b".into(), Body::Whiteout));
        }
        assert_eq!(entry("a/.wh..wh..opq", b'0'), ("/a".into(), Body::Opaque));
        assert_eq!(entry(".wh..wh..opq", b'0'), ("/".into(), Body::Opaque));
        assert_eq!(entry(".wh.etc/f", b'5'), ("/.wh.etc/f".into(), Body::Directory));
    }

    #[test]
    fn whiteouts_of_nothing_are_corrupt_and_aufs_files_pass() {
        for name in ["a/.wh.", "a/.wh..", ".wh..."] {
            assert_eq!(meaning(&member(name, b'0'), &Limits::default()).err().unwrap().kind, Kind::Corrupt, "{name}");
        }
        for name in ["a/.wh..wh.plnk", ".wh..wh.aufs", ".wh..wh..opqx"] {
            assert!(matches!(meaning(&member(name, b'0'), &Limits::default()), Ok(Meaning::Nothing(..))), "{name}");
        }
    }

    #[test]
    fn types_are_what_they_are_and_others_are_refused_by_name() {
        assert_eq!(entry("/d/../e/", b'5'), ("/e".into(), Body::Directory));
        assert_eq!(entry("a/l", b'1').1, Body::Hardlink(LayerPath::new("t")));
        assert_eq!(entry("a/l", b'2').1, Body::Symlink(b"../t"[..].into()));
        assert_eq!(entry("a", b'4').1, Body::Device { block: true, major: 5, minor: 6 });
        let Ok(Meaning::File(_, stat)) = meaning(&member("f", b'0'), &Limits::default()) else { panic!("no file") };
        assert_eq!(stat, Stat { mode: 0o4755, uid: 1, gid: 2, size: 3, mtime: 4, capable: false });
        for kind in *b"7SVDMNAZ\x01\xff" {
            let error = meaning(&member("some/f", kind), &Limits::default()).err().unwrap();
            assert!(error.kind == Kind::Unsupported && error.what.contains("/some/f"), "{error}");
        }
    }

    #[test]
    fn a_path_is_bounded() {
        let limits = Limits { path: 10, ..Limits::default() };
        assert!(meaning(&member("0123456789", b'0'), &limits).is_ok());
        assert_eq!(meaning(&member("01234567890", b'0'), &limits).err().unwrap().kind, Kind::Limit);
    }
}
