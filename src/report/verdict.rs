//! The verdict: computed here once; every renderer and the exit code use it.

use chrono::NaiveDate;

use super::{
    Answer, Answers, ExitCode, Failure, Finding, Image, Policy, Report, Rule, SCHEMA, Shard, Sizes, Tool, Verdict, fleet, pull,
};
use crate::finding::{Level, Outcome, Question};

impl Finding {
    /// Whether it stands: no waiver covers it, no profile turned it off, and it is not let pass as one that the baseline has.
    pub fn is_open(&self) -> bool {
        self.waived.is_none() && !self.known && self.level > Level::Off
    }
}

impl Rule {
    /// Its findings that stand.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_open())
    }
}

impl Answers {
    /// The answers that these rules give.
    pub fn of(rules: &[Rule]) -> Self {
        let to = |question| Answer::of(rules.iter().filter(|rule| rule.answers == question));
        Self {
            whole: to(Question::Whole),
            starts: to(Question::Starts),
            safe: to(Question::Safe),
            conforms: to(Question::Conforms),
            lean: to(Question::Lean),
        }
    }
}

impl Answer {
    /// The word that stands in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::NotAsked => "not-asked",
        }
    }

    fn of<'a>(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let (mut looked, mut unknown, mut in_doubt) = (false, false, false);
        for rule in rules {
            if rule.open().any(|finding| finding.level == Level::Error) {
                return Self::No;
            }
            match rule.outcome {
                Outcome::Pass | Outcome::Fail => looked = true,
                Outcome::Unknown => {
                    unknown = true;
                    in_doubt |= rule.level == Level::Error;
                }
                Outcome::Skip => {}
            }
        }
        match (in_doubt, looked, unknown) {
            (true, ..) | (false, false, true) => Self::Unknown,
            (false, true, _) => Self::Yes,
            (false, false, false) => Self::NotAsked,
        }
    }
}

impl Image {
    /// An image of which nothing is known but why it could not be looked at.
    pub fn unread(reference: String, failure: Failure) -> Self {
        Self {
            reference,
            services: Vec::new(),
            digest: None,
            index_digest: None,
            config_digest: None,
            platform: None,
            created: None,
            complete: false,
            error: Some(failure),
            notes: Vec::new(),
            looked: Vec::new(),
            policy: Policy {
                profile: "none".to_owned(),
                chosen: "could not be chosen".to_owned(),
                digest: None,
                service: None,
                asked: "0 of 0".to_owned(),
                waived: 0,
                known: 0,
            },
            verdict: Verdict::Incomplete,
            answers: Answers::of(&[]),
            matrix: None,
            rules: Vec::new(),
            layers: Vec::new(),
            sizes: Sizes::default(),
            map: None,
            delta: None,
        }
    }

    /// What came of it, where outcomes from the level `fail_on` count; `None`: none of them does.
    fn code(&self, fail_on: Option<Level>) -> u8 {
        if let Some(failure) = &self.error {
            return failure.exit_code;
        }
        if !self.complete {
            return ExitCode::Bug.number();
        }
        let counts = |level: Level| level > Level::Off && fail_on.is_some_and(|least| level >= least);
        let code = if self.rules.iter().flat_map(Rule::open).any(|finding| counts(finding.level)) {
            ExitCode::Findings
        } else if self.rules.iter().any(|rule| rule.outcome == Outcome::Unknown && counts(rule.level)) {
            ExitCode::Undecided
        } else {
            ExitCode::Held
        };
        code.number()
    }
}

/// How much an exit code outranks another: not having looked first (by number), then findings, then undecided.
fn rank(code: u8) -> u8 {
    match code {
        0 => 0,
        9 => 1,
        1 => 2,
        code => code.saturating_add(1),
    }
}

fn verdict(code: u8) -> Verdict {
    match code {
        0 => Verdict::Held,
        1 => Verdict::Findings,
        9 => Verdict::Undecided,
        _ => Verdict::Incomplete,
    }
}

impl Report {
    /// The report of a run over `images`, sorted by reference, judged by the day `today`. Outcomes count from the level
    /// `fail_on`; with `None` only a failure to look does. A run over no image did not look.
    pub fn new(mut images: Vec<Image>, fail_on: Option<Level>, today: NaiveDate) -> Self {
        images.sort_by(|one, other| (&one.reference, &one.platform).cmp(&(&other.reference, &other.platform)));
        let mut codes = Vec::with_capacity(images.len());
        for image in &mut images {
            let code = image.code(fail_on);
            image.verdict = verdict(code);
            image.answers = Answers::of(&image.rules);
            let findings = || image.rules.iter().flat_map(|rule| &rule.findings);
            image.policy.waived = findings().filter(|finding| finding.waived.is_some()).count() as u64;
            image.policy.known = findings().filter(|finding| finding.known).count() as u64;
            codes.push(code);
        }
        let exit_code = codes.into_iter().max_by_key(|code| rank(*code)).unwrap_or(ExitCode::Usage.number());
        Self {
            schema: SCHEMA,
            tool: Tool::THIS,
            verdict: verdict(exit_code),
            exit_code,
            fail_on,
            today: today.to_string(),
            pull: pull::of(&images),
            shard: None,
            fleet: fleet::of(&images),
            images,
        }
    }

    /// The report of one part of a sweep. One that no image is of has nothing to look at, and holds.
    pub fn of_part(images: Vec<Image>, fail_on: Option<Level>, today: NaiveDate, shard: Shard) -> Self {
        let is_empty = images.is_empty();
        let report = Self::new(images, fail_on, today);
        let exit_code = if is_empty { ExitCode::Held.number() } else { report.exit_code };
        Self { verdict: verdict(exit_code), exit_code, shard: Some(shard), ..report }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Kind};

    const LEVELS: [Level; 3] = [Level::Info, Level::Warn, Level::Error];

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
    }

    fn rule(level: Level, outcome: Outcome) -> Rule {
        let finding = Finding::plain(level, "x", "y");
        let findings = if outcome == Outcome::Fail { vec![finding] } else { vec![] };
        Rule { id: "a/b".into(), answers: Question::Whole, level, outcome, examined: 1, reason: None, findings }
    }

    fn read(reference: &str, rules: Vec<Rule>) -> Image {
        let failure = Failure::from(&Error::new(Kind::Bug, ""));
        Image { complete: true, error: None, rules, ..Image::unread(reference.into(), failure) }
    }

    fn unread(kind: Kind) -> Image {
        Image::unread("r".into(), Failure::from(&Error::new(kind, "no")))
    }

    fn code(images: Vec<Image>, fail_on: Option<Level>) -> u8 {
        Report::new(images, fail_on, day()).exit_code
    }

    #[test]
    fn one_image_at_every_level_outcome_and_fail_on() {
        for fail_on in [None, Some(Level::Info), Some(Level::Warn), Some(Level::Error)] {
            for level in LEVELS {
                let counts = fail_on.is_some_and(|least| level >= least);
                for (outcome, counted) in [(Outcome::Pass, 0), (Outcome::Skip, 0), (Outcome::Fail, 1), (Outcome::Unknown, 9)] {
                    let expected = if counts { counted } else { 0 };
                    assert_eq!(
                        code(vec![read("r", vec![rule(level, outcome)])], fail_on),
                        expected,
                        "{fail_on:?} {level:?} {outcome:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn findings_outrank_unknown_and_not_having_looked_outranks_both() {
        let both = vec![rule(Level::Error, Outcome::Unknown), rule(Level::Error, Outcome::Fail)];
        assert_eq!(code(vec![read("r", both.clone())], Some(Level::Error)), 1);
        for kind in [
            Kind::Usage,
            Kind::NotFound,
            Kind::Denied,
            Kind::Unreachable,
            Kind::Corrupt,
            Kind::Unsupported,
            Kind::Limit,
            Kind::Bug,
        ] {
            let image = Image { rules: both.clone(), ..unread(kind) };
            let report = Report::new(vec![image], None, day());
            assert_eq!((report.exit_code, report.verdict), (ExitCode::from(kind).number(), Verdict::Incomplete));
        }
        let silent = Image { complete: false, ..read("r", vec![]) };
        assert_eq!(code(vec![silent], Some(Level::Error)), 70);
        assert_eq!(code(vec![], None), 2);
        let part = |images| Report::of_part(images, Some(Level::Error), day(), Shard::of(0, 2, ["r"]));
        assert_eq!((part(vec![]).exit_code, part(vec![]).verdict), (0, Verdict::Held));
        assert_eq!((part(vec![unread(Kind::Denied)]).exit_code, part(vec![read("r", both)]).exit_code), (4, 1));
    }

    #[test]
    fn several_images_end_with_the_worst() {
        let held = || read("h", vec![rule(Level::Error, Outcome::Pass)]);
        let findings = || read("f", vec![rule(Level::Error, Outcome::Fail)]);
        let undecided = || read("u", vec![rule(Level::Error, Outcome::Unknown)]);
        for (images, expected) in [
            (vec![held(), held()], 0),
            (vec![held(), undecided()], 9),
            (vec![undecided(), findings(), held()], 1),
            (vec![findings(), unread(Kind::NotFound), undecided()], 3),
            (vec![unread(Kind::Limit), unread(Kind::NotFound), findings()], 8),
            (vec![unread(Kind::Limit), unread(Kind::Bug)], 70),
            (vec![held(), unread(Kind::Usage)], 2),
        ] {
            assert_eq!(code(images, Some(Level::Error)), expected);
        }
    }

    #[test]
    fn waived_findings_are_counted_and_do_not_count() {
        let mut failed = rule(Level::Error, Outcome::Pass);
        failed.findings = rule(Level::Error, Outcome::Fail).findings;
        failed.findings[0].waived = Some("known".into());
        let report = Report::new(vec![read("r", vec![failed])], Some(Level::Info), day());
        assert_eq!((report.exit_code, report.images[0].policy.waived), (0, 1));
        assert_eq!(report.images[0].answers.whole, Answer::Yes);
    }

    #[test]
    fn an_answer_is_never_yes_for_what_was_not_looked_at() {
        use Outcome::{Fail, Pass, Skip, Unknown};
        for (rules, expected) in [
            (vec![], Answer::NotAsked),
            (vec![(Level::Error, Skip)], Answer::NotAsked),
            (vec![(Level::Error, Pass), (Level::Error, Skip)], Answer::Yes),
            (vec![(Level::Warn, Fail)], Answer::Yes),
            (vec![(Level::Error, Fail), (Level::Error, Unknown)], Answer::No),
            (vec![(Level::Error, Pass), (Level::Error, Unknown)], Answer::Unknown),
            (vec![(Level::Error, Pass), (Level::Warn, Unknown)], Answer::Yes),
            (vec![(Level::Warn, Unknown), (Level::Warn, Skip)], Answer::Unknown),
        ] {
            let rules: Vec<Rule> = rules.into_iter().map(|(level, outcome)| rule(level, outcome)).collect();
            let answers = Answers::of(&rules);
            assert_eq!((answers.whole, answers.lean), (expected, Answer::NotAsked), "{rules:?}");
        }
    }

    #[test]
    fn images_are_sorted_by_reference() {
        let report = Report::new(vec![read("b", vec![]), read("a", vec![])], None, day());
        assert_eq!(report.images.iter().map(|image| &image.reference[..]).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(report.today, "2026-11-21");
    }
}
