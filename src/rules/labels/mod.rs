//! What the image says of itself.

pub(super) mod created;
pub(super) mod revision;
pub(super) mod security;
pub(super) mod service;
pub(super) mod version;

use super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

/// Labels that a message names.
const NAMED: usize = 10;

declare_rule! {
    /// The labels of the pattern are there
    ///
    /// # What it checks
    /// The image has every label of `names`.
    ///
    /// # Why
    /// Labels say what an image is, and from which source it was built, where nothing else does.
    ///
    /// # Symptom
    /// None at run time: nobody can tell which build is running.
    ///
    /// # Fix
    /// The LABEL instruction of the pattern, in the last stage.
    ///
    /// # Options
    /// - `names`: the labels; without them the rule does not apply.
    REQUIRED = "labels/required", Conforms, Warn, since "0.1.0", needs Config,
    unit "label is there" | "labels are there",
    options { "names": Texts }, check required
}

declare_rule! {
    /// Labels have values
    ///
    /// # What it checks
    /// No label is empty or white space.
    ///
    /// # Why
    /// An ARG from before FROM, or from another stage, is empty in this one unless it is declared again.
    ///
    /// # Symptom
    /// None at run time: nobody can tell which build is running.
    ///
    /// # Fix
    /// `ARG NAME` in the last stage, before LABEL.
    ///
    /// # Options
    /// None.
    NONEMPTY = "labels/nonempty", Conforms, Warn, since "0.1.0", needs Config,
    unit "label has a value" | "labels have values", check nonempty
}

fn required(context: &Context<'_>) -> Judgement {
    let wanted = context.texts("names");
    if wanted.is_empty() {
        return Judgement::skip("the profile names no label");
    }
    let labels = &context.facts.config.run.labels;
    let missing: Vec<&String> = wanted.iter().filter(|name| !labels.contains_key(*name)).collect();
    let fix = format!("LABEL {}", missing.iter().map(|name| format!("{name}=\"…\"")).collect::<Vec<_>>().join(" "));
    Judgement::looked(wanted.len(), finding("missing labels", &missing, fix))
}

fn nonempty(context: &Context<'_>) -> Judgement {
    let labels = &context.facts.config.run.labels;
    if labels.is_empty() {
        return Judgement::skip("the image has no label");
    }
    let empty = labels.iter().filter(|(_, value)| value.trim().is_empty());
    let empty: Vec<String> = empty.map(|(name, _)| escape(name.as_bytes())).collect();
    let fix = "declare the ARG that it is made from again, behind the last FROM";
    Judgement::looked(labels.len(), finding("labels without a value", &empty, fix))
}

/// The name and the value of the label that the rule's option `label` names, or why there is nothing to judge. That it is there
/// is the business of labels/required, that it says something that of labels/nonempty.
fn labelled<'a>(context: &Context<'a>) -> Result<(String, &'a str), Judgement> {
    let label = context.text("label").ok_or_else(|| Judgement::skip("the profile names no label"))?;
    let said = context.facts.config.run.labels.get(&label).map(|said| said.trim()).filter(|said| !said.is_empty());
    said.map(|said| (label, said)).ok_or_else(|| Judgement::skip("the image has no such label"))
}

/// One finding about all of the labels, if there are any.
fn finding<T: AsRef<str>>(what: &str, labels: &[T], fix: impl Into<String>) -> Vec<Finding> {
    if labels.is_empty() {
        return vec![];
    }
    let mut finding = Finding::new(Level::Warn, format!("{what}: {}", words::list(labels, NAMED)), fix);
    finding.count = labels.len() as u64;
    vec![finding]
}
