//! One report out of several: of the shards of a sweep, or of runs that were made apart (docs/decisions/0039). The order of
//! reports counts only where two of them say different things of one image.

mod group;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::figures::{count, grouped};
use super::{Failure, Image, Part, Report, Shard, Tool, read, shard};
use crate::error::{Error, Kind, Result};
use crate::finding::Level;
use crate::text::shortened;
use group::Group;

/// Images of one merged report. They stand in memory.
const IMAGES: usize = 1_000_000;

/// Shards of one sweep.
const SHARDS: u32 = 100_000;

/// Notes of one kind that are said one by one.
const NOTES: usize = 10;

/// What stands in the place of the images of a shard that is not there: no reference begins so.
const LACK: &str = "shard ";

/// A report as it is read back.
#[derive(Deserialize)]
struct Whole {
    tool: Maker,
    today: String,
    #[serde(default)]
    shard: Option<Shard>,
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Maker {
    version: String,
}

/// Reports that are put together.
#[derive(Default)]
pub struct Merge {
    groups: BTreeMap<String, Group>,
    images: usize,
    /// The parts of the sweep, by number, and how many there are; `None`: no report is of a shard.
    sweep: Option<(u32, BTreeMap<u32, Part>)>,
    /// The parts that an earlier sweep left, by number, and the last day of each.
    stale: BTreeMap<u32, NaiveDate>,
    /// The names of the first report, and of the first one of a shard.
    names: (Option<String>, Option<String>),
    days: BTreeSet<NaiveDate>,
    notes: Vec<String>,
    replaced: Vec<String>,
}

/// What came of merging.
pub struct Merged {
    /// The report.
    pub report: Report,
    /// What the reader should know, and what changes no verdict.
    pub notes: Vec<String>,
}

impl Merge {
    /// Adds the report of a file of this name. The caller bounds the bytes. An error is `Usage`, and says what is wrong and
    /// where.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.take(name, bytes).map_err(|error| error.doing(format!("read the report {name}")))
    }

    fn take(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let whole: Whole = read::parsed(bytes).map_err(|error| error.hint(ANEW))?;
        if whole.tool.version != Tool::THIS.version {
            let Tool { version, .. } = Tool::THIS;
            self.notes.push(format!("{name} was written by version {}, and this is {version}", whole.tool.version));
        }
        let day = NaiveDate::parse_from_str(&whole.today, "%Y-%m-%d");
        let day = day.map_err(|_| wrong(format!("its `today` is {:?}, and no day", shortened(&whole.today))).hint(ANEW))?;
        if !self.place(name, whole.shard.as_ref(), day)? {
            return Ok(());
        }
        self.days.insert(day);
        let mut images = whole.images;
        images.retain(|image| whole.shard.is_none() || !is_lack(image));
        self.images = self.images.saturating_add(images.len());
        if self.images > IMAGES {
            return Err(wrong(format!("with it there are more than {} images", grouped(IMAGES as u64))));
        }
        let mut groups: BTreeMap<String, Vec<Image>> = BTreeMap::new();
        for image in images {
            groups.entry(image.reference.clone()).or_default().push(image);
        }
        for (reference, images) in groups {
            let group = Group::of(images);
            match self.groups.remove(&reference) {
                None => drop(self.groups.insert(reference, group)),
                Some(known) => {
                    if known.differs(&group) {
                        self.replaced.push(format!("{name} says otherwise of {reference} than a report before it"));
                    }
                    self.groups.insert(reference, known.and(group, self.sweep.is_some()));
                }
            }
        }
        Ok(())
    }

    /// Takes note of the parts of a sweep that a report is of; whether its images count. A sweep is of one day, as one run is: what
    /// an earlier day left stands in for no worker that wrote nothing.
    fn place(&mut self, name: &str, shard: Option<&Shard>, day: NaiveDate) -> Result<bool> {
        let mixed = |one: &str, other: &str| {
            wrong(format!("it is {one}, and {other}")).hint("merge the shards of one sweep, then what comes of it with others")
        };
        let (first, of_shard) = &mut self.names;
        let Some(shard) = shard else {
            let other = of_shard.as_ref().map(|other| mixed("of no shard", &format!("{other} is")));
            first.get_or_insert_with(|| name.to_owned());
            return other.map_or(Ok(true), Err);
        };
        if let Some(other) = first {
            return Err(mixed("of a shard", &format!("{other} is not")));
        }
        let known = of_shard.get_or_insert_with(|| name.to_owned());
        let (count, parts) = self.sweep.get_or_insert_with(|| (shard.count, BTreeMap::new()));
        if shard.count != *count {
            return Err(mixed(&format!("one of {} shards", shard.count), &format!("{known} one of {count}")));
        }
        if shard.count > SHARDS || shard.parts.is_empty() || shard.parts.iter().any(|part| part.index >= shard.count) {
            return Err(wrong(format!("it says of itself that it is no shard that there can be, of {}", shard.count)));
        }
        let (last, mut own) = (self.days.last().copied(), shard.parts.iter().map(|part| (part.index, part.clone())));
        if last.is_some_and(|last| day < last) {
            own.for_each(|(index, _)| older(&mut self.stale, index, day));
            return Ok(false);
        }
        if let Some(last) = last.filter(|last| *last < day) {
            for index in std::mem::take(parts).into_keys() {
                older(&mut self.stale, index, last);
            }
            self.groups.clear();
            self.days.clear();
            self.replaced.clear();
        }
        parts.extend(own.by_ref());
        Ok(true)
    }

    /// The report of all of them. Outcomes count from the level `fail_on`, whatever counted when they were written. Where
    /// shards are missing, something stands in the place of their images that could not be looked at.
    pub fn finish(mut self, fail_on: Option<Level>) -> Merged {
        if self.days.len() > 1 {
            let days: Vec<String> =
                [self.days.first(), self.days.last()].into_iter().flatten().map(ToString::to_string).collect();
            self.notes.push(format!("the reports are of different days, {}: the last stands", days.join(" to ")));
        }
        let said = self.replaced.len();
        self.notes.extend(self.replaced.drain(..).take(NOTES));
        if said > NOTES {
            self.notes.push(format!("and so of {}", count((said - NOTES) as u64, "more image")));
        }
        let today = self.days.last().copied().unwrap_or_default();
        let lacks = self.lacks();
        let shard = self.sweep.filter(|_| !lacks.is_empty());
        let shard = shard.map(|(count, parts)| Shard { count, parts: parts.into_values().collect() });
        let images = self.groups.into_values().flat_map(Group::into_images).chain(lacks).collect();
        let report = Report { shard, ..Report::new(images, fail_on, today) };
        let unjudged = report.images.iter().filter(|image| image.complete && image.rules.is_empty()).count();
        if unjudged > 0 {
            self.notes.push(format!("{} was measured, and no rule was asked of it", count(unjudged as u64, "image")));
        }
        Merged { report, notes: self.notes }
    }

    /// What stands in the place of images that no report is of.
    fn lacks(&mut self) -> Vec<Image> {
        let Some((count, parts)) = &self.sweep else { return Vec::new() };
        let missing: Vec<u32> = (0..*count).filter(|index| !parts.contains_key(index)).collect();
        if !missing.is_empty() {
            let today = self.days.last().copied().unwrap_or_default();
            let stale = missing.iter().filter_map(|index| Some((index, self.stale.get(index)?)));
            self.notes.extend(stale.map(|(index, day)| {
                format!(
                    "shard {index}/{count} is of {day}, and the sweep of {today}, so it does not count; where workers go over \
                     midnight, or one is run again later, give all of them one SOURCE_DATE_EPOCH"
                )
            }));
            return missing.into_iter().map(|index| missing_shard(index, *count)).collect();
        }
        let references: Vec<&String> = self.groups.keys().collect();
        let here = shard::list(&references);
        let listed: BTreeSet<(u64, &str)> = parts.values().map(|part| (part.images, &part.listed[..])).collect();
        if let ([first, .., last], here) = (&listed.iter().map(|(images, _)| *images).collect::<Vec<_>>()[..], here.0) {
            self.notes.push(format!(
                "the registry changed while it was swept: its shards listed {} to {} images, and {} are here",
                grouped(*first),
                grouped(*last),
                grouped(here)
            ));
            return Vec::new();
        }
        let is_whole = listed.iter().all(|(images, digest)| (*images, *digest) == (here.0, &here.1[..]));
        if is_whole { Vec::new() } else { vec![stray(*count, here.0, listed.first().map_or(0, |(images, _)| *images))] }
    }
}

/// The next step where a file is no report.
const ANEW: &str = "write it anew: lucid-verify --format json IMAGE";

fn wrong(what: String) -> Error {
    Error::new(Kind::Usage, what)
}

fn lack(name: String, what: String, hint: String) -> Image {
    Image::unread(name, Failure::from(&Error::new(Kind::NotFound, what).hint(hint)))
}

fn older(stale: &mut BTreeMap<u32, NaiveDate>, index: u32, day: NaiveDate) {
    let known = stale.entry(index).or_insert(day);
    *known = day.max(*known);
}

fn missing_shard(index: u32, count: u32) -> Image {
    let name = format!("{LACK}{index}/{count}");
    let hint = format!("run it again, with the options of the others and --shard {index}/{count}, and merge its report, too");
    lack(name.clone(), format!("the report of {name} is not among those that were merged"), hint)
}

/// Every shard is there, and yet not every image, or another: workers of different versions may have split differently.
fn stray(count: u32, here: u64, listed: u64) -> Image {
    let name = format!("{LACK}0/{count} to {}/{count}", count.saturating_sub(1));
    let what = format!(
        "all shards listed the same {} images, and their reports are of {}, or of others",
        grouped(listed),
        grouped(here)
    );
    lack(name, what, "run all shards again, with one version of lucid-verify".to_owned())
}

/// Whether it stands in the place of images that are not there.
pub(super) fn is_lack(image: &Image) -> bool {
    image.reference.starts_with(LACK) && image.error.is_some()
}

impl Report {
    /// Why the report of a sweep is not of all of it.
    pub fn gaps(&self) -> impl Iterator<Item = &Failure> {
        self.images.iter().filter(|image| is_lack(image)).filter_map(|image| image.error.as_ref())
    }
}
