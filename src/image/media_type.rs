//! Media types of image documents and layers, and what they claim about compression.

use oci_distribution::manifest as names;

/// The media types that this crate reads. Anything else is not an image, or not a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// An OCI image index or a Docker manifest list.
    Index,
    /// An OCI image manifest or a Docker schema 2 manifest.
    Manifest,
    /// An image configuration.
    Config,
    /// A layer, with the compression that its media type claims.
    Layer(Compression),
    /// An encrypted layer: it cannot be read.
    Encrypted,
    /// Docker's schema 1 manifest, signed or not.
    Schema1,
}

/// The compression of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// A plain tar.
    None,
    /// One or more gzip members.
    Gzip,
    /// One or more zstd frames.
    Zstd,
}

impl std::fmt::Display for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "plain tar",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

impl MediaType {
    /// What the verifier asks a registry for, best first.
    pub const ACCEPT: [&'static str; 6] = [
        names::OCI_IMAGE_INDEX_MEDIA_TYPE,
        names::IMAGE_MANIFEST_LIST_MEDIA_TYPE,
        names::OCI_IMAGE_MEDIA_TYPE,
        names::IMAGE_MANIFEST_MEDIA_TYPE,
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+json",
    ];

    /// Reads a media type; parameters after `;` are ignored. `None`: not one of an image.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.split(';').next().unwrap_or_default().trim();
        Some(match name {
            names::OCI_IMAGE_INDEX_MEDIA_TYPE | names::IMAGE_MANIFEST_LIST_MEDIA_TYPE => Self::Index,
            names::OCI_IMAGE_MEDIA_TYPE | names::IMAGE_MANIFEST_MEDIA_TYPE => Self::Manifest,
            names::IMAGE_CONFIG_MEDIA_TYPE | names::IMAGE_DOCKER_CONFIG_MEDIA_TYPE => Self::Config,
            "application/vnd.docker.distribution.manifest.v1+prettyjws"
            | "application/vnd.docker.distribution.manifest.v1+json" => Self::Schema1,
            _ if name.ends_with("+encrypted") => Self::Encrypted,
            _ => Self::Layer(Self::layer(name)?),
        })
    }

    fn layer(name: &str) -> Option<Compression> {
        let suffix = ["application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.nondistributable.v1.tar"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix));
        let suffix = suffix.or_else(|| name.strip_prefix("application/vnd.docker.image.rootfs.diff.tar"));
        let suffix = suffix.or_else(|| name.strip_prefix("application/vnd.docker.image.rootfs.foreign.diff.tar"));
        match suffix? {
            "" => Some(Compression::None),
            "+gzip" | ".gzip" => Some(Compression::Gzip),
            "+zstd" | ".zstd" => Some(Compression::Zstd),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_of_both_families_are_known() {
        for (name, compression) in [
            ("application/vnd.oci.image.layer.v1.tar", Compression::None),
            ("application/vnd.oci.image.layer.v1.tar+gzip", Compression::Gzip),
            ("application/vnd.oci.image.layer.v1.tar+zstd", Compression::Zstd),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", Compression::Gzip),
            ("application/vnd.docker.image.rootfs.diff.tar.zstd", Compression::Zstd),
            ("application/vnd.docker.image.rootfs.diff.tar", Compression::None),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Compression::Gzip),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Compression::Gzip),
        ] {
            assert_eq!(MediaType::parse(name), Some(MediaType::Layer(compression)), "{name}");
        }
        assert_eq!(MediaType::parse("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"), Some(MediaType::Encrypted));
        assert_eq!(MediaType::parse("application/vnd.oci.image.index.v1+json; charset=utf-8"), Some(MediaType::Index));
        assert_eq!(MediaType::parse("application/wasm"), None);
    }
}
