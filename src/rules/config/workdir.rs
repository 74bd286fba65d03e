//! `config/workdir`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// The working directory is that of the pattern
    ///
    /// # What it checks
    /// WORKDIR is `path`.
    ///
    /// # Why
    /// Relative paths of the service, and `python -m`, start there.
    ///
    /// # Symptom
    /// `ModuleNotFoundError` or `FileNotFoundError` for what is in the image.
    ///
    /// # Fix
    /// `WORKDIR` with that path, in the last stage.
    ///
    /// # Options
    /// - `path`: the directory; without it the rule does not apply.
    RULE = "config/workdir", Starts, Warn, since "0.1.0", needs Config,
    unit "working directory is the one wanted" | "working directories are those wanted",
    options { "path": Text }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(wanted) = context.text("path") else {
        return Judgement::skip("the profile names no directory");
    };
    let found = LayerPath::new(&context.facts.config.run.working_dir);
    if found == LayerPath::new(&wanted) {
        return Judgement::looked(1, vec![]);
    }
    let finding = Finding::new(Level::Warn, format!("WORKDIR is \"{found}\", want {wanted}"), format!("WORKDIR {wanted}"));
    Judgement::looked(1, vec![finding.contrast(found.to_string(), wanted)])
}
