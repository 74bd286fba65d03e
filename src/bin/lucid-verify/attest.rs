//! `--attest FILE`: when a verdict may be attested, and writing the statement.

use std::path::Path;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::finding::Level;
use lucid_verify::profile::Policy;
use lucid_verify::reference::Transport;
use lucid_verify::report::Report;
use lucid_verify::report::attest::render;

use crate::args::Verify;
use crate::file::Saving;
use crate::images::Target;
use crate::{exit, verify};

/// The file of the statement, emptied of what an earlier run attested. A run whose verdict would say more than was asked is
/// refused before anything is read.
pub fn wanted(file: &Path, args: &Verify, targets: &[Target], policy: &Policy) -> Result<Saving> {
    let saving = Saving::to("attestation", file)?;
    match refused(args, targets, policy) {
        None => saving.clear().map(|()| saving),
        Some((why, hint)) => Err(Error::new(Kind::Usage, format!("--attest {}: {why}", saving.name())).hint(hint)),
    }
}

/// Why no statement could be made of such a run, and what to do about it.
fn refused(args: &Verify, targets: &[Target], policy: &Policy) -> Option<(&'static str, &'static str)> {
    let [image] = targets else {
        return Some(("it takes one image", "attest each by itself: a statement speaks of one digest"));
    };
    if matches!(image.reference.transport, Transport::DockerArchive { .. } | Transport::DockerDaemon { .. }) {
        let why = "what docker save writes has no manifest, whose digest a statement is about";
        return Some((why, "push the image and verify it in its registry, or write it as oci-archive:FILE"));
    }
    if policy.is_auto() {
        return Some(("the image would choose what it is judged by", "name the profile: --profile lucid, or a file"));
    }
    if !args.asked.rule.is_empty() {
        return Some(("--rule leaves rules out, and the statement names the whole profile", "turn rules off in the profile"));
    }
    if args.new_only {
        return Some(("--new-only lets findings pass", "waive them in the profile: it is attested with its waivers"));
    }
    if !args.max_growth.is_empty() {
        return Some(("--max-growth replaces what the profile says", "write max-growth into the profile's [size]"));
    }
    if args.fail_on.level().is_none() {
        return Some(("--fail-on never lets everything pass", "say error or warn"));
    }
    None
}

/// Writes the statement on the image of a report. Without a verdict there is none: the exit code says why already.
pub fn write(saving: &Saving, report: &Report, fail_on: Option<Level>) -> Result<()> {
    let statement = match (&report.images[..], fail_on) {
        ([image], Some(fail_on)) => render(image, fail_on, verify::time()?),
        _ => Err("the run was of several images"),
    };
    match statement {
        Ok(statement) => saving.write(&statement),
        Err(why) => {
            exit::warn(&format!("the attestation {} was not written: {why}", saving.name()));
            Ok(())
        }
    }
}
