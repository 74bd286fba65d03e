//! Rules that a shared profile locks: they are judged by what that says, too, whatever the profile says that extends it.

use std::sync::OnceLock;

use super::linkage::objects::Objects;
use super::{Context, Inquiry};
use crate::finding::Judgement;
use crate::profile::Profile;
use crate::size::Growth;

/// What the rules of one group share, of each floor.
pub(super) type Shared<'a> = Vec<OnceLock<Result<Objects<'a>, Judgement>>>;

/// Room for what they share.
pub(super) fn shared<'a>(profile: &Profile) -> Shared<'a> {
    profile.floors.iter().map(|_| OnceLock::new()).collect()
}

/// What a rule says by the profile, and by each that locks it.
pub(super) fn ask<'a>(inquiry: &Inquiry<'a>, context: &Context<'a>, shared: &'a Shared<'a>) -> Judgement {
    let floors = context.profile.floors.iter().zip(shared).filter(|(floor, _)| floor.lock.holds(&context.rule.id));
    floors.fold(inquiry.ask(context), |judgement, (floor, objects)| {
        let (profile, size) = (&floor.profile, &floor.profile.size);
        let growth = context.growth.map(|growth| Growth { thresholds: &size.max_growth, any: size.any, ..growth });
        let mut by = inquiry.ask(&Context { profile, growth, objects, ..*context });
        by.findings.retain(|finding| !judgement.holds(finding));
        for finding in &mut by.findings {
            finding.message = format!("{}; {} locks this rule and wants it", finding.message, floor.lock);
        }
        judgement.and(by)
    })
}
