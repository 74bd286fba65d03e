//! Rules by id, glob or answer.

use globset::{GlobBuilder, GlobMatcher};
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::finding::Question;
use lucid_verify::rules::Identity;

use crate::suggest;

/// A mistyped id is suggested when it is at most so many edits away.
const NEAR: usize = 6;

/// What selects rules.
#[derive(Debug)]
enum Pattern {
    Answer(Question),
    Id(GlobMatcher),
}

/// Some of the rules.
#[derive(Debug)]
pub struct Selection(Vec<Pattern>);

impl Selection {
    /// Reads what was asked for; nothing means all. A pattern that fits no rule is an error.
    pub fn parse(patterns: &[String], rules: &[Identity]) -> Result<Self> {
        let parsed: Vec<Pattern> = patterns.iter().map(|text| Pattern::parse(text)).collect::<Result<_>>()?;
        for (pattern, text) in parsed.iter().zip(patterns) {
            if !rules.iter().any(|rule| pattern.fits(rule)) {
                return Err(nothing(text, rules));
            }
        }
        Ok(Self(parsed))
    }

    /// Whether a rule is in it.
    pub fn holds(&self, rule: &Identity) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.fits(rule))
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self> {
        if let Some(question) = Question::ALL.into_iter().find(|question| question.word() == text) {
            return Ok(Self::Answer(question));
        }
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        glob.map(|glob| Self::Id(glob.compile_matcher()))
            .map_err(|error| Error::new(Kind::Usage, error.kind().to_string()).doing(format!("read the rule pattern {text:?}")))
    }

    fn fits(&self, rule: &Identity) -> bool {
        match self {
            Self::Answer(question) => rule.question == *question,
            Self::Id(glob) => glob.is_match(&*rule.id),
        }
    }
}

fn nothing(text: &str, rules: &[Identity]) -> Error {
    let near = suggest::nearest(text, rules.iter().map(|rule| &*rule.id), NEAR.min(text.len() / 2));
    let hint = near.map_or("`lucid-verify rules` lists them".to_owned(), |id| format!("did you mean {id}?"));
    Error::new(Kind::Usage, format!("there is no rule {text:?}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lucid_verify::finding::Level;
    use lucid_verify::rules::{Evidence, Unit};

    fn rules() -> Vec<Identity> {
        let rule = |(id, question): (&'static str, _)| Identity {
            id: id.into(),
            question,
            level: Level::Error,
            needs: Evidence::Tree,
            unit: Unit { one: "", many: "" },
        };
        let ids = [("marker/nonempty", Question::Whole), ("config/cmd", Question::Starts), ("size/waste", Question::Lean)];
        ids.into_iter().chain([("own/web-root", Question::Conforms)]).map(rule).collect()
    }

    fn chosen(patterns: &[&str]) -> Vec<String> {
        let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        let selection = Selection::parse(&patterns, &rules()).unwrap();
        rules().iter().filter(|rule| selection.holds(rule)).map(|rule| rule.id.to_string()).collect()
    }

    #[test]
    fn rules_are_chosen_by_id_glob_and_answer() {
        assert_eq!(chosen(&[]).len(), 4);
        assert_eq!(chosen(&["config/cmd"]), ["config/cmd"]);
        assert_eq!(chosen(&["marker/*", "lean"]), ["marker/nonempty", "size/waste"]);
        assert_eq!(chosen(&["own/*"]), ["own/web-root"]);
    }

    #[test]
    fn a_rule_that_does_not_exist_is_an_error_with_a_suggestion() {
        let error = Selection::parse(&["marker/nonemtpy".into()], &rules()).unwrap_err();
        assert_eq!((error.kind, error.hint.as_deref()), (Kind::Usage, Some("did you mean marker/nonempty?")));
        assert!(Selection::parse(&["*".into()], &rules()).is_err());
        assert!(Selection::parse(&["a[".into()], &rules()).is_err());
    }
}
