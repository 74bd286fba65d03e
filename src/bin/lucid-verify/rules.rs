//! `lucid-verify rules`: what is asked of an image, and why.

use comfy_table::{ContentArrangement, Table, presets};
use lucid_verify::error::Result;
use lucid_verify::report::{ExitCode, fill, json};
use lucid_verify::rules::{RULES, Rule};
use serde::Serialize;

use crate::args::{Common, Format, Rules};
use crate::select::Selection;
use crate::{markdown, output};

/// A rule as JSON has it.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    answers: &'a str,
    level: &'a str,
    summary: &'a str,
    docs: &'a str,
}

/// Runs the verb.
pub fn run(args: &Rules, common: &Common) -> Result<ExitCode> {
    let patterns: Vec<String> = args.id.iter().cloned().collect();
    let selection = Selection::parse(&patterns, RULES)?;
    let rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| selection.holds(rule)).collect();
    let document = match (common.format, &args.id) {
        (Format::Json, _) => json::document(&rules.iter().map(|rule| entry(rule)).collect::<Vec<_>>()),
        (Format::Table, None) => list(&rules, output::width().min(100)).into_bytes(),
        (Format::Table, Some(_)) => {
            let width = output::width().clamp(40, 100);
            rules.iter().map(|rule| documentation(rule, width)).collect::<Vec<_>>().join("\n\n").into_bytes()
        }
    };
    output::write(&document)?;
    Ok(ExitCode::Held)
}

fn entry(rule: &Rule) -> Entry<'_> {
    Entry {
        id: rule.id,
        answers: rule.question.word(),
        level: rule.level.word(),
        summary: rule.summary.trim(),
        docs: rule.docs.trim(),
    }
}

fn list(rules: &[&Rule], width: usize) -> String {
    let mut table = Table::new();
    table.force_no_tty();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(80)).set_header(["rule", "level", "answers", "what it wants"]);
    for rule in rules {
        table.add_row([rule.id, rule.level.word(), rule.question.word(), rule.summary.trim()]);
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    let noun = if rules.len() == 1 { "rule" } else { "rules" };
    format!("{}\n\n{} {noun}; `lucid-verify rules ID` tells more of one.\n", table.trim_fmt(), rules.len())
}

fn documentation(rule: &Rule, width: usize) -> String {
    let head = format!("{}   {}   {}   since {}", rule.id, rule.level.word(), rule.question.word(), rule.since);
    let summary = fill(rule.summary.trim(), "", "", width).join("\n");
    format!("{head}\n\n{summary}\n\n{}\n", markdown::plain(&rule.markdown(), width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::tests::RULES;

    #[test]
    fn the_list_fits_eighty_columns() {
        let list = list(&RULES, 80);
        assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
        assert!(list.contains("\nmarker/nonempty  error") && list.contains("3 rules"), "{list}");
    }

    #[test]
    fn documentation_is_the_doc_comment_as_plain_text() {
        let shown = documentation(RULES[0], 60);
        assert!(shown.starts_with("marker/nonempty   error   whole   since 0.1.0\n\nMarker files"), "{shown}");
        assert!(shown.ends_with("\n\nWhat it checks\n\n  Markers.\n"), "{shown}");
    }

    #[test]
    fn documentation_fits_eighty_columns() {
        for rule in lucid_verify::rules::RULES {
            let shown = documentation(rule, 80);
            assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        }
    }

    #[test]
    fn json_has_the_fields_of_the_contract() {
        let value = serde_json::to_value(entry(RULES[1])).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "answers", "level", "summary", "docs"]);
    }
}
