//! One mistake in thirty images is one mistake: the causes of all images, grouped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::{Level, Question};
use crate::report::Image;
use crate::report::table::Cause;

/// Causes that are listed.
const LISTED: usize = 1_000;

/// A cause, and the images that have it. Images have one cause in common where a rule found something in the same layer, or at the
/// same path in what the same instruction made: a layer of one's own has a digest of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Common {
    /// The rule that found it.
    pub rule: Cow<'static, str>,
    /// The question that it answers.
    pub answers: Question,
    /// The highest level of what was found, and of what that explains.
    pub level: Level,
    /// What is wrong, in the words of the first image.
    pub message: String,
    /// What to change.
    pub fix: String,
    /// Where, in the first image.
    pub path: Option<String>,
    /// The layer that all of them have, if it is one.
    pub layer: Option<String>,
    /// The instruction that made it, as the first image claims.
    pub created_by: Option<String>,
    /// The places in `images` of those that have it, from 0.
    pub images: Vec<usize>,
    /// How many findings they are.
    pub findings: u64,
}

/// What images have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Layer(&'a str, &'a str),
    Place(&'a str, Option<&'a str>, Option<&'a str>),
}

pub(super) fn of(images: &[Image]) -> Vec<Common> {
    let (mut groups, mut known): (Vec<Common>, BTreeMap<Key<'_>, usize>) = (Vec::new(), BTreeMap::new());
    for (place, image) in images.iter().enumerate() {
        for cause in Cause::of(image) {
            let keys = keys(&cause);
            let group = keys.iter().find_map(|key| known.get(key).copied()).unwrap_or(groups.len());
            match groups.get_mut(group) {
                Some(common) => add(common, place, &cause),
                None => groups.push(common(place, &cause)),
            }
            for key in keys {
                known.entry(key).or_insert(group);
            }
        }
    }
    // The sort is stable: then by the first image that has it, in its order.
    groups.sort_by_key(|group| std::cmp::Reverse((group.level, group.images.len())));
    groups.truncate(LISTED);
    groups
}

fn keys<'a>(cause: &Cause<'a>) -> Vec<Key<'a>> {
    let (rule, finding) = (&*cause.rule.id, cause.finding);
    let layer = finding.layer.as_ref();
    let made = layer.and_then(|layer| layer.created_by.as_deref());
    let in_layer = layer.map(|layer| Key::Layer(rule, &layer.digest));
    in_layer.into_iter().chain([Key::Place(rule, finding.path.as_deref(), made)]).collect()
}

fn add(common: &mut Common, place: usize, cause: &Cause<'_>) {
    if common.images.last() != Some(&place) {
        common.images.push(place);
    }
    common.findings += 1 + cause.explained as u64;
    common.level = common.level.max(cause.worst);
    if common.layer.as_deref() != cause.finding.layer.as_ref().map(|layer| &layer.digest[..]) {
        common.layer = None;
    }
}

fn common(place: usize, cause: &Cause<'_>) -> Common {
    let layer = cause.finding.layer.as_ref();
    Common {
        rule: cause.rule.id.clone(),
        answers: cause.rule.answers,
        level: cause.worst,
        message: cause.finding.message.clone(),
        fix: cause.finding.fix.clone(),
        path: cause.finding.path.clone(),
        layer: layer.map(|layer| layer.digest.clone()),
        created_by: layer.and_then(|layer| layer.created_by.clone()),
        images: vec![place],
        findings: 1 + cause.explained as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fleet::tests::{finding, image};

    fn groups(images: &[Image]) -> Vec<(String, Level, Vec<usize>, Option<String>)> {
        of(images).into_iter().map(|common| (common.rule.into_owned(), common.level, common.images, common.layer)).collect()
    }

    #[test]
    fn a_cause_is_one_in_the_same_layer_or_at_the_same_path_of_the_same_instruction() {
        use Level::{Error, Warn};
        let own = |layer: &str, made: &str| ("a/own", finding(Error, "/app", layer, made));
        let base = |path: &str| ("a/base", finding(Warn, path, "b", "ADD base"));
        let images = [
            image("x/a", vec![own("1", "COPY app /app"), base("/one")]),
            image("x/b", vec![own("2", "COPY app /app"), base("/two")]),
            image("x/c", vec![own("3", "COPY . /app"), base("/one")]),
        ];
        let wanted = [
            ("a/own".to_owned(), Error, vec![0, 1], None),
            ("a/own".to_owned(), Error, vec![2], Some("3".to_owned())),
            ("a/base".to_owned(), Warn, vec![0, 1, 2], Some("b".to_owned())),
        ];
        assert_eq!(groups(&images), wanted);
    }

    #[test]
    fn an_image_that_has_a_cause_twice_is_named_once() {
        let twice = || vec![("a/b", finding(Level::Error, "/x", "1", "RUN")), ("a/b", finding(Level::Error, "/y", "1", "RUN"))];
        let common = of(&[image("x/a", twice()), image("x/b", twice())]);
        assert_eq!((common.len(), &common[0].images[..], common[0].findings), (1, &[0, 1][..], 4));
    }
}
