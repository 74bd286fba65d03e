//! What reports say of one reference, and which of them is believed.

use crate::report::{ExitCode, Image};

/// The images of one reference: one, or one a platform.
pub(super) struct Group(Vec<Image>);

/// What tells an image of a reference from the others: its platform; of one that was not even found out about, whether there
/// was nothing of the kind that was asked for.
type Key = Result<String, bool>;

impl Group {
    pub(super) fn of(mut images: Vec<Image>) -> Self {
        images.sort_by_key(key);
        Self(images)
    }

    pub(super) fn into_images(self) -> Vec<Image> {
        self.0
    }

    fn is_read(&self) -> bool {
        self.0.iter().all(is_read)
    }

    /// Whether it failed before any platform was known.
    fn is_blind(&self) -> bool {
        self.0.iter().all(|image| image.platform.is_none() && image.error.is_some())
    }

    /// Whether they say different things of one image.
    pub(super) fn differs(&self, other: &Self) -> bool {
        let of = |group: &Self, wanted: &Key| -> Vec<Vec<u8>> {
            group.0.iter().filter(|image| key(image) == *wanted).map(said).collect()
        };
        self.0.iter().map(key).any(|key| {
            let others = of(other, &key);
            !others.is_empty() && others != of(self, &key)
        })
    }

    /// What both say, `other` being the later. Shards of one sweep ask for the same: one of the two was told of the image
    /// whole, and it is the one that read all of it, else the later. Reports that were made apart may have asked for different
    /// platforms, so each of their platforms is told, and a failure before any platform was known gives way to whoever got
    /// further, unless what it asked for was not there.
    pub(super) fn and(self, other: Self, is_sweep: bool) -> Self {
        if is_sweep {
            return if self.is_read() && !other.is_read() { self } else { other };
        }
        let (mut one, mut other) = (self, other);
        if one.is_blind() && other.0.iter().any(is_read) {
            one.0.retain(is_absence);
        } else if other.is_blind() && one.0.iter().any(is_read) {
            other.0.retain(is_absence);
        }
        one.0.retain(|image| {
            let mut rivals = other.0.iter().filter(|rival| key(rival) == key(image)).peekable();
            rivals.peek().is_none() || is_read(image) && !rivals.any(is_read)
        });
        other.0.retain(|image| !one.0.iter().any(|rival| key(rival) == key(image)));
        one.0.extend(other.0);
        Self::of(one.0)
    }
}

fn key(image: &Image) -> Key {
    image.platform.clone().ok_or_else(|| is_absence(image))
}

/// Whether what was asked for is not there.
fn is_absence(image: &Image) -> bool {
    image.error.as_ref().is_some_and(|failure| failure.kind == ExitCode::NotFound.name())
}

fn is_read(image: &Image) -> bool {
    image.complete && image.error.is_none()
}

/// What is said of an image, but for the verdict: that depends on who asks.
fn said(image: &Image) -> Vec<u8> {
    let mut image = image.clone();
    image.verdict = crate::report::Verdict::Incomplete;
    serde_json::to_vec(&image).unwrap_or_default()
}
