//! Everything that is asked of an image: the rules of this crate, then the checks of its profile.

use std::borrow::Cow;

use super::{Context, Identity, RULES, Rule, own, structure};
use crate::finding::Judgement;
use crate::profile::{Check, Demand};
use crate::vfs::{NodeId, Tree};

/// One thing to ask.
#[derive(Debug)]
pub struct Inquiry<'a> {
    /// Who asks.
    pub rule: Identity,
    origin: Origin<'a>,
}

#[derive(Debug)]
enum Origin<'a> {
    Built(&'static Rule),
    Written(&'a Check),
}

/// Every rule, in report order, then these checks in theirs.
pub fn inquiries(checks: &[Check]) -> Vec<Inquiry<'_>> {
    let built = RULES.iter().map(|rule| Inquiry { rule: rule.identity(), origin: Origin::Built(rule) });
    built.chain(checks.iter().map(Inquiry::from)).collect()
}

impl<'a> From<&'a Check> for Inquiry<'a> {
    fn from(check: &'a Check) -> Self {
        let (needs, unit) = match &check.demand {
            Demand::Test(test) => structure::described(test),
            _ => own::described(&check.demand),
        };
        let id = Cow::Owned(check.id.clone());
        let rule = Identity { id, question: check.question, level: check.level, needs, unit };
        Self { rule, origin: Origin::Written(check) }
    }
}

impl Inquiry<'_> {
    pub(super) fn ask(&self, context: &Context<'_>) -> Judgement {
        match self.origin {
            Origin::Built(rule) => (rule.check)(context),
            Origin::Written(check) => match &check.demand {
                Demand::Test(test) => structure::judge(context, test),
                _ => own::judge(context, check),
            },
        }
    }

    /// The files whose bytes it looks into, at hand or not.
    pub fn looks_into(&self, tree: &Tree) -> Vec<NodeId> {
        match self.origin {
            Origin::Built(_) => Vec::new(),
            Origin::Written(check) => match &check.demand {
                Demand::Test(test) => structure::looks_into(tree, test),
                _ => own::looks_into(tree, &check.demand),
            },
        }
    }
}
