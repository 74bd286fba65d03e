//! `provenance/builder-verify`

use super::super::history::is_proof;
use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// A builder stage verifies what it made
    ///
    /// # What it checks
    /// A RUN of a builder stage lets Python prove something: an import, `py_compile`, `assert`, `pip check`. The Dockerfile says
    /// so: the one of `--dockerfile`, else the attested one; where that is left out, the attested commands that are not of the
    /// last stage. Provenance of `mode=min` has neither.
    ///
    /// # Why
    /// What is wrong is found where it was made, with a shell at hand, and before anything is copied.
    ///
    /// # Symptom
    /// None in this image; a mistake that is first seen in the last stage, or in the container.
    ///
    /// # Fix
    /// `RUN python3 -m compileall -q /build/app && python3 -c "import fastapi"` at the end of the builder stage.
    ///
    /// # Options
    /// None.
    RULE = "provenance/builder-verify", Conforms, Warn, since "0.1.0", needs Config,
    unit "step of a builder stage looked at" | "steps of builder stages looked at", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(steps) = stages(context).or_else(|| commands(context)) else {
        return context.untold("what its builder stages did");
    };
    if steps.is_empty() {
        return Judgement::skip("the build has no builder stage, or one that runs nothing");
    }
    let found = !steps.iter().any(|step| is_proof(step));
    let finding = found.then(|| {
        let fix = "at the end of the builder stage: RUN python3 -m compileall -q … && python3 -c \"import …\"";
        Finding::new(Level::Warn, "no step of a builder stage verifies what it made", fix)
    });
    Judgement::looked(steps.len(), finding.into_iter().collect())
}

/// What the builder stages of the Dockerfile run.
fn stages(context: &Context<'_>) -> Option<Vec<String>> {
    let dockerfile = context.facts.build.dockerfile.as_ref()?;
    let made = dockerfile.builders().flat_map(|stage| &stage.instructions);
    Some(made.filter(|made| made.keyword == "RUN").map(|made| made.text.clone()).collect())
}

/// What was run, as it is attested, and is not in the history of the image.
fn commands(context: &Context<'_>) -> Option<Vec<String>> {
    let commands = context.provenance().ok()?.commands.iter().map(|words| words.join(" "));
    let steps = &context.facts.history.steps;
    let own = |command: &String| steps.iter().any(|step| step.keyword == "RUN" && command.ends_with(&step.text));
    let elsewhere: Vec<String> = commands.filter(|command| !own(command)).collect();
    (!elsewhere.is_empty()).then_some(elsewhere)
}
