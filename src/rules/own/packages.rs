//! `package`: what is installed.

use super::version::holds;
use super::{finding, nothing};
use crate::facts::python::distribution::normalized;
use crate::finding::{Judgement, Place};
use crate::profile::Check;
use crate::profile::check::{Constraint, Packages};
use crate::rules::Context;
use crate::text::escape;

/// An installed package, of whatever kind.
struct Installed<'a> {
    kind: &'static str,
    name: &'a str,
    version: &'a str,
    place: Place,
}

pub(super) fn judge(context: &Context<'_>, check: &Check, want: &Packages) -> Judgement {
    let found: Vec<Installed<'_>> = installed(context)
        .filter(|package| want.kind.as_ref().is_none_or(|kind| kind == package.kind))
        .filter(|package| want.name.is_match(package.name) || want.name.is_match(normalized(package.name)))
        .collect();
    let written = escape(want.written.as_bytes());
    let unread = context.facts.packages.unread.first().filter(|_| want.kind.as_deref() != Some("python"));
    if found.is_empty() {
        return match unread {
            Some(why) => Judgement::unknown(why),
            None if want.absent => Judgement::looked(1, Vec::new()),
            None => nothing(check, &format!("no package {written} is installed")),
        };
    }
    let wrong = |package: &Installed<'_>| {
        let name = escape(package.name.as_bytes());
        let version = escape(package.version.as_bytes());
        let (message, fix) = if want.absent {
            (format!("{} package {name} {version} is installed, and should not be", package.kind), "leave it out of the image")
        } else {
            let broken = want.version.iter().find(|constraint| !holds(constraint, package.kind, package.version))?;
            (format!("{} package {name} is {version}, want {}", package.kind, shown(broken)), "install a version that is wanted")
        };
        Some(finding(check, message, fix).at(package.place.clone()))
    };
    Judgement::looked(found.len(), found.iter().filter_map(wrong).collect())
}

fn shown(constraint: &Constraint) -> String {
    match constraint {
        Constraint::Like(glob) => escape(glob.glob().glob().as_bytes()),
        Constraint::Order(operator, version) => format!("{operator}{}", escape(version.as_bytes())),
    }
}

/// Every package whose files are there.
fn installed<'a>(context: &Context<'a>) -> impl Iterator<Item = Installed<'a>> {
    let system = context.facts.packages.installed.iter().filter(|package| !package.is_phantom()).map(|package| Installed {
        kind: package.format.word(),
        name: &package.name,
        version: &package.version,
        place: Place::path(&package.database, package.layer),
    });
    let python = context.distributions().map(|found| Installed {
        kind: "python",
        name: &found.name,
        version: &found.version,
        place: Place::path(&found.path, found.layer),
    });
    system.chain(python)
}
