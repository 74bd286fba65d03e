//! The commands that Python distributions brought, and where they are now.

use std::collections::BTreeMap;

use super::super::Context;
use crate::facts::python::distribution::NoRecord;
use crate::facts::python::{Distribution, Site};
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId};

/// A command that a distribution was installed with.
pub(super) struct Script {
    /// Name and version of the distribution, fit to show.
    pub owner: String,
    /// The file, wherever it was found.
    pub node: Option<NodeId>,
}

/// Every command by the path at which it was installed, and why those of some distributions are not known. What RECORD
/// lists in a `bin` was installed; where RECORD is not known, what the distribution declares. Debian installs commands as
/// it pleases and says nothing of them here.
pub(super) fn installed(context: &Context<'_>) -> (BTreeMap<LayerPath, Script>, Vec<String>) {
    let search = Search::new(context);
    let (mut found, mut unknown) = (BTreeMap::new(), Vec::new());
    for site in &context.facts.python.sites {
        for distribution in &site.distributions {
            let owner = escape(format!("{} {}", distribution.name, distribution.version).trim().as_bytes());
            match search.of(site, distribution) {
                Ok(scripts) => {
                    for (path, node) in scripts {
                        found.entry(path).or_insert_with(|| Script { owner: owner.clone(), node });
                    }
                }
                Err(why) => unknown.push(format!("commands of {owner}: {why}")),
            }
        }
    }
    (found, unknown)
}

struct Search<'c, 'a> {
    context: &'c Context<'a>,
    /// What can be called, by its name without a version at its end.
    called: BTreeMap<&'a [u8], NodeId>,
}

impl<'c, 'a> Search<'c, 'a> {
    fn new(context: &'c Context<'a>) -> Self {
        let executables = context.facts.executables.iter();
        let called = executables.map(|found| (unversioned(context.tree.name(found.node)), found.target)).collect();
        Self { context, called }
    }

    fn of(&self, site: &Site, found: &Distribution) -> Result<Vec<(LayerPath, Option<NodeId>)>, String> {
        let beside = |path: LayerPath, node: Option<NodeId>| {
            let node = node.or_else(|| self.file(&path)).or_else(|| self.file(&site.path.join("bin").join(path.name())));
            let node = node.or_else(|| self.called.get(unversioned(path.name())).copied());
            (path, node)
        };
        match &found.record {
            Ok(record) => {
                let is_command = |path: &LayerPath| path.parent().is_some_and(|parent| parent.name() == b"bin");
                let rows = record.rows.iter().filter(|row| row.is_outside && is_command(&row.path));
                Ok(rows.map(|row| beside(row.path.clone(), row.node)).collect())
            }
            Err(NoRecord::Absent) if site.path.name() == b"dist-packages" => Ok(Vec::new()),
            Err(_) => {
                let bin = site.path.join("../../../bin");
                let names = found.commands.as_ref().map_err(Clone::clone)?;
                Ok(names.iter().map(|name| beside(bin.join(name), None)).collect())
            }
        }
    }

    fn file(&self, path: &LayerPath) -> Option<NodeId> {
        self.context.tree.resolve(path).ok().filter(|node| self.context.tree.trace(*node).is_some())
    }
}

/// A name without the version that installers put behind it: `pip3.11` and `pip-3.11` are `pip`.
fn unversioned(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| !byte.is_ascii_digit() && !b".-".contains(byte)).map_or(name.len(), |last| last + 1);
    name.get(..end).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_behind_a_name_does_not_make_another_command() {
        for (name, plain) in [("pip3.11", "pip"), ("easy_install-3.8", "easy_install"), ("2to3", "2to"), ("7", "7"), ("", "")] {
            assert_eq!(unversioned(name.as_bytes()), plain.as_bytes(), "{name}");
        }
    }
}
