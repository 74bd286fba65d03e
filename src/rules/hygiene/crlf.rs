//! `hygiene/crlf`

use std::collections::BTreeSet;

use super::super::{Context, declare_rule, words};
use crate::facts::command::Command;
use crate::finding::{Judgement, Level};
use crate::vfs::{FileKind, LayerPath, NodeId, Set};

declare_rule! {
    /// Scripts have the line ends of Unix
    ///
    /// # What it checks
    /// The first line of no executable script, and no line of a shell script, ends in a carriage return. What the command or
    /// the health check names is an error, other files are a warning. What packages of Python and npm bring is passed over,
    /// unless it is called.
    ///
    /// # Why
    /// Git on Windows checks text out so, and `COPY` keeps it. The kernel looks for an interpreter of that name, `\r` included.
    ///
    /// # Symptom
    /// `exec …: no such file or directory`, of a script that is there.
    ///
    /// # Fix
    /// `*.sh text eol=lf` in `.gitattributes`, and a new checkout.
    ///
    /// # Options
    /// None.
    RULE = "hygiene/crlf", Starts, Error, since "0.1.0", needs Tree,
    unit "script has the line ends of Unix" | "scripts have the line ends of Unix", check check
}

/// Where packages lie.
const PACKAGES: [&[u8]; 3] = [b"dist-packages", b"node_modules", b"site-packages"];

fn check(context: &Context<'_>) -> Judgement {
    let (tree, facts) = (context.tree, context.facts);
    let commands = std::iter::once(&facts.command).chain(&facts.healthcheck);
    let called: BTreeSet<NodeId> = commands.flat_map(|command| called(context, command)).collect();
    // A file may have a million names.
    let (mut seen, mut looked) = (Set::default(), 0);
    let files = tree.iter().filter(|node| tree.names(*node) == 1 || seen.insert(tree.inode(*node)));
    let offenders = files.filter_map(|node| {
        let is_wrong = ends_in_return(context, node)?;
        looked += 1;
        let is_called = called.contains(&node);
        let is_of_package = || tree.path(node).components().any(|name| PACKAGES.contains(&name));
        (is_wrong && (is_called || !is_of_package())).then_some((node, if is_called { Level::Error } else { Level::Warn }))
    });
    let groups = context.crowd(offenders);
    let findings = groups.iter().map(|(group, _)| {
        let what = words::count(group.count(), "script has", "scripts have");
        let first = group.first();
        let message = format!("{what} the line ends of Windows (first: {first})");
        let fix = "`* text=auto eol=lf` in .gitattributes, and check out anew; or RUN sed -i 's/\\r$//' in the builder";
        group.finding(group.what, message, fix).predicts(format!("exec {first}: no such file or directory"))
    });
    Judgement::looked(looked, findings.collect())
}

/// Whether a script has carriage returns where they matter; `None` where it is no script.
fn ends_in_return(context: &Context<'_>, node: NodeId) -> Option<bool> {
    let (tree, trace) = (context.tree, context.tree.trace(node)?);
    match &trace.kind {
        FileKind::Script(line) if tree.stat(node).mode & 0o111 != 0 => Some(line.ends_with(b"\r")),
        _ if tree.name(node).ends_with(b".sh") => {
            trace.bytes().map(|bytes| bytes.split_inclusive(|byte| *byte == b'\n').any(|line| line.ends_with(b"\r\n")))
        }
        _ => None,
    }
}

/// What a command leads through, and the scripts that it hands to a shell.
fn called(context: &Context<'_>, command: &Command) -> Vec<NodeId> {
    let directory = LayerPath::new(&context.facts.config.run.working_dir);
    let shells = command.argv.iter().filter(|word| word.as_bytes().ends_with(b".sh"));
    let paths = shells.map(|word| if word.starts_with('/') { LayerPath::new(word) } else { directory.join(word) });
    let named = paths.filter_map(|path| context.tree.resolve(&path).ok());
    command.chain.iter().map(|step| step.node).chain(named).collect()
}
