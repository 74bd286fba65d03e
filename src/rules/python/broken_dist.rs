//! `python/broken-dist`

use super::super::{Context, declare_rule, words};
use crate::facts::python::Distribution;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// Every package has its metadata and a module
    ///
    /// # What it checks
    /// Every `.dist-info` and `.egg-info` has METADATA, and of the modules that RECORD lists one at least is there. Where
    /// only `top_level.txt` names them, that none is there is a warning. Distributions that bring no module are passed over,
    /// as are packages of the system.
    ///
    /// # Why
    /// A COPY or a clean-up by name takes one of the two directories of a package: its code is then without a version, or its
    /// version without code, and installers believe what the version says.
    ///
    /// # Symptom
    /// `ModuleNotFoundError` for a package that `pip list` shows; `importlib.metadata.PackageNotFoundError`.
    ///
    /// # Fix
    /// Install the package again, and copy the whole directory.
    ///
    /// # Options
    /// None.
    RULE = "python/broken-dist", Whole, Error, since "0.1.0", needs Tree,
    unit "package has metadata and a module" | "packages have metadata and a module", check check
}

fn check(context: &Context<'_>) -> Judgement {
    // What pip is in the middle of removing begins with a tilde, and stands for nothing.
    let is_asked = |found: &&Distribution| !found.is_of_system() && !found.path.name().starts_with(b"~");
    let asked: Vec<&Distribution> = context.distributions().filter(is_asked).collect();
    let findings = asked.iter().filter_map(|found| broken(context, found)).collect();
    Judgement::looked(asked.len(), findings)
}

fn broken(context: &Context<'_>, found: &Distribution) -> Option<Finding> {
    let name = escape(found.name.as_bytes());
    let fix = "install it again, and copy the whole directory of packages";
    let finding = |level, text: String, path: &LayerPath| {
        let layer = context.blame(path).or(Some(found.layer));
        Some(Finding::new(level, text, fix).at(Place::path(path, layer)).of(Some(name.clone())))
    };
    if !found.has_metadata {
        let is_egg = found.path.name().ends_with(b".egg-info");
        let file = if is_egg { "PKG-INFO" } else { "METADATA" };
        return finding(Level::Error, format!("{} has no {file}", found.path), &found.path.join(file));
    }
    let imports: Vec<String> = found.imports().iter().map(|name| escape(name.as_bytes())).collect();
    let text = format!("{}: none of its modules exists: {}", found.shown(), words::list(&imports, 4));
    let Ok(record) = &found.record else {
        let site = found.path.parent().unwrap_or_default();
        let forms = |name: &String| [name.clone(), format!("{name}.py")].map(|name| site.join(name));
        let is_gone = |path: LayerPath| context.tree.resolve(&path).is_err();
        // An extension module has too many possible names to say that it is not there.
        let is_compiled = |name: &String| {
            let begin = format!("{name}.");
            let at = context.tree.resolve(&site).ok();
            at.is_some_and(|at| context.tree.children(at).any(|(child, _)| child.starts_with(begin.as_bytes())))
        };
        let is_lost = |name: &String| forms(name).into_iter().all(is_gone) && !is_compiled(name);
        let first = found.top_level.first().filter(|_| found.top_level.iter().all(is_lost))?;
        return finding(Level::Warn, text, &site.join(first));
    };
    let is_module = |path: &LayerPath| path.name().ends_with(b".py") || path.name().ends_with(b".so");
    let mut modules = record.rows.iter().filter(|row| !row.is_outside && is_module(&row.path)).peekable();
    let first = &modules.peek()?.path;
    if imports.is_empty() || modules.any(|row| row.node.is_some()) { None } else { finding(Level::Error, text, first) }
}
