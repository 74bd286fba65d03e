//! `base/kind`

use super::super::{Context, declare_rule};
use crate::facts::base::Base;
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
    /// `no such file or directory` for an interpreter or a loader, `GLIBC_2.38 not found`; or none.
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

/// Whether a base is the wanted one: `FAMILY`, `FAMILY/VERSION`, or `distroless/IMAGE-RELEASE`. Of images that are not told
/// apart by their packages only the release is compared.
fn fits(base: &Base, want: &str) -> bool {
    let (family, rest) = want.split_once('/').map_or((want, None), |(family, rest)| (family, Some(rest)));
    match base.distroless {
        Some(found) => {
            let (image, release) = rest.map(|rest| rest.split_once('-').unwrap_or((rest, ""))).unwrap_or_default();
            let is_image = image == found || !["python3", "cc", "base", "static"].contains(&image);
            family == "distroless" && is_image && (release.is_empty() || release == format!("{}{}", base.id, base.version))
        }
        None => {
            let begins = |rest: &str| base.version == rest || base.version.starts_with(&format!("{rest}."));
            family == base.id && rest.is_none_or(begins)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_fits_what_it_is_and_nothing_else() {
        let base =
            |id: &str, version: &str, distroless| Base { id: id.into(), version: version.into(), distroless, ..Base::default() };
        let (python, alpine) = (base("debian", "12", Some("python3")), base("alpine", "3.20.1", None));
        for want in ["distroless", "distroless/python3", "distroless/python3-debian12", "distroless/java21-debian12"] {
            assert!(fits(&python, want) && !fits(&alpine, want), "{want}");
        }
        for want in ["debian", "debian/12", "distroless/cc-debian12", "distroless/python3-debian13", "distroless/java21-debian13"]
        {
            assert!(!fits(&python, want), "{want}");
        }
        assert!(fits(&alpine, "alpine") && fits(&alpine, "alpine/3.20") && !fits(&alpine, "alpine/3.2"));
        assert!(!fits(&Base::default(), "debian"));
    }
}
