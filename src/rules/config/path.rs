//! What is wrong with PATH, entry by entry.

use std::collections::BTreeSet;

use super::super::Context;
use crate::facts::command::{directories, is_default};
use crate::finding::{Finding, Level, Place};
use crate::text::escape;
use crate::vfs::LayerPath;

fn finding(message: String, fix: &str) -> Finding {
    Finding::new(Level::Warn, message, fix)
}

/// What is wrong with an entry, if anything is.
pub(super) fn wrong(context: &Context<'_>, entry: &str) -> Option<Finding> {
    let (tree, path, shown) = (context.tree, LayerPath::new(entry), escape(entry.as_bytes()));
    if !entry.starts_with('/') {
        let what = if entry.is_empty() { "an empty entry".into() } else { format!("the relative entry {shown}") };
        return Some(finding(format!("PATH has {what}, which is below wherever the process starts"), "write it from the root"));
    }
    let mut passed = Vec::new();
    let found = tree.resolve_through(&path, &mut |node| passed.push(node));
    passed.extend(&found);
    let user = context.facts.user.identity.as_ref().ok();
    let is_barred = |node: &_| tree.is_directory(*node) && user.is_some_and(|user| !user.may_search(&tree.stat(*node)));
    if let Some(barred) = passed.into_iter().find(is_barred) {
        let (at, stat) = (tree.path(barred), tree.stat(barred));
        let message = format!("PATH names {path}: the user may not enter {at}, {:04o} {}:{}", stat.mode, stat.uid, stat.gid);
        return Some(finding(message, "COPY what lies there to /usr/local/bin").at(Place::path(at, tree.layer(barred))));
    }
    let place = match found {
        Ok(node) if tree.is_directory(node) => return None,
        Ok(node) => Place::path(&path, tree.layer(node)),
        Err(_) if is_default(entry) => return None,
        Err(why) => context.absence(&path, &why).place,
    };
    Some(finding(format!("PATH names {path}, which is no directory"), "take it out, or COPY it in").at(place))
}

/// The commands of packages that are in no directory of PATH.
pub(super) fn unnamed(context: &Context<'_>) -> Option<Finding> {
    let (tree, named) = (context.tree, directories(context.tree, &context.facts.config));
    let named: BTreeSet<_> = named.filter_map(|path| tree.resolve(&path).ok()).collect();
    let site = tree.resolve(&LayerPath::new(context.expect().site_packages.as_ref()?)).ok()?;
    let site = context.facts.python.sites.iter().find(|found| found.node == site)?;
    let rows = site.distributions.iter().flat_map(|found| &found.record).flat_map(|record| &record.rows);
    let commands = rows.filter(|row| row.is_outside).filter_map(|row| row.node).map(|node| tree.parent(node));
    let off = commands.into_iter().find(|folder| tree.name(*folder) == b"bin" && !named.contains(folder))?;
    let path = tree.path(off);
    let message = format!("the commands of packages are in {path}, which PATH does not name");
    Some(finding(message, &format!("ENV PATH={path}:…")).at(Place::path(&path, tree.layer(off))))
}
