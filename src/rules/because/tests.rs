use std::collections::BTreeSet;

use super::super::RULES;
use super::*;
use crate::finding::{Judgement, Place};

fn judged(id: &str, findings: Vec<Finding>) -> Judged {
    let rule = RULES.iter().find(|rule| rule.id == id).unwrap();
    Judged { rule: rule.identity(), level: Level::Error, judgement: Judgement::looked(1, findings) }
}

fn finding(level: Level, path: &str, layer: usize) -> Finding {
    Finding::new(level, "", "").at(Place::path(path, layer))
}

#[test]
fn the_table_names_rules_and_goes_in_no_circle() {
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(TABLE.iter().all(|(effect, cause, _)| known.contains(effect) && known.contains(cause)));
    let mut open: Vec<_> = TABLE.to_vec();
    loop {
        let before = open.len();
        let effects: BTreeSet<&str> = open.iter().map(|(effect, ..)| *effect).collect();
        open.retain(|(_, cause, _)| effects.contains(cause));
        if open.len() == before {
            break;
        }
    }
    assert_eq!(open, []);
}

#[test]
fn the_last_of_a_chain_explains() {
    let mut all = [
        judged("marker/site-packages", vec![finding(Level::Error, "/s/.marker", 1)]),
        judged("python/site-packages-exists", vec![finding(Level::Error, "/s", 2)]),
        judged("python/site-packages-populated", vec![finding(Level::Error, "/s", 2)]),
        judged("config/argv0", vec![finding(Level::Error, "/app/x", 2)]),
    ];
    explain(&mut all);
    let because: Vec<_> = all.iter().map(|judged| judged.judgement.findings[0].because.as_deref()).collect();
    let exists = Some("python/site-packages-exists");
    assert_eq!(because, [exists, None, exists, None]);
}

#[test]
fn neither_a_waived_finding_nor_a_lighter_one_nor_one_elsewhere_explains() {
    let because = |cause: Finding| {
        let mut all =
            [judged("ownership/tree", vec![finding(Level::Error, "/s/x", 1)]), judged("python/record-integrity", vec![cause])];
        explain(&mut all);
        all[0].judgement.findings[0].because.clone()
    };
    assert_eq!(because(finding(Level::Error, "/s/x", 1)).as_deref(), Some("python/record-integrity"));
    assert_eq!(because(finding(Level::Warn, "/s/x", 1)), None);
    assert_eq!(because(finding(Level::Error, "/s/y", 1)), None);
    let mut waived = finding(Level::Error, "/s/x", 1);
    waived.waived = Some(0);
    assert_eq!(because(waived), None);
}

#[test]
fn a_finding_about_more_than_it_names_is_not_explained_by_what_it_names() {
    let mut all = [
        judged("ownership/tree", vec![finding(Level::Error, "/s/x", 1)]),
        judged("marker/nonempty", vec![finding(Level::Error, "/s/x", 1)]),
    ];
    all[0].judgement.findings[0].count = 7;
    explain(&mut all);
    assert_eq!(all[0].judgement.findings[0].because, None);
}
