//! `config/explicit-python`

use super::super::{Context, declare_rule, words};
use super::Interpreter;
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// The interpreter is spelled with its directory and its version
    ///
    /// # What it checks
    /// Where ENTRYPOINT, CMD or HEALTHCHECK start Python, they name it as `/usr/bin/python3.N`; another spelling is a warning.
    /// One that leads to another interpreter than `python` of `[expect]`, or to several along PATH, is an error.
    ///
    /// # Why
    /// A bare name is whatever comes first on PATH: one COPY of a builder's commands exchanges the interpreter, and with it
    /// where packages are looked for.
    ///
    /// # Symptom
    /// None, until another interpreter comes first: then `ModuleNotFoundError` for what is installed.
    ///
    /// # Fix
    /// `CMD ["/usr/bin/python3.N", …]`, and likewise in HEALTHCHECK.
    ///
    /// # Options
    /// None beside `python` of `[expect]`.
    RULE = "config/explicit-python", Conforms, Error, since "0.1.0", needs Tree,
    unit "interpreter is spelled in full" | "interpreters are spelled in full", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let used = context.interpreters();
    let wrong: Vec<(&Interpreter, String)> = used.iter().filter_map(|used| Some((used, wrong(context, used)?))).collect();
    let loose: Vec<&Interpreter> = used.iter().filter(|used| !is_explicit(&used.word)).collect();
    let real = used.first().map(|used| used.path.to_string());
    let want = context.expect().python.clone().or(real).unwrap_or_default();
    let said = |used: &Interpreter| format!("{} uses \"{}\"", used.instruction, words::excerpt(&used.word));
    let (level, said, first) = match (wrong.first(), loose.first()) {
        (Some((first, _)), _) => {
            let all: Vec<String> = wrong.iter().map(|(used, why)| format!("{}, {why}", said(used))).collect();
            (Level::Error, all.join("; "), first)
        }
        (None, Some(first)) => {
            let all: Vec<String> = loose.iter().map(|used| said(used)).collect();
            (Level::Warn, format!("{}: not spelled with directory and version", all.join(", ")), first)
        }
        (None, None) => return Judgement::looked(used.len(), vec![]),
    };
    let mut finding = Finding::new(level, said, format!("spell {want}")).contrast(words::excerpt(&first.word), want);
    finding.count = if wrong.is_empty() { loose.len() } else { wrong.len() } as u64;
    Judgement::looked(used.len(), vec![finding])
}

/// In what way a name leads to the wrong interpreter.
fn wrong(context: &Context<'_>, used: &Interpreter) -> Option<String> {
    let wanted = context.expect().python.as_ref().and_then(|path| context.tree.resolve(&LayerPath::new(path)).ok());
    if let Some(wanted) = wanted.filter(|wanted| context.tree.inode(*wanted) != context.tree.inode(used.node)) {
        return Some(format!("which is {}, want {}", used.path, context.tree.path(wanted)));
    }
    let others: Vec<String> = used.others.iter().map(ToString::to_string).collect();
    (!others.is_empty()).then(|| format!("which is {}; further along PATH it is {}", used.path, words::list(&others, 2)))
}

fn is_explicit(word: &str) -> bool {
    word.starts_with('/') && word.rsplit('/').next().is_some_and(|name| name.contains('.'))
}
