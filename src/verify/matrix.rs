//! The compliance matrix: what each requirement of a profile came to.

use crate::finding::{Level, Outcome};
use crate::profile::Requirement;
use crate::report;
use crate::rules::RULES;

/// Judges each row by its rules. A row passes where its first rule looked and passed and no other found more than a remark.
pub(super) fn of(rows: &[Requirement], rules: &[report::Rule]) -> Vec<report::Requirement> {
    let judged = rows.iter().map(|row| {
        let asked: Vec<&report::Rule> = row.rules.iter().filter_map(|id| rules.iter().find(|rule| rule.id == **id)).collect();
        let (outcome, evidence) = judge(row, &asked);
        report::Requirement { requirement: row.requirement.clone(), outcome, evidence, judged_from: row.evidence.clone() }
    });
    judged.collect()
}

fn judge(row: &Requirement, rules: &[&report::Rule]) -> (Outcome, String) {
    let findings = rules.iter().flat_map(|rule| rule.open().map(move |finding| (&rule.id, finding)));
    let worst = findings.filter(|(_, finding)| finding.level > Level::Info).max_by_key(|(_, finding)| finding.level);
    if let Some((id, finding)) = worst {
        return (Outcome::Fail, format!("{id}: {}", finding.message));
    }
    let unjudged = rules.iter().find(|rule| rule.outcome == Outcome::Unknown);
    let first = rules.first().filter(|rule| row.rules.first().is_some_and(|id| *id == rule.id));
    match (unjudged, first) {
        (Some(rule), _) => (Outcome::Unknown, why(rule)),
        (None, None) => (Outcome::Unknown, "its rule was not asked".to_owned()),
        (None, Some(rule)) if rule.outcome == Outcome::Skip => (Outcome::Unknown, why(rule)),
        (None, Some(_)) => (Outcome::Pass, looked(rules)),
    }
}

fn why(rule: &report::Rule) -> String {
    format!("{}: {}", rule.id, rule.reason.as_deref().unwrap_or("not judged"))
}

/// How much the rules that passed looked at.
fn looked(rules: &[&report::Rule]) -> String {
    let units = rules.iter().filter(|rule| rule.examined > 0 && rule.outcome == Outcome::Pass).filter_map(|rule| {
        let unit = RULES.iter().find(|known| known.id == rule.id)?.unit;
        Some(unit.count(rule.examined))
    });
    units.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Question;

    fn rule(id: &'static str, outcome: Outcome, levels: &[Level]) -> report::Rule {
        let finding = |level: &Level| report::Finding::plain(*level, &format!("{} was found", level.word()), "");
        let reason = Some("it is hidden".to_owned());
        let findings = levels.iter().map(finding).collect();
        report::Rule { id: id.into(), answers: Question::Safe, level: Level::Warn, outcome, examined: 2, reason, findings }
    }

    fn row(rules: &[report::Rule]) -> (Outcome, String) {
        let row = Requirement {
            requirement: "Wanted".into(),
            rules: ["base/kind", "config/user"].map(Into::into).into(),
            evidence: "files".into(),
        };
        let row = of(&[row], rules).remove(0);
        (row.outcome, row.evidence)
    }

    #[test]
    fn a_row_passes_by_its_first_rule_alone() {
        let (pass, skip) = (|id| rule(id, Outcome::Pass, &[]), |id| rule(id, Outcome::Skip, &[]));
        assert_eq!(row(&[pass("base/kind"), skip("config/user")]).0, Outcome::Pass);
        assert!(row(&[pass("base/kind"), skip("config/user")]).1.starts_with("2 base images are"));
        let unknown = (Outcome::Unknown, "base/kind: it is hidden".to_owned());
        assert_eq!(row(&[skip("base/kind"), pass("config/user")]), unknown);
        assert_eq!(row(&[pass("config/user")]), (Outcome::Unknown, "its rule was not asked".into()));
        assert_eq!(row(&[]).0, Outcome::Unknown);
        assert_eq!(row(&[pass("base/kind"), rule("config/user", Outcome::Unknown, &[])]).0, Outcome::Unknown);
    }

    #[test]
    fn a_row_fails_by_any_rule_and_not_by_a_remark() {
        let pass = || rule("base/kind", Outcome::Pass, &[]);
        let failed = row(&[pass(), rule("config/user", Outcome::Fail, &[Level::Warn, Level::Error, Level::Info])]);
        assert_eq!(failed, (Outcome::Fail, "config/user: error was found".into()));
        assert_eq!(row(&[pass(), rule("config/user", Outcome::Fail, &[Level::Info])]).0, Outcome::Pass);
    }
}
