//! `history/runtime-verify`

use super::super::{Context, declare_rule, words};
use super::is_proof;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::LayerPath;

declare_rule! {
    /// The last stage verifies what was copied into it
    ///
    /// # What it checks
    /// Behind the first COPY into one of `roots`, a RUN of the history lets Python prove something: `assert`, an import,
    /// `find_spec`, `py_compile`, `pip check`.
    ///
    /// # Why
    /// A COPY that brings nothing is no mistake to the builder. Only a step that needs what was copied makes the build fail
    /// where it went wrong. What such a step would find, the other rules look for here; the build of tomorrow is without them.
    ///
    /// # Symptom
    /// None in this image; a build that succeeds and makes an image that does not start.
    ///
    /// # Fix
    /// Behind the last COPY: `RUN ["/path/of/python", "-c", "import fastapi, uvicorn; …"]`, in brackets, since there is no
    /// shell.
    ///
    /// # Options
    /// - `roots`: directories of packages and code.
    RULE = "history/runtime-verify", Conforms, Warn, since "0.1.0", needs Config,
    unit "step verifies what was copied" | "steps verify what was copied",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let roots: Vec<LayerPath> = context.texts("roots").iter().map(LayerPath::new).collect();
    let history = &context.facts.history;
    let Some(first) = history.steps.iter().find(|step| Context::brings(step, &roots)) else {
        return Judgement::skip("no COPY of the history brings packages or code");
    };
    let behind = history.steps.iter().filter(|step| step.line > first.line && step.keyword == "RUN");
    let proofs = behind.filter(|step| is_proof(&step.text)).count();
    if proofs > 0 {
        return Judgement::looked(proofs, vec![]);
    }
    if !history.is_mapped {
        return Judgement::unknown("the history was cut: its lines and the layers do not map one to one");
    }
    let message = format!("no RUN verifies what was copied, from {} on", words::excerpt(&first.said));
    let python = context.expect().python.as_deref().unwrap_or("/path/of/python");
    let fix = format!("behind the last COPY: RUN [\"{python}\", \"-c\", \"import …\"]");
    Judgement::looked(1, vec![Finding::new(Level::Warn, message, fix).at(Place { path: None, layer: first.layer })])
}
