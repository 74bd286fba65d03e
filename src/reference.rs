//! What users write: image references, transports and platforms.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::digest::Digest;
use crate::error::{Error, Kind};

/// Where an image is and which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The kind of place.
    pub transport: Transport,
    /// The tag, where one was written or is the default.
    pub tag: Option<String>,
    /// The digest that the user pinned; it outranks the tag.
    pub digest: Option<Digest>,
}

/// The places that images come from, as containers/image names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// `docker://`: a registry, which is also what no transport means.
    Registry {
        /// Host and optional port, `docker.io` for Docker Hub.
        host: String,
        /// The repository within it.
        repository: String,
    },
    /// `oci:`: an image layout directory.
    Layout {
        /// The directory.
        directory: String,
    },
}

/// An operating system and an architecture, in Go's names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Platform {
    /// The operating system.
    pub os: String,
    /// The CPU architecture.
    pub architecture: String,
    /// The variant, such as `v8`.
    #[serde(default)]
    pub variant: Option<String>,
}

impl Platform {
    /// The platform of this machine.
    pub fn machine() -> Self {
        let architecture = match std::env::consts::ARCH {
            "aarch64" => "arm64",
            "x86_64" => "amd64",
            other => other,
        };
        Self { os: "linux".into(), architecture: architecture.into(), variant: None }
    }

    /// The variant that counts: arm64 means v8 whether it says so or not, as containerd normalises it.
    fn effective_variant(&self) -> &str {
        match (self.architecture.as_str(), self.variant.as_deref().unwrap_or("")) {
            ("arm64", "v8") | ("amd64", "v1") => "",
            ("arm", "") => "v7",
            (_, variant) => variant,
        }
    }

    /// Whether an image of this platform is what someone who asks for `wanted` means.
    pub fn serves(&self, wanted: &Self) -> bool {
        self.os == wanted.os && self.architecture == wanted.architecture && self.effective_variant() == wanted.effective_variant()
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |text: &str| crate::text::escape(text.as_bytes());
        write!(f, "{}/{}", part(&self.os), part(&self.architecture))?;
        match self.variant.as_deref() {
            Some(variant) if !variant.is_empty() => write!(f, "/{}", part(variant)),
            _ => Ok(()),
        }
    }
}

impl FromStr for Platform {
    type Err = Error;

    /// Reads `os/arch[/variant]`, with the aliases that containerd knows (`aarch64`, `x86_64`).
    fn from_str(text: &str) -> Result<Self, Error> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match parts.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some((*variant).to_owned())),
            _ => {
                return Err(Error::new(Kind::Usage, format!("{text:?} is no platform"))
                    .hint("write os/arch[/variant], such as linux/arm64"));
            }
        };
        if parts
            .iter()
            .any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)))
        {
            return Err(
                Error::new(Kind::Usage, format!("{text:?} is no platform")).hint("write os/arch[/variant], such as linux/arm64")
            );
        }
        let architecture = match architecture.to_ascii_lowercase().as_str() {
            "aarch64" => "arm64".to_owned(),
            "x86_64" | "x86-64" => "amd64".to_owned(),
            other => other.to_owned(),
        };
        Ok(Self { os: os.to_ascii_lowercase(), architecture, variant })
    }
}
