//! What the image was made from.

mod ends;
pub(super) mod eol;
pub(super) mod kind;
pub(super) mod md5sums;
pub(super) mod multi_stage;
pub(super) mod passwd;
pub(super) mod python;

use crate::facts::base::Base;

/// Whether a base is the wanted one: `FAMILY`, `FAMILY/VERSION`, or `distroless/IMAGE-RELEASE`. Of images that are not told
/// apart by their packages only the release is compared.
fn fits(base: &Base, want: &str) -> bool {
    let (family, rest) = want.split_once('/').map_or((want, None), |(family, rest)| (family, Some(rest)));
    if let Some(found) = base.distroless {
        let (image, release) = rest.map(|rest| rest.split_once('-').unwrap_or((rest, ""))).unwrap_or_default();
        let is_image = image == found || !["python3", "cc", "base", "static"].contains(&image);
        family == "distroless" && is_image && (release.is_empty() || release == format!("{}{}", base.id, base.version))
    } else {
        let begins = |rest: &str| base.version == rest || base.version.starts_with(&format!("{rest}."));
        family == base.id && rest.is_none_or(begins)
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
