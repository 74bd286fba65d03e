//! `linkage/page-align`

use super::super::{Context, Offence, declare_rule, words};
use super::objects::Objects;
use crate::finding::{Judgement, Level};

declare_rule! {
    /// Machine code can be mapped where memory has larger pages
    ///
    /// # What it checks
    /// The segments of everything that is loaded are aligned to `page` bytes at least, on architectures whose kernels have
    /// pages of several sizes (`arm64`, `loong64`, `mips64le`, `ppc64le`).
    ///
    /// # Why
    /// Kernels for the Raspberry Pi 5 have pages of 16 KiB, some servers' of 64 KiB. What is aligned to 4 KiB cannot be
    /// mapped there, and runs everywhere else.
    ///
    /// # Symptom
    /// `ImportError: …: ELF load command address/offset not page-aligned`, on some machines
    ///
    /// # Fix
    /// Link with `-Wl,-z,max-page-size=65536`, which compilers for `arm64` do unless they are told otherwise.
    ///
    /// # Options
    /// - `page`: bytes of the largest page that the image should run with; without it the rule does not apply.
    RULE = "linkage/page-align", Starts, Warn, since "0.1.0", needs Tree,
    unit "ELF object is aligned to pages" | "ELF objects are aligned to pages",
    options { "page": Count }, check check
}

const ARCHITECTURES: [&str; 4] = ["arm64", "loong64", "mips64le", "ppc64le"];

fn check(context: &Context<'_>) -> Judgement {
    let Some(page) = context.count("page") else {
        return Judgement::skip("the profile names no size of pages");
    };
    if !ARCHITECTURES.contains(&context.platform().architecture.as_str()) {
        return Judgement::skip("kernels for this architecture have pages of one size");
    }
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let offences = objects.reached().filter(|judged| (2..page).contains(&judged.object.elf.align)).map(|judged| {
        let what = (judged.whose(), judged.object.elf.align);
        Offence { path: judged.path.clone(), layer: Some(context.tree.content_layer(judged.node)), what }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let (owner, align) = &group.what;
        let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
        let objects = words::count(group.count(), "object is", "objects are");
        let (align, page) = (words::thousands(*align), words::thousands(page));
        let message = format!("{whose}{objects} aligned to {align} bytes, and pages may have {page} (first: {})", group.first());
        let finding = group.finding(Level::Warn, message, "link with -Wl,-z,max-page-size=65536").of(owner.clone());
        let line = format!("{}: ELF load command address/offset not page-aligned", group.first());
        finding.contrast(align, page).predicts(format!("ImportError: {line}"))
    });
    Judgement::looked(objects.reached().count(), findings.collect())
}
