//! `base/kind`

use super::super::{Context, declare_rule};
use super::fits;
use crate::finding::{Finding, Judgement, Level, Place};

declare_rule! {
    /// The base image is of the kind that was asked for
    ///
    /// # What it checks
    /// `base` of `[expect]` fits what the image says of itself. `distroless/python3-debian12` is a distroless image
    /// (its os-release says so, and it notes its packages in `status.d`), with Python, of Debian 12; `alpine/3.20` and
    /// `debian` are the `ID` of os-release, with a `VERSION_ID` that begins so.
    ///
    /// # Why
    /// Everything that is copied in was built for one base: its libc, its interpreter, its paths. A base with a shell and a
    /// package manager is also another promise of safety.
    ///
    /// # Symptom
    /// `exec …: no such file or directory`, of an interpreter or a loader; `GLIBC_…' not found`; or none.
    ///
    /// # Fix
    /// The FROM of the last stage names the base image.
    ///
    /// # Options
    /// None beside `base` of `[expect]`.
    RULE = "base/kind", Conforms, Error, since "0.1.0", needs Tree,
    unit "base image is of the kind that was asked for" | "base images are of the kind that was asked for", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(want) = &context.expect().base else {
        return Judgement::skip("the profile names no base image");
    };
    let base = &context.facts.base;
    if let Some(why) = &base.unread {
        return Judgement::unknown(why);
    }
    if fits(base, want) {
        return Judgement::looked(1, vec![]);
    }
    let what = format!("base is {base}, want {want}");
    let place = base.file.map(|file| Place::path(context.tree.path(file), context.tree.layer(file)));
    let finding = Finding::new(Level::Error, what, format!("FROM an image of {want} in the last stage"));
    Judgement::looked(1, vec![finding.at(place.unwrap_or_default()).contrast(base.to_string(), want)])
}
