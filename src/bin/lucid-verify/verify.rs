//! `lucid-verify IMAGE...`: read everything, judge, report.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, Utc};
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::facts::Sources;
use lucid_verify::profile::structure::Suite;
use lucid_verify::profile::{Policy, Profile};
use lucid_verify::reference::Reference;
use lucid_verify::report::table::Style;
use lucid_verify::report::{self, ExitCode, Report};
use lucid_verify::rules::{Identity, RULES, inquiries};
use lucid_verify::size::baseline::to_text;
use lucid_verify::size::{Snapshot, Threshold};
use lucid_verify::source::{Catalog, Deadline, Wait};
use lucid_verify::verify::{Asking, Baseline, Gate};

use crate::args::{Asked, Common, Format, Verify};
use crate::catalog::{self, Chosen};
use crate::file::Saving;
use crate::outputs::Outputs;
use crate::places::Places;
use crate::select::Selection;
use crate::{attest, baseline, dockerfile, exit, fleet, images, output, policy, reading};

/// Runs the verb. Whatever ends it, every file of `--output` is written: what stands there is never of an earlier run.
pub fn run(args: &Verify, common: &Common) -> Result<ExitCode> {
    common.format.fits_stdout()?;
    let mut outputs = Some(Outputs::to(&args.output, &args.files())?);
    let ended = exit::caught(|| judge(args, common, &mut outputs));
    if let (Err(error), Some(outputs)) = (&ended, outputs) {
        let unread = |name: String| report::Image::unread(name, error.into());
        let catalogs = args.sweep.catalog.iter().map(|catalog| catalog.place().to_string());
        let names: Vec<String> = args.images.iter().map(ToString::to_string).chain(catalogs).collect();
        let names = if names.is_empty() { vec!["no image".to_owned()] } else { names };
        let report = Report::new(names.into_iter().map(unread).collect(), args.fail_on.level(), day().unwrap_or_default());
        outputs.write(&|format| document(&report, format, &output::plain(common)))?;
    }
    ended
}

/// Reads, judges, and reports.
fn judge(args: &Verify, common: &Common, outputs: &mut Option<Outputs>) -> Result<ExitCode> {
    let today = day()?;
    let suites = args.structure_test.iter().map(|file| policy::suite(file)).collect::<Result<Vec<_>>>()?;
    if !common.quiet {
        suites.iter().flat_map(|suite| &suite.notes).for_each(|note| exit::note(note));
    }
    let dockerfile = args.dockerfile.as_deref().map(dockerfile::read).transpose()?;
    let note = |said: &str| {
        if !common.quiet {
            exit::note(said);
        }
    };
    let named = images::named(args, common, &note)?;
    let baseline = args.baseline.as_deref().map(baseline::named).transpose()?;
    let catalogs: Vec<Reference> = args.sweep.catalog.iter().map(Catalog::place).collect();
    let images = named.iter().map(|target| &target.reference).chain(baseline.as_ref().and_then(Baseline::reference));
    let images: Vec<&Reference> = images.chain(&catalogs).collect();
    let mut reading = reading::reading(common, &images)?;
    reading.access.rate = args.sweep.rate;
    // What is waited for to be pushed is not waited for by the network.
    reading.access.deadline = Deadline::after(common.deadline.saturating_add(args.wait.unwrap_or_default()));
    let (policy, selection) = asked(&args.asked, &suites, today, &|profile| policy::fetch(profile, &reading, &images))?;
    reading.limits = reading::limits(common, Some(&policy))?;
    let Chosen { targets, shard } = catalog::choose(named, &args.sweep, &reading, &note)?;
    let saving = args.save_baseline.as_deref().map(|file| saving(file, targets.len())).transpose()?;
    let attestation = args.attest.as_deref().map(|file| attest::wanted(file, args, &targets, &policy)).transpose()?;
    reading.access.wait = args.wait.map(|longest| Wait { longest, say: waiting(common) });
    let gate = baseline.as_ref().map(|baseline| Gate {
        baseline,
        is_optional: args.baseline_optional,
        max_growth: &args.max_growth,
        new_only: args.new_only,
    });
    let build = build();
    let asking = Asking {
        policy: &policy,
        service: args.asked.service.as_deref(),
        dockerfile: dockerfile.as_ref(),
        matrix: args.matrix,
        picture: Format::Html.is_asked(common, &args.output),
        asked: &|rule: &Identity| selection.holds(rule),
        gate: gate.as_ref(),
        weigh: saving.is_some(),
        today,
        sources: Arc::new(if targets.len() > 1 { Sources::keeping() } else { Sources::default() }),
        build: build.as_deref(),
    };

    let places = Places::of(args.dockerfile.as_deref());
    let (mut images, mut profiles, mut snapshots) = (Vec::new(), Vec::new(), Vec::new());
    for told in fleet::verify(&targets, args.all_platforms, &reading, &asking, common, &|told| places.mark(told)) {
        images.push(told.image);
        profiles.extend(told.profile);
        snapshots.extend(told.snapshot);
    }
    // Which image of several came first is left to chance.
    profiles.sort_by_cached_key(|profile| (profile.name.clone(), profile.digest.clone()));
    let fail_on = args.fail_on.level();
    let report = match shard {
        Some(shard) => Report::of_part(images, fail_on, today, shard),
        None => Report::new(images, fail_on, today),
    };
    if !common.quiet {
        remark(&report, &profiles, args, today);
    }
    let written = outputs.take().map(|outputs| outputs.write(&|format| document(&report, format, &output::plain(common))));
    print(&report, common)?;
    written.transpose()?;
    if let Some(saving) = saving {
        save(&saving, args, &report, &profiles, snapshots.first())?;
    }
    if let Some(attestation) = attestation {
        attest::write(&attestation, &report, args.fail_on.level())?;
    }
    code(report.exit_code)
}

/// Says on stderr what stands beside the verdicts: of comparisons, waivers and the matrix.
fn remark(report: &Report, profiles: &[Profile], args: &Verify, today: NaiveDate) {
    let compared = report.images.iter().filter_map(|image| Some((&image.reference, image.delta.as_ref()?)));
    for (reference, note) in compared.flat_map(|(reference, delta)| delta.notes.iter().map(move |note| (reference, note))) {
        exit::note(&format!("{reference}: {note}"));
    }
    for warning in waivers(report, profiles, args.asked.rule.is_empty(), today) {
        exit::warn(&warning);
    }
    let is_bare = |image: &&report::Image| image.error.is_none() && image.matrix.as_ref().is_some_and(Vec::is_empty);
    for image in report.images.iter().filter(is_bare) {
        exit::warn(&format!("--matrix: the profile {} has no [[matrix]]", image.policy.profile));
    }
}

/// What tells this program from every other build of it: its version, and the file that it is.
fn build() -> Option<String> {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let made = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), file.len(), made.as_nanos()))
}

/// What images are judged by today, and which rules are asked.
pub fn asked(args: &Asked, suites: &[Suite], today: NaiveDate, fetch: policy::Fetch<'_>) -> Result<(Policy, Selection)> {
    let mut policy = policy::policy(args.profile.as_deref(), fetch)?;
    policy.dated(today)?;
    policy.add(suites);
    let rules: Vec<Identity> = inquiries(policy.checks()).into_iter().map(|inquiry| inquiry.rule).collect();
    Ok((policy, Selection::parse(&args.rule, &rules)?))
}

/// Where the baseline to come is written, if there is one image that it is of.
fn saving(file: &Path, images: usize) -> Result<Saving> {
    if images == 1 {
        return Saving::to("baseline", file);
    }
    let what = format!("--save-baseline takes one image, and there are {images}");
    Err(Error::new(Kind::Usage, what).hint("verify each by itself, or keep the JSON report of all: it is a baseline, too"))
}

/// Saves what the image weighs, unless it was not read to its end, or grew too much over the very file that it would replace.
fn save(saving: &Saving, args: &Verify, report: &Report, profiles: &[Profile], snapshot: Option<&Snapshot>) -> Result<()> {
    let kept = |why: &str| exit::warn(&format!("the baseline {} was not written: {why}", saving.name()));
    let (Some(snapshot), Some(image)) = (snapshot, report.images.first().filter(|image| image.complete)) else {
        kept("the image was not read to its end, or not compared");
        return Ok(());
    };
    let counts =
        |rule: &&report::Rule| rule.open().any(|finding| args.fail_on.level().is_some_and(|least| finding.level >= least));
    let is_grown = image.rules.iter().filter(|rule| rule.id == "size/regression").any(|rule| counts(&rule));
    if is_grown && args.baseline.as_deref().is_some_and(|name| saving.replaces(name)) {
        kept("the image grew too much over it; leave out --baseline to take the image for the new one");
        return Ok(());
    }
    let bounds = if args.max_growth.is_empty() {
        profiles.first().map(|profile| &profile.size.max_growth)
    } else {
        Some(&args.max_growth)
    };
    let keep: Vec<String> = bounds.into_iter().flatten().filter_map(Threshold::directory).map(str::to_owned).collect();
    saving.write(&to_text(snapshot, &keep))
}

/// Writes a report to stdout as it was asked for. What cannot be read in it at a glance is said on stderr, too.
pub fn print(report: &Report, common: &Common) -> Result<()> {
    if common.format.is_for_programs() {
        report.images.iter().filter_map(|image| image.error.as_ref()).for_each(exit::complain);
    }
    output::write(&document(report, common.format, &output::style(common)))
}

/// A report in a format.
pub fn document(report: &Report, format: Format, style: &Style) -> Vec<u8> {
    let docs = |id: &str| RULES.iter().find(|rule| rule.id == id).map(|rule| (rule.summary, rule.markdown()));
    match format {
        Format::Table => report::table::render(report, style),
        Format::Json => report::json::render(report),
        Format::Markdown => report::markdown::render(report),
        Format::Html => report::html::render(report),
        Format::Junit => report::junit::render(report),
        Format::Sarif => report::sarif::render(report, &docs),
        Format::Github => report::github::render(report),
        Format::Codequality => report::codequality::render(report),
        Format::Csv => report::tabular::csv::render(report),
        Format::Parquet => report::tabular::parquet::render(report),
    }
}

impl Verify {
    /// The files that the run reads, or writes beside its reports.
    fn files(&self) -> Vec<&Path> {
        let named = [self.baseline.as_deref(), self.asked.profile.as_deref()].into_iter().flatten().map(Path::new);
        let single = [&self.save_baseline, &self.dockerfile, &self.attest, &self.list].into_iter().flatten();
        let several = self.structure_test.iter().chain(&self.compose);
        named.chain(single.chain(several).map(|file| &**file)).collect()
    }
}

/// What is said of a wait: someone who looks on wants to know, and so does the reader of a log who asked for more.
fn waiting(common: &Common) -> fn(&Error, Duration) {
    if common.verbose || std::io::stderr().is_terminal() && !common.quiet {
        |error, wait| exit::note(&format!("{error}; asking again in {} s", wait.as_secs_f32().ceil()))
    } else {
        |_, _| {}
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock is read once, here, and handed on")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The exit code of this number.
pub fn code(number: u8) -> Result<ExitCode> {
    ExitCode::ALL
        .into_iter()
        .find(|code| code.number() == number)
        .ok_or_else(|| Error::new(Kind::Bug, format!("{number} is no exit code")))
}

/// The day by which this run judges waivers.
pub fn day() -> Result<NaiveDate> {
    time().map(|time| time.date_naive())
}

/// The time at which this run judges.
pub fn time() -> Result<DateTime<Utc>> {
    set(std::env::var("SOURCE_DATE_EPOCH").ok().as_deref(), now())
}

/// The clock's time, or the one that a reproducible build sets
/// (reproducible-builds.org, "`SOURCE_DATE_EPOCH`").
fn set(epoch: Option<&str>, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let Some(epoch) = epoch.filter(|epoch| !epoch.is_empty()) else { return Ok(now) };
    let seconds = epoch.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    seconds.ok_or_else(|| Error::new(Kind::Usage, format!("SOURCE_DATE_EPOCH is {epoch:?}, wanted seconds since 1970")))
}

/// Waivers that expired, and, if every rule was asked of every image, and every image read, those that matched nothing in any of them.
fn waivers(report: &Report, profiles: &[Profile], all_asked: bool, today: NaiveDate) -> Vec<String> {
    let judged = all_asked && report.shard.is_none() && report.images.iter().all(|image| image.complete);
    let mut used: BTreeMap<&str, bool> = BTreeMap::new();
    let mut warnings = Vec::new();
    for profile in profiles {
        for waiver in &profile.waivers {
            let expired = waiver.expires.filter(|last| *last < today);
            if !used.contains_key(&waiver.place[..])
                && let Some(last) = expired
            {
                warnings.push(format!("{}: the waiver of {} expired on {last}", waiver.place, waiver.rule));
            }
            *used.entry(&waiver.place).or_default() |= expired.is_some();
        }
        let rules = report.images.iter().flat_map(|image| &image.rules);
        let found = rules.flat_map(|rule| rule.findings.iter().map(move |finding| (&*rule.id, finding)));
        for (rule, finding) in found.filter(|(_, finding)| finding.waived.is_some()) {
            let waiver = profile.waiver(rule, finding.path.as_deref()).and_then(|index| profile.waivers.get(index));
            if let Some(waiver) = waiver {
                used.insert(&waiver.place, true);
            }
        }
    }
    let unused = used.into_iter().filter(|(_, used)| judged && !used);
    warnings.extend(unused.map(|(place, _)| format!("{place}: this waiver matched nothing")));
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_the_clocks_or_the_builds() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(set(None, now).unwrap().date_naive().to_string(), "2027-01-15");
        assert_eq!(set(Some("0"), now).unwrap().date_naive().to_string(), "1970-01-01");
        assert_eq!(set(Some(""), now).unwrap().date_naive().to_string(), "2027-01-15");
        assert_eq!(set(Some("yesterday"), now).unwrap_err().kind, Kind::Usage);
        assert_eq!(set(Some("99999999999999999"), now).unwrap_err().kind, Kind::Usage);
    }

    #[test]
    fn every_code_of_a_report_is_known() {
        assert!(ExitCode::ALL.iter().all(|known| code(known.number()).unwrap() == *known));
        assert!(code(77).is_err());
    }
}
