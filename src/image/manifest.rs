//! Image manifests (image-spec, manifest.md; Docker schema 2).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::config::null_as_default;
use super::json::{self, Shape};
use super::{Descriptor, Index, MediaType, artifact, descriptor};
use crate::error::{Error, Kind, Result};
use crate::text;

/// The keys of manifests and indexes that are read.
const SHAPE: Shape = Shape::Object(&[
    ("schemaVersion", &Shape::Any),
    ("mediaType", &Shape::Any),
    ("artifactType", &Shape::Any),
    ("config", &descriptor::SHAPE),
    ("layers", &Shape::List(&descriptor::SHAPE)),
    ("manifests", &Shape::List(&descriptor::SHAPE)),
    ("fsLayers", &Shape::Any),
]);

/// The manifest of one image.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u64,
    /// The media type that the document gives itself.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The kind of artifact, where it is not an image.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, base first. Go writes none as `null`.
    #[serde(deserialize_with = "null_as_default")]
    pub layers: Vec<Descriptor>,
}

/// What a tag can point at.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub enum Document {
    /// One image.
    Manifest(Manifest),
    /// Several.
    Index(Index),
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::new(Kind::Unsupported, what)
}

impl Document {
    /// Reads a document of this family that is held in no other way, such as a layout's index.json.
    pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
        json::read(bytes, &SHAPE)?;
        typed(bytes)
    }

    /// Reads a manifest or an index. `content_type` is what the transport said, if it said anything; a document that
    /// can be read in two ways, or that is not what it was announced as, is refused (CVE-2021-41190).
    pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self> {
        let value = json::read(bytes, &SHAPE)?;
        let object = value.as_object().ok_or_else(|| unsupported("it is no JSON object"))?;
        let has = |name: &str| object.contains_key(name);
        if has("manifests") && (has("layers") || has("config")) {
            return Err(unsupported("it is ambiguous: it holds both layers and manifests"));
        }
        let version = object.get("schemaVersion");
        if has("fsLayers") || version.and_then(Value::as_u64) == Some(1) {
            return Err(schema_1());
        }
        if let Some(version) = version.filter(|version| version.as_u64() != Some(2)) {
            let version = text::terminal(&version.to_string().chars().take(20).collect::<String>());
            return Err(unsupported(format!("its schemaVersion is {version}, wanted 2")));
        }
        let own = object.get("mediaType").and_then(Value::as_str);
        let shape = if has("manifests") { MediaType::Index } else { MediaType::Manifest };
        for (claimed, by) in [(own, "the document itself"), (content_type, "the transport")] {
            let Some(claimed) = claimed.filter(|text| !text.is_empty() && !text.starts_with("application/json")) else {
                continue;
            };
            let shown = text::shortened(&text::escape(claimed.as_bytes()));
            match MediaType::parse(claimed) {
                Some(MediaType::Schema1) => return Err(schema_1()),
                Some(known) if known == shape => {}
                Some(_) => {
                    return Err(unsupported(format!("it is ambiguous: {by} calls it {shown}, its content says otherwise")));
                }
                None if by == "the transport" && own.is_some() => {}
                None => return Err(unsupported(format!("{by} calls it {shown}, which is no image"))),
            }
        }
        if shape == MediaType::Index {
            return Ok(Self::Index(typed(bytes)?));
        }
        let manifest: Manifest = typed(bytes)?;
        manifest.check()?;
        Ok(Self::Manifest(manifest))
    }
}

fn typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    json::typed(bytes).map_err(|what| unsupported(format!("it is no valid image document: {what}")))
}

fn schema_1() -> Error {
    unsupported("it is a Docker schema 1 manifest, which names no configuration")
        .hint("push the image again with a current docker, buildx or skopeo")
}

impl Manifest {
    fn check(&self) -> Result<()> {
        if MediaType::parse(&self.config.media_type) != Some(MediaType::Config) && !self.config.media_type.is_empty() {
            let own = self.artifact_type.as_deref().filter(|own| !own.is_empty());
            return Err(artifact::refused(own.unwrap_or(&self.config.media_type)));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let name = format!("layer {}/{} {}", index + 1, self.layers.len(), layer.digest.short());
            match MediaType::parse(&layer.media_type) {
                Some(MediaType::Layer(_)) => {}
                Some(MediaType::Encrypted) => {
                    let hint = "decrypt the image first: skopeo copy --decryption-key KEY writes one that can be read";
                    return Err(unsupported(format!("{name} is encrypted")).hint(hint));
                }
                _ if artifact::is_known(&layer.media_type) => return Err(artifact::refused(&layer.media_type)),
                _ => {
                    return Err(unsupported(format!(
                        "{name} has the media type {}, which is no layer",
                        text::shortened(&text::escape(layer.media_type.as_bytes()))
                    )));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn manifest(extra: &str) -> String {
        format!(
            r#"{{"schemaVersion":2,{extra}"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{DIGEST}","size":0}},"layers":[]}}"#
        )
    }

    #[test]
    fn a_document_that_is_called_something_long_is_told_briefly() {
        let long = "x".repeat(1 << 20);
        let by_itself = refused(&manifest(&format!(r#""mediaType":"application/{long}","#)), None);
        let by_others = refused(&manifest(""), Some(&format!("application/{long}")));
        let layer = format!(r#""layers":[{{"mediaType":"application/{long}","digest":"{DIGEST}","size":0}}]"#);
        let by_a_layer = refused(&manifest("").replace(r#""layers":[]"#, &layer), None);
        for told in [by_itself, by_others, by_a_layer] {
            assert!(told.contains("application/x") && told.len() < 600, "{told}");
        }
    }

    fn refused(text: &str, content_type: Option<&str>) -> String {
        let error = Document::parse(text.as_bytes(), content_type).unwrap_err();
        assert_eq!(error.kind, Kind::Unsupported);
        error.what
    }

    #[test]
    fn a_manifest_without_a_media_type_is_known_by_its_shape() {
        assert!(matches!(Document::parse(manifest("").as_bytes(), None), Ok(Document::Manifest(_))));
        assert!(matches!(Document::parse(br#"{"schemaVersion":2,"manifests":[]}"#, None), Ok(Document::Index(_))));
    }

    #[test]
    fn ambiguous_documents_are_refused() {
        assert!(refused(&manifest(r#""Manifests":[],"#), None).contains("ambiguous"));
        assert!(refused(&manifest(""), Some("application/vnd.oci.image.index.v1+json")).contains("ambiguous"));
        assert!(refused(&manifest(""), Some("text/html")).contains("text/html"));
        assert!(refused(&manifest(r#""Layers":[],"#), None).contains("ambiguous"));
        assert!(refused(&manifest(r#""layers":[],"#), None).contains("the key \"layers\" stands there twice"));
        assert!(refused(r#"{"schemaVersion":3,"manifests":[]}"#, None).contains("schemaVersion is 3"));
        assert!(refused(r#"{"manifests":[]}"#, None).contains("missing field `schemaVersion`"));
    }

    #[test]
    fn what_is_no_image_is_named() {
        assert!(refused(r#"{"schemaVersion":1,"fsLayers":[]}"#, None).contains("schema 1"));
        let artifact = manifest("")
            .replace("image.config.v1+json", "empty.v1+json")
            .replace("\"config\"", "\"artifactType\":\"application/x-chart\",\"config\"");
        assert!(refused(&artifact, None).contains("artifact of type application/x-chart"));
        let negative = manifest("").replace("\"size\":0", "\"size\":-1");
        assert_eq!(Document::parse(negative.as_bytes(), None).unwrap_err().kind, Kind::Corrupt);
        assert!(refused(&manifest("").replace(DIGEST, "sha256:../../x"), None).contains("not a digest"));
    }
}
