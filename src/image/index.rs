//! Image indexes (image-spec, image-index.md; Docker manifest lists), and the choice of a platform from one.

use serde::Deserialize;

use super::config::null_as_default;
use super::{Descriptor, MediaType};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::reference::Platform;

/// Several images under one name.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u64,
    /// The images, and whatever else the builder attached. Go writes none as `null`.
    #[serde(deserialize_with = "null_as_default")]
    pub manifests: Vec<Descriptor>,
}

/// Docker's mark of an attestation that stands among the images of an index.
const ATTESTATION: &str = "vnd.docker.reference.type";

/// The digest of the image that such an attestation is about.
const ABOUT: &str = "vnd.docker.reference.digest";

impl Index {
    /// The entries that are images or indexes: attestations and unknown media types are passed over, as the
    /// specification asks.
    pub fn images(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().filter(|entry| {
            let attestation = entry.annotations.as_ref().is_some_and(|all| all.contains_key(ATTESTATION))
                || entry.platform.as_ref().is_some_and(|platform| platform.os == "unknown" && platform.architecture == "unknown");
            !attestation && matches!(MediaType::parse(&entry.media_type), Some(MediaType::Manifest | MediaType::Index))
        })
    }

    /// The entry that holds the attestations of an image.
    pub fn attestation(&self, image: &Digest) -> Option<&Descriptor> {
        self.manifests.iter().find(|entry| {
            let says =
                |name, value: &str| entry.annotations.as_ref().and_then(|all| all.get(name)).is_some_and(|own| own == value);
            says(ATTESTATION, "attestation-manifest") && says(ABOUT, &image.to_string())
        })
    }

    /// Chooses the entry of a platform: the one wanted, else the only one, else this machine's. The notes say what was
    /// passed over. An index without a match is `NotFound` with the list of what there is.
    pub fn choose(&self, wanted: Option<&Platform>, notes: &mut Vec<String>) -> Result<&Descriptor> {
        let images: Vec<&Descriptor> = self.images().collect();
        let skipped = self.manifests.len() - images.len();
        if skipped > 0 {
            notes.push(format!(
                "{skipped} index {} no image and passed over",
                if skipped == 1 { "entry is" } else { "entries are" }
            ));
        }
        let has = || {
            let names: Vec<String> =
                images.iter().map(|entry| entry.platform.as_ref().map_or("unnamed".into(), Platform::to_string)).collect();
            names.join(", ")
        };
        let machine = Platform::machine();
        let matching = |platform: &Platform| -> Vec<&Descriptor> {
            images.iter().copied().filter(|entry| entry.platform.as_ref().is_some_and(|own| own.serves(platform))).collect()
        };
        let found = match (wanted, images.as_slice()) {
            (_, []) => return Err(Error::new(Kind::NotFound, "the index holds no image")),
            (Some(platform), _) => {
                let found = matching(platform);
                let unnamed = || images.iter().copied().filter(|entry| entry.platform.is_none());
                // A nested index may name no platform itself: its children do. Of several which one is meant would be a guess.
                if found.is_empty() && unnamed().count() == 1 { unnamed().collect() } else { found }
            }
            (None, [only]) => vec![*only],
            (None, _) => {
                notes.push(format!("the index has {}: {machine} was taken; choose with --platform", has()));
                matching(&machine)
            }
        };
        match found.as_slice() {
            [] => {
                let platform = wanted.unwrap_or(&machine);
                let what = format!("the index has no image for {platform}; it has {}", has());
                let how = if images.iter().all(|entry| entry.platform.is_none()) {
                    "its entries name no platform: name one by its digest"
                } else {
                    "name one of them with --platform"
                };
                let hint = format!("{how}, or build and push one for {platform}");
                Err(Error::new(Kind::NotFound, what).hint(hint))
            }
            [first] => Ok(first),
            [first, ..] => {
                notes.push(format!("{} index entries match; the first was taken", found.len()));
                Ok(first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(platforms: &[&str]) -> Index {
        let manifests = platforms
            .iter()
            .enumerate()
            .map(|(place, platform)| {
                let digest = crate::digest::Digest::sha256(&[u8::try_from(place).unwrap()]);
                let platform = (!platform.is_empty()).then(|| platform.parse().unwrap());
                let media_type = MediaType::ACCEPT[2].into();
                Descriptor { media_type, digest, size: 1, platform, annotations: None, data: None }
            })
            .collect();
        Index { schema_version: 2, manifests }
    }

    fn chosen(platforms: &[&str], wanted: Option<&str>) -> Result<(usize, Vec<String>)> {
        let index = index(platforms);
        let wanted: Option<Platform> = wanted.map(|text| text.parse().unwrap());
        let mut notes = Vec::new();
        let found = index.choose(wanted.as_ref(), &mut notes)?.digest.clone();
        Ok((index.manifests.iter().position(|entry| entry.digest == found).unwrap(), notes))
    }

    #[test]
    fn v8_is_what_arm64_means() {
        assert_eq!(chosen(&["linux/amd64", "linux/arm64/v8"], Some("linux/arm64")).unwrap().0, 1);
        assert_eq!(chosen(&["linux/amd64", "linux/arm64"], Some("linux/arm64/v8")).unwrap().0, 1);
        let error = chosen(&["linux/amd64", "linux/arm/v7"], Some("linux/arm64")).unwrap_err();
        assert_eq!(error.kind, Kind::NotFound);
        assert!(error.what.contains("linux/amd64, linux/arm/v7"), "{error}");
    }

    #[test]
    fn what_names_no_platform_is_taken_only_if_it_is_the_only_one() {
        assert_eq!(chosen(&["linux/amd64", ""], Some("linux/arm64")).unwrap().0, 1);
        let error = chosen(&["", ""], Some("linux/arm64")).unwrap_err();
        assert!(error.kind == Kind::NotFound && error.what.contains("it has unnamed, unnamed"), "{error}");
    }

    #[test]
    fn attestations_are_no_platform() {
        let (place, notes) = chosen(&["unknown/unknown", "linux/arm64"], None).unwrap();
        assert_eq!(place, 1);
        assert!(notes[0].contains("1 index entry"), "{notes:?}");
        assert_eq!(chosen(&["unknown/unknown"], None).unwrap_err().kind, Kind::NotFound);
    }

    #[test]
    fn of_two_equal_entries_the_first_is_taken_and_said() {
        let (place, notes) = chosen(&["linux/arm64", "linux/arm64"], Some("linux/arm64")).unwrap();
        assert_eq!(place, 0);
        assert!(notes[0].contains("2 index entries match"));
    }
}
