//! How linkage/needed words what it found.

use std::collections::BTreeSet;

use super::super::{Context, Group, words};
use super::lost::{Lost, first_lost};
use super::objects::Objects;
use super::packages::{is_left_to_the_system, package};
use crate::finding::{Finding, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

/// What offenders of one finding share: level, whose they are; of nobody's objects, and of a library that lies where no
/// loader looks, that library and where it lies.
pub(super) type Shared = (Level, Option<String>, Option<String>, Option<String>);

/// What a library that is not found shares with others.
pub(super) fn shared(lost: &Lost<'_, '_>) -> Shared {
    if lost.level == Level::Info {
        return (Level::Info, None, None, None);
    }
    let (owner, elsewhere) = (lost.by.whose(), lost.elsewhere.as_ref().map(ToString::to_string));
    let library = (owner.is_none() || elsewhere.is_some()).then(|| escape(lost.name));
    (lost.level, owner, library, elsewhere)
}

/// The finding about libraries that are not found.
pub(super) fn finding(context: &Context<'_>, objects: &Objects<'_>, group: &Group<Shared>, lost: &[&Lost<'_, '_>]) -> Finding {
    let (level, owner, _, elsewhere) = &group.what;
    let names: BTreeSet<String> = lost.iter().map(|lost| escape(lost.name)).collect();
    let names: Vec<String> = names.into_iter().collect();
    let (listed, whose) = (words::list(&names, 3), owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default());
    let paths: BTreeSet<&LayerPath> = group.paths.iter().collect();
    let needs = match paths.len() {
        1 => format!("{} needs {listed}", group.first()),
        count => format!("{} need {listed} (first: {})", words::count(count as u64, "object", "objects"), group.first()),
    };
    let why = match elsewhere {
        Some(path) => format!("which the loader does not find at {path}"),
        None if names.iter().all(|name| is_left_to_the_system(name)) => {
            "not in the image: wheels leave that to the system".into()
        }
        None => "not in the image".into(),
    };
    let mut finding = group.finding(*level, format!("{whose}{needs}, {why}"), fix(&names, elsewhere.as_ref()));
    finding.count = paths.len() as u64;
    finding.examples.dedup();
    finding.found = names.first().cloned();
    let root = lost.first().filter(|lost| lost.level == Level::Error).map(|lost| lost.by.links.root);
    finding.predicts = root.and_then(|root| first_lost(context, objects, root));
    finding.of(owner.clone())
}

fn fix(names: &[String], elsewhere: Option<&String>) -> String {
    let packages: BTreeSet<&str> = names.iter().filter_map(|name| package(name)).collect();
    let packages: Vec<&str> = packages.into_iter().collect();
    match elsewhere {
        Some(path) => format!("COPY {path} into a directory where the loader looks, or set LD_LIBRARY_PATH"),
        None if packages.is_empty() => {
            format!("COPY {} from a builder of the same release, or use a wheel that bundles it", words::list(names, 3))
        }
        None => format!(
            "install {} in a builder of the same Debian release and COPY --from=builder the libraries, or use a wheel that bundles them",
            words::list(&packages, 6)
        ),
    }
}

/// The remark about objects that nothing leads to.
pub(super) fn idle(context: &Context<'_>, group: &Group<Shared>) -> Finding {
    let paths: BTreeSet<&LayerPath> = group.paths.iter().collect();
    let (objects, bytes) = (words::count(paths.len() as u64, "object", "objects"), words::bytes(context.bytes(&group.paths)));
    let message =
        format!("{objects} that nothing starts here, {bytes}, without libraries that they need (first: {})", group.first());
    let mut finding = group.finding(Level::Info, message, "leave them out if nothing needs them");
    finding.count = paths.len() as u64;
    finding.examples.dedup();
    finding
}
