//! JSON: the whole report, for machines.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;

use super::Report;
use crate::text;

/// Renders a report.
pub fn render(report: &Report) -> Vec<u8> {
    document(report)
}

/// A JSON document: pretty, with a line feed at its end. Characters that a terminal would act on are written as
/// escapes, so that the text is exact for a parser and harmless on a screen.
pub fn document(value: &impl Serialize) -> Vec<u8> {
    let mut lines = Lines::default();
    serde_json::to_writer_pretty(&mut lines, value).unwrap_or_else(|error| unreachable!("keys are texts: {error}"));
    lines.end();
    lines.out.push(b'\n');
    lines.out
}

/// A document that is made harmless line by line, while it is written: a second copy of a large one would not fit.
#[derive(Default)]
struct Lines {
    out: Vec<u8>,
    /// No text of JSON holds a line feed, so none is cut where a line ends.
    line: Vec<u8>,
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(last) => {
                    self.line.extend_from_slice(last);
                    self.end();
                    self.out.push(b'\n');
                }
                None => self.line.extend_from_slice(part),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn end(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        // In a log of a CI job `##[` would begin a command (`text::unheard`).
        if text::holds_acting(&text) || text.contains("##[") {
            let shown = text.chars().fold(String::with_capacity(text.len() + 16), |mut shown, character| {
                if text::acts(character) {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(shown, "\\u{unit:04x}");
                    }
                } else {
                    shown.push(character);
                }
                shown
            });
            self.out.extend_from_slice(shown.replace("##[", "#\\u0023[").as_bytes());
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
        self.line.clear();
    }
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
