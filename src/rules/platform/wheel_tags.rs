//! `platform/wheel-tags`

use super::super::{Context, Offence, declare_rule, words};
use super::objects::{failing, fix, wheels};
use crate::facts::elf::Libc;
use crate::facts::python::distribution::NoRecord;
use crate::finding::{Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// Python packages were installed from wheels for this machine
    ///
    /// # What it checks
    /// One of the tags in WHEEL of every distribution is for any platform, or for Linux on the image's machine; and in an
    /// image with glibc none of those that are left is for musl alone. Distributions without RECORD are passed over: what
    /// Debian's own say is what was true where they were built.
    ///
    /// # Why
    /// A builder that runs on the build machine's own architecture, or on Alpine, installs wheels for that.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`; `ImportError: …: cannot open shared object file: No such file or directory`.
    ///
    /// # Fix
    /// Build the builder stage for the target, from an image with the same C library.
    ///
    /// # Options
    /// None.
    RULE = "platform/wheel-tags", Starts, Error, since "0.1.0", needs Tree,
    unit "distribution is for this machine" | "distributions are for this machine", check check
}

/// Machines in tags that stand for the one of [`wheels`], too.
const ALSO: [(&str, &str); 4] = [("i686", "i386"), ("i686", "i586"), ("armv7l", "armv6l"), ("armv7l", "armv8l")];

fn check(context: &Context<'_>) -> Judgement {
    let platform = context.platform();
    let Some(machine) = wheels(&platform.architecture).filter(|_| platform.os == "linux") else {
        return Judgement::skip(format!("there are no wheels for {platform} to compare with"));
    };
    let libc = context.libc();
    let names: Vec<&str> =
        [machine].into_iter().chain(ALSO.iter().filter(|(of, _)| *of == machine).map(|(_, also)| *also)).collect();
    let is_here = |tag: &str| tag == "any" || is_linux(tag) && names.iter().any(|name| tag.ends_with(&format!("_{name}")));
    let (mut examined, mut offences, mut unknown) = (0, Vec::new(), Vec::new());
    for found in context.distributions().filter(|found| found.record != Err(NoRecord::Absent)) {
        let wheel = found.path.join("WHEEL");
        let node = context.tree.resolve(&wheel).ok();
        if node.and_then(|node| context.tree.trace(node)).is_some_and(|trace| trace.bytes().is_none()) {
            unknown.push(format!("{wheel} was not read"));
        }
        let platforms: Vec<&str> =
            found.tags.iter().flat_map(|tag| tag.rsplit('-').next().unwrap_or_default().split('.')).collect();
        let here: Vec<&str> = platforms.iter().copied().filter(|tag| is_here(tag)).collect();
        let (is_foreign, is_musl) = (here.is_empty(), here.iter().all(|tag| tag.starts_with("musllinux")));
        examined += usize::from(!platforms.is_empty());
        let of = platforms.first().filter(|_| is_foreign || is_musl && libc == Some(Libc::Glibc));
        let Some(of) = of else { continue };
        let layer = node.map_or(found.layer, |node| context.tree.content_layer(node));
        let name = (escape(found.name.as_bytes()), escape(found.version.as_bytes()));
        offences.push(Offence { path: wheel, layer: Some(layer), what: (name, escape(of.as_bytes()), is_foreign) });
    }
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let ((name, version), of, is_foreign) = &group.what;
        let why = if *is_foreign { format!("the image is for {machine}") } else { "the image has glibc".into() };
        let message = format!("{name} {version} was installed from a {of} wheel; {why}");
        let fix = if *is_foreign { fix(Some(machine)) } else { "use a builder with glibc: Debian's, not Alpine's".into() };
        let found = group.paths.first().and_then(|path| context.distributions().find(|found| path.is_within(&found.path)));
        let mut finding = group.finding(Level::Error, message, fix).of(Some(name.clone())).contrast(of, machine);
        finding.predicts = found.and_then(|found| failing(found, machine));
        finding
    });
    Judgement::looked(examined, findings.collect()).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}

fn is_linux(tag: &str) -> bool {
    ["linux_", "manylinux", "musllinux"].iter().any(|start| tag.starts_with(start))
}
