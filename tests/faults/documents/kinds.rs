use serde_json::{Value, json};

use super::pushed::{Draft, OnDisk, edited, gzip, raw};
use crate::registry::{Fixture, Image, Reply, scripted};
use crate::table::Row;
use crate::tarball::zstd;

fn small() -> Image {
    Draft::small().image()
}

pub fn schema_1(row: &Row) {
    let old = json!({"schemaVersion": 1, "name": "a", "tag": "1", "fsLayers": [{"blobSum": "sha256:0"}], "history": []});
    for (case, kind) in [
        ("schema 1, signed", "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        ("schema 1, unsigned", "application/json"),
    ] {
        let body = old.to_string();
        let server = scripted(move |_| Reply::new(200, body.clone()).with("content-type", kind));
        let ran = row.verify(case, &format!("{}/a:1", server.host())).run().ends(7);
        ran.says("schema 1").says("push the image again");
    }
    let version = |version: Value| move |manifest: &mut Value| manifest["schemaVersion"] = version;
    for (case, image, says) in [
        ("schemaVersion 1", edited(small(), version(json!(1))), "schema 1"),
        ("schemaVersion 3", edited(small(), version(json!(3))), "schemaVersion is 3, wanted 2"),
        ("schemaVersion \"2\"", edited(small(), version(json!("2"))), "schemaVersion is \"2\", wanted 2"),
        ("an index of schemaVersion 3", edited(small().indexed(""), version(json!(3))), "schemaVersion is 3, wanted 2"),
        (
            "no schemaVersion",
            edited(small(), |manifest| drop(manifest.as_object_mut().unwrap().remove("schemaVersion"))),
            "missing field `schemaVersion`",
        ),
    ] {
        row.verify(case, &OnDisk::new(&image).reference).run().ends(7).says(says);
    }
}

pub fn artifacts(row: &Row) {
    let of = |config: &'static str, layer: &'static str, kind: Option<&'static str>| {
        edited(small(), |manifest| {
            manifest["config"]["mediaType"] = config.into();
            manifest["layers"][0]["mediaType"] = layer.into();
            if let Some(kind) = kind {
                manifest["artifactType"] = kind.into();
            }
        })
    };
    let empty = "application/vnd.oci.empty.v1+json";
    for (case, image, says) in [
        ("an empty configuration", of(empty, "text/plain", Some("application/x-own")), "an artifact of type application/x-own"),
        ("an empty configuration, no type", of(empty, empty, None), "an artifact of type application/vnd.oci.empty.v1+json"),
        (
            "Helm",
            of("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip", None),
            "a Helm chart, not an image",
        ),
        ("cosign", of(super::pushed::CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json", None), "a cosign signature"),
        ("Sigstore", of(empty, empty, Some("application/vnd.dev.sigstore.bundle.v0.3+json")), "a Sigstore bundle, not an image"),
        (
            "WebAssembly",
            of("application/vnd.wasm.config.v0+json", "application/wasm", None),
            "a WebAssembly module, not an image",
        ),
        ("in-toto", of(super::pushed::CONFIG, "application/vnd.in-toto+json", None), "an in-toto attestation, not an image"),
        ("an escape sequence", of("\u{1b}[31m", empty, None), "an artifact of type \\\\u{1b}[31m"),
        (
            "an artifact manifest",
            raw(small(), r#"{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]}"#),
            "which is no image",
        ),
    ] {
        row.verify(case, &OnDisk::new(&image).reference).run().ends(7).says(says);
    }
}

pub fn undecodable(row: &Row) {
    let called = |kind: &'static str| edited(small(), |manifest| manifest["layers"][0]["mediaType"] = kind.into());
    for (case, kind, says) in [
        ("encrypted", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "is encrypted"),
        ("of an unknown kind", "application/x-own", "has the media type application/x-own, which is no layer"),
        ("of an unknown compression", "application/vnd.oci.image.layer.v1.tar+lz4", "which is no layer"),
    ] {
        row.verify(case, &OnDisk::new(&called(kind)).reference).run().ends(7).says("layer 1/1 sha256:").says(says);
    }
    let tar = Draft::small().layers[0].2.clone();
    let docker = Draft::packed("application/vnd.docker.image.rootfs.diff.tar.zstd", zstd(&tar), &tar).image();
    row.verify("zstd as BuildKit calls it for Docker", &OnDisk::new(&docker).reference).run().ends(0);
    let docker = Draft::packed("application/vnd.docker.image.rootfs.diff.tar.gzip", gzip(&tar), &tar).image();
    row.verify("gzip as Docker calls it", &OnDisk::new(&docker).reference).run().ends(0);
}
