//! One bad COPY makes ten findings: which of them explain the others.

use crate::finding::Level;
use crate::report::{Finding, Image, Rule};

/// A finding that no other finding of the image explains, and what it explains itself.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The rule that found it.
    pub rule: &'a Rule,
    /// The finding.
    pub finding: &'a Finding,
    /// The rules whose findings it explains, in report order.
    pub explains: Vec<&'a str>,
    /// How many findings it explains.
    pub explained: usize,
    /// The highest level of all of them.
    pub worst: Level,
}

impl<'a> Cause<'a> {
    /// The causes of everything that is open in an image, worst first, then those that explain
    /// most, then in report order.
    pub fn of(image: &'a Image) -> Vec<Self> {
        let open: Vec<(&Rule, &Finding)> =
            image.rules.iter().flat_map(|rule| rule.open().map(move |finding| (rule, finding))).collect();
        let roots: Vec<usize> = (0..open.len()).map(|at| root(&open, at)).collect();
        let mut causes: Vec<Self> = Vec::new();
        for (at, (rule, finding)) in open.iter().enumerate().filter(|(at, _)| roots[*at] == *at) {
            let mut cause = Self { rule, finding, explains: Vec::new(), explained: 0, worst: finding.level };
            for (other, finding) in
                open.iter().enumerate().filter(|(other, _)| *other != at && roots[*other] == at).map(|(_, open)| open)
            {
                if !cause.explains.contains(&&*other.id) {
                    cause.explains.push(&other.id);
                }
                cause.explained += 1;
                cause.worst = cause.worst.max(finding.level);
            }
            causes.push(cause);
        }
        causes.sort_by_key(|cause| std::cmp::Reverse((cause.worst, cause.explained)));
        causes
    }
}

/// Follows `because` to the finding that nothing explains: among several of the rule that it names the one of the same
/// layer, else the first. A circle explains nothing.
fn root(open: &[(&Rule, &Finding)], from: usize) -> usize {
    let mut at = from;
    for _ in 0..open.len() {
        let finding = open[at].1;
        let Some(because) = finding.because.as_deref() else { return at };
        let layer = |finding: &Finding| finding.layer.as_ref().map(|layer| layer.index);
        let named = || open.iter().enumerate().filter(|(_, (rule, _))| rule.id == because);
        let next = named().find(|(_, (_, other))| layer(other) == layer(finding)).or_else(|| named().next());
        match next {
            Some((next, _)) if next != at => at = next,
            _ => return at,
        }
    }
    from
}
