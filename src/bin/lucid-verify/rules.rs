//! `lucid-verify rules`: what is asked of an image, and why.

use comfy_table::{ContentArrangement, Table, presets};
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::profile::Check;
use lucid_verify::report::{ExitCode, fill, json};
use lucid_verify::rules::{Inquiry, RULES, Rule, inquiries};
use serde::Serialize;

use crate::args::{Common, ListFormat, Rules};
use crate::select::Selection;
use crate::{markdown, output, policy, reading, search};

/// Rules that a search found are documented up to so many; more are a list.
const DOCUMENTED: usize = 3;

/// A rule as JSON has it.
#[derive(Clone, Serialize)]
pub struct Entry {
    pub id: String,
    answers: &'static str,
    level: &'static str,
    pub summary: String,
    pub docs: String,
    #[serde(skip)]
    since: Option<&'static str>,
}

/// Runs the verb.
pub fn run(args: &Rules, common: &Common) -> Result<ExitCode> {
    let format = common.format.of_a_list("rules")?;
    let fetch = |profile: &_| policy::fetch(profile, &reading::reading(common, &[profile])?, &[]);
    let policy = policy::policy(args.profile.as_deref(), &fetch)?;
    let asked = inquiries(policy.checks());
    let all: Vec<Entry> = RULES.iter().map(|rule| Entry::from(*rule)).chain(policy.checks().iter().map(Entry::from)).collect();
    let (entries, documented) = match (&args.search, &args.id) {
        (Some(text), _) => {
            let found = search::search(text, &all);
            let documented = found.len() <= DOCUMENTED;
            (found.into_iter().cloned().collect(), documented)
        }
        (None, id) => (selected(id.as_deref(), asked, all)?, id.is_some()),
    };
    if entries.is_empty() {
        return Err(Error::new(Kind::NotFound, "no rule speaks of that")
            .doing("find a rule")
            .hint("search for the last line of the traceback, or for one word; `lucid-verify rules` lists all rules"));
    }
    let document = match format {
        ListFormat::Json => json::document(&entries),
        ListFormat::Table if !documented => list(&entries, output::width().min(100)).into_bytes(),
        ListFormat::Table => {
            let width = output::width().clamp(40, 100);
            entries.iter().map(|entry| documentation(entry, width)).collect::<Vec<_>>().join("\n\n").into_bytes()
        }
    };
    output::write(&document)?;
    Ok(ExitCode::Held)
}

/// The entries that a pattern selects, which are as many and in the same order as what is asked.
fn selected(pattern: Option<&str>, asked: Vec<Inquiry<'_>>, entries: Vec<Entry>) -> Result<Vec<Entry>> {
    let patterns: Vec<String> = pattern.into_iter().map(ToOwned::to_owned).collect();
    let identities: Vec<_> = asked.into_iter().map(|inquiry| inquiry.rule).collect();
    let selection = Selection::parse(&patterns, &identities)?;
    Ok(entries.into_iter().zip(&identities).filter(|(_, rule)| selection.holds(rule)).map(|(entry, _)| entry).collect())
}

impl From<&Rule> for Entry {
    fn from(rule: &Rule) -> Self {
        Self {
            id: rule.id.to_owned(),
            answers: rule.question.word(),
            level: rule.level.word(),
            summary: rule.summary.trim().to_owned(),
            docs: rule.markdown(),
            since: Some(rule.since),
        }
    }
}

impl From<&Check> for Entry {
    fn from(check: &Check) -> Self {
        let section = |title: &str, text: &Option<String>| {
            text.as_ref().map(|text| format!("# {title}\n{}\n\n", text.trim())).unwrap_or_default()
        };
        Self {
            id: check.id.clone(),
            answers: check.question.word(),
            level: check.level.word(),
            summary: check.why.clone().unwrap_or_else(|| "A check of the profile".to_owned()),
            docs: format!("# What it checks\n`{}`, at {}\n\n", check.written.0, check.written.1)
                + &section("Why", &check.why)
                + &section("Fix", &check.fix),
            since: None,
        }
    }
}

fn list(entries: &[Entry], width: usize) -> String {
    let mut table = Table::new();
    table.force_no_tty();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(80)).set_header(["rule", "level", "answers", "what it wants"]);
    for entry in entries {
        table.add_row([&entry.id, entry.level, entry.answers, &lucid_verify::text::terminal(&entry.summary)]);
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    let noun = if entries.len() == 1 { "rule" } else { "rules" };
    format!("{}\n\n{} {noun}; `lucid-verify rules ID` tells more of one.\n", table.trim_fmt(), entries.len())
}

fn documentation(entry: &Entry, width: usize) -> String {
    let since = entry.since.map_or("   of the profile".to_owned(), |since| format!("   since {since}"));
    let head = format!("{}   {}   {}{since}", entry.id, entry.level, entry.answers);
    let summary = fill(&lucid_verify::text::terminal(&entry.summary), "", "", width).join("\n");
    format!("{head}\n\n{summary}\n\n{}\n", markdown::plain(&entry.docs, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let entry = |id: &str, since| Entry {
            id: id.into(),
            answers: "whole",
            level: "error",
            summary: "Marker files exist and hold a line that says which build they came from".into(),
            docs: "# What it checks\n\nMarkers.\n".into(),
            since,
        };
        vec![entry("marker/nonempty", Some("0.1.0")), entry("config/cmd", Some("0.1.0")), entry("own/web-root", None)]
    }

    #[test]
    fn the_list_fits_eighty_columns() {
        let list = list(&entries(), 80);
        assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
        assert!(list.contains("\nmarker/nonempty  error") && list.contains("3 rules"), "{list}");
    }

    #[test]
    fn documentation_is_the_doc_comment_as_plain_text() {
        let shown = documentation(&entries()[0], 60);
        assert!(shown.starts_with("marker/nonempty   error   whole   since 0.1.0\n\nMarker files"), "{shown}");
        assert!(shown.ends_with("\n\nWhat it checks\n\n  Markers.\n"), "{shown}");
        assert!(documentation(&entries()[2], 60).starts_with("own/web-root   error   whole   of the profile\n"));
    }

    #[test]
    fn documentation_fits_eighty_columns() {
        for rule in RULES {
            let shown = documentation(&Entry::from(*rule), 80);
            assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        }
    }

    #[test]
    fn json_has_the_fields_of_the_contract() {
        let value = serde_json::to_value(&entries()[1]).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "answers", "level", "summary", "docs"]);
    }
}
