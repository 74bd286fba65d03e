//! What several images have in common, and where they differ: from their reports alone, so that reports that were made apart can
//! be put together.

mod causes;
mod drift;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::merge::is_lack;
use super::table::familiar;
use super::{Answers, Image, Verdict};
pub use causes::Common;
pub use drift::{Drift, Version};

/// Names that a sentence lists.
const NAMED: usize = 8;

/// Several images beside each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fleet {
    /// The images, in the order of the report.
    pub images: Vec<Member>,
    /// What is wrong, once for all images that have it: worst first, of one level those first that most images have; at most a
    /// thousand.
    pub causes: Vec<Common>,
    /// Packages that images have in different versions: Python's first, then those that most images have; at most a hundred.
    pub drift: Vec<Drift>,
}

/// An image among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Member {
    /// What it is called here: short, and unlike the others.
    pub name: String,
    /// The full reference.
    pub reference: String,
    /// The platform that the configuration claims.
    pub platform: Option<String>,
    /// The services of Compose files that run it.
    pub services: Vec<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// The five answers.
    pub answers: Answers,
}

/// The fleet that images make; `None` of fewer than two.
pub(super) fn of(images: &[Image]) -> Option<Fleet> {
    if images.len() < 2 {
        return None;
    }
    let member = |(image, name): (&Image, String)| Member {
        name,
        reference: image.reference.clone(),
        platform: image.platform.clone(),
        services: image.services.clone(),
        verdict: image.verdict,
        answers: image.answers.clone(),
    };
    let members = images.iter().zip(names(images)).map(member).collect();
    Some(Fleet { images: members, causes: causes::of(images), drift: drift::of(images) })
}

/// The last part of each reference; the whole where that is not unlike the others, and the platform where neither is.
fn names(images: &[Image]) -> Vec<String> {
    let short = |image: &Image| {
        let (path, digest) = image.reference.split_once('@').unwrap_or((&image.reference, ""));
        let last = if is_lack(image) { path } else { path.trim_end_matches('/').rsplit('/').next().unwrap_or_default() };
        let digest: String = digest.chars().take("sha256:".len() + 12).collect();
        if digest.is_empty() { last.to_owned() } else { format!("{last}@{digest}") }
    };
    let whole = |image: &Image| familiar(&image.reference).to_owned();
    let exact = |image: &Image| format!("{} {}", whole(image), image.platform.as_deref().unwrap_or("of no platform"));
    let mut names: Vec<String> = images.iter().map(short).collect();
    for longer in [&whole as &dyn Fn(&Image) -> String, &exact] {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            *times.entry(name.clone()).or_default() += 1;
        }
        for (name, image) in names.iter_mut().zip(images) {
            if times.get(name).is_some_and(|times| *times > 1) {
                *name = longer(image);
            }
        }
    }
    names
}

impl Fleet {
    /// The name of an image, with the services that run it.
    pub(super) fn label(&self, image: usize) -> String {
        let Some(member) = self.images.get(image) else { return String::new() };
        if member.services.is_empty() { member.name.clone() } else { format!("{} ({})", member.name, member.services.join(", ")) }
    }

    /// `auth:1, billing:1 and 9 more`.
    pub(super) fn some(&self, images: &[usize]) -> String {
        let named: Vec<&str> =
            images.iter().take(NAMED).filter_map(|image| self.images.get(*image)).map(|member| &member.name[..]).collect();
        let more = images.len().saturating_sub(NAMED);
        if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
    }

    /// `30 images: 27 held, 2 with findings`.
    pub(super) fn counts(&self) -> String {
        let count = |verdict| self.images.iter().filter(|image| image.verdict == verdict).count();
        let verdicts = [Verdict::Held, Verdict::Findings, Verdict::Undecided, Verdict::Incomplete];
        let part = |verdict| match verdict {
            Verdict::Findings => format!("{} with findings", count(verdict)),
            other => format!("{} {}", count(other), other.word()),
        };
        let parts: Vec<String> = verdicts.into_iter().filter(|verdict| count(*verdict) > 0).map(part).collect();
        format!("{} images: {}", self.images.len(), parts.join(", "))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::error::{Error, Kind};
    use crate::finding::{Level, Outcome, Question};
    use crate::report::{Blame, Failure, Finding, Report, Rule};
    use crate::size::Package;

    /// An image that was read and in which these rules failed.
    pub(in crate::report) fn image(reference: &str, failed: Vec<(&'static str, Finding)>) -> Image {
        let failure = Failure::from(&Error::new(Kind::Bug, ""));
        let rule = |(id, finding): (&'static str, Finding)| Rule {
            id: id.into(),
            answers: Question::Starts,
            level: finding.level,
            outcome: Outcome::Fail,
            examined: 1,
            reason: None,
            findings: vec![finding],
        };
        let rules = failed.into_iter().map(rule).collect();
        Image { complete: true, error: None, rules, ..Image::unread(reference.into(), failure) }
    }

    /// A finding at a path, made by an instruction in a layer of this digest.
    pub(in crate::report) fn finding(level: Level, path: &str, layer: &str, made: &str) -> Finding {
        let blame = Blame {
            index: 3,
            digest: layer.into(),
            diff_id: String::new(),
            created_by: Some(made.into()),
            dockerfile_line: None,
        };
        Finding { path: Some(path.into()), layer: Some(blame), ..Finding::plain(level, "it cannot be read", "add --chown") }
    }

    pub(in crate::report) fn package(kind: &str, name: &str, version: &str) -> Package {
        serde_json::from_value(serde_json::json!({"kind": kind, "name": name, "version": version, "bytes": 1, "files": 1}))
            .unwrap()
    }

    /// A report of these.
    pub(in crate::report) fn report(images: Vec<Image>) -> Report {
        Report::new(images, Some(Level::Error), chrono::NaiveDate::default())
    }

    #[test]
    fn a_name_is_as_long_as_it_must_be() {
        let digest = format!("docker.io/x/c@sha256:{}", "a".repeat(64));
        let images =
            ["docker.io/x/a:1", "docker.io/y/a:1", "docker.io/x/b:1", "docker.io/x/b:1", &digest].map(|name| image(name, vec![]));
        let mut images = images.to_vec();
        images[3].platform = Some("linux/arm64".into());
        assert_eq!(names(&images), ["x/a:1", "y/a:1", "x/b:1 of no platform", "x/b:1 linux/arm64", "c@sha256:aaaaaaaaaaaa"]);
        assert_eq!(of(&images[..1]), None);
    }

    #[test]
    fn a_fleet_counts_and_names_its_images() {
        let mut images: Vec<Image> = (0..10).map(|number| image(&format!("docker.io/x/s{number}:1"), vec![])).collect();
        images[0].services = vec!["web".into(), "job".into()];
        images[1] = Image::unread("docker.io/x/s1:1".into(), Failure::from(&Error::new(Kind::NotFound, "no")));
        let fleet = report(images).fleet.unwrap();
        assert_eq!(fleet.counts(), "10 images: 9 held, 1 incomplete");
        assert_eq!((fleet.label(0), fleet.label(2), fleet.label(99)), ("s0:1 (web, job)".into(), "s2:1".into(), String::new()));
        assert_eq!(fleet.some(&(0..10).collect::<Vec<_>>()), "s0:1, s1:1, s2:1, s3:1, s4:1, s5:1, s6:1, s7:1 and 2 more");
    }
}
