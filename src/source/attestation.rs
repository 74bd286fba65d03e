//! What is attached to an image in its index. It is looked at beside the image: whatever is wrong with it is said, and stops
//! nothing.

use std::io::Read;

use serde::Deserialize;

use super::{Source, resume};
use crate::digest::Verified;
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::image::provenance::{Attestation, PREDICATE, Provenance, STATEMENT};
use crate::limits::{self, Limits};
use crate::text::escape;

/// The annotation of a statement's descriptor that names its predicate.
const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";

/// The manifest of an attestation. Its configuration says nothing (moby/buildkit, attestation-storage.md).
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// Reads the attestation manifest that an index lists, and the provenance in it.
pub(super) fn read(source: &dyn Source, entry: &Descriptor, limits: &Limits, retries: u32) -> Attestation {
    provenance(source, entry, limits, retries).unwrap_or_else(|error| {
        let error = error.doing(format!("read the attestation {}", entry.digest.short()));
        Attestation::Unread(error.to_string())
    })
}

fn provenance(source: &dyn Source, entry: &Descriptor, limits: &Limits, retries: u32) -> Result<Attestation> {
    bounded(entry, limits)?;
    let fetched = source.manifest(Some(entry), limits.manifest)?;
    if fetched.bytes.len() as u64 != entry.size || !entry.digest.matches(&fetched.bytes) {
        return Err(Error::new(Kind::Corrupt, "its manifest is not the one that the index names"));
    }
    let manifest: Manifest = serde_json::from_slice(&fetched.bytes)
        .map_err(|error| Error::new(Kind::Unsupported, format!("its manifest is none: {error}")))?;
    let statements: Vec<&Descriptor> = manifest.layers.iter().filter(|layer| layer.media_type == STATEMENT).collect();
    let kind = |layer: &Descriptor| layer.annotations.as_ref().and_then(|all| all.get(PREDICATE_TYPE)).cloned();
    let is_provenance = |layer: &&&Descriptor| kind(layer).is_some_and(|kind| kind.starts_with(PREDICATE));
    let Some(statement) = statements.iter().find(is_provenance) else {
        let kinds = statements.iter().map(|layer| escape(kind(layer).unwrap_or_default().as_bytes()));
        return Ok(Attestation::Other(kinds.collect()));
    };
    bounded(statement, limits)?;
    let mut bytes = Vec::new();
    let blob = resume::blob(source, statement, retries)?;
    Verified::new(blob, &statement.digest, statement.size).read_to_end(&mut bytes)?;
    Ok(Attestation::Provenance(Box::new(Provenance::parse(&bytes)?)))
}

fn bounded(descriptor: &Descriptor, limits: &Limits) -> Result<()> {
    if descriptor.size <= limits.manifest {
        return Ok(());
    }
    let what = format!("{} has {} bytes, more than {}", descriptor.digest.short(), descriptor.size, limits.manifest);
    Err(limits::manifest(what))
}
