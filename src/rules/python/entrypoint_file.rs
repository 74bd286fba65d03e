//! `python/entrypoint-file`

use super::super::{Context, declare_rule};
use super::entry;
use super::modules::main;
use crate::facts::python::Import;
use crate::finding::Judgement;

declare_rule! {
    /// The file that the command runs is there and can be read
    ///
    /// # What it checks
    /// The script that Python is told to run, from the working directory where its path is relative, or the file of the
    /// module of `-m`: a regular file that is not empty, which the user may read, in directories that it may search. A
    /// directory needs a `__main__.py`.
    ///
    /// # Why
    /// CMD names what a COPY brings, and nothing holds the two together: a moved source, a wildcard that matched nothing, an
    /// owner that was forgotten.
    ///
    /// # Symptom
    /// `…: can't open file '…': [Errno 2] No such file or directory`, `…: can't open file '…': [Errno 13] Permission denied`,
    /// `PermissionError: [Errno 13] Permission denied: '…'`, `…: can't find '__main__' module in '…'`; of an empty file, exit 0
    /// at once.
    ///
    /// # Fix
    /// Copy the file to where CMD says, with `--chown`, or let CMD say where it is.
    ///
    /// # Options
    /// None.
    RULE = "python/entrypoint-file", Starts, Error, since "0.1.0", needs Tree,
    unit "file is there for the command to run" | "files are there for the command to run", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some((runtime, started)) = context.started() else { return Judgement::skip("the command does not lead to Python") };
    let of_module = |name: &String| match main(context.tree, runtime, name) {
        Import::Found(node) => Some(context.tree.path(node)),
        _ => None,
    };
    let path = started.script.clone().or_else(|| started.module.as_ref().and_then(of_module));
    let Some(path) = path else { return Judgement::skip("the command names no file that Python runs") };
    let Ok(user) = &context.facts.user.identity else { return Judgement::unknown("it is not known who would read it") };
    Judgement::looked(1, entry::finding(context, user, &path).into_iter().collect())
}
