//! Files that hold what opens something: private keys, passwords, tokens. Known by name and content; what they hold is read
//! and never kept.

mod kinds;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::layer::{Kept, LayerPath, Trace};
use crate::vfs::{LayerIndex, NodeId, Tree};

/// Files with secrets, of the tree and of what layers hold behind no name any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The files, in path order.
    pub files: Vec<SecretFile>,
    /// How many contents were looked at.
    pub looked: usize,
    /// Files whose name says that they may hold a secret, and whose content is not known, and why.
    pub unread: Vec<String>,
}

/// A file that holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// Its path.
    pub path: LayerPath,
    /// The layer that holds its content.
    pub layer: LayerIndex,
    /// What it holds: `a private key`.
    pub kind: &'static str,
    /// Whether nothing but its name tells.
    pub by_name: bool,
    /// Whether it lies where packages are, or among tests, examples or documentation: everybody has it.
    pub is_shown: bool,
    /// The layer that deleted it or wrote something else in its place, where that happened.
    pub hidden_by: Option<LayerIndex>,
}

/// Looks at every file that the layers hold.
pub fn secrets(tree: &Tree) -> Secrets {
    let visible = tree.iter().map(|node| (node, None));
    let hidden = tree.hidden().map(|hidden| (hidden.node, Some(hidden.layer)));
    let (mut found, mut judge, mut unread) = (BTreeMap::new(), Judge::default(), Vec::new());
    // A content that is still there under the same path is told once.
    for (node, hidden_by) in visible.chain(hidden) {
        match tree.trace(node).map(|trace| judge.kind(tree, node, trace)) {
            Some(Ok(Some((kind, by_name)))) => {
                let (path, layer) = (tree.path(node), tree.content_layer(node));
                let is_shown = kinds::is_shown(&path);
                let file = SecretFile { path, layer, kind, by_name, is_shown, hidden_by };
                found.entry((file.path.clone(), tree.trace(node).map(|trace| trace.sha256))).or_insert(file);
            }
            Some(Err(why)) => unread.push(why),
            Some(Ok(None)) | None => {}
        }
    }
    Secrets { files: found.into_values().collect(), looked: judge.looked.len(), unread }
}

/// Contents that were looked at, each once, however many names it has.
#[derive(Default)]
struct Judge {
    looked: HashSet<[u8; 32]>,
    known: HashMap<([u8; 32], usize), bool>,
}

impl Judge {
    /// What a file holds, and whether only its name says so; the reason where its name says that it may, and its content is
    /// not known.
    fn kind(&mut self, tree: &Tree, node: NodeId, trace: &Trace) -> Result<Option<(&'static str, bool)>, String> {
        let name = tree.name(node);
        if let Some(kind) = kinds::by_name(name) {
            self.looked.insert(trace.sha256);
            return Ok(Some((kind, true)));
        }
        // Most files are not kept: of those no name is looked at.
        let rows = || kinds::rows(tree.name(tree.parent(node)), name).into_iter();
        match &trace.kept {
            Kept::Whole(bytes) => {
                self.looked.insert(trace.sha256);
                let row = rows().find(|row| *self.known.entry((trace.sha256, *row)).or_insert_with(|| kinds::holds(*row, bytes)));
                Ok(row.map(|row| (kinds::kind(row), false)))
            }
            Kept::Over(ceiling) if rows().any(kinds::is_named) => {
                Err(format!("{} is over the ceiling {ceiling}", tree.path(node)))
            }
            // Larger files of such names are none: bundles of certificates, and what else is called so.
            Kept::Over(_) | Kept::Imports(_) | Kept::Unwanted => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n";

    fn found(layers: &[String]) -> Vec<(String, LayerIndex, Option<LayerIndex>)> {
        let tree = dump::tree(layers.iter().map(String::as_str)).unwrap();
        secrets(&tree).files.iter().map(|file| (file.path.to_string(), file.layer, file.hidden_by)).collect()
    }

    #[test]
    fn what_a_later_layer_hides_is_still_there() {
        let key = format!("f 0600 0:0 /k/id \"{KEY}\"");
        let id = |layer, hidden| vec![("/k/id".to_owned(), layer, hidden)];
        for (above, wanted) in [
            ("", id(0, None)),
            ("w /k/id", id(0, Some(1))),
            ("w /k", id(0, Some(1))),
            ("o /k", id(0, Some(1))),
            ("f 0600 0:0 /k \"x\"", id(0, Some(1))),
            ("f 0600 0:0 /k/id \"x\"", id(0, Some(1))),
            ("d 0755 0:0 /k/id", id(0, Some(1))),
        ] {
            assert_eq!(found(&[key.clone(), above.into()]), wanted, "{above}");
        }
        let again = key.replace("0600", "0644");
        assert_eq!(found(&[key.clone(), again]), id(1, None), "the same content is told once, where it is seen");
        let other = vec![("/l".to_owned(), 0, None)];
        assert_eq!(found(&[key + "\nh /l => /k/id", "w /k/id".into()]), other, "it has another name, and is not hidden");
    }

    #[test]
    fn what_has_the_name_and_cannot_be_read_is_said() {
        let tree =
            dump::tree(["f 0644 0:0 /root/.netrc \"x\" over\nf 0644 0:0 /a \"x\" over\nf 0644 0:0 /b/.npmrc size=9999999"]);
        let secrets = secrets(&tree.unwrap());
        assert!(matches!(&secrets.unread[..], [why] if why.contains("/root/.netrc")), "{:?}", secrets.unread);
        assert_eq!((secrets.files, secrets.looked), (vec![], 0));
    }
}
