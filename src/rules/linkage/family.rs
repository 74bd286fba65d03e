//! The files of which a system has those of one release.

use crate::facts::elf::Libc;
use crate::vfs::{LayerPath, NodeId, Tree};

/// The system's directories of libraries.
const DIRECTORIES: [&[u8]; 5] = [b"lib", b"lib64", b"usr/lib", b"usr/lib64", b"usr/libexec"];

/// Libraries of which one release has one.
const LIBRARIES: [&[u8]; 14] = [
    b"libc.so",
    b"libm.so",
    b"libdl.so",
    b"libpthread.so",
    b"librt.so",
    b"libresolv.so",
    b"libutil.so",
    b"libgcc_s.so",
    b"libstdc++.so",
    b"libssl.so",
    b"libcrypto.so",
    b"libz.so",
    b"libc.musl-",
    b"libc-",
];

/// Whether a node lies as high as anything that [`is_of_system`].
pub(super) fn is_shallow(tree: &Tree, node: NodeId) -> bool {
    tree.around(node).take(6).count() < 6
}

/// A file of the loader's or the C library's family, or one of the directories themselves.
pub(super) fn is_of_system(path: &LayerPath) -> bool {
    let is_named = || Libc::of_loader(path.name()).is_some() || LIBRARIES.iter().any(|name| path.name().starts_with(name));
    DIRECTORIES.iter().any(|directory| match path.as_bytes().strip_prefix(*directory) {
        Some([]) => true,
        Some([b'/', below @ ..]) => below.split(|byte| *byte == b'/').nth(2).is_none() && is_named(),
        _ => false,
    })
}
