//! Rules by what someone pasted: an error line, a whole traceback, or words.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use lucid_verify::text::code_spans;
use regex::Regex;

use crate::rules::Entry;

/// What varies in the line of a symptom.
const ANYTHING: char = '…';
/// Letters of a line that make it one: a shorter span is a name.
const LINE: usize = 10;
/// Lines that are tried, from the last, which tells most; and bytes of one.
const LINES: usize = 400;
const LENGTH: usize = 4096;
/// Rules that are found at most.
const MOST: usize = 12;

/// The rules whose symptom is among the lines, the most telling first; else those that speak of the words.
pub fn search<'a>(text: &str, entries: &'a [Entry]) -> Vec<&'a Entry> {
    let lines: Vec<String> =
        text.lines().rev().take(LINES).map(|line| line[..line.floor_char_boundary(LENGTH)].to_lowercase()).collect();
    let found = best(entries, |entry| {
        let symptoms = symptoms(&entry.docs);
        lines.iter().flat_map(|line| symptoms.iter().map(move |symptom| alike(symptom, line))).max().unwrap_or(0)
    });
    if !found.is_empty() {
        return found;
    }
    let words = words(&text.to_lowercase());
    let told = |entry: &Entry| {
        let (head, docs) = (format!("{} {}", entry.id, entry.summary).to_lowercase(), entry.docs.to_lowercase());
        let weight = |word: &String| if head.contains(&**word) { 3 } else { usize::from(docs.contains(&**word)) };
        let weights: Vec<usize> = words.iter().map(weight).collect();
        let missing = weights.iter().filter(|weight| **weight == 0).count();
        // A few words beside the matter are forgiven.
        if missing * 3 > words.len() { 0 } else { weights.iter().sum() }
    };
    best(entries, told)
}

/// The entries of the highest scores, those of equal ones in their order; whatever is far below the best is left out.
fn best(entries: &[Entry], score: impl Fn(&Entry) -> usize) -> Vec<&Entry> {
    let mut scored: Vec<(usize, &Entry)> =
        entries.iter().map(|entry| (score(entry), entry)).filter(|(score, _)| *score > 0).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let top = scored.first().map_or(0, |(score, _)| *score);
    scored.into_iter().filter(|(score, _)| *score * 2 > top).take(MOST).map(|(_, entry)| entry).collect()
}

/// The lines of the section on symptoms, in small letters, and what varies in them for any.
fn symptoms(docs: &str) -> Vec<String> {
    printed(docs).iter().map(|line| varied(&line.to_lowercase())).collect()
}

/// The lines that the section on symptoms has in backticks.
fn printed(docs: &str) -> Vec<String> {
    let section = docs.split("# ").find_map(|section| section.strip_prefix("Symptom\n")).unwrap_or_default();
    let joined = section.split_whitespace().collect::<Vec<_>>().join(" ");
    let spans = code_spans(&joined);
    let letters = |span: &str| span.chars().filter(|letter| letter.is_alphabetic()).count();
    let is_line = |span: &&str| (span.contains(' ') || span.ends_with("Error")) && letters(span) >= LINE;
    spans.into_iter().filter(is_line).map(ToOwned::to_owned).collect()
}

/// A symptom whose quoted names and paths stand for any.
fn varied(symptom: &str) -> String {
    static VARIES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(^|[\s(=:])(?:'[^']*'|"[^"]*"|/[^\s:'",)]+)"#).ok());
    VARIES.as_ref().map_or_else(|| symptom.to_owned(), |varies| varies.replace_all(symptom, "${1}…").into_owned())
}

/// How much a line is like a symptom, by its length: all of its literal parts in their order, or half of that for most of its
/// words.
fn alike(symptom: &str, line: &str) -> usize {
    let mut rest = line;
    let is_next = |part: &str| {
        let found = rest.find(part).map(|at| at + part.len());
        if let Some(end) = found {
            rest = &rest[end..];
        }
        found.is_some()
    };
    let parts: Vec<&str> = symptom.split(ANYTHING).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.iter().copied().all(is_next) {
        return 2 * parts.iter().map(|part| part.len()).sum::<usize>();
    }
    let (wanted, there) = (words(symptom), words(line));
    let shared = wanted.intersection(&there).count();
    if shared >= 3 && shared * 3 >= wanted.len() * 2 { symptom.len() * shared / wanted.len() } else { 0 }
}

/// The words of a text: runs of letters and digits, and what joins them in names.
fn words(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
    text.split(|letter| !is_part(letter)).filter(|word| word.len() > 2).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    use lucid_verify::rules::RULES;

    use super::*;

    fn found(text: &str) -> Vec<String> {
        let entries: Vec<Entry> = RULES.iter().map(|rule| Entry::from(*rule)).collect();
        search(text, &entries).into_iter().map(|entry| entry.id.clone()).collect()
    }

    #[test]
    fn a_line_is_like_a_symptom_in_whole_or_in_most_of_its_words() {
        let symptom = "modulenotfounderror: no module named '…'";
        let whole = alike(symptom, "modulenotfounderror: no module named 'x.y'");
        assert_eq!(alike(symptom, "e   modulenotfounderror: no module named 'x'  [cause]"), whole);
        let words = alike(symptom, "named module no modulenotfounderror");
        assert!(0 < words && words < whole);
        assert_eq!(alike(symptom, "importerror: cannot import"), 0);
        let symptom = "exec: \"…\": executable file not found in $path";
        assert!(alike(symptom, "runc: exec: \"x\": executable file not found in $path: unknown") > symptom.len());
        assert_eq!(
            symptoms("# Why\n`not this one here`\n# Symptom\n`exec x:\n format error`, `PATH`, `a b`\n# Fix\n`nor this one`"),
            ["exec x: format error"]
        );
        assert_eq!(varied("can't open file '/app/main.py': exec /bin/x: a"), "can't open file …: exec …: a");
    }

    #[test]
    fn a_traceback_is_pasted_whole() {
        let traceback = "Traceback (most recent call last):\n  File \"<frozen runpy>\", line 189, in _run_module_as_main\nModuleNotFoundError: No module named 'controller'\n";
        assert!(found(traceback).iter().any(|id| id.starts_with("python/")), "{:?}", found(traceback));
        assert!(found("exec /usr/local/bin/python: exec format error").iter().any(|id| id.starts_with("platform/")));
        assert!(found(&"x".repeat(1 << 20)).is_empty() && found("").is_empty());
    }

    #[test]
    fn words_are_looked_for_where_no_line_fits() {
        assert!(found("compiler").contains(&"toolchain/compilers".to_owned()), "{:?}", found("compiler"));
        assert!(found("qwertzuiop yxcvbnm").is_empty());
    }

    /// What stands before the table.
    const PAGE: &str = "# From an error message to the rule

Made from what the rules say of their symptoms. `lucid-verify rules --search TEXT` finds the same, also by a whole traceback or by a few
words. `…` and what is quoted stand for any name.

| what was printed | rules that find it before anything runs |
|---|---|
";

    #[test]
    fn every_symptom_is_on_its_page_and_finds_its_rule() {
        let entries: Vec<Entry> = RULES.iter().map(|rule| Entry::from(*rule)).collect();
        let mut rows: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for entry in &entries {
            for line in printed(&entry.docs) {
                rows.entry(line).or_default().push(&entry.id);
            }
        }
        let mut page = String::from(PAGE);
        for (line, ids) in &rows {
            let found = search(line, &entries);
            assert!(found.len() == MOST || ids.iter().all(|id| found.iter().any(|entry| entry.id == **id)), "{line}: {ids:?}");
            let links: Vec<String> = ids.iter().map(|id| format!("[{id}](rules.md#{})", id.replace('/', ""))).collect();
            let ticks = if line.contains('`') { "``" } else { "`" };
            let _ = writeln!(page, "| {ticks}{}{ticks} | {} |", line.replace('|', "\\|"), links.join(", "));
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/symptoms.md");
        if std::env::var_os("LUCID_UPDATE").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == page, "docs/symptoms.md is stale: run the tests with LUCID_UPDATE=1");
    }
}
