use super::*;
use crate::finding::Finding;
use crate::profile::{Policy, Subject};

#[test]
fn a_level_of_a_profile_is_that_of_the_findings_of_the_declared_one() {
    let subject = Subject { name: "x", labels: &std::collections::BTreeMap::new(), has_file: &|_| false };
    let profile = Policy::auto(&known()).choose(&subject, None, chrono::NaiveDate::MIN).unwrap();
    let rule = Identity { level: Level::Warn, ..RULES[0].identity() };
    let settled = |level| {
        let findings = [Level::Error, Level::Warn, Level::Info].map(|level| Finding::new(level, "", ""));
        let settled = settle(Judgement::looked(1, findings.to_vec()), &rule, level, &profile);
        settled.findings.iter().map(|finding| finding.level).collect::<Vec<_>>()
    };
    assert_eq!(settled(Level::Error), [Level::Error, Level::Error, Level::Info]);
    assert_eq!(settled(Level::Warn), [Level::Warn, Level::Warn, Level::Info]);
    assert_eq!(settled(Level::Info), [Level::Info; 3]);
}
