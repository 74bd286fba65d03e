//! A real registry of a thousand tags, made by code: what docker-registry would have written, had they been pushed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lucid_verify::digest::Digest;
use lucid_verify::serve::Image;
use serde_json::json;

/// How many repositories there are.
pub const REPOSITORIES: usize = 50;

/// How many tags each of them has.
pub const TAGS: usize = 20;

/// What all images stand on.
const BASE: &str = "\
layer bazel build //base
d 0755 0:0 /etc
f 0644 0:0 /etc/os-release \"ID=debian\\nVERSION_ID=\\\"12\\\"\\nPRETTY_NAME=\\\"Distroless\\\"\\n\"
f 0644 0:0 /etc/passwd \"root:x:0:0:root:/root:/sbin/nologin\\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\\n\"
f 0644 0:0 /etc/group \"root:x:0:\\nnonroot:x:65532:\\n\"
d 0755 0:0 /srv
";

/// What a repository is called, in both of the forms that names have.
pub fn repository(number: usize) -> String {
    format!("{}/service-{number:02}", if number.is_multiple_of(2) { "team" } else { "team/tools" })
}

/// An image: the base, a layer that the repository's tags share, and one of its own. Every tenth repository has a package
/// in another version, every seventh image says nothing of a user.
fn image(repository: usize, tag: usize) -> Image {
    let version = if repository.is_multiple_of(10) { "1.0" } else { "1.1" };
    let package = format!("Package: common\\nVersion: {version}\\nArchitecture: arm64\\n");
    let text = format!(
        "{BASE}layer COPY common /\nf 0644 0:0 /var/lib/dpkg/status.d/common \"{package}\"\nf 0644 0:0 /srv/repository \"{repository}\"\n\
         layer COPY srv /srv\nf 0644 0:0 /srv/page \"{repository} {tag}\"\n"
    );
    let user = if (repository + tag).is_multiple_of(7) { "" } else { "65532:65532" };
    let config = json!({"os": "linux", "architecture": "arm64", "created": "2025-11-20T18:04:00Z", "config": {"User": user}});
    Image::written(&text, &config.to_string()).unwrap()
}

/// Writes the images of so many repositories into the folder of a registry that is yet to start; returns the digests of their layers.
pub fn lay(storage: &Path, repositories: usize) -> BTreeSet<String> {
    let root = storage.join("data/docker/registry/v2");
    let mut layers = BTreeSet::new();
    for number in 0..repositories {
        let place = root.join("repositories").join(repository(number));
        for tag in 0..TAGS {
            let image = image(number, tag);
            for (digest, kind, bytes) in &image.content {
                blob(&root, digest, bytes);
                link(&place.join("_layers/sha256").join(digest.hex()), digest);
                if kind.contains("layer") {
                    layers.insert(digest.to_string());
                }
            }
            let digest = image.digest();
            blob(&root, &digest, &image.manifest);
            link(&place.join("_manifests/revisions/sha256").join(digest.hex()), &digest);
            let tag = place.join(format!("_manifests/tags/v{tag}"));
            link(&tag.join("current"), &digest);
            link(&tag.join("index/sha256").join(digest.hex()), &digest);
        }
    }
    layers
}

fn blob(root: &Path, digest: &Digest, bytes: &[u8]) {
    let place = root.join("blobs/sha256").join(&digest.hex()[..2]).join(digest.hex());
    if !place.exists() {
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("data"), bytes).unwrap();
    }
}

fn link(place: &Path, digest: &Digest) {
    fs::create_dir_all(place).unwrap();
    fs::write(place.join("link"), digest.to_string()).unwrap();
}
