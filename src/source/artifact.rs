//! A text that a registry keeps as an artifact: a manifest with one layer, which is the file (image-spec, manifest.md,
//! "Guidelines for Artifact Usage"; `oras push REF FILE:application/toml` makes one).

use std::io::Read;

use serde::Deserialize;

use super::{Source, resume};
use crate::digest::Verified;
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::image::manifest::Document;
use crate::limits::Limits;
use crate::reference::Reference;
use crate::text::{escape, shortened};

/// The kind of artifact that a profile is, where it says so.
pub const PROFILE: &str = "application/vnd.lucid-verify.profile.v1+toml";

/// How the media type of its layer ends.
const TOML: &str = "toml";

/// Bytes of a profile. The built-in ones have a few thousand.
pub const LONGEST: u64 = 1 << 20;

/// The manifest, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// Reads the profile that a reference with a digest names, held against that digest and against the manifest.
pub fn profile(source: &dyn Source, reference: &Reference, limits: &Limits, retries: u32) -> Result<String> {
    let fetched = source.manifest(None, limits.manifest)?;
    if let Some(wanted) = reference.digest.as_ref().filter(|wanted| !wanted.matches(&fetched.bytes)) {
        return Err(Error::new(Kind::Corrupt, format!("the document that the registry sent has not the digest {wanted}")));
    }
    let layer = layer(Document::read(&fetched.bytes)?)?;
    let mut bytes = Vec::new();
    let blob = resume::blob(source, &layer, retries)?;
    Verified::new(blob, &layer.digest, layer.size).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|error| no_profile(&format!("its text is not UTF-8: {error}")))
}

/// The one layer of a profile. It is asked for as what it is, whatever whoever pushed it called it.
fn layer(Manifest { artifact_type, layers }: Manifest) -> Result<Descriptor> {
    let [layer] = &layers[..] else { return Err(no_profile(&format!("it has {} layers, wanted one", layers.len()))) };
    let is_called = artifact_type.as_deref() == Some(PROFILE) || layer.media_type.ends_with(TOML);
    if !is_called {
        let called = shortened(&escape(layer.media_type.as_bytes()));
        return Err(no_profile(&format!("its layer has the media type {called}, wanted one that ends with {TOML}")));
    }
    if layer.size > LONGEST {
        return Err(no_profile(&format!("its text has {} bytes, more than {LONGEST}", layer.size)));
    }
    Ok(Descriptor { media_type: PROFILE.to_owned(), ..layer.clone() })
}

fn no_profile(why: &str) -> Error {
    let error = Error::new(Kind::Usage, format!("it is no profile: {why}"));
    error.hint("push one with `oras push REF lucid-verify.toml:application/toml`")
}
