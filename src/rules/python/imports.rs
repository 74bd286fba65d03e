//! A module that is imported and not there, in words.

use super::super::{Context, words};
use crate::facts::python::closure::{Closure, Missing, Module};
use crate::facts::python::distribution::normalized;
use crate::facts::python::{Runtime, aliases};
use crate::text::escape;
use crate::vfs::{LayerIndex, LayerPath, NodeId};

/// A module that is imported and not there.
pub(super) struct Gap<'a> {
    pub missing: &'a Missing,
    /// Where it should be, and the layer to blame, if there is one.
    pub path: LayerPath,
    pub layer: Option<LayerIndex>,
    /// The module that edits where modules come from.
    pub editor: Option<&'a Module>,
    closure: &'a Closure,
}

impl<'a> Gap<'a> {
    pub fn of(context: &Context<'_>, closure: &'a Closure, missing: &'a Missing) -> Self {
        let path = expected(context, closure, missing);
        let layer = context.tree.resolve(&path).map_or_else(|_| context.blame(&path), |node| Some(context.tree.layer(node)));
        Self { missing, path, layer, editor: closure.editor(context.tree, missing), closure }
    }

    /// Whether some directory of the image has a module of that name.
    pub fn is_elsewhere(&self, context: &Context<'_>) -> bool {
        let (tree, name) = (context.tree, self.missing.name.as_bytes());
        let has_module = |node: NodeId| tree.children(node).any(|(file, _)| file.ends_with(b".py") || file.ends_with(b".so"));
        tree.iter().any(|node| match tree.name(node).strip_prefix(name) {
            Some(b".py") => true,
            Some(b"") => tree.is_directory(node) && (has_module(node) || tree.children(node).any(|(_, child)| has_module(child))),
            _ => false,
        })
    }

    fn name(&self) -> String {
        escape(self.missing.name.as_bytes())
    }

    /// Where it is imported first.
    fn place(&self, context: &Context<'_>) -> String {
        let first = self.missing.importers.first();
        first.map(|importer| self.closure.place(context.tree, *importer)).unwrap_or_default()
    }

    /// `redis (/app/main.py:4)`.
    pub fn brief(&self, context: &Context<'_>) -> String {
        format!("{} ({})", self.name(), self.place(context))
    }

    /// `/app/main.py:4 imports redis, which is nowhere on sys.path (imported by /app/run.py:1)`.
    pub fn sentence(&self, context: &Context<'_>) -> String {
        let tree = context.tree;
        let why = match self.missing.within {
            None => "which is nowhere on sys.path".to_owned(),
            Some(within) if tree.is_directory(within) => format!("which {} does not have", tree.path(within)),
            Some(within) => format!("but {} is no package", tree.path(within)),
        };
        let chain = self.missing.importers.first().map(|importer| self.closure.chain(*importer)).unwrap_or_default();
        let above = chain.iter().rev().skip(1).map(|importer| self.closure.place(tree, *importer));
        let above = above.collect::<Vec<_>>();
        let by = if above.is_empty() { String::new() } else { format!(" (imported by {})", words::list(&above, 3)) };
        let others = match self.missing.importers.len() {
            0 | 1 => String::new(),
            several => format!("; {} more statements import it", several - 1),
        };
        let edit = self.editor.and_then(|module| Some((module.file?, module.edit?.0)));
        let edit = edit.map(|(file, line)| format!("; {}:{line} changes where modules come from", tree.path(file)));
        format!("{} imports {}, {why}{by}{others}{}", self.place(context), self.name(), edit.unwrap_or_default())
    }

    pub fn fix(&self, context: &Context<'_>) -> String {
        let (path, removed) = (&self.path, context.tree.trail().removal(&self.path).is_some());
        match self.missing.within {
            _ if removed => format!("take out the RUN or COPY that removes {path}"),
            Some(within) if !context.tree.is_directory(within) => format!("import {} by the name that it has", self.name()),
            Some(_) => format!("COPY {path} in, or install the version that has it"),
            None if is_of_package(context, &self.missing.name) => {
                format!("add the package that brings {} to the requirements, and install them in the builder", self.name())
            }
            None => format!("add the package that brings {} to the requirements, or COPY {path} in", self.name()),
        }
    }

    /// The last line that a user would see.
    pub fn predicts(&self, context: &Context<'_>) -> String {
        let name = self.name();
        if self.missing.is_served {
            return format!("ERROR:    Error loading ASGI app. Could not import module \"{name}\".");
        }
        let parent = name.rsplit_once('.').map(|(parent, _)| parent);
        let is_file = self.missing.within.is_some_and(|within| !context.tree.is_directory(within));
        match parent.filter(|_| is_file) {
            Some(parent) => format!("ModuleNotFoundError: No module named '{name}'; '{parent}' is not a package"),
            None => format!("ModuleNotFoundError: No module named '{name}'"),
        }
    }
}

/// Whether a distribution requires what is imported by a name, or the service says that it needs it.
fn is_of_package(context: &Context<'_>, module: &str) -> bool {
    let is_it = |text: &str| {
        let name: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        name == module || aliases::imports(&normalized(&name)).iter().any(|import| import == module)
    };
    let declared = context.profile.service.as_ref().and_then(|service| service.packages.as_ref());
    declared.is_some_and(|packages| packages.iter().any(|name| is_it(name)))
        || context.distributions().flat_map(|found| &found.requires).any(|line| is_it(line))
}

/// Where a module should be: where it was; else in its package; else beside the packages that need it, or the code.
fn expected(context: &Context<'_>, closure: &Closure, missing: &Missing) -> LayerPath {
    let tree = context.tree;
    let last = missing.name.rsplit('.').next().unwrap_or_default();
    let forms = |directory: &LayerPath| [directory.join(last), directory.join(format!("{last}.py"))];
    let removed = |directory: &LayerPath| forms(directory).into_iter().find(|path| tree.trail().removal(path).is_some());
    let is_package = is_of_package(context, &missing.name);
    if let Some(within) = missing.within {
        let path = tree.path(within);
        return if tree.is_directory(within) { removed(&path).unwrap_or_else(|| path.join(format!("{last}.py"))) } else { path };
    }
    let entries = context.facts.runtimes.iter().flat_map(|runtime: &Runtime| &runtime.path.entries).map(|entry| &entry.path);
    if let Some(path) = entries.clone().find_map(removed) {
        return path;
    }
    let importer = missing.importers.first().and_then(|importer| closure.modules.get(importer.module)?.file);
    let importer = importer.map(|file| tree.path(file));
    let sites = || context.facts.python.sites.iter().map(|site| &site.path);
    let site = sites().find(|site| importer.as_ref().is_some_and(|file| file.is_within(site))).cloned();
    let wanted =
        || context.site_wanted().ok().or_else(|| entries.clone().find(|entry| sites().any(|site| site == *entry)).cloned());
    if let Some(site) = site.or_else(|| wanted().filter(|_| is_package || importer.is_none())) {
        return site.join(last);
    }
    let home = importer.as_ref().and_then(|file| entries.clone().find(|entry| file.is_within(entry)).cloned());
    home.or_else(|| importer?.parent()).unwrap_or_default().join(format!("{last}.py"))
}
