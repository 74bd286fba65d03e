//! The file tree, as the facts document has it.

use lucid_verify::digest::hex;
use lucid_verify::text::lossless;
use lucid_verify::vfs::{Kind, NodeId, Tree};
use schemars::JsonSchema;
use serde::Serialize;

/// A path of the tree.
#[derive(Serialize, JsonSchema)]
pub struct Node {
    /// The path; bytes that are no UTF-8 as `\xNN`, a backslash doubled.
    path: String,
    /// `file`, `directory`, `link`, `device` or `pipe`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Permission bits, octal.
    mode: String,
    /// Owner.
    uid: u64,
    /// Group.
    gid: u64,
    /// The layer that last wrote it, base first, from 0.
    layer: usize,
    /// Bytes of a regular file.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// SHA-256 of a regular file.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// Target of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

impl Node {
    /// A path of a tree.
    pub fn of(tree: &Tree, id: NodeId) -> Self {
        let (stat, kind) = (tree.stat(id), tree.kind(id));
        Self {
            path: tree.path(id).lossless(),
            kind: match kind {
                Kind::File(_) => "file",
                Kind::Directory => "directory",
                Kind::Symlink(_) => "link",
                Kind::Device { .. } => "device",
                Kind::Fifo => "pipe",
            },
            mode: format!("{:04o}", stat.mode),
            uid: stat.uid,
            gid: stat.gid,
            layer: tree.layer(id),
            size: tree.trace(id).map(|_| stat.size),
            sha256: tree.trace(id).map(|trace| hex(&trace.sha256)),
            target: if let Kind::Symlink(target) = kind { Some(lossless(target)) } else { None },
        }
    }
}
