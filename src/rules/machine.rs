//! What an image should run on, and the programs that show what it does run on.

use std::collections::BTreeSet;

use super::Context;
use crate::facts::command::{Command, follow, program};
use crate::facts::elf::Libc;
use crate::reference::Platform;
use crate::vfs::{FileKind, LayerPath, NodeId};

impl Context<'_> {
    /// The platform that machine code should be for: that of `[expect]`, else the one that the image claims.
    pub fn platform(&self) -> Platform {
        self.expect().platform.clone().unwrap_or_else(|| self.facts.config.platform())
    }

    /// The machine code that the image is started with, each once: where the command ends, where it ends behind an init,
    /// and the Python of `[expect]`.
    pub fn programs(&self) -> Vec<NodeId> {
        let (facts, last) = (self.facts, |command: &Command| command.chain.last().map(|step| step.node));
        let inner = program::program(&facts.command.argv);
        let behind = follow(self.tree, &facts.config, &facts.user, inner.to_vec());
        let python = self.expect().python.as_ref().and_then(|path| self.tree.resolve(&LayerPath::new(path)).ok());
        let mut seen = BTreeSet::new();
        let found = [last(&facts.command), last(&behind), python].into_iter().flatten();
        found.filter(|node| self.is_elf(*node) && seen.insert(*node)).collect()
    }

    /// The C library that Python is linked with, else the programs that the image is started with; `None` where that is
    /// none, or not one.
    pub fn libc(&self) -> Option<Libc> {
        let named = |node: &NodeId| program::is_python(self.tree.name(*node));
        let pythons = self.facts.executables.iter().map(|executable| executable.target).filter(named);
        let of = |nodes: Vec<NodeId>| nodes.into_iter().filter_map(|node| Libc::of_loader(self.loader(node)?)).collect();
        let mut found: BTreeSet<Libc> = of(pythons.collect());
        if found.is_empty() {
            found = of(self.programs());
        }
        found.pop_first().filter(|_| found.is_empty())
    }

    /// The loader that an executable names.
    pub fn loader(&self, node: NodeId) -> Option<&[u8]> {
        match &self.tree.trace(node)?.kind {
            FileKind::Elf(elf) => elf.interpreter.as_deref(),
            _ => None,
        }
    }

    fn is_elf(&self, node: NodeId) -> bool {
        self.tree.trace(node).is_some_and(|trace| matches!(trace.kind, FileKind::Elf(_)))
    }
}
