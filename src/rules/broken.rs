//! A command that cannot be started, in words.

use super::Context;
use crate::facts::command::{Broken, Command};
use crate::finding::{Finding, Level, Place};
use crate::text::escape;
use crate::vfs::LayerPath;

/// The finding about a command that `broken` stops.
pub(super) fn finding(context: &Context<'_>, command: &Command, broken: &Broken) -> Finding {
    let name = escape(command.argv.first().map_or(&b""[..], |word| word.as_bytes()));
    let way = if command.chain.is_empty() { String::new() } else { format!(" ({})", command.shown(context.tree)) };
    let mut finding = Finding::new(Level::Error, format!("{broken}{way}"), fix(broken)).at(place(context, broken));
    finding.predicts = Some(predicted(broken, &name));
    finding.found = Some(name);
    finding
}

fn fix(broken: &Broken) -> &'static str {
    match broken {
        Broken::Empty => "add CMD [\"program\", \"argument\"]",
        Broken::NotOnPath { .. } => "install it in the image, or name the program by its full path",
        Broken::Missing { .. } => "copy it, or name the program that is there",
        Broken::NotAFile(_) => "name the program, not its directory",
        Broken::NotExecutable { .. } => "COPY --chmod=0755, or start it through its interpreter",
        Broken::Interpreter { .. } => {
            "start it through the interpreter that the image has: CMD [\"/path/of/python\", \"-m\", \"module\"]"
        }
        Broken::Loader { .. } => "build it for this image's architecture and libc, or link it statically",
        Broken::Format(_) => "name an executable",
    }
}

/// The last line that a user would see.
fn predicted(broken: &Broken, name: &str) -> String {
    match broken {
        Broken::Empty => "no command specified".into(),
        Broken::NotOnPath { .. } => format!("exec: \"{name}\": executable file not found in $PATH"),
        Broken::Missing { .. } => format!("exec: \"{name}\": stat {name}: no such file or directory"),
        Broken::NotAFile(_) => format!("exec: \"{name}\": is a directory"),
        Broken::NotExecutable { .. } => format!("exec: \"{name}\": permission denied"),
        Broken::Interpreter { script, .. } => format!("exec {script}: no such file or directory"),
        Broken::Loader { path, .. } => format!("exec {path}: no such file or directory"),
        Broken::Format(path) => format!("exec {path}: exec format error"),
    }
}

fn place(context: &Context<'_>, broken: &Broken) -> Place {
    let path = match broken {
        Broken::Empty | Broken::NotOnPath { .. } => return Place::default(),
        Broken::Missing { path, .. } => {
            let path = LayerPath::new(path);
            return match context.tree.resolve(&path) {
                Ok(node) => Place::path(&path, context.tree.layer(node)),
                Err(unresolved) => context.absence(&path, &unresolved).place,
            };
        }
        Broken::NotAFile(path) | Broken::NotExecutable { path, .. } | Broken::Loader { path, .. } | Broken::Format(path) => path,
        Broken::Interpreter { script, .. } => script,
    };
    Place::path(path, context.tree.resolve(path).ok().map(|node| context.tree.layer(node)))
}
