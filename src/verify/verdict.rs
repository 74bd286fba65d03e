//! Verdicts that stay. What judging an image gives depends on what is in its key and on nothing else; so whoever asks the
//! same of the same image again is told the same, and no layer is looked at.

use super::{Asking, Reading, Told, Watch};
use crate::cache::{Cache, Kind};
use crate::digest::Digest;
use crate::image::Resolved;
use crate::profile::{Profile, Subject};
use crate::reference::Transport;
use crate::report;
use crate::rules::inquiries;

/// Where the verdict of an image is kept.
pub(super) struct Place<'a> {
    cache: &'a Cache,
    key: Digest,
}

impl<'a> Place<'a> {
    /// `None`: nothing is kept of this. A verdict stays of an image in a registry, which is known by its digest; and not of
    /// one that is compared, weighed or drawn, because that takes its tree, nor of one that is held against a Dockerfile.
    pub fn of(image: &Resolved, reading: &'a Reading, asking: &Asking<'_>) -> Option<Self> {
        let takes_more = asking.gate.is_some() || asking.weigh || asking.picture || asking.dockerfile.is_some();
        let is_in_registry = matches!(image.reference.transport, Transport::Registry { .. });
        let (build, cache, digest) = (asking.build?, reading.cache.as_deref()?, image.digest.as_ref()?);
        if takes_more || !is_in_registry {
            return None;
        }
        let asked: Vec<_> =
            inquiries(asking.policy.checks()).into_iter().filter(|inquiry| (asking.asked)(&inquiry.rule)).collect();
        let asked: Vec<&str> = asked.iter().map(|inquiry| &*inquiry.rule.id).collect();
        // Debug quotes texts, so that no two keys read the same.
        let key = format!(
            "{build:?} {:?} {digest} {:?} {:?} {:?} {} {:?} {} {:?} {asked:?}",
            image.reference.to_string(),
            image.index_digest,
            image.index_platform,
            image.notes,
            asking.policy.digest(),
            asking.service,
            asking.today,
            reading.limits,
        );
        Some(Self { cache, key: Digest::sha256(key.as_bytes()) })
    }

    /// What was told of the image before.
    pub fn look(&self, image: &Resolved, asking: &Asking<'_>, watch: &dyn Watch) -> Option<Told> {
        let (at, bytes) = self.cache.get_stamped(Kind::Verdict, &self.key)?;
        let read = serde_json::from_slice(&bytes);
        let kept: report::Image =
            read.map_err(|error| self.cache.pass_over(Kind::Verdict, &self.key, &error.to_string())).ok()?;
        let profile = again(&kept, image, asking).filter(|_| stays(&kept))?;
        watch.kept(&image.reference, at);
        Some(Told { image: kept, profile: Some(profile), snapshot: None })
    }

    /// Keeps what was told of an image, if every byte of it was read.
    pub fn keep(&self, told: &Told) {
        let image = &told.image;
        if stays(image)
            && let Ok(bytes) = serde_json::to_vec(image)
        {
            self.cache.put_stamped(Kind::Verdict, &self.key, &bytes);
        }
    }
}

/// Whether this is kept: of what was read to its end, and compared with nothing.
const fn stays(image: &report::Image) -> bool {
    image.complete && image.error.is_none() && image.delta.is_none()
}

/// The profile that an image was judged by, chosen once more. The tree has a say in that, and its answer stands in the report.
fn again(kept: &report::Image, image: &Resolved, asking: &Asking<'_>) -> Option<Profile> {
    let has_file = |glob: &globset::GlobMatcher| kept.policy.chosen == format!("by file {}", glob.glob());
    let name = image.reference.familiar();
    let subject = Subject { name: &name, labels: &image.config.run.labels, has_file: &has_file };
    let profile = asking.policy.choose(&subject, asking.service, asking.today).ok()?;
    let is_same = kept.policy.chosen == profile.chosen && kept.policy.digest == Some(profile.digest.to_string());
    is_same.then_some(profile)
}
