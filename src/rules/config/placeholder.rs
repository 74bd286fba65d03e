//! `config/placeholder`

use std::sync::LazyLock;

use regex::Regex;

use super::super::{Context, declare_rule, words};
use super::pattern;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// Nothing of a template is still to be filled in
    ///
    /// # What it checks
    /// No value of ENV, no label and no word of ENTRYPOINT, CMD and HEALTHCHECK holds a name in angle brackets
    /// (`<SERVICE>`, `<service-id>`), and no variable or label is nothing but `TODO`, `FIXME`, `CHANGEME` or `REPLACE_ME`.
    /// Of text with blanks, such as code, only names in capitals count; labels with tags of HTML are left alone, and so is what
    /// another rule takes for a password.
    ///
    /// # Why
    /// Dockerfiles are made from templates. What was not filled in is no mistake to the builder.
    ///
    /// # Symptom
    /// `can't open file '/app/<service-root>/api/entrypoint.py'`; or none.
    ///
    /// # Fix
    /// Write the service's own name or port in its place.
    ///
    /// # Options
    /// None.
    RULE = "config/placeholder", Conforms, Error, since "0.1.0", needs Config,
    unit "text is filled in" | "texts are filled in", check check
}

static NAMED: LazyLock<Regex> = LazyLock::new(|| pattern(r"<[A-Za-z][A-Za-z0-9]*(?:[ _-][A-Za-z0-9]+)*>"));
static SHOUTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"<[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)*>"));
static WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?i:todo|fixme|change[-_]?me|replace[-_]?me)$"));

fn check(context: &Context<'_>) -> Judgement {
    let run = &context.facts.config.run;
    let (_, secrets) = context.carriers();
    let is_secret = |name: &str| secrets.iter().any(|carrier| carrier.name == name);
    let variables = context.facts.config.variables().into_iter().map(|(name, value)| ("ENV", name, value));
    let labels = run.labels.iter().map(|(name, value)| ("LABEL", name.as_str(), value.as_str()));
    let values: Vec<_> = variables.chain(labels).collect();
    let probe = run.healthcheck.iter().flat_map(|check| check.test.iter().skip(1)).map(|word| ("HEALTHCHECK", word));
    let entrypoint = run.entrypoint.iter().map(|word| ("ENTRYPOINT", word));
    let arguments: Vec<_> = entrypoint.chain(run.cmd.iter().map(|word| ("CMD", word))).chain(probe).collect();
    let named = values.iter().filter(|(_, name, _)| !is_secret(name)).filter_map(|(instruction, name, value)| {
        let found = value_of(value).or_else(|| WHOLE.is_match(value).then_some(*value))?;
        Some(finding(&format!("{instruction} {}", words::excerpt(name)), found))
    });
    let words = arguments.iter().filter_map(|(instruction, word)| {
        let is_text = word.contains(char::is_whitespace);
        Some(finding(instruction, if is_text { SHOUTED.find(word) } else { NAMED.find(word) }?.as_str()))
    });
    Judgement::looked(values.len() + arguments.len(), named.chain(words).collect())
}

/// The placeholder in a value, unless that is HTML.
fn value_of(value: &str) -> Option<&str> {
    let is_html = ["</", "/>", "<br>", "<p>"].iter().any(|tag| value.contains(tag));
    NAMED.find(value).filter(|_| !is_html).map(|found| found.as_str())
}

fn finding(place: &str, found: &str) -> Finding {
    let found = words::excerpt(found);
    let message = format!("{place} holds the template text \"{found}\"");
    let mut finding = Finding::new(Level::Error, message, "write what belongs in its place");
    finding.found = Some(found);
    finding
}
