//! `lucid-verify init [IMAGE]`: a profile to start with.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::finding::Level;
use lucid_verify::profile::template::STARTER;
use lucid_verify::profile::{BUILT_IN, Policy, is_kept_in_registry};
use lucid_verify::reference::Reference;
use lucid_verify::report::figures::count;
use lucid_verify::report::{ExitCode, Report};
use lucid_verify::transient::Transient;
use lucid_verify::verify::{Proposal, Propose, load, propose};

use crate::args::{Common, Init};
use crate::progress::Bars;
use crate::{exit, output, policy, reading, verify};

/// Findings that are said; `lucid-verify IMAGE` says them all.
const SAID: usize = 20;

/// Runs the verb.
pub fn run(args: &Init, common: &Common) -> Result<ExitCode> {
    common.format.of_a_list("init")?;
    let file = Some(&args.file).filter(|file| file.as_os_str() != "-");
    if let Some(file) = file.filter(|file| file.symlink_metadata().is_ok()) {
        return Err(there(file));
    }
    let write = |text: &str| {
        write(file, text)?;
        if let Some(file) = file.filter(|_| !common.quiet) {
            exit::note(&format!("wrote {}", file.display()));
        }
        Ok(())
    };
    let Some(image) = &args.image else { return write(STARTER).map(|()| ExitCode::Held) };
    let (proposal, report) = proposed(args, image, common)?;
    write(&proposal.text)?;
    say(&proposal, &report, args, common);
    verify::code(report.exit_code)
}

/// The profile of an image, and what the image is under it.
fn proposed(args: &Init, image: &Reference, common: &Common) -> Result<(Proposal, Report)> {
    let today = verify::day()?;
    let reading = reading::reading(common, &[image])?;
    let fetch = |profile: &Reference| policy::fetch(profile, &reading, &[image]);
    let known = lucid_verify::rules::known();
    let base = args.profile.as_deref().map_or_else(|| Ok(Policy::auto(&known)), |name| policy::named(name, &fetch))?;
    let extends = args.profile.as_deref().map(|name| beside(name, &args.file)).transpose()?;
    let name = if args.file.as_os_str() == "-" { "lucid-verify.toml".into() } else { args.file.display().to_string() };
    let bars = Bars::new(common);
    let mut loaded = load(image, &reading, &bars)?;
    if let Some(gap) = loaded.gap {
        return Err(gap);
    }
    let asked = Propose {
        base: &base,
        extends: extends.as_deref(),
        parse: &|text| policy::parse(&name, text, &fetch),
        accept: args.accept,
        today,
    };
    let proposal = propose(&mut loaded, &reading, &asked, &bars)?;
    drop(bars);
    let report = Report::new(vec![proposal.image.clone()], Some(Level::Warn), today);
    Ok((proposal, report))
}

/// The name by which a profile is extended: a file is looked for beside the one that names it.
fn beside(name: &str, file: &Path) -> Result<String> {
    let is_beside = file.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    if is_kept_in_registry(name) || BUILT_IN.iter().any(|(known, _)| *known == name) {
        return Ok(name.to_owned());
    }
    if is_beside && name.contains(['/', '.']) {
        return Ok(name.to_owned());
    }
    let path =
        std::path::absolute(name).map_err(|error| Error::new(Kind::Usage, error.to_string()).doing(format!("find {name}")))?;
    Ok(path.display().to_string())
}

fn there(file: &Path) -> Error {
    Error::new(Kind::Usage, format!("{} is there already, and is not replaced", file.display()))
        .hint("name another with --file FILE, print it with --file -, or remove it first")
}

/// Writes the profile to a file that is not there yet, all of it or nothing; without one to stdout.
fn write(file: Option<&PathBuf>, text: &str) -> Result<()> {
    let Some(path) = file else { return output::write(text.as_bytes()) };
    let written = Transient::make(path.clone(), |path| File::create_new(path)).and_then(|(draft, mut file)| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        draft.stay(path)
    });
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => there(path),
        _ => Error::new(Kind::Usage, error.to_string()).doing(format!("write the profile {}", path.display())),
    })
}

/// Says what the image is under the profile.
fn say(proposal: &Proposal, report: &Report, args: &Init, common: &Common) {
    for (rule, lock) in &proposal.locked {
        exit::warn(&format!("{rule} is locked by {lock}: what it found cannot be accepted"));
    }
    if common.quiet {
        return;
    }
    let rules = report.images.iter().flat_map(|image| &image.rules);
    let open = rules.flat_map(|rule| rule.open().map(move |finding| (rule, finding)));
    let counting: Vec<_> = open.filter(|(_, finding)| finding.level >= Level::Warn).collect();
    for (rule, finding) in counting.iter().take(SAID) {
        exit::talk(&format!("{:5} {}: {}\n", finding.level.word(), rule.id, lucid_verify::text::terminal(&finding.message)));
    }
    if let Some(more) = counting.len().checked_sub(SAID).filter(|more| *more > 0) {
        exit::talk(&format!("and {more} more\n"));
    }
    let waived: u64 = report.images.iter().map(|image| image.policy.waived).sum();
    exit::note(&match (counting.len(), waived) {
        (0, 0) => "the image holds under this profile".to_owned(),
        (0, waived) => {
            format!("the image holds under this profile, with {} accepted until the waivers expire", count(waived, "finding"))
        }
        (found, _) if args.accept => format!("{} left", count(found as u64, "finding")),
        (found, _) => {
            let found = count(found as u64, "finding");
            format!("the image has {found} under this profile; mend them, or accept them for a while with --accept")
        }
    });
}
