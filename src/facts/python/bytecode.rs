//! Compiled modules, and whether an interpreter would take them for what their sources say (PEP 3147, PEP 552).

use crate::layer::FileKind;
use crate::layer::compiled::Compiled;
use crate::vfs::{NodeId, Tree};

/// A compiled module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytecode {
    /// The file.
    pub node: NodeId,
    /// The minor version of `CPython` that its name says.
    pub minor: Option<(u32, u32)>,
    /// What its header says; `None` where it has none.
    pub header: Option<Compiled>,
    /// The source that it was made from, if that is there.
    pub source: Option<NodeId>,
}

/// The numbers of the formats of released versions (`importlib._bootstrap_external`, `pycore_magic_number.h`).
const MAGIC: [((u32, u32), u16); 7] =
    [((3, 7), 3394), ((3, 8), 3413), ((3, 9), 3425), ((3, 10), 3439), ((3, 11), 3495), ((3, 12), 3531), ((3, 13), 3571)];

impl Bytecode {
    /// Whether its source has another time or another size than the one that it was made from: an interpreter then compiles
    /// it again, each time it starts where it cannot write the result.
    pub fn is_stale(&self, tree: &Tree) -> bool {
        let (Some(source), Some((mtime, size))) = (self.source, self.header.and_then(|header| header.source)) else {
            return false;
        };
        let stat = tree.stat(source);
        let low = |number: i128| number.rem_euclid(1 << 32);
        low(stat.mtime.into()) != mtime.into() || low(stat.size.into()) != size.into()
    }

    /// Whether its header is of another format than that of the version that its name says.
    pub fn is_of_another_format(&self) -> bool {
        let magic = MAGIC.iter().find(|(minor, _)| Some(*minor) == self.minor).map(|(_, magic)| *magic);
        magic.zip(self.header).is_some_and(|(magic, header)| magic != header.magic)
    }
}

/// Every file in a `__pycache__` whose name is that of a compiled module.
pub(super) fn bytecode(tree: &Tree) -> Vec<Bytecode> {
    let caches = tree.iter().filter(|node| tree.name(*node) == b"__pycache__" && tree.is_directory(*node));
    caches.flat_map(|cache| tree.children(cache).filter_map(move |(name, node)| module(tree, cache, name, node))).collect()
}

fn module(tree: &Tree, cache: NodeId, name: &[u8], node: NodeId) -> Option<Bytecode> {
    let trace = tree.trace(node)?;
    let (stem, tag) = parts(std::str::from_utf8(name).ok()?)?;
    let version = tag.strip_prefix("cpython-").and_then(|digits| digits.split_at_checked(1));
    let minor = version.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let source = tree.child(tree.parent(cache), &[stem.as_bytes(), b".py"].concat());
    let source = source.and_then(|source| tree.target(source).ok()).filter(|source| tree.trace(*source).is_some());
    let header = match &trace.kind {
        FileKind::Compiled(header) => Some(*header),
        _ => None,
    };
    Some(Bytecode { node, minor, header, source })
}

/// The module and the tag of a name: `x.cpython-312.pyc`, or `x.cpython-312.opt-1.pyc`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.strip_suffix(".pyc")?.split('.');
    let found = (parts.next()?, parts.next()?);
    (parts.next().is_none_or(|rest| rest.starts_with("opt-")) && parts.next().is_none()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    /// Minor version, whether it is stale, and whether it is of another format.
    type Judged = (Option<(u32, u32)>, bool, bool);

    fn judged(line: &str) -> Vec<Judged> {
        let tree = dump::tree([format!("f 0644 0:0 @1000 /a/x.py size=50\n{line}").as_str()]).unwrap();
        bytecode(&tree).iter().map(|module| (module.minor, module.is_stale(&tree), module.is_of_another_format())).collect()
    }

    #[test]
    fn a_module_is_of_its_source_by_time_and_size_unless_a_hash_tells() {
        let minor = Some((3, 11));
        for (header, stale, other) in [
            ("pyc:3495,mtime=1000,size=50", false, false),
            ("pyc:3495,mtime=1001,size=50", true, false),
            ("pyc:3495,mtime=1000,size=51", true, false),
            ("pyc:3495,hash", false, false),
            ("pyc:3439,mtime=1000,size=50", false, true),
            ("size=40", false, false),
        ] {
            let line = format!("f 0644 0:0 /a/__pycache__/x.cpython-311.pyc {header}");
            assert_eq!(judged(&line), [(minor, stale, other)], "{header}");
        }
    }

    #[test]
    fn names_tell_the_interpreter() {
        let of = |name: &str| judged(&format!("f 0644 0:0 /a/__pycache__/{name} pyc:3495,hash"));
        assert_eq!(of("x.cpython-312.opt-2.pyc")[0].0, Some((3, 12)));
        assert_eq!(of("x.pypy39.pyc")[0].0, None);
        assert_eq!(of("x.pyc"), []);
        assert_eq!(of("x.cpython-311.pyc.1234"), []);
    }

    #[test]
    fn times_are_compared_as_the_header_has_them() {
        let tree =
            dump::tree(["f 0644 0:0 @4294967297 /x.py size=0\nf 0644 0:0 /__pycache__/x.cpython-311.pyc pyc:3495,mtime=1"]);
        let tree = tree.unwrap();
        assert!(bytecode(&tree).iter().all(|module| module.source.is_some() && !module.is_stale(&tree)));
    }
}
