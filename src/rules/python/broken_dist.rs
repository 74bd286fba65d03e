//! `python/broken-dist`

use super::super::{Context, Offence, declare_rule, words};
use super::orphans::gone;
use crate::facts::python::Distribution;
use crate::finding::{Judgement, Level};
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

/// What packages of one finding share: the level, and what is wrong, of one package alone where its RECORD tells of it.
type Shared = (Level, Option<(String, String)>);

fn check(context: &Context<'_>) -> Judgement {
    // What pip is in the middle of removing begins with a tilde, and stands for nothing.
    let is_asked = |found: &&Distribution| !found.is_of_system() && !found.path.name().starts_with(b"~");
    let asked: Vec<&Distribution> = context.distributions().filter(is_asked).collect();
    let groups = context.group(asked.iter().filter_map(|found| broken(context, found)));
    let findings = groups.into_iter().map(|group| {
        let (level, alone) = group.what.clone();
        let many =
            || format!("{} lack their metadata (first: {})", words::count(group.count(), "package", "packages"), group.first());
        let (name, text) = alone.unzip();
        group.finding(level, text.unwrap_or_else(many), "install again, and copy the whole directory of packages").of(name)
    });
    let unread = asked.iter().filter_map(|found| found.unread.as_deref()).collect();
    Judgement::looked(asked.len(), findings.collect()).but(words::unread(&unread))
}

fn broken(context: &Context<'_>, found: &Distribution) -> Option<Offence<Shared>> {
    let alone = |text: String| Some((escape(found.name.as_bytes()), text));
    let offence = |path: LayerPath, what: Shared| Some(Offence { layer: context.blame(&path).or(Some(found.layer)), path, what });
    if !found.has_metadata {
        let is_egg = found.path.name().ends_with(b".egg-info");
        let file = found.path.join(if is_egg { "PKG-INFO" } else { "METADATA" });
        let text = format!("{} lacks {file}", found.shown());
        return offence(file, (Level::Error, found.record.is_ok().then(|| alone(text)).flatten()));
    }
    let (level, first) = gone(context, found)?;
    let imports: Vec<String> = found.imports().iter().map(|name| escape(name.as_bytes())).collect();
    let text = format!("{}: none of its modules exists: {}", found.shown(), words::list(&imports, 4));
    offence(first, (level, alone(text)))
}
