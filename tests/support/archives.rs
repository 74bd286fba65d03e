//! Image archives in the shapes that tools write, built by code.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::PathBuf;

use lucid_verify::digest::Digest;
use serde_json::{Value, json};

use crate::layout::{Layout, tar};
use crate::tarball::Tarball;

/// The members of an archive in their order.
pub type Members = Vec<(String, Vec<u8>)>;

/// A tar of these members.
pub fn pack(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    members.iter().fold(Tarball::default(), |tar, (name, content)| tar.file(name, content)).end()
}

/// An image of a small layer and one that is too large to be kept where it passes.
pub fn large() -> Layout {
    let mut image = Layout::small();
    let mut seed = 1_u32;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    });
    let noise: Vec<u8> = noise.take(100_000).collect();
    image.layers.push(tar(&[("usr/share/noise", &noise), ("etc/motd", b"hello\n")]));
    image
}

/// A layout as an archive: the documents that name all others come last, as skopeo writes them.
pub fn oci(image: &Layout) -> Members {
    let directory = tempfile::tempdir().unwrap();
    let mut files: Vec<PathBuf> = image.write(directory.path());
    files.extend(["index.json", "oci-layout"].map(|name| directory.path().join(name)));
    let name = |path: &PathBuf| path.strip_prefix(directory.path()).unwrap().display().to_string();
    files.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

/// The configuration of an image, which names its layers.
fn config(image: &Layout, tag: &str) -> Vec<u8> {
    let mut config = image.config.clone();
    let diff_ids: Vec<Digest> = image.layers.iter().map(|layer| Digest::sha256(layer)).collect();
    config["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
    config["author"] = tag.into();
    config.to_string().into_bytes()
}

/// One image as `docker save` wrote it before Docker 25: layers, configuration, manifest.json.
pub fn saved(image: &Layout, tag: &str) -> Members {
    let config = config(image, tag);
    let config_name = format!("{}.json", Digest::sha256(&config).hex());
    let names: Vec<String> = (0..image.layers.len()).map(|index| format!("{index:04}/layer.tar")).collect();
    let manifest = json!([{"Config": config_name, "RepoTags": [tag], "Layers": names}]);
    let layers = names.into_iter().zip(image.layers.clone());
    layers.chain([(config_name, config), ("manifest.json".into(), manifest.to_string().into_bytes())]).collect()
}

/// One image as `docker save` writes it since Docker 25.
pub fn modern(image: &Layout, tag: &str) -> Members {
    modern_of(image.layers.clone(), config(image, tag), tag)
}

/// What `docker save` writes since Docker 25 of plain layers and a configuration: an image layout, and a manifest.json
/// that names its blobs.
pub fn modern_of(tars: Vec<Vec<u8>>, config: Vec<u8>, tag: &str) -> Members {
    let blob = |bytes: &Vec<u8>| format!("blobs/sha256/{}", Digest::sha256(bytes).hex());
    let typed = |bytes: &[u8], kind: &str| {
        let media_type = format!("application/vnd.oci.image.{kind}");
        json!({"mediaType": media_type, "digest": Digest::sha256(bytes), "size": bytes.len()})
    };
    let layers: Vec<Value> = tars.iter().map(|layer| typed(layer, "layer.v1.tar")).collect();
    let config_entry = typed(&config, "config.v1+json");
    let mut manifest = json!({"schemaVersion": 2, "config": config_entry, "layers": layers});
    manifest["mediaType"] = "application/vnd.oci.image.manifest.v1+json".into();
    let manifest = manifest.to_string().into_bytes();
    let mut entry = typed(&manifest, "manifest.v1+json");
    entry["annotations"] =
        json!({"io.containerd.image.name": format!("docker.io/{tag}"), "org.opencontainers.image.ref.name": "1"});
    let sources: Value = layers.iter().map(|layer| (layer["digest"].as_str().unwrap().to_owned(), layer.clone())).collect();
    let names: Vec<String> = tars.iter().map(blob).collect();
    let saved = json!([{"Config": blob(&config), "RepoTags": [tag], "Layers": names, "LayerSources": sources}]);
    let documents = [
        ("index.json", json!({"schemaVersion": 2, "manifests": [entry]})),
        ("manifest.json", saved),
        ("oci-layout", json!({"imageLayoutVersion": "1.0.0"})),
        ("repositories", json!({"x/a": {"1": "0123"}})),
    ];
    let blobs = [config, manifest].into_iter().chain(tars).map(|bytes| (blob(&bytes), bytes));
    blobs.chain(documents.map(|(name, document)| (name.into(), document.to_string().into_bytes()))).collect()
}

/// Two images, their layer shared.
pub fn two() -> Members {
    let (mut one, two) = (saved(&Layout::small(), "x/a:1"), saved(&Layout::small(), "x/b:1"));
    let entry = |members: &Members| serde_json::from_slice::<Value>(&members[2].1).unwrap()[0].clone();
    let manifest = json!([entry(&one), entry(&two)]).to_string().into_bytes();
    one[2] = two[1].clone();
    one.push(("manifest.json".into(), manifest));
    one
}

/// What of a report does not depend on how an image is packed.
pub fn neutral(mut image: Value) -> Value {
    for field in ["reference", "digest"] {
        image[field].take();
    }
    image["sizes"]["compressed_bytes"].take();
    // What holds no manifest has a digest less.
    image["looked"].take();
    // What an image is called, and what is attested of it, depends on where it lies.
    for rule in image["rules"].as_array_mut().unwrap() {
        let id = rule["id"].as_str().unwrap();
        if ["labels/service", "platform/tag"].contains(&id) || id.starts_with("provenance/") {
            for field in ["outcome", "examined", "reason"] {
                rule[field].take();
            }
        }
    }
    let rules = image["rules"].as_array_mut().unwrap().iter_mut();
    rules.filter(|rule| rule["id"] == "integrity/digests").for_each(|rule| drop(rule["examined"].take()));
    for layer in image["layers"].as_array_mut().unwrap() {
        for field in ["digest", "media_type", "compressed_bytes"] {
            layer[field].take();
        }
    }
    for finding in image["rules"].as_array_mut().unwrap().iter_mut().flat_map(|rule| rule["findings"].as_array_mut().unwrap()) {
        if finding["layer"].is_object() {
            finding["layer"]["digest"].take();
        }
    }
    image
}
