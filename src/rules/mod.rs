//! Judging. A rule is a static value in the file of its id: `marker/nonempty` is `rules/marker/nonempty.rs`. Rules that
//! are one row of data are rows of a table in their group's file.

mod because;
mod group;

use crate::facts::Facts;
use crate::finding::{Judgement, Level, Question};
use crate::profile::{Expect, Profile};
use crate::size::Breakdown;
use crate::vfs::Tree;

pub use crate::profile::{Known, Opt, OptKind};
pub use group::{Group, Offence};

/// A rule: a static value.
#[derive(Debug)]
pub struct Rule {
    /// `group/name`: a contract.
    pub id: &'static str,
    /// One line: what it wants.
    pub summary: &'static str,
    /// The documentation, Markdown: *What it checks · Why · Symptom · Fix · Options*.
    pub docs: &'static str,
    /// The question that it answers.
    pub question: Question,
    /// The level of its findings where a profile says nothing else.
    pub level: Level,
    /// The version that brought it.
    pub since: &'static str,
    /// What it needs to have been read.
    pub needs: Evidence,
    /// What a profile can tell it, beside its level.
    pub options: &'static [Opt],
    /// The check.
    pub check: fn(&Context<'_>) -> Judgement,
}

/// What must have been read before a rule can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The configuration.
    Config,
    /// Every layer.
    Tree,
}

/// What a rule sees.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The merged file system.
    pub tree: &'a Tree,
    /// What is true of the image.
    pub facts: &'a Facts,
    /// Where its bytes are.
    pub sizes: &'a Breakdown,
    /// What is wanted of it.
    pub profile: &'a Profile,
    /// The rule that is asked.
    pub rule: &'static Rule,
}

impl<'a> Context<'a> {
    /// The `[expect]` table.
    pub fn expect(&self) -> &'a Expect {
        &self.profile.expect
    }

    /// A text option of this rule, `{site-packages}` and the like filled in from `[expect]`; `None` where nobody set it.
    pub fn text(&self, option: &str) -> Option<String> {
        self.profile.text(self.rule.id, option)
    }

    /// A list option of this rule, filled in likewise; empty where nobody set it.
    pub fn texts(&self, option: &str) -> Vec<String> {
        self.profile.texts(self.rule.id, option)
    }

    /// A number option of this rule.
    pub fn count(&self, option: &str) -> Option<u64> {
        self.profile.count(self.rule.id, option)
    }
}

/// Declares a rule. Its doc comment is its documentation: the first line the summary, then the sections.
macro_rules! declare_rule {
    (
        #[doc = $summary:literal]
        $(#[doc = $docs:literal])*
        $id:literal, $question:ident, $level:ident, since $since:literal, needs $needs:ident
        $(, options { $($option:literal: $kind:ident),* $(,)? })?
    ) => {
        #[doc = $summary]
        $(#[doc = $docs])*
        pub(crate) static RULE: $crate::rules::Rule = $crate::rules::Rule {
            id: $id,
            summary: $summary,
            docs: concat!($($docs, "\n"),*),
            question: $crate::finding::Question::$question,
            level: $crate::finding::Level::$level,
            since: $since,
            needs: $crate::rules::Evidence::$needs,
            options: &[$($($crate::rules::Opt { name: $option, kind: $crate::rules::OptKind::$kind }),*)?],
            check,
        };
    };
}
pub(crate) use declare_rule;

/// Every rule, in report order.
pub static RULES: &[&Rule] = &[];

/// A rule that was asked, and what came of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The rule.
    pub rule: &'static Rule,
    /// The level that the profile gives it.
    pub level: Level,
    /// What it said.
    pub judgement: Judgement,
}

/// Asks the rules that `asked` selects. `gap` says why the tree is incomplete, if it is: rules that need it are then
/// `unknown`. Findings are capped at the profile's level, waived where the profile says so, and explained by one another.
pub fn judge(
    tree: &Tree,
    facts: &Facts,
    sizes: &Breakdown,
    profile: &Profile,
    gap: Option<&str>,
    asked: &dyn Fn(&Rule) -> bool,
) -> Vec<Judged> {
    let _ = (tree, facts, sizes, gap);
    RULES
        .iter()
        .filter(|rule| asked(rule))
        .map(|rule| Judged { rule, level: profile.level(rule.id, rule.level), judgement: Judgement::default() })
        .collect()
}

/// What a profile's loader must know of the rules.
pub fn known() -> Vec<Known> {
    RULES.iter().map(|rule| Known { id: rule.id, options: rule.options }).collect()
}
