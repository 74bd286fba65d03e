//! What is wrong with the file that a command runs, in words.

use super::super::{Context, words};
use crate::facts::accounts::Identity;
use crate::facts::command::program;
use crate::finding::{Finding, Level, Place};
use crate::profile::nearest;
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId, Unresolved};

/// What keeps Python from running the file at a path, if anything does.
pub(super) fn finding(context: &Context<'_>, user: &Identity, path: &LayerPath) -> Option<Finding> {
    let (tree, mut passed) = (context.tree, Vec::new());
    let Ok(node) = tree.resolve_through(path, &mut |node| passed.push(node)) else { return Some(missing(context, path)) };
    let closed = passed.iter().copied().find(|node| tree.is_directory(*node) && !user.may_search(&tree.stat(*node)));
    let file = if tree.is_directory(node) { tree.child(node, b"__main__.py") } else { Some(node) };
    if let Some(barred) = closed.or_else(|| file.filter(|file| !user.may_read(&tree.stat(*file)))) {
        return Some(barring(context, user, path, barred));
    }
    let at = Place::path(path, tree.layer(node));
    match file.and_then(|file| tree.trace(file)) {
        Some(trace) if !trace.blank => None,
        Some(_) => {
            let text = format!("the command runs {path}, which is empty: Python ends at once, with exit 0");
            Some(Finding::new(Level::Error, text, "COPY the file with its content").at(at))
        }
        None => {
            let text = format!("the command runs {path}, which is neither a file nor a directory with a __main__.py");
            let predicts = format!("{}: can't find '__main__' module in '{path}'", python(context));
            Some(Finding::new(Level::Error, text, "name the file that is to run").at(at).predicts(predicts))
        }
    }
}

fn barring(context: &Context<'_>, user: &Identity, path: &LayerPath, barred: NodeId) -> Finding {
    let (stat, at) = (context.tree.stat(barred), context.tree.path(barred));
    let mode = format!("{:04o} {}:{}", stat.mode, stat.uid, stat.gid);
    let text = format!("the command runs {path}, which {}:{} cannot read: {at} is {mode}", user.uid, user.gid);
    let fix = format!("COPY --chown={}:{}, or --chmod=a+rX", user.uid, user.gid);
    let module = context.started().and_then(|(_, started)| started.module.as_ref());
    let predicts = match (module, context.tree.is_directory(barred)) {
        (None, _) => format!("{}: can't open file '{path}': [Errno 13] Permission denied", python(context)),
        (Some(_), false) => format!("PermissionError: [Errno 13] Permission denied: '{path}'"),
        (Some(name), true) => format!("{}: No module named {}", python(context), escape(name.as_bytes())),
    };
    Finding::new(Level::Error, text, fix).at(Place::path(at, context.tree.layer(barred))).predicts(predicts)
}

fn missing(context: &Context<'_>, path: &LayerPath) -> Finding {
    let tree = context.tree;
    let (absence, number) = match tree.resolve(path) {
        Err(unresolved) => (context.absence(path, &unresolved), errno(&unresolved)),
        Ok(node) => return Finding::new(Level::Error, format!("{} cannot be read", tree.path(node)), String::new()),
    };
    let beside: Vec<&[u8]> = match tree.resolve(&absence.nearest) {
        Ok(node) => tree.children(node).map(|(name, _)| name).collect(),
        Err(_) => Vec::new(),
    };
    let shown: Vec<String> = beside.iter().map(|name| escape(name)).collect();
    let held = match shown.len() {
        0 => "is empty".into(),
        several => format!("holds {}: {}", words::count(several as u64, "name", "names"), words::list(&shown, 4)),
    };
    let why = absence.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    let text = format!("the command runs {path}, which is not in the image{why}; {} {held}", absence.nearest);
    let names = beside.iter().filter_map(|name| std::str::from_utf8(name).ok());
    let is_beside = path.parent().as_ref() == Some(&absence.nearest);
    let near = std::str::from_utf8(path.name()).ok().filter(|_| is_beside).and_then(|name| nearest(name, names));
    let fix = absence.fix(match near {
        Some(name) => format!("name the file that is there, {}, or COPY {path} in", absence.nearest.join(name)),
        None => format!("COPY {path} in, or name a file that is there"),
    });
    let predicts = format!("{}: can't open file '{path}': {number}", python(context));
    Finding::new(Level::Error, text, fix).at(absence.place).predicts(predicts)
}

/// The first word of what the interpreter prints: the name that it is called by.
fn python(context: &Context<'_>) -> String {
    let called =
        program::program(&context.facts.command.argv).first().filter(|word| program::is_python(program::base(word).as_bytes()));
    let path = || context.started().map(|(runtime, _)| runtime.interpreter.path.to_string()).unwrap_or_default();
    called.map_or_else(path, |word| escape(word.as_bytes()))
}

/// What open(2) says of a path that leads nowhere.
fn errno(unresolved: &Unresolved) -> &'static str {
    match unresolved {
        Unresolved::Missing(_) => "[Errno 2] No such file or directory",
        Unresolved::NotDirectory(_) => "[Errno 20] Not a directory",
        Unresolved::TooManyLinks => "[Errno 40] Too many levels of symbolic links",
    }
}
