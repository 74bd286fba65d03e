//! Images in memory, and what a registry answers that holds them (distribution-spec, "Pull").

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use oci_distribution::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_LAYER_GZIP_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use serde_json::{Value, json};

use super::{Reply, Request, layer};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::vfs::dump;

/// An image: documents and blobs by digest.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// The manifest, or the outermost index.
    pub manifest: Vec<u8>,
    /// Everything below it by digest: the media type, and the bytes.
    pub content: Vec<(Digest, &'static str, Vec<u8>)>,
}

impl Image {
    /// An image that is written as text: a line `layer INSTRUCTION` begins a layer, and the lines below it are its
    /// entries in the language of [`crate::vfs::dump`]. `config` is the configuration in JSON without `rootfs` and
    /// `history`, which are made from the layers.
    pub fn written(layers: &str, config: &str) -> Result<Self> {
        let mut config: Value = serde_json::from_str(config)
            .map_err(|error| Error::new(Kind::Usage, error.to_string()).doing("read the configuration"))?;
        let (mut image, mut blobs, mut diff_ids, mut history) = (Self::default(), Vec::new(), Vec::new(), Vec::new());
        for (instruction, lines) in split(layers) {
            let packed = dump::entries(&lines).and_then(|entries| layer::tar(&entries)).and_then(|tar| Ok((gzip(&tar)?, tar)));
            let (blob, tar) = packed.map_err(|error| error.doing(format!("make the layer of {instruction}")))?;
            blobs.push(image.add(IMAGE_LAYER_GZIP_MEDIA_TYPE, blob));
            diff_ids.push(Digest::sha256(&tar).to_string());
            history.push(json!({"created": config["created"], "created_by": instruction}));
        }
        config["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
        config["history"] = history.into();
        let config = image.add(IMAGE_CONFIG_MEDIA_TYPE, config.to_string().into_bytes());
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_IMAGE_MEDIA_TYPE, "config": config, "layers": blobs});
        image.manifest = manifest.to_string().into_bytes();
        Ok(image)
    }

    /// Adds a document or a blob; returns its descriptor.
    pub fn add(&mut self, media_type: &'static str, bytes: Vec<u8>) -> Value {
        let digest = Digest::sha256(&bytes);
        let descriptor = json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()});
        self.content.push((digest, media_type, bytes));
        descriptor
    }

    /// The digest of the manifest or the outermost index.
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.manifest)
    }

    /// The media type that the manifest or the outermost index gives itself, or has by its shape.
    pub fn media_type(&self) -> &'static str {
        let is_index = self.manifest.windows(11).any(|part| part == b"\"manifests\"");
        if is_index { OCI_IMAGE_INDEX_MEDIA_TYPE } else { OCI_IMAGE_MEDIA_TYPE }
    }

    /// Answers as a registry that holds this image under every name and tag, with ranges and digests.
    pub fn reply(&self, request: &Request) -> Reply {
        let path = request.path.split('?').next().unwrap_or_default();
        let (kind, name) = path.rsplit_once('/').unwrap_or_default();
        if kind.ends_with("/manifests") && (!name.contains(':') || name == self.digest().to_string()) {
            // RFC 9110, 13.1.2: who has it already is told so.
            if request.header("if-none-match") == Some(&format!("\"{}\"", self.digest())) {
                return Reply::new(304, "");
            }
            let reply = Reply::new(200, self.manifest.clone()).with("docker-content-digest", self.digest());
            return reply.with("content-type", self.media_type());
        }
        let Some((_, media_type, bytes)) = self.content.iter().find(|(digest, ..)| digest.to_string() == name) else {
            return if kind.ends_with("/manifests") {
                no_manifest()
            } else {
                unknown("BLOB_UNKNOWN", "blob unknown to registry")
            };
        };
        let Some(from) = request.from() else { return Reply::new(200, bytes.clone()).with("content-type", media_type) };
        match bytes.get(from..).filter(|rest| !rest.is_empty()) {
            Some(rest) => {
                Reply::new(206, rest).with("content-range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len()))
            }
            None => Reply::new(416, ""),
        }
    }
}

/// An image under its one name, as a registry holds it.
#[derive(Debug, Clone)]
pub struct Repository {
    /// The name of the repository.
    pub name: &'static str,
    /// The one tag.
    pub tag: &'static str,
    /// The image.
    pub image: Image,
}

impl Repository {
    /// Answers as a registry that holds nothing else.
    pub fn reply(&self, request: &Request) -> Reply {
        let path = request.path.strip_prefix("/v2/").and_then(|path| path.strip_prefix(self.name)?.strip_prefix('/'));
        match path.map(|path| path.strip_prefix("manifests/")) {
            None => unknown("NAME_UNKNOWN", "repository name not known to registry"),
            Some(Some(name)) if !name.contains(':') && name != self.tag => no_manifest(),
            Some(_) => self.image.reply(request),
        }
    }
}

/// The answer of a registry that has no such thing (distribution-spec, "Error Codes").
fn unknown(code: &str, message: &str) -> Reply {
    let body = json!({"errors": [{"code": code, "message": message}]});
    Reply::new(404, body.to_string()).with("content-type", "application/json")
}

fn no_manifest() -> Reply {
    unknown("MANIFEST_UNKNOWN", "manifest unknown to registry")
}

/// Layers by their instruction, base first. Lines before the first are comments.
fn split(text: &str) -> Vec<(&str, String)> {
    let mut layers: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("layer "), layers.last_mut()) {
            (Some(instruction), _) => layers.push((instruction, String::new())),
            (None, Some((_, lines))) => lines.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    layers
}

/// One member without compression: its bytes, and so the image's digest, are the same on every machine. What a
/// compressor makes depends on its version and on the CPU.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Config, Manifest};

    const LAYERS: &str = "# two layers\nlayer ADD rootfs.tar /\nd 0755 0:0 /etc\n\nlayer COPY a /a\nf 0644 0:0 /a \"x\"\n";

    #[test]
    fn a_written_image_names_its_layers_with_their_instructions() {
        let image = Image::written(LAYERS, r#"{"os":"linux","architecture":"arm64"}"#).unwrap();
        let manifest: Manifest = serde_json::from_slice(&image.manifest).unwrap();
        assert_eq!(manifest.layers.len(), 2);
        let (digest, _, config) = image.content.iter().find(|(digest, ..)| *digest == manifest.config.digest).unwrap();
        let config = Config::parse(config, digest, 2).unwrap();
        let made: Vec<_> = config.history.iter().map(|line| line.created_by.clone()).collect();
        assert_eq!(made, ["ADD rootfs.tar /", "COPY a /a"]);
        let error = Image::written("layer RUN x\nd 0755 /x", "{}").unwrap_err().to_string();
        assert!(error.starts_with("failed to make the layer of RUN x: read line 1, "), "{error}");
    }
}
