//! What registries keep like images and what is none, in words.

use crate::error::{Error, Kind};
use crate::text::{escape, shortened};

/// Kinds of artifacts by how the media types of their configurations or layers begin.
#[rustfmt::skip]
const KINDS: [(&str, &str); 16] = [
    ("application/vnd.cncf.helm.", "a Helm chart"),
    ("application/vnd.cncf.notary.", "a Notation signature"),
    ("application/vnd.cncf.openpolicyagent.", "an OPA bundle"),
    ("application/vnd.cncf.flux.", "a Flux artifact"),
    ("application/vnd.cyclonedx", "a software bill of materials"),
    ("application/vnd.dev.cosign.", "a cosign signature or what goes with one"),
    ("application/vnd.dev.sigstore.", "a Sigstore bundle"),
    ("application/vnd.docker.ai.", "a model"),
    ("application/vnd.docker.compose.", "a Compose project"),
    ("application/vnd.docker.plugin.", "a Docker plugin"),
    ("application/vnd.in-toto", "an in-toto attestation"),
    ("application/vnd.wasm.", "a WebAssembly module"),
    ("application/wasm", "a WebAssembly module"),
    ("application/spdx", "a software bill of materials"),
    ("application/vnd.ollama.", "a model"),
    ("text/spdx", "a software bill of materials"),
];

fn words(media_type: &str) -> Option<&'static str> {
    KINDS.iter().find(|(start, _)| media_type.starts_with(start)).map(|(_, words)| *words)
}

/// Whether a media type is of an artifact that is known, and so of no image.
pub(super) fn is_known(media_type: &str) -> bool {
    words(media_type).is_some()
}

/// That a manifest is of an artifact of a type, and of no image.
pub(super) fn refused(media_type: &str) -> Error {
    let shown = shortened(&escape(media_type.as_bytes()));
    let what = match words(media_type) {
        Some(words) => format!("it is an artifact of type {shown}, {words}, not an image"),
        None => format!("it is an artifact of type {shown}, not an image"),
    };
    Error::new(Kind::Unsupported, what).hint("charts, signatures and attestations are kept like images: name the image itself")
}
