//! Paths as layers mean them.

use std::fmt;

use crate::text;

/// A path inside an image: bytes, normalised once. It has no leading or trailing `/`, no empty, `.` or `..` component;
/// the root is empty. Displayed with a leading `/`, without loss.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LayerPath(Box<[u8]>);

impl LayerPath {
    /// Normalises a name as runtimes do: `./a`, `/a` and `../../a` are all `a`, `d/../e` is `e`; above the root is the root.
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        if is_plain(name) {
            return Self(name.into());
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in name.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        Self(parts.join(&b'/').into())
    }

    /// The path of bytes that are normalised already. `None`: they are not.
    pub(super) fn normal(bytes: &[u8]) -> Option<Self> {
        let is_normal = bytes.is_empty() || bytes.split(|byte| *byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."));
        is_normal.then(|| Self(bytes.into()))
    }

    /// The root directory.
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether this is the root directory.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The normalised bytes, without a leading `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The components, outermost first.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }

    /// The last component; of the root, nothing.
    pub fn name(&self) -> &[u8] {
        self.split().map(|(_, name)| name).unwrap_or_default()
    }

    /// The bytes of the directory that holds it, and its last component; of the root, none.
    pub fn split(&self) -> Option<(&[u8], &[u8])> {
        let cut = memchr::memrchr(b'/', &self.0).map_or((&b""[..], &self.0[..]), |cut| (&self.0[..cut], &self.0[cut + 1..]));
        (!self.is_root()).then_some(cut)
    }

    /// The directory that holds it; of the root, none.
    pub fn parent(&self) -> Option<Self> {
        self.split().map(|(directory, _)| Self(directory.into()))
    }

    /// A path below this one; `relative` is normalised with it, so that it may lead upwards, but not above the root.
    #[must_use]
    pub fn join(&self, relative: impl AsRef<[u8]>) -> Self {
        let (relative, joined) = (relative.as_ref(), || [&self.0[..], b"/", relative.as_ref()].concat());
        if !self.is_root() && is_plain(relative) { Self(joined().into()) } else { Self::new(joined()) }
    }

    /// The path of a name in this directory: one component, or nothing for the directory itself.
    pub(crate) fn child(&self, name: &[u8]) -> Self {
        let parts: &[&[u8]] = if self.is_root() || name.is_empty() { &[&self.0, name] } else { &[&self.0, b"/", name] };
        Self(parts.concat().into())
    }

    /// The path as data has it: with a leading `/`, and no byte lost ([`text::lossless`]). [`Display`](fmt::Display) is for people.
    pub fn lossless(&self) -> String {
        format!("/{}", text::lossless(&self.0))
    }

    /// Whether it is `directory` or lies below it.
    pub fn is_within(&self, directory: &Self) -> bool {
        directory.is_root() || self.0.strip_prefix(&directory.0[..]).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }
}

/// Whether a name is a path as it stands.
fn is_plain(name: &[u8]) -> bool {
    name.split(|byte| *byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."))
}

impl fmt::Display for LayerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", text::escape(&self.0))
    }
}

impl fmt::Debug for LayerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&str> for LayerPath {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_is_one_path() {
        for (name, path) in [
            ("./a", "/a"),
            ("/b", "/b"),
            ("../../c", "/c"),
            ("d/../e", "/e"),
            (".", "/"),
            ("", "/"),
            ("/", "/"),
            ("a//b/", "/a/b"),
            ("a/.b/..c", "/a/.b/..c"),
            ("a/b/.", "/a/b"),
        ] {
            assert_eq!(LayerPath::new(name).to_string(), path, "{name}");
            assert_eq!(LayerPath::normal(&path.as_bytes()[1..]), Some(LayerPath::new(name)), "{path}");
            assert_eq!(LayerPath::normal(name.as_bytes()).is_some(), name == &path[1..], "{name}");
        }
    }

    #[test]
    fn parents_and_children() {
        let path = LayerPath::new("/usr/lib/x");
        assert_eq!(path.parent().unwrap().to_string(), "/usr/lib");
        assert_eq!(LayerPath::new("a").parent(), Some(LayerPath::root()));
        assert_eq!(LayerPath::root().parent(), None);
        assert_eq!(path.name(), b"x");
        assert_eq!(path.parent().unwrap().join("../../../../bin/y").to_string(), "/bin/y");
        assert_eq!(
            (path.join("y/z").to_string(), LayerPath::root().join("y").to_string()),
            ("/usr/lib/x/y/z".into(), "/y".into())
        );
        assert_eq!((path.join(""), path.join("/y//z")), (path.clone(), path.join("y/z")));
        assert!(path.is_within(&LayerPath::new("/usr")) && path.is_within(&path) && path.is_within(&LayerPath::root()));
        assert!(!LayerPath::new("/usr2").is_within(&LayerPath::new("/usr")));
    }
}
