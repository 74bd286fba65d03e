//! Who the image's processes run as: passwd(5), group(5), and the forms of `USER`.

use crate::vfs::Tree;

/// The identity that `USER` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `USER` as it is written; empty means root.
    pub written: String,
    /// The numeric identity, or why there is none.
    pub identity: Result<Identity, String>,
}

/// A numeric identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u64,
    /// Primary group id.
    pub gid: u64,
    /// Supplementary groups, from /etc/group.
    pub groups: Vec<u64>,
    /// Home directory from /etc/passwd.
    pub home: Option<String>,
}

/// Resolves `USER` (`""`, `u`, `u:g`, names or numbers) in the image's own passwd and group, as runtimes do: an unknown
/// number stands for itself, an unknown name cannot start.
pub fn user(tree: &Tree, written: &str) -> User {
    let _ = tree;
    User { written: written.to_owned(), identity: Err("not gathered".into()) }
}
