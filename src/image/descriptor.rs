//! Descriptors (image-spec, descriptor.md).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::json::Shape;
use crate::digest::Digest;
use crate::reference::Platform;

/// The keys of a descriptor that are read.
pub(super) const SHAPE: Shape = Shape::Object(&[
    ("mediaType", &Shape::Any),
    ("digest", &Shape::Any),
    ("size", &Shape::Size),
    ("platform", &Shape::Object(&[("os", &Shape::Any), ("architecture", &Shape::Any), ("variant", &Shape::Any)])),
    ("annotations", &Shape::Any),
    ("data", &Shape::Any),
]);

/// Points at content: its media type, digest and size.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The claimed media type of the content.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes. Negative sizes are no descriptors.
    pub size: u64,
    /// The platform of the image, in an index.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Arbitrary metadata.
    #[serde(default)]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The content itself in base64, which must agree with digest and size.
    #[serde(default)]
    pub data: Option<String>,
}

impl Descriptor {
    /// Whether it is a layer that registries need not have, because its manifest says where else it is (image-spec, layer.md
    /// "Non-Distributable Layers").
    pub fn is_foreign(&self) -> bool {
        [".nondistributable.", ".foreign."].iter().any(|word| self.media_type.contains(word))
    }
}
