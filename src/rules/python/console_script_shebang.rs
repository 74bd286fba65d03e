//! `python/console-script-shebang`

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, Group, Offence, declare_rule, words};
use super::scripts::installed;
use crate::facts::command::{Broken, script, trampoline};
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;
use crate::vfs::{FileKind, NodeId};

declare_rule! {
    /// Scripts name an interpreter that the image has
    ///
    /// # What it checks
    /// The first line of every script that a Python distribution brought, and of those in `roots`, leads to machine code as
    /// execve(2) follows it, through `env` and through the shell that long paths of interpreters need. Scripts of
    /// distributions for anything but Python are a remark; other scripts of the image are not asked about. Whether `python`
    /// of `[expect]` itself can be started is the business of other rules.
    ///
    /// # Why
    /// Installers write the builder's own interpreter into each command, and that may lie elsewhere in the image.
    ///
    /// # Symptom
    /// `exec …: no such file or directory`, of a file that is there.
    ///
    /// # Fix
    /// Start the module: `CMD ["/usr/bin/python3", "-m", "uvicorn"]`; or install with the interpreter that the image has.
    ///
    /// # Options
    /// - `roots`: directories whose scripts are the service's own, whoever brought them.
    RULE = "python/console-script-shebang", Starts, Warn, since "0.1.0", needs Tree,
    unit "script names the right interpreter" | "scripts name the right interpreter",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (tree, facts) = (context.tree, context.facts);
    let own: BTreeSet<NodeId> =
        context.directories("roots").into_iter().flat_map(|root| tree.children(root)).map(|(_, node)| node).collect();
    let (installed, unknown) = installed(context);
    let all: BTreeSet<NodeId> = installed.into_values().filter_map(|script| script.node).chain(own.iter().copied()).collect();
    let mut asked = BTreeMap::new();
    let (mut examined, mut offences) = (0, Vec::new());
    for node in all {
        let Some(trace) = tree.trace(node) else { continue };
        let FileKind::Script(line) = &trace.kind else { continue };
        examined += 1;
        let behind = trace.bytes().and_then(trampoline);
        let broken = asked.entry((line, behind)).or_insert_with(|| script(tree, &facts.config, &facts.user, node));
        if let Some(Broken::Interpreter { interpreter, why, .. }) = broken
            && context.expect().python.as_ref() != Some(interpreter)
        {
            let is_asked = own.contains(&node) || behind.is_some() || interpreter.contains("python");
            let level = if is_asked { Level::Warn } else { Level::Info };
            let what = (level, interpreter.clone(), why.to_string());
            offences.push(Offence { path: tree.path(node), layer: Some(tree.content_layer(node)), what });
        }
    }
    let findings = context.group(offences).iter().map(|group| finding(context, group)).collect();
    Judgement::looked(examined, findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}

fn finding(context: &Context<'_>, group: &Group<(Level, String, String)>) -> Finding {
    let (level, interpreter, why) = &group.what;
    let scripts = words::count(group.count(), "script starts", "scripts start");
    let message = format!("{scripts} with #!{interpreter}, which cannot be started: {why} (first: {})", group.first());
    let name = group.paths.first().map(|path| escape(path.name())).unwrap_or_default();
    let fix = if interpreter.ends_with("\\r") {
        "write scripts with LF at the end of lines: *.sh text eol=lf in .gitattributes".into()
    } else {
        let python = context.expect().python.as_deref().unwrap_or("/path/of/python");
        format!("install with the interpreter that the image has, or start the module: CMD [\"{python}\", \"-m\", \"{name}\"]")
    };
    group.finding(*level, message, fix).predicts(format!("exec {}: no such file or directory", group.first()))
}
