//! `layout/unimportable-dir`

use super::super::{Context, Offence, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// Packages have names that an import can name
    ///
    /// # What it checks
    /// No directory below `roots` that holds an `__init__.py` has a `-` in its name. Directories of installed packages, and
    /// those on `sys.path`, whose own names nobody imports, are left out.
    ///
    /// # Why
    /// `import chain-client` is a subtraction. Such a package is there, and no import statement finds it.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named 'chain_client'`.
    ///
    /// # Fix
    /// Give the directory a name with `_`; or put it on PYTHONPATH and import what is in it.
    ///
    /// # Options
    /// - `roots`: the directories of the service's code.
    RULE = "layout/unimportable-dir", Conforms, Info, since "0.1.0", needs Tree,
    unit "directory of code has a name to import it by" | "directories of code have names to import them by",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (tree, facts) = (context.tree, context.facts);
    let is_installed = |path: &_| facts.python.sites.iter().any(|site| LayerPath::is_within(path, &site.path));
    let below = context.directories("roots").into_iter().flat_map(|root| tree.walk(root).skip(1));
    let packages = below.filter(|node| tree.is_directory(*node) && tree.child(*node, b"__init__.py").is_some());
    let (mut looked, mut offences) = (0, Vec::new());
    for node in packages {
        let path = tree.path(node);
        if is_installed(&path) {
            continue;
        }
        looked += 1;
        if path.name().contains(&b'-') && !facts.runtimes.iter().any(|runtime| runtime.path.holds(tree, node)) {
            offences.push(Offence { layer: Some(tree.layer(node)), path, what: () });
        }
    }
    let findings = context.group(offences).into_iter().map(|group| {
        let names: Vec<String> = group.paths.iter().map(LayerPath::to_string).collect();
        let are = words::count(group.count(), "package has", "packages have");
        let message = format!("{are} a name that no import can name: {}", words::list(&names, 5));
        group.finding(Level::Info, message, "spell it with _, or put it on PYTHONPATH and import what is in it")
    });
    Judgement::looked(looked, findings.collect())
}
