//! What the service's own source files import at their top, as far as a look at the beginning of lines tells.

use std::collections::BTreeSet;

use super::super::Context;
use crate::facts::python::sys_path::Origin;
use crate::vfs::{LayerPath, NodeId};

/// Files and directories whose code is not the service's: it builds it, or tries it out.
pub(super) const ASIDE: [&[u8]; 6] = [b"setup.py", b"conftest.py", b"test", b"tests", b"docs", b"examples"];

/// How many files were looked at, and those of `modules` that one imports and that cannot be found: the file, the line, the
/// module.
pub(super) fn imports_of<'m>(context: &Context<'_>, modules: &[&'m str]) -> (usize, Vec<(LayerPath, usize, &'m str)>) {
    let tree = context.tree;
    let (mut files, mut found) = (BTreeSet::new(), Vec::new());
    for runtime in &context.facts.runtimes {
        let lost: Vec<&str> = modules.iter().copied().filter(|name| !runtime.import(tree, name).is_found()).collect();
        let own = runtime.path.entries.iter().filter(|entry| matches!(entry.origin, Origin::Program | Origin::Environment));
        let roots = own.filter_map(|entry| tree.resolve(&entry.path).ok());
        for node in roots.filter(|root| *root != tree.root()).flat_map(|root| tree.walk(root)) {
            let Some(text) = source(context, node).filter(|_| files.insert(node)) else { continue };
            let lines = text.split(|byte| *byte == b'\n').enumerate();
            found.extend(lines.flat_map(|(at, line)| {
                let named = lost.iter().filter(move |module| imports(line, module.as_bytes()));
                named.map(move |module| (tree.path(node), at + 1, *module))
            }));
        }
    }
    (files.len(), found)
}

/// The text of a source file of the service's own, if it was kept.
fn source<'a>(context: &Context<'a>, node: NodeId) -> Option<&'a [u8]> {
    let text = context.tree.trace(node)?.bytes().filter(|_| context.tree.name(node).ends_with(b".py"))?;
    let path = context.tree.path(node);
    let is_installed = context.facts.python.sites.iter().any(|site| path.is_within(&site.path));
    (!is_installed && !path.components().any(|part| ASIDE.contains(&part))).then_some(text)
}

/// Whether a line without indentation imports a module, or one below it.
fn imports(line: &[u8], module: &[u8]) -> bool {
    let names = line.strip_prefix(b"import ").or_else(|| line.strip_prefix(b"from ")).unwrap_or_default();
    let is_it = |name: &[u8]| {
        let rest = name.trim_ascii_start().strip_prefix(module);
        rest.is_some_and(|rest| rest.first().is_none_or(|byte| b". \t\r#;".contains(byte)))
    };
    let is_list = line.starts_with(b"import ");
    names.split(|byte| is_list && *byte == b',').any(is_it)
}

#[cfg(test)]
#[test]
fn an_import_is_a_line_that_begins_with_it() {
    for (line, is_one) in [
        ("import pkg_resources", true),
        ("import os, pkg_resources as p\r", true),
        ("from pkg_resources.extern import x", true),
        ("from pkg_resources import x, y", true),
        ("    import pkg_resources", false),
        ("import pkg_resources2", false),
        ("from x import pkg_resources", false),
        ("importpkg_resources", false),
        ("# import pkg_resources", false),
    ] {
        assert_eq!(imports(line.as_bytes(), b"pkg_resources"), is_one, "{line}");
    }
}
