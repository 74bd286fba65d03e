//! The ELF objects of an image.

use crate::layer::elf::Elf;
use crate::vfs::{NodeId, Tree};

/// An executable or shared object (never a relocatable one).
#[derive(Debug, Clone)]
pub struct Object {
    /// The file, by the first of its names in path order.
    pub node: NodeId,
    /// What its headers say.
    pub elf: Elf,
}

/// All of them, in path order, an inode once.
pub fn objects(tree: &Tree) -> Vec<Object> {
    let _ = tree;
    Vec::new()
}
