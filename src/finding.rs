//! What judging says: levels, questions, findings, judgements.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a finding weighs. Ordered: `Off < Info < Warn < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is not asked.
    Off,
    /// Worth knowing.
    Info,
    /// Worth mending.
    Warn,
    /// The image is not what it claims to be, or will not run.
    Error,
}

impl Level {
    /// The word that profiles, command line and reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The question that a rule answers. Every rule belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// Is everything that was meant to be there there, unaltered?
    Whole,
    /// Will its command run?
    Starts,
    /// Secrets, tools, privileges.
    Safe,
    /// Does it follow the pattern that was asked for?
    Conforms,
    /// Bytes.
    Lean,
}

impl Question {
    /// All five, in report order.
    pub const ALL: [Self; 5] = [Self::Whole, Self::Starts, Self::Safe, Self::Conforms, Self::Lean];

    /// The word that stands in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Starts => "starts",
            Self::Safe => "safe",
            Self::Conforms => "conforms",
            Self::Lean => "lean",
        }
    }
}

/// What came of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It looked, and found nothing wrong.
    Pass,
    /// It found something wrong.
    Fail,
    /// It does not apply, or evidence that may rightly be absent is.
    Skip,
    /// Evidence is there and could not be judged.
    Unknown,
}

impl Outcome {
    /// The word that stands in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a finding is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The path, as [`crate::text::lossless`] text with a leading `/`.
    pub path: Option<String>,
    /// The layer, counted from 0, base first.
    pub layer: Option<usize>,
}

impl Place {
    /// A path, in a layer if that is known.
    #[expect(clippy::needless_pass_by_value, reason = "text and references to paths come alike")]
    pub fn path(path: impl ToString, layer: impl Into<Option<usize>>) -> Self {
        Self { path: Some(path.to_string()), layer: layer.into() }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its own weight; the profile caps it.
    pub level: Level,
    /// What is wrong: one sentence fragment with the figures, image text escaped.
    pub message: String,
    /// What to change in the Dockerfile or the command line.
    pub fix: String,
    /// The last line that a user would see when it fails at run time.
    pub predicts: Option<String>,
    /// Where.
    pub place: Place,
    /// The value found.
    pub found: Option<String>,
    /// The value wanted.
    pub want: Option<String>,
    /// The Python distribution that it is about, fit to show, if it is about one.
    pub distribution: Option<String>,
    /// How many offenders this finding stands for.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<String>,
    /// The waiver that covers it, by its place among the profile's.
    pub waived: Option<usize>,
    /// The id of the rule whose finding explains this one.
    pub because: Option<String>,
}

impl Finding {
    /// A finding about the image as a whole; the other fields are added as far as they are known.
    pub fn new(level: Level, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            level,
            message: message.into(),
            fix: fix.into(),
            predicts: None,
            place: Place::default(),
            found: None,
            want: None,
            distribution: None,
            count: 1,
            examples: Vec::new(),
            waived: None,
            because: None,
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Says what was found and what was wanted.
    #[must_use]
    pub fn contrast(mut self, found: impl Into<String>, want: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self.want = Some(want.into());
        self
    }

    /// Says which Python distribution it is about.
    #[must_use]
    pub fn of(mut self, distribution: Option<impl Into<String>>) -> Self {
        self.distribution = distribution.map(Into::into);
        self
    }

    /// Says what a user would see.
    #[must_use]
    pub fn predicts(mut self, line: impl Into<String>) -> Self {
        self.predicts = Some(line.into());
        self
    }
}

/// What a rule says: how much it looked at, what it found, and what it could not judge. A rule that examined nothing
/// has not passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// How many of its units the rule looked at.
    pub examined: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Why something could not be judged.
    pub unknown: Option<String>,
    /// Why the rule does not apply.
    pub skip: Option<String>,
}

impl Judgement {
    /// The rule does not apply.
    pub fn skip(reason: impl Into<String>) -> Self {
        Self { skip: Some(reason.into()), ..Self::default() }
    }

    /// Evidence is there, and it could not be judged.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { unknown: Some(reason.into()), ..Self::default() }
    }

    /// The rule looked at `examined` units.
    pub fn looked(examined: usize, findings: Vec<Finding>) -> Self {
        Self { examined: examined as u64, findings, ..Self::default() }
    }

    /// Adds that part of the evidence could not be judged.
    #[must_use]
    pub fn but(mut self, unknown: Option<String>) -> Self {
        self.unknown = unknown;
        self
    }

    /// Whether it says of the same place the same.
    pub fn holds(&self, finding: &Finding) -> bool {
        self.findings.iter().any(|known| known.message == finding.message && known.place == finding.place)
    }

    /// What two askings of one rule say together: nothing that either found, or could not judge, is lost.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let new: Vec<Finding> = other.findings.into_iter().filter(|finding| !self.holds(finding)).collect();
        self.findings.extend(new);
        self.examined = self.examined.max(other.examined);
        self.unknown = self.unknown.or(other.unknown);
        self.skip = self.skip.filter(|_| other.skip.is_some());
        self
    }

    /// The outcome. Waived findings do not fail a rule.
    pub fn outcome(&self) -> Outcome {
        if self.findings.iter().any(|finding| finding.waived.is_none() && finding.level > Level::Off) {
            Outcome::Fail
        } else if self.unknown.is_some() {
            Outcome::Unknown
        } else if self.skip.is_some() || self.examined == 0 {
            Outcome::Skip
        } else {
            Outcome::Pass
        }
    }

    /// Why the outcome is skip or unknown.
    pub fn reason(&self) -> Option<&str> {
        match self.outcome() {
            Outcome::Unknown => self.unknown.as_deref(),
            Outcome::Skip => Some(self.skip.as_deref().unwrap_or("the image has nothing of the kind that this rule examines")),
            Outcome::Pass | Outcome::Fail => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_askings_lose_nothing_that_either_said() {
        let finding = |message: &str| Finding::new(Level::Error, message, "");
        let skip = || Judgement::skip("no service");
        let failed = Judgement::looked(3, vec![finding("a"), finding("b")]);
        assert_eq!(skip().and(failed.clone()).outcome(), Outcome::Fail);
        assert_eq!(failed.clone().and(Judgement::looked(1, vec![finding("b")])), failed);
        assert_eq!(skip().and(skip()).outcome(), Outcome::Skip);
        assert_eq!(skip().and(Judgement::unknown("x")).outcome(), Outcome::Unknown);
        assert_eq!(Judgement::looked(2, vec![]).and(skip()).outcome(), Outcome::Pass);
    }

    #[test]
    fn what_was_not_looked_at_has_not_passed() {
        assert_eq!(Judgement::looked(0, vec![]).outcome(), Outcome::Skip);
        assert_eq!(Judgement::looked(3, vec![]).outcome(), Outcome::Pass);
        assert_eq!(Judgement::looked(3, vec![]).but(Some("one is missing".into())).outcome(), Outcome::Unknown);
        let mut finding = Finding::new(Level::Error, "x", "y");
        assert_eq!(Judgement::looked(3, vec![finding.clone()]).but(Some("z".into())).outcome(), Outcome::Fail);
        finding.waived = Some(0);
        assert_eq!(Judgement::looked(3, vec![finding]).outcome(), Outcome::Pass);
    }
}
