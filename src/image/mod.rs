//! The OCI and Docker documents as data. No I/O: bytes in, checked documents out.

mod artifact;
pub mod config;
pub mod descriptor;
pub mod dockerfile;
pub mod history;
pub mod index;
mod json;
pub mod manifest;
pub mod media_type;
pub mod provenance;

use crate::digest::Digest;
use crate::reference::{Platform, Reference};

pub use config::{Config, Healthcheck};
pub use descriptor::Descriptor;
pub use dockerfile::Dockerfile;
pub use index::Index;
pub use manifest::Manifest;
pub use media_type::MediaType;
pub use provenance::{Attestation, Provenance};

/// One image, followed from its reference through index and manifest to its configuration, each held against its digest.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What the user asked for.
    pub reference: Reference,
    /// The manifest's digest, computed from its bytes, where the transport has a manifest.
    pub digest: Option<Digest>,
    /// The digest of the outermost index that led here, if one did.
    pub index_digest: Option<Digest>,
    /// The platform that the index claims for this manifest, if it came from one.
    pub index_platform: Option<Platform>,
    /// The manifest.
    pub manifest: Manifest,
    /// The configuration.
    pub config: Config,
    /// What the builder attached to it.
    pub attestation: Attestation,
    /// What the reader should know and no rule judges: other platforms at hand, entries passed over.
    pub notes: Vec<String>,
}
