//! Two fleets beside each other: what came, what went, and what changed, from the reports of both.

mod pairs;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{SCHEMA, Tool, Verdict};
use crate::size::delta::{Change, Findings};
use crate::size::{Delta, Snapshot};
use pairs::pairs;

/// An image as the report of a fleet tells it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The full reference.
    pub reference: String,
    /// The platform, once it was known.
    pub platform: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// What it weighs, if it was read to its end.
    pub snapshot: Option<Snapshot>,
}

/// What changed from one fleet to another.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Fleets {
    /// The version of this structure, which is that of reports.
    pub schema: u32,
    /// Who made it.
    pub tool: Tool,
    /// How many images there are.
    pub images: Change,
    /// How many of them are of each verdict.
    pub verdicts: Verdicts,
    /// Blobs of all layers, of the images whose bytes are known on both sides.
    pub compressed_bytes: Change,
    /// Regular files of all layers of these: what `docker images` shows.
    pub unpacked_bytes: Change,
    /// Regular files of their final trees.
    pub bytes: Change,
    /// Images that came, by reference.
    pub added: Vec<Member>,
    /// Images that went.
    pub removed: Vec<Member>,
    /// Images that differ, what grew most first.
    pub changed: Vec<Changed>,
    /// Images that are as they were.
    pub same: u64,
    /// Packages of which images have another version now, what most images have first.
    pub packages: Vec<Moved>,
    /// Findings that came or went, by rule: what came most often first.
    pub findings: Vec<Turned>,
}

/// How many images are of a verdict, before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verdicts {
    /// Of those that held.
    pub held: Change,
    /// Of those with findings.
    pub findings: Change,
    /// Of those that were undecided.
    pub undecided: Change,
    /// Of those that could not be looked at.
    pub incomplete: Change,
}

/// An image that only one side has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Member {
    /// The full reference.
    pub reference: String,
    /// The platform, once it was known.
    pub platform: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// Regular files of all its layers; null if it was not read to its end.
    pub unpacked_bytes: Option<u64>,
}

/// An image that both sides have, and that differs. Of one that was not read to its end on one side the verdicts alone are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Changed {
    /// The full reference of the newer one.
    pub reference: String,
    /// Its platform.
    pub platform: Option<String>,
    /// What came of it before.
    pub old_verdict: Verdict,
    /// What came of it after.
    pub new_verdict: Verdict,
    /// Blobs of all layers.
    pub compressed_bytes: Option<Change>,
    /// Regular files of all layers.
    pub unpacked_bytes: Option<Change>,
    /// Regular files of the final tree.
    pub bytes: Option<Change>,
    /// How many packages came, went, or are other.
    pub packages: u64,
    /// Findings that came and went; null where one side was not judged.
    pub findings: Option<Findings>,
}

/// A package that has another version in so many images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Moved {
    /// `python`, `deb` or `apk`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version before; null where it came.
    pub old_version: Option<String>,
    /// Its version after; null where it went.
    pub new_version: Option<String>,
    /// In how many images.
    pub images: u64,
    /// Bytes of its files, in all of them.
    pub bytes: Change,
}

/// A rule of which findings came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Turned {
    /// The rule.
    pub rule: String,
    /// Findings that came.
    pub new: u64,
    /// Findings that went.
    pub fixed: u64,
    /// In how many images.
    pub images: u64,
}

/// What tells one move of a package from another.
type Move = (&'static str, String, Option<String>, Option<String>);

impl Fleets {
    /// What changed. Images are the same that have the same repository, tag and platform.
    pub fn of(old: Vec<Listed>, new: Vec<Listed>) -> Self {
        let verdicts = verdicts(&old, &new);
        let images = Change { old: old.len() as u64, new: new.len() as u64 };
        let (both, removed, added) = pairs(old, new);
        let mut fleets = Self {
            schema: SCHEMA,
            tool: Tool::THIS,
            images,
            verdicts,
            compressed_bytes: Change::default(),
            unpacked_bytes: Change::default(),
            bytes: Change::default(),
            added: added.into_iter().map(Member::of).collect(),
            removed: removed.into_iter().map(Member::of).collect(),
            changed: Vec::new(),
            same: 0,
            packages: Vec::new(),
            findings: Vec::new(),
        };
        let (mut moves, mut rules) = (BTreeMap::new(), BTreeMap::new());
        for (old, new) in both {
            fleets.pair(&old, new, &mut moves, &mut rules);
        }
        fleets.changed.sort_by_key(|image| Reverse(image.unpacked_bytes.map_or(0, Change::by)));
        let moved = |((kind, name, old_version, new_version), (images, bytes)): (Move, (u64, Change))| Moved {
            kind,
            name,
            old_version,
            new_version,
            images,
            bytes,
        };
        fleets.packages = moves.into_iter().map(moved).collect();
        fleets.packages.sort_by_key(|package| Reverse((package.images, package.bytes.by().unsigned_abs())));
        fleets.findings = rules.into_values().collect();
        fleets.findings.sort_by_key(|turned| Reverse((turned.new, turned.fixed)));
        fleets
    }

    /// An image that both have.
    fn pair(
        &mut self,
        old: &Listed,
        new: Listed,
        moves: &mut BTreeMap<Move, (u64, Change)>,
        rules: &mut BTreeMap<String, Turned>,
    ) {
        let delta = old.snapshot.as_ref().zip(new.snapshot.as_ref()).map(|(old, new)| Delta::of(old, new));
        if let Some(delta) = &delta {
            add(&mut self.compressed_bytes, delta.compressed_bytes);
            add(&mut self.unpacked_bytes, delta.unpacked_bytes);
            add(&mut self.bytes, delta.bytes);
        }
        if old.verdict == new.verdict && delta.as_ref().is_none_or(Delta::is_empty) {
            self.same += 1;
            return;
        }
        for package in delta.iter().flat_map(|delta| &delta.packages).filter(|package| package.old_version != package.new_version)
        {
            let key = (package.kind, package.name.clone(), package.old_version.clone(), package.new_version.clone());
            let (images, bytes) = moves.entry(key).or_default();
            *images += 1;
            add(bytes, package.bytes);
        }
        let findings = delta.as_ref().and_then(|delta| delta.findings.clone());
        turn(findings.as_ref(), rules);
        self.changed.push(Changed {
            reference: new.reference,
            platform: new.platform,
            old_verdict: old.verdict,
            new_verdict: new.verdict,
            compressed_bytes: delta.as_ref().map(|delta| delta.compressed_bytes),
            unpacked_bytes: delta.as_ref().map(|delta| delta.unpacked_bytes),
            bytes: delta.as_ref().map(|delta| delta.bytes),
            packages: delta.as_ref().map_or(0, |delta| delta.packages.len() as u64),
            findings,
        });
    }

    /// Its JSON Schema.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

impl Member {
    fn of(image: Listed) -> Self {
        let Listed { reference, platform, verdict, snapshot } = image;
        Self { reference, platform, verdict, unpacked_bytes: snapshot.map(|snapshot| snapshot.totals.unpacked) }
    }
}

/// Counts the findings of one image that came and went.
fn turn(findings: Option<&Findings>, rules: &mut BTreeMap<String, Turned>) {
    let mut here: BTreeMap<&str, Change> = BTreeMap::new();
    for finding in findings.iter().flat_map(|findings| &findings.new) {
        here.entry(&finding.rule).or_default().new += 1;
    }
    for finding in findings.iter().flat_map(|findings| &findings.fixed) {
        here.entry(&finding.rule).or_default().old += 1;
    }
    for (rule, Change { old, new }) in here {
        let none = || Turned { rule: rule.to_owned(), new: 0, fixed: 0, images: 0 };
        let turned = rules.entry(rule.to_owned()).or_insert_with(none);
        turned.new += new;
        turned.fixed += old;
        turned.images += 1;
    }
}

fn add(sum: &mut Change, change: Change) {
    *sum = Change { old: sum.old.saturating_add(change.old), new: sum.new.saturating_add(change.new) };
}

fn verdicts(old: &[Listed], new: &[Listed]) -> Verdicts {
    let count = |images: &[Listed], verdict| images.iter().filter(|image| image.verdict == verdict).count() as u64;
    let change = |verdict| Change { old: count(old, verdict), new: count(new, verdict) };
    Verdicts {
        held: change(Verdict::Held),
        findings: change(Verdict::Findings),
        undecided: change(Verdict::Undecided),
        incomplete: change(Verdict::Incomplete),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json;
    use crate::size::Package;
    use crate::size::snapshot::{Fingerprint, Side, Totals};

    pub(super) fn listed(reference: &str, platform: Option<&str>, unpacked: u64, version: &str) -> Listed {
        let package = Package { kind: "deb", name: "openssl".into(), version: version.into(), bytes: unpacked, files: 1 };
        let snapshot = Snapshot {
            side: Side { reference: reference.into(), ..Side::default() },
            totals: Totals { unpacked, bytes: unpacked, files: 1, ..Totals::default() },
            packages: vec![package],
            findings: Some(vec![Fingerprint::new("a/b", Some(&format!("/{version}")), "")]),
            ..Snapshot::default()
        };
        Listed {
            reference: reference.into(),
            platform: platform.map(Into::into),
            verdict: Verdict::Held,
            snapshot: Some(snapshot),
        }
    }

    #[test]
    fn what_came_went_and_changed_is_told_with_what_moved() {
        let name = |number: usize| format!("docker.io/team/s{number}:1");
        let old: Vec<Listed> = (0..4).map(|number| listed(&name(number), None, 100, "1")).collect();
        let mut new: Vec<Listed> = (1..5).map(|number| listed(&name(number), None, 100, "1")).collect();
        new[0] = listed(&name(1), None, 130, "2");
        new[1] = listed(&name(2), None, 170, "2");
        new[2] = Listed { verdict: Verdict::Incomplete, snapshot: None, ..listed(&name(3), None, 0, "") };
        let fleets = Fleets::of(old.clone(), new);
        let names = |members: &[Member]| members.iter().map(|member| member.reference.clone()).collect::<Vec<_>>();
        assert_eq!((names(&fleets.added), names(&fleets.removed), fleets.same), (vec![name(4)], vec![name(0)], 0));
        let changed: Vec<_> =
            fleets.changed.iter().map(|image| (&image.reference[..], image.unpacked_bytes.map(Change::by))).collect();
        assert_eq!(changed, [(&name(2)[..], Some(70)), (&name(1), Some(30)), (&name(3), None)]);
        assert_eq!(fleets.unpacked_bytes, Change { old: 200, new: 300 });
        assert_eq!(fleets.verdicts.incomplete, Change { old: 0, new: 1 });
        let [moved] = &fleets.packages[..] else { panic!() };
        assert_eq!((moved.images, moved.new_version.as_deref(), moved.bytes.by()), (2, Some("2"), 100));
        assert_eq!(fleets.findings, [Turned { rule: "a/b".into(), new: 2, fixed: 2, images: 2 }]);
        assert_eq!((Fleets::of(old.clone(), old).same, fleets.images.new), (4, 4));
    }

    /// `LUCID_UPDATE=1` writes the published schema anew.
    #[test]
    fn the_published_schema_is_the_documents() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fleets.schema.json");
        let current = json::document(&Fleets::schema());
        if std::env::var_os("LUCID_UPDATE").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let published = std::fs::read(path).unwrap_or_default();
        assert!(published == current, "docs/fleets.schema.json is stale: run the tests with LUCID_UPDATE=1");
    }
}
