//! JSON: the whole report, for machines.

use std::fmt::Write as _;

use serde::Serialize;

use super::Report;

/// Renders a report.
pub fn render(report: &Report) -> Vec<u8> {
    document(report)
}

/// A JSON document: pretty, with a line feed at its end. Characters that a terminal would act on are written as
/// escapes, so that the text is exact for a parser and harmless on a screen.
pub fn document(value: &impl Serialize) -> Vec<u8> {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|error| unreachable!("keys are texts: {error}"));
    let mut out = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if character != '\n' && crate::text::acts(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    drop(text);
    // In a log of a CI job this would begin a command (`text::unheard`).
    if out.contains("##[") { out.replace("##[", "#\\u0023[").into_bytes() } else { out.into_bytes() }
}

/// The JSON Schema of a report.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_exact_and_harmless() {
        let hostile = "##[error]a\u{1b}[31m\n\u{7f}\u{9b}\u{202e}\u{e0041}\"\\é";
        let bytes = document(&hostile);
        assert_eq!(serde_json::from_slice::<String>(&bytes).unwrap(), hostile);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.ends_with('\n') && !text.trim_end().chars().any(crate::text::acts), "{text}");
        assert!(text.contains('é') && !text.contains("##["));
    }

    /// `LUCID_UPDATE=1` writes the published schema anew.
    #[test]
    fn the_published_schema_is_the_reports() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
        let current = document(&schema());
        if std::env::var_os("LUCID_UPDATE").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let published = std::fs::read(path).unwrap_or_default();
        assert!(published == current, "docs/report.schema.json is stale: run the tests with LUCID_UPDATE=1");
    }
}
