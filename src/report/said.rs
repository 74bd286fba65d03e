//! What is said of a finding in documents of plain text: a line a thing, and nothing in it acts.

use super::figures::grouped;
use super::table::clip;
use super::{Finding, Image};
use crate::text;

/// Characters of one text: an image can bring megabytes, and the JSON report has all of it.
const LONGEST: usize = 4000;

/// A text of an image on one line.
pub(super) fn shown(text: &str) -> String {
    clip(&text::unheard(&text::terminal(text)), LONGEST)
}

impl Finding {
    /// The word of its level, or that of why it does not count.
    pub(super) fn word(&self) -> &'static str {
        match (&self.waived, self.known) {
            (Some(_), _) => "waived",
            (None, true) => "known",
            (None, false) => self.level.word(),
        }
    }

    /// What is wrong, then all that is known of it.
    pub(super) fn lines(&self, image: &Image) -> Vec<String> {
        let mut lines = vec![shown(&self.message)];
        let mut say = |name: &str, text: Option<&str>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                lines.push(format!("{name}: {}", shown(text)));
            }
        };
        say("at", self.path.as_deref());
        if let Some(layer) = &self.layer {
            let made = layer.created_by.as_deref().unwrap_or("nobody says by what");
            say("layer", Some(&format!("{}/{}, made by {made}", layer.index.saturating_add(1), image.layers.len())));
        }
        say("found", self.found.as_deref());
        say("wanted", self.want.as_deref());
        if self.examples.len() > 1 {
            let more = self.count.saturating_sub(self.examples.len() as u64);
            let more = if more > 0 { format!(" and {} more", grouped(more)) } else { String::new() };
            say("paths", Some(&format!("{}{more}", self.examples.join(", "))));
        }
        say("at start", self.predicts.as_deref());
        say("fix", Some(&self.fix));
        say("because of", self.because.as_deref());
        say("waived", self.waived.as_deref());
        if self.known {
            say("known", Some("the baseline has it, too"));
        }
        lines
    }
}
