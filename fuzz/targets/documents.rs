//! Any bytes as a manifest, an index, a configuration, or an attested statement.

use lucid_verify::digest::Digest;
use lucid_verify::error::{Error, Kind};
use lucid_verify::image::manifest::Document;
use lucid_verify::image::{Config, MediaType, Provenance};

/// What an error may hold of a document at most, in characters.
const SAID: usize = 2000;

pub fn run(data: &[u8]) {
    match Document::parse(data, None) {
        Ok(Document::Manifest(manifest)) => {
            assert_eq!(manifest.schema_version, 2);
            let is_layer = |kind: &str| matches!(MediaType::parse(kind), Some(MediaType::Layer(_)));
            assert!(manifest.layers.iter().all(|layer| is_layer(&layer.media_type)));
            assert!(Document::parse(data, Some("application/vnd.oci.image.index.v1+json")).is_err(), "it is called two things");
        }
        Ok(Document::Index(index)) => {
            let mut notes = Vec::new();
            if let Ok(chosen) = index.choose(None, &mut notes) {
                assert!(index.images().any(|entry| entry == chosen));
            }
            assert!(
                Document::parse(data, Some("application/vnd.oci.image.manifest.v1+json")).is_err(),
                "it is called two things"
            );
        }
        Err(error) => told(&error),
    }
    for layers in 0..3 {
        match Config::parse(data, &Digest::sha256(data), layers) {
            Ok(config) => {
                assert_eq!(config.rootfs.diff_ids.len(), layers);
                let _ = (config.platform().to_string(), config.probe(), config.variables().len());
            }
            Err(error) => told(&error),
        }
    }
    let _ = Provenance::parse(data);
}

/// An error says that it could not be read, safe to show, and in few words however long the document is.
fn told(error: &Error) {
    assert!(matches!(error.kind, Kind::Unsupported | Kind::Corrupt), "{error}");
    let said = error.to_string();
    assert!(said.chars().count() < SAID && !said.chars().any(char::is_control), "{said:?}");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let digest = Digest::sha256(b"");
    let descriptor = |kind: &str| format!(r#"{{"mediaType":"application/vnd.{kind}","digest":"{digest}","size":0}}"#);
    let (config, layer) = (descriptor("oci.image.config.v1+json"), descriptor("oci.image.layer.v1.tar+gzip"));
    let entry = descriptor("oci.image.manifest.v1+json").replace(
        "\"size\"",
        r#""platform":{"os":"linux","architecture":"arm64","variant":"v8"},"annotations":{"a":"b"},"data":"","size""#,
    );
    let texts = [
        format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer},{layer}]}}"#),
        format!(r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{entry},{entry}]}}"#),
        r#"{"schemaVersion":1,"fsLayers":[]}"#.to_owned(),
        format!(
            r#"{{"os":"linux","architecture":"arm64","created":"2026-01-01T00:00:00Z","config":{{"User":"1","Env":["A=1"],"Cmd":["/a"],
            "Labels":{{"a":"b"}},"ExposedPorts":{{"80/tcp":{{}}}},"Healthcheck":{{"Test":["CMD","/a"],"Interval":1,"Retries":3}},
            "OnBuild":null}},"rootfs":{{"type":"layers","diff_ids":["{digest}"]}},"history":[{{"created_by":"COPY","empty_layer":true}}]}}"#
        ),
        r#"{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"resolvedDependencies":[]}}}"#
            .to_owned(),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}
