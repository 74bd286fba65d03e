//! `marker/service-consistent`

use std::collections::BTreeMap;

use super::super::names::Names;
use super::super::{Context, declare_rule, words};
use super::markers;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::{escape, lossless};

declare_rule! {
    /// All markers are of one service, and of this one
    ///
    /// # What it checks
    /// The first lines of the markers name one service, and that is the one of `label` and of the profile, as far as these
    /// name one: in upper case, with `_` for every other character, one of both holds the other. `_SERVICE` at the end of a
    /// name says nothing.
    ///
    /// # Why
    /// Dockerfiles are copied from service to service. What still says the other one's name was not looked at, and may copy
    /// the other one's directories.
    ///
    /// # Symptom
    /// None at run time.
    ///
    /// # Fix
    /// One name in the RUN instructions that write markers, and in the label.
    ///
    /// # Options
    /// - `lines`: `NAME: LINE`, a glob of the marker's name and a regular expression whose first group is the service.
    /// - `roots`: the directories below which markers are looked for.
    /// - `label`: the label that names the service.
    RULE = "marker/service-consistent", Conforms, Warn, since "0.1.0", needs Tree,
    unit "marker names the service" | "markers name the service",
    options { "lines": Patterns, "roots": Texts, "label": Text }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let patterns = context.patterns("lines");
    let (mut looked, mut services) = (0, BTreeMap::<String, Place>::new());
    for (path, (node, trace)) in markers(context, &Names::of_patterns(&patterns)) {
        let name = lossless(path.name());
        let text = lossless(trace.bytes().unwrap_or_default());
        let line = text.lines().next().unwrap_or_default().trim_start_matches('\u{feff}').trim_end();
        let mut named = patterns.iter().filter(|pattern| pattern.name.is_match(&name));
        let Some(service) = named.find_map(|pattern| pattern.line.captures(line)?.get(1)) else { continue };
        looked += 1;
        let service = service.as_str().strip_suffix("_SERVICE").unwrap_or(service.as_str());
        services.entry(service.to_owned()).or_insert_with(|| Place::path(&path, context.tree.content_layer(node)));
    }
    let label = context.text("label").and_then(|label| Some((label.clone(), context.facts.config.run.labels.get(&label)?)));
    let declared = context.profile.service.as_ref().map(|service| service.name.as_str());
    let known: Vec<String> = label.iter().map(|(_, value)| value.as_str()).chain(declared).map(slug).collect();
    let fits = |name: &str| known.is_empty() || known.iter().any(|known| holds(known, name) || holds(name, known));
    let said: Vec<&str> = services.keys().map(String::as_str).collect();
    let other = services.iter().find(|(name, _)| !fits(name)).or_else(|| services.iter().nth(1).filter(|_| said.len() > 1));
    let finding = other.map(|(name, place)| {
        let label = label.as_ref().map(|(label, value)| format!("; label {label} is \"{}\"", words::excerpt(value)));
        let message = format!("markers name {}{}", words::list(&said, 4), label.unwrap_or_default());
        let finding = Finding::new(Level::Warn, message, "let every marker, and the label, name the one service");
        finding.at(place.clone()).contrast(escape(name.as_bytes()), known.first().map_or("one service", String::as_str))
    });
    Judgement::looked(looked, finding.into_iter().collect())
}

/// A name as markers spell it.
fn slug(name: &str) -> String {
    let spelled = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    name.chars().map(spelled).collect()
}

/// Whether a name has all words of another, in a row.
fn holds(name: &str, other: &str) -> bool {
    format!("_{name}_").contains(&format!("_{other}_"))
}
