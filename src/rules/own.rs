//! Users' own rules: `[[check]]` tables of a profile.

mod files;
mod packages;
mod version;
mod words;

use super::{Context, Evidence, Unit};
use crate::facts::command::{Command, follow};
use crate::finding::{Finding, Judgement, Place};
use crate::profile::Check;
use crate::profile::check::{Demand, Start, Which};
use crate::rules::words::argv;
use crate::text::escape;
use crate::vfs::{NodeId, Tree};

/// What a check needs, and what it counts.
pub(super) fn described(demand: &Demand) -> (Evidence, Unit) {
    let unit = |one, many| Unit { one, many };
    match demand {
        Demand::Files(_) => {
            (Evidence::Tree, unit("path is what a check of the profile wants", "paths are what a check of the profile wants"))
        }
        Demand::Packages(_) => {
            (Evidence::Tree, unit("package is one that the profile wants so", "packages are such as the profile wants"))
        }
        Demand::Command(_) | Demand::Test(_) => {
            (Evidence::Tree, unit("command does what the profile wants", "commands do what the profile wants"))
        }
        Demand::Config(..) | Demand::Label(..) => {
            (Evidence::Config, unit("setting is what the profile wants", "settings are what the profile wants"))
        }
    }
}

/// The files whose bytes a check looks into.
pub(super) fn looks_into(tree: &Tree, demand: &Demand) -> Vec<NodeId> {
    match demand {
        Demand::Files(files) if files.wants_content() => files::regular(tree, files).into_iter().map(|(_, node)| node).collect(),
        _ => Vec::new(),
    }
}

/// Judges a check.
pub(super) fn judge(context: &Context<'_>, check: &Check) -> Judgement {
    let mut judgement = match &check.demand {
        Demand::Files(files) => files::judge(context, check, files),
        Demand::Config(field, text) => words::config(context, check, field, text),
        Demand::Label(name, text) => words::labels(context, check, name, text),
        Demand::Packages(packages) => packages::judge(context, check, packages),
        Demand::Command(start) => command(context, check, start),
        Demand::Test(_) => Judgement::default(),
    };
    for finding in &mut judgement.findings {
        if let Some(why) = &check.why {
            finding.message = format!("{}; {}", finding.message, escape(why.as_bytes()));
        }
        if let Some(fix) = &check.fix {
            finding.fix = escape(fix.as_bytes());
        }
    }
    judgement
}

/// A finding of a check, at its level.
fn finding(check: &Check, message: impl Into<String>, fix: &str) -> Finding {
    Finding::new(check.level, message, fix)
}

/// The judgement of a check whose subject the image has nothing of.
fn nothing(check: &Check, what: &str) -> Judgement {
    if check.optional {
        return Judgement::skip(what);
    }
    Judgement::looked(1, vec![finding(check, what, "bring it into the image, or say optional = true in the check")])
}

fn command(context: &Context<'_>, check: &Check, start: &Start) -> Judgement {
    let (tree, facts) = (context.tree, context.facts);
    let followed = |words: &[String]| follow(tree, &facts.config, &facts.user, words.to_vec());
    let (name, command) = match &start.which {
        Which::Entrypoint => ("the command", Some(facts.command.clone()).filter(|command| !command.argv.is_empty())),
        Which::Healthcheck => ("the health check", facts.healthcheck.clone()),
        Which::Words(words) => ("the command", Some(followed(words))),
    };
    let Some(command) = command else { return nothing(check, &format!("the image has no {}", &name[4..])) };
    let shown = argv(&command.argv);
    let found = match (&command.broken, start.starts) {
        (Some(broken), true) => Some(finding(
            check,
            format!("{name} {shown} does not start: {broken}"),
            "COPY in what it leads to, or name what is there",
        )),
        (None, false) => {
            Some(finding(check, format!("{name} {shown} starts: {}", command.shown(tree)), "take it out of the image"))
        }
        _ => None,
    };
    let at = |finding: Finding| finding.at(place(context, &command));
    Judgement::looked(1, found.map(at).into_iter().collect())
}

/// The last file on the way of a command.
fn place(context: &Context<'_>, command: &Command) -> Place {
    let last = command.chain.last().map(|step| step.node);
    last.map_or_else(Place::default, |node| Place::path(context.tree.path(node), context.tree.layer(node)))
}

#[cfg(test)]
pub(crate) mod tests;
