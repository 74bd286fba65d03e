//! `base/python`

use super::super::{Context, declare_rule, words};
use crate::facts::command::program::is_python;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::LayerPath;

declare_rule! {
    /// The interpreter is where it should be
    ///
    /// # What it checks
    /// `python` of `[expect]` is a regular file that may be executed, links followed.
    ///
    /// # Why
    /// The command, the health check and the installed scripts name the interpreter by its path. A base image of the next
    /// release has it under another one.
    ///
    /// # Symptom
    /// `exec: "…": stat …: no such file or directory`, `exec: "…": permission denied`.
    ///
    /// # Fix
    /// The FROM of the last stage names an image with this interpreter; or the profile and the commands name the one
    /// that it has.
    ///
    /// # Options
    /// None beside `python` of `[expect]`.
    RULE = "base/python", Starts, Error, since "0.1.0", needs Tree,
    unit "interpreter is where it should be" | "interpreters are where they should be", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(path) = context.expect().python.as_ref().map(LayerPath::new) else {
        return Judgement::skip("the profile names no interpreter");
    };
    let finding = match context.file(&path) {
        Ok(node) => {
            let mode = context.tree.stat(node).mode;
            let fix = format!("take out what changed it, or COPY --chmod=0755 it to {path}");
            (mode & 0o111 == 0).then(|| {
                let what = format!("{path} is {mode:04o}: nobody may execute it");
                let finding = Finding::new(Level::Error, what, fix).at(Place::path(&path, context.tree.layer(node)));
                finding.predicts(format!("exec: \"{path}\": permission denied"))
            })
        }
        Err(absence) => {
            let why = absence.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let others = others(context);
            let has = if others.is_empty() { "no Python".into() } else { words::list(&others, 3) };
            let fix =
                absence.fix(format!("FROM a base image that has {path}, or let profile and commands name the one that it has"));
            let finding =
                Finding::new(Level::Error, format!("{path} is missing{why}; the image has {has}"), fix).at(absence.place);
            let finding = finding.predicts(format!("exec: \"{path}\": stat {path}: no such file or directory"));
            Some(finding.contrast(has, path.to_string()))
        }
    };
    Judgement::looked(1, finding.into_iter().collect())
}

/// The interpreters that there are: `python3.13`, not `python3-config`.
fn others(context: &Context<'_>) -> Vec<String> {
    let executables = context.facts.executables.iter().map(|executable| &executable.path);
    executables.filter(|path| is_python(path.name())).map(ToString::to_string).collect()
}
