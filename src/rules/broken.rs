//! A command that cannot be started, in words.

use std::iter;

use super::Context;
use super::context::Absence;
use super::last_line;
use crate::facts::Facts;
use crate::facts::command::{Broken, Command, follow, program};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::profile::nearest;
use crate::text::escape;
use crate::vfs::LayerPath;

/// The judgement of a command: each step that leads to machine code, of an init and of the program behind it.
/// `instruction` says which one names a word of it.
pub(super) fn judgement(context: &Context<'_>, command: &Command, instruction: impl Fn(usize) -> &'static str) -> Judgement {
    let Facts { config, user, .. } = context.facts;
    let program = program::program(&command.argv);
    let (inits, _) = command.argv.split_at(command.argv.len() - program.len());
    // What env(1) does to the environment is not looked into.
    let is_plain = !inits.is_empty() && inits.iter().all(|word| program::base(word) != "env");
    let behind = || (inits.len(), follow(context.tree, config, user, program.to_vec()));
    let inner = (command.broken.is_none() && is_plain).then(behind);
    let commands = || iter::once((0, command)).chain(inner.iter().map(|(at, command)| (*at, command)));
    let steps: usize = commands().map(|(_, command)| command.chain.len()).sum();
    let init = |at: usize| last_line::init(&command.argv).filter(|_| at > 0);
    let broken = commands().find_map(|(at, command)| {
        let broken = command.broken.as_ref()?;
        let mut finding = finding(context, instruction(at), command, broken);
        finding.predicts = Some(last_line::broken(context, command, broken, init(at)));
        Some(finding)
    });
    let unknown = user.identity.as_ref().err().map(|why| format!("nobody is known who starts it: {why}"));
    Judgement::looked(steps.max(usize::from(broken.is_some())), broken.into_iter().collect()).but(unknown)
}

/// The finding about a command of an instruction that `broken` stops.
fn finding(context: &Context<'_>, instruction: &str, command: &Command, broken: &Broken) -> Finding {
    let name = escape(command.argv.first().map_or(&b""[..], |word| word.as_bytes()));
    let mut finding = match broken {
        Broken::Missing { path, .. } => missing(context, instruction, &LayerPath::new(path)),
        _ => None,
    }
    .unwrap_or_else(|| {
        let way = if command.chain.is_empty() { String::new() } else { format!(" ({})", command.shown(context.tree)) };
        Finding::new(Level::Error, format!("{instruction}: {broken}{way}"), fix(context, instruction, broken))
            .at(place(context, broken))
    });
    finding.found = Some(name);
    finding
}

/// The finding about a program that is not there.
fn missing(context: &Context<'_>, instruction: &str, path: &LayerPath) -> Option<Finding> {
    let absence = context.absence(path, &context.tree.resolve(path).err()?);
    let Absence { why, .. } = &absence;
    let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let fix = absence.fix(match beside(context, path) {
        Some(other) => format!("name the program that is there, {other}, or COPY {path} in"),
        None => format!("COPY {path} in, or name a program that the image has"),
    });
    Some(
        Finding::new(Level::Error, format!("{instruction} starts {path}, which is not in the image{why}"), fix).at(absence.place),
    )
}

/// The program beside a path whose name is so like its own that it may be meant.
fn beside(context: &Context<'_>, path: &LayerPath) -> Option<LayerPath> {
    let directory = path.parent()?;
    let node = context.tree.resolve(&directory).ok()?;
    let names: Vec<&str> = context.tree.children(node).filter_map(|(name, _)| std::str::from_utf8(name).ok()).collect();
    nearest(std::str::from_utf8(path.name()).ok()?, names).map(|name| directory.join(name))
}

fn fix(context: &Context<'_>, instruction: &str, broken: &Broken) -> String {
    let form = if instruction == "HEALTHCHECK" { "HEALTHCHECK CMD" } else { instruction };
    let fix = match broken {
        Broken::Empty => return format!("{form} [\"program\", \"argument\"]"),
        Broken::NotOnPath { .. } => "COPY it into a directory of PATH, or name the program by its full path",
        Broken::Missing { .. } => "COPY it in, or name a program that the image has",
        Broken::NotAFile(_) => "name the program, not its directory",
        Broken::NotExecutable { .. } => "COPY --chmod=0755, or start it through its interpreter",
        Broken::Interpreter { script, .. } => {
            let there = |python: &&String| context.tree.resolve(&LayerPath::new(python)).is_ok();
            let python = context.expect().python.as_ref().filter(there).map_or("/path/of/python", String::as_str);
            let module = escape(script.name());
            return format!("start it through the interpreter that the image has: {form} [\"{python}\", \"-m\", \"{module}\"]");
        }
        Broken::Loader { .. } => "build it for this image's architecture and libc, or link it statically",
        Broken::Format(_) => "name an executable",
    };
    fix.to_owned()
}

/// Where a command breaks off.
pub(super) fn place(context: &Context<'_>, broken: &Broken) -> Place {
    let path = match broken {
        Broken::Empty | Broken::NotOnPath { .. } => return Place::default(),
        Broken::Missing { path, .. } => return Place::path(LayerPath::new(path), None),
        Broken::NotAFile(path) | Broken::NotExecutable { path, .. } | Broken::Loader { path, .. } | Broken::Format(path) => path,
        Broken::Interpreter { script, .. } => script,
    };
    Place::path(path, context.tree.resolve(path).ok().map(|node| context.tree.layer(node)))
}
