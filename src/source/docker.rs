//! An archive as `docker save` writes it: manifest.json names configurations and layers by their members. There is no
//! manifest in the sense of a registry, so one is made up from what the archive says, and the image has no digest but
//! that of its configuration.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::json;

use super::archive::{self, Archive};
use super::files::Files;
use super::layout::absent;
use super::{Fetched, Source};
use crate::digest::{Algorithm, Digest};
use crate::error::{Error, Kind, Result};
use crate::image::{Config, Descriptor};
use crate::layer::LayerDiff;
use crate::limits::{self, Limits};
use crate::reference::Reference;
use crate::text::escape;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// How compressed layers start, and what their media types end in.
const COMPRESSED: [(&[u8], &str); 2] = [(&[0x1f, 0x8b], ".gzip"), (&[0x28, 0xb5, 0x2f, 0xfd], ".zstd")];

/// An image of a docker archive.
pub(super) struct Docker {
    archive: Archive,
    manifest: Vec<u8>,
    /// The member that holds each blob.
    blobs: BTreeMap<String, Vec<u8>>,
}

/// An entry of manifest.json (moby, image/tarexport).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

impl Docker {
    /// Opens an archive, `-` being the one on stdin, and finds the image tagged `name`; without a name, its sole image.
    pub(super) fn open(file: &str, name: Option<&str>, limits: &Limits) -> Result<Self> {
        let archive = Archive::open(file, limits)?;
        Self::of(archive, name, limits).map_err(|error| error.doing(archive::opening(file)))
    }

    /// Finds the image tagged `name`; without a name, the sole image.
    pub(super) fn of(archive: Archive, name: Option<&str>, limits: &Limits) -> Result<Self> {
        if !archive.holds("manifest.json") {
            let error = Error::new(Kind::Unsupported, "it holds no manifest.json, as an archive of docker save does");
            let is_layout = archive.holds("oci-layout");
            return Err(if is_layout { error.hint("it holds an image layout: name it as oci-archive:FILE") } else { error });
        }
        let document = archive.read("manifest.json", limits.manifest)?;
        let images: Vec<Saved> = serde_json::from_slice(&document)
            .map_err(|error| Error::new(Kind::Unsupported, format!("manifest.json: {error}")))?;
        let image = choose(&images, name)?;
        let mut docker = Self { archive, manifest: Vec::new(), blobs: BTreeMap::new() };
        docker.describe(image, limits)?;
        Ok(docker)
    }

    /// Makes up the manifest of an image. A layer is known by the diff ID of its place.
    fn describe(&mut self, image: &Saved, limits: &Limits) -> Result<()> {
        let names = image.layers.as_deref().unwrap_or_default();
        if names.len() as u64 > limits.layers {
            return Err(limits::layers(format!("it has {} layers, more than {}", names.len(), limits.layers)));
        }
        let (member, size) = self.named(&image.config, "configuration")?;
        if size > limits.config {
            return Err(limits::config(format!("its configuration has {size} bytes, more than {}", limits.config)));
        }
        let bytes = self.archive.read(&image.config, limits.config)?;
        let digest = Digest::sha256(&bytes);
        if let Some(named) = digest_of_name(&image.config).filter(|named| *named != digest) {
            return Err(Error::new(Kind::Corrupt, format!("the configuration has digest {digest}, its name says {named}")));
        }
        let config = Config::parse(&bytes, &digest, names.len())?;
        self.blobs.insert(digest.to_string(), member);
        let mut layers = Vec::new();
        for (name, diff_id) in names.iter().zip(&config.rootfs.diff_ids) {
            let (member, size) = self.named(name, "layer")?;
            let (media_type, digest) = self.layer_of(&member, diff_id)?;
            layers.push(json!({"mediaType": media_type, "digest": digest, "size": size}));
        }
        let config = json!({"mediaType": CONFIG, "digest": digest, "size": bytes.len()});
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        self.manifest = manifest.to_string().into_bytes();
        Ok(())
    }

    /// The member that manifest.json names, and its bytes.
    fn named(&self, name: &str, what: &str) -> Result<(Vec<u8>, u64)> {
        let found = self.archive.file(name.as_bytes()).map(|(member, stored)| (member.to_vec(), stored.size));
        found.map_err(|error| error.doing(format!("find the {what} that manifest.json names")))
    }

    /// The media type of a layer, and its digest: of a plain one its diff ID, which reading it will prove.
    fn layer_of(&mut self, member: &[u8], diff_id: &Digest) -> Result<(String, Digest)> {
        let stored = self.archive.file(member)?.1;
        let head = stored.head()?;
        let suffix = COMPRESSED.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, suffix)| *suffix);
        let digest = if suffix.is_some() { stored.hash(Algorithm::Sha256)? } else { diff_id.clone() };
        let read = self.blobs.entry(digest.to_string()).or_insert_with(|| member.to_vec());
        // One digest is read once; a second member that claims it would be looked at by nobody.
        if *read != member && stored.hash(digest.algorithm())? != digest {
            let what = format!("the member {} is not the {digest} that the configuration says", escape(member));
            return Err(Error::new(Kind::Corrupt, what));
        }
        Ok((format!("{LAYER}{}", suffix.unwrap_or_default()), digest))
    }

    /// The member that holds a blob.
    fn member(&self, descriptor: &Descriptor) -> Result<&archive::Stored> {
        let missing = || Error::new(Kind::NotFound, format!("the archive holds no {}", descriptor.digest));
        Ok(self.archive.file(self.blobs.get(&descriptor.digest.to_string()).ok_or_else(missing)?)?.1)
    }
}

/// The entry that bears the tag `name`, whether it is written in full or not. Of several the last, which is the one that
/// `docker load` leaves tagged.
fn choose<'a>(images: &'a [Saved], name: Option<&str>) -> Result<&'a Saved> {
    let tags = || images.iter().flat_map(|image| image.repo_tags.iter().flatten());
    let names: Vec<String> = tags().map(|tag| escape(tag.as_bytes())).collect();
    let form = "docker-archive:FILE:REF";
    match (images, name) {
        ([], _) => Err(Error::new(Kind::NotFound, "its manifest.json lists no image")),
        ([sole], None) => Ok(sole),
        (several, None) => Err(absent(format!("it holds {} images", several.len()), &names, form)),
        (images, Some(name)) => {
            let is_meant = |tag: &String| tag == name || full(tag).is_some_and(|tag| full(name) == Some(tag));
            let meant = images.iter().rfind(|image| image.repo_tags.iter().flatten().any(is_meant));
            meant.ok_or_else(|| absent(format!("it holds no image named {}", escape(name.as_bytes())), &names, form))
        }
    }
}

fn full(name: &str) -> Option<String> {
    Some(name.parse::<Reference>().ok()?.to_string())
}

/// The digest that a member's name is: `HEX.json`, `sha256:HEX` or `blobs/sha256/HEX`.
fn digest_of_name(name: &str) -> Option<Digest> {
    let last = name.rsplit('/').next()?;
    let hex = last.strip_suffix(".json").unwrap_or(last);
    format!("sha256:{}", hex.strip_prefix("sha256:").unwrap_or(hex)).parse().ok()
}

impl Source for Docker {
    fn manifest(&self, child: Option<&Descriptor>, _: u64) -> Result<Fetched> {
        match child {
            None => Ok(Fetched { bytes: self.manifest.clone(), content_type: Some(MANIFEST.into()), claimed_digest: None }),
            Some(child) => Err(Error::new(Kind::NotFound, format!("the archive holds no manifest {}", child.digest))),
        }
    }

    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>> {
        self.member(descriptor)?.open(from)
    }

    fn layer(&self, descriptor: &Descriptor, diff_id: &Digest) -> Option<Result<LayerDiff>> {
        Some(self.member(descriptor).ok()?.passed()?.clone().hold(descriptor, diff_id))
    }

    fn holds_manifests(&self) -> bool {
        false
    }
}
