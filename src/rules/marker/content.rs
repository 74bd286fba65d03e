//! `marker/content`

use super::super::names::Names;
use super::super::{Context, declare_rule, words};
use super::markers;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::{lossless, terminal};

declare_rule! {
    /// Markers say what the pattern has them say
    ///
    /// # What it checks
    /// The first line of every marker that the service declares, and of every file below `roots`, that has a name of `lines`
    /// is what stands there for that name. Markers without text are the business of another rule.
    ///
    /// # Why
    /// `$(date +%s)` in single quotes, or in an instruction without a shell, stays as it is; so does the `<SERVICE>` of a
    /// template. Such a marker is the same in every build and proves nothing of this one.
    ///
    /// # Symptom
    /// None at run time.
    ///
    /// # Fix
    /// `RUN echo "…_$(date +%s)" > marker`: with double quotes, and not in the JSON form.
    ///
    /// # Options
    /// - `lines`: `NAME: LINE`, a glob of the marker's name and a regular expression that all of its first line matches.
    /// - `roots`: the directories below which markers are looked for.
    RULE = "marker/content", Conforms, Warn, since "0.1.0", needs Tree,
    unit "marker says what it should" | "markers say what they should",
    options { "lines": Patterns, "roots": Texts }, check check
}

/// Characters of a marker that a message shows.
const SHOWN: usize = 60;

fn check(context: &Context<'_>) -> Judgement {
    let patterns = context.patterns("lines");
    let pattern = |name: &str| patterns.iter().find(|pattern| pattern.name.is_match(name));
    let (mut looked, mut findings, mut unread) = (0, Vec::new(), Vec::new());
    for (path, (node, trace)) in markers(context, &Names::of_patterns(&patterns)) {
        let Some(pattern) = pattern(&lossless(path.name())).filter(|_| !trace.blank) else { continue };
        let Some(bytes) = trace.bytes() else {
            unread.push(path.to_string());
            continue;
        };
        looked += 1;
        let text = lossless(bytes);
        let line = text.lines().next().unwrap_or_default().trim_start_matches('\u{feff}').trim_end();
        if pattern.line.is_match(line) {
            continue;
        }
        let shown = terminal(&line.chars().take(SHOWN).collect::<String>());
        let (why, fix) = why(line);
        let finding = Finding::new(Level::Warn, format!("{path} says \"{shown}\": {why}"), fix);
        let place = Place::path(&path, context.tree.content_layer(node));
        findings.push(finding.at(place).contrast(shown, pattern.wanted.as_str()));
    }
    let unknown = (!unread.is_empty()).then(|| format!("the content of {} was not kept", words::list(&unread, 3)));
    Judgement::looked(looked, findings).but(unknown)
}

/// What is wrong with a line, and what to change.
fn why(line: &str) -> (&'static str, &'static str) {
    if line.contains("$(") || line.contains('`') {
        ("the timestamp was not expanded", "use double quotes and the shell form, so that the shell expands $(date +%s)")
    } else if line.split_once('<').is_some_and(|(_, rest)| rest.contains('>')) {
        ("a placeholder of the template was not replaced", "write the service's own name in place of the placeholder")
    } else {
        ("it is not what the pattern has there", "write what was done, and when, as the pattern words it")
    }
}
