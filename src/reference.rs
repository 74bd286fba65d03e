//! What users write: image references, transports and platforms.

mod grammar;
mod pattern;

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use serde::Deserialize;

use crate::digest::Digest;
use crate::error::{Error, Kind};
use grammar::{Parts, Wrong};

pub use pattern::Pattern;

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
    /// `oci-archive:`: a tar of an image layout.
    OciArchive {
        /// The file; `-` is stdin.
        file: String,
    },
    /// `docker-archive:`: a tar as `docker save` writes it.
    DockerArchive {
        /// The file; `-` is stdin.
        file: String,
    },
    /// `docker-daemon:`: an image that a Docker engine has.
    DockerDaemon {
        /// Its name with tag or digest, or its id.
        image: String,
    },
}

/// Stands for an IPv6 address while the rest of a reference is parsed: the reference grammar has no such hosts.
const STAND_IN: &str = "ipv6.invalid";

/// What a registry reference looks like.
const GRAMMAR: &str = "write [HOST[:PORT]/]NAME[:TAG][@sha256:DIGITS]";

fn usage(text: &str, why: impl fmt::Display) -> Error {
    let shown: String = crate::text::escape(text.as_bytes()).chars().take(300).collect();
    Error::new(Kind::Usage, format!("\"{shown}\" is no image reference: {why}"))
}

impl Reference {
    /// The name that users give the image: as [`Display`](fmt::Display), without what Docker Hub implies, and wherever
    /// an engine has it from. Of an image on disk it is the name in there, if one is given: where it lies is no name.
    pub fn familiar(&self) -> String {
        match &self.transport {
            Transport::DockerDaemon { image } => image.clone(),
            Transport::Registry { .. } => {
                let full = self.to_string();
                let short = full.strip_prefix("docker.io/").map(|rest| rest.strip_prefix("library/").unwrap_or(rest));
                // A repository of Docker Hub whose name begins like a host is another's without it.
                let short = short.filter(|short| format!("docker://{short}").parse::<Self>().is_ok_and(|read| read == *self));
                short.map_or_else(|| full.clone(), str::to_owned)
            }
            Transport::Layout { .. } | Transport::OciArchive { .. } | Transport::DockerArchive { .. } => {
                self.tag.clone().unwrap_or_default()
            }
        }
    }

    /// The host of its registry, if it is in one.
    pub fn host(&self) -> Option<&str> {
        match &self.transport {
            Transport::Registry { host, .. } => Some(host),
            _ => None,
        }
    }

    /// Whether the image comes on stdin.
    pub fn is_on_stdin(&self) -> bool {
        matches!(&self.transport, Transport::OciArchive { file } | Transport::DockerArchive { file } if file == "-")
    }

    /// Reads the place on disk behind `form`, such as `oci:DIR`, and the name of an image in it.
    fn on_disk(text: &str, form: &str, place: &str, transport: impl FnOnce(String) -> Transport) -> Result<Self, Error> {
        let (path, tag) = match place.split_once(':') {
            Some((path, tag)) => (path, Some(tag.to_owned())),
            None => (place, None),
        };
        if path.is_empty() || tag.as_deref() == Some("") {
            let kind = if form.ends_with("DIR") { "directory" } else { "file" };
            let error = usage(text, format!("the {kind} or the name after it is missing"));
            return Err(error.hint(format!("write {form} or {form}:REF")));
        }
        Ok(Self { transport: transport(path.to_owned()), tag, digest: None })
    }

    fn registry(text: &str) -> Result<Self, Error> {
        let (address, plain) = match text.strip_prefix('[') {
            None => (None, text.to_owned()),
            Some(rest) => {
                let (address, rest) = rest.split_once(']').ok_or_else(|| usage(text, "the bracket is not closed"))?;
                address.parse::<Ipv6Addr>().map_err(|_| usage(text, "the brackets hold no IPv6 address"))?;
                if !rest.contains('/') {
                    return Err(usage(text, "the host is followed by no name"));
                }
                (Some(format!("[{address}]")), format!("{STAND_IN}{rest}"))
            }
        };
        let read = grammar::read(&plain);
        let Parts { host, repository, tag, digest } =
            read.map_err(|Wrong(why, hint)| usage(text, why).hint(hint.unwrap_or_else(|| GRAMMAR.into())))?;
        let host = address.map_or_else(|| host.clone(), |address| host.replacen(STAND_IN, &address, 1));
        Ok(Self { transport: Transport::Registry { host, repository }, tag, digest })
    }
}

impl FromStr for Reference {
    type Err = Error;

    /// Reads a Docker reference with Docker's defaults (distribution/reference), `docker://REF`, `oci:DIR[:REF]`,
    /// `oci-archive:FILE[:REF]`, `docker-archive:FILE[:REF]`, or `docker-daemon:` with a Docker reference or an image's id.
    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(place) = text.strip_prefix("oci:") {
            return Self::on_disk(text, "oci:DIR", place, |directory| Transport::Layout { directory });
        }
        if let Some(place) = text.strip_prefix("oci-archive:") {
            return Self::on_disk(text, "oci-archive:FILE", place, |file| Transport::OciArchive { file });
        }
        if let Some(place) = text.strip_prefix("docker-archive:") {
            return Self::on_disk(text, "docker-archive:FILE", place, |file| Transport::DockerArchive { file });
        }
        if let Some(image) = text.strip_prefix("docker-daemon:") {
            let image = if image.parse::<Digest>().is_ok() { image.to_owned() } else { Self::registry(image)?.familiar() };
            return Ok(Self { transport: Transport::DockerDaemon { image }, tag: None, digest: None });
        }
        Self::registry(text.strip_prefix("docker://").unwrap_or(text))
    }
}

impl fmt::Display for Reference {
    /// The canonical full form, which parses to the same reference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.transport {
            Transport::Registry { host, repository } => write!(f, "{host}/{repository}")?,
            Transport::Layout { directory } => write!(f, "oci:{directory}")?,
            Transport::OciArchive { file } => write!(f, "oci-archive:{file}")?,
            Transport::DockerArchive { file } => write!(f, "docker-archive:{file}")?,
            Transport::DockerDaemon { image } => write!(f, "docker-daemon:{image}")?,
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn full(text: &str) -> String {
        let reference: Reference = text.parse().unwrap();
        assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference, "{text}");
        reference.to_string()
    }

    #[test]
    fn references_get_the_defaults_of_docker() {
        for (text, want) in [
            ("a", "docker.io/library/a:latest"),
            ("a/b", "docker.io/a/b:latest"),
            ("index.docker.io/a", "docker.io/library/a:latest"),
            ("pickme/lucid-auth:latest-arm64", "docker.io/pickme/lucid-auth:latest-arm64"),
            ("docker://demo", "docker.io/library/demo:latest"),
            ("localhost/a", "localhost/a:latest"),
            ("localhost:5000/a", "localhost:5000/a:latest"),
            ("[::1]:5000/x", "[::1]:5000/x:latest"),
            ("[::1]/x/y:1", "[::1]/x/y:1"),
            ("test.com:5000", "docker.io/library/test.com:5000"),
            ("oci:dir", "oci:dir"),
            ("oci:../a/dir:docker.io/x:1", "oci:../a/dir:docker.io/x:1"),
            ("oci-archive:a.tar", "oci-archive:a.tar"),
            ("docker-archive:/a/b.tar:x/y:1", "docker-archive:/a/b.tar:x/y:1"),
            ("oci-archive:-", "oci-archive:-"),
            ("docker-archive:-:x/y:1", "docker-archive:-:x/y:1"),
            ("docker-daemon:a", "docker-daemon:a:latest"),
            ("docker-daemon:docker.io/x/a:1", "docker-daemon:x/a:1"),
            ("docker-daemon:r.io/x/a", "docker-daemon:r.io/x/a:latest"),
        ] {
            assert_eq!(full(text), want);
        }
        assert_eq!(full(&format!("docker-daemon:{DIGEST}")), format!("docker-daemon:{DIGEST}"));
        assert_eq!(full(&format!("r:5/a@{DIGEST}")), format!("r:5/a@{DIGEST}"));
        assert_eq!(full(&format!("r.io/a:t@{DIGEST}")), format!("r.io/a:t@{DIGEST}"));
    }

    #[test]
    fn the_familiar_form_is_what_users_write() {
        for text in ["nginx:1", "pickme/lucid-auth:latest-arm64", "localhost:5000/a:t"] {
            assert_eq!(text.parse::<Reference>().unwrap().familiar(), text);
        }
        for (text, name) in
            [("oci:a/lucid-b/dir", ""), ("oci:dir:ref", "ref"), ("docker-archive:a.tar:x/lucid-b:1", "x/lucid-b:1")]
        {
            assert_eq!(text.parse::<Reference>().unwrap().familiar(), name);
        }
        assert_eq!("docker-daemon:docker.io/x/a:1".parse::<Reference>().unwrap().familiar(), "x/a:1");
    }

    #[test]
    fn a_repository_that_is_called_like_a_host_keeps_the_host_that_it_is_of() {
        for name in ["docker.io/00.0/a:latest", "docker.io/localhost/a:latest"] {
            assert_eq!(format!("docker://{name}").parse::<Reference>().unwrap().familiar(), name);
        }
        assert_eq!("docker.io/library/00.0/a".parse::<Reference>().unwrap().familiar(), "docker.io/library/00.0/a:latest");
    }

    #[test]
    fn a_bad_reference_is_a_usage_error_that_points_at_the_fault() {
        let long = "a/".repeat(150) + "a";
        for (text, want) in [
            ("", "the name is missing"),
            ("UPPER/a", "lower case"),
            ("r.io/Upper", "lower case"),
            (&long, "255 characters"),
            ("a@sha256:short", "wrong length"),
            (&format!("a@{}", DIGEST.replace('e', "E")), "lower-case hex"),
            ("a@md5:d41d8cd98f00b204e9800998ecf8427e", "only sha256 and sha512"),
            ("-x", "part \"-x\""),
            ("a//b", "part \"\""),
            ("../x", "\"..\" is no host"),
            ("grün", "cannot hold \"ü\""),
            ("a\u{1b}[31m", "cannot hold \"\\u{1b}\""),
            ("a:", "\"\" is no tag"),
            ("a:b c", "\"b c\" is no tag"),
            ("https://r.io/a", "starts with https://"),
            ("r.io:99999/a", "port"),
            ("[::1/x", "bracket"),
            ("[localhost]:5000/x", "no IPv6 address"),
            ("[::1]:5000", "no name"),
            ("oci:", "missing"),
            ("oci:dir:", "missing"),
            ("oci-archive:", "the file or the name"),
            ("docker-archive:a.tar:", "the file or the name"),
            ("docker-daemon:", "the name is missing"),
            ("docker-daemon:A", "lower case"),
        ] {
            let error = text.parse::<Reference>().unwrap_err();
            assert_eq!(error.kind, Kind::Usage, "{text}");
            assert!(error.what.contains(want), "{text}: {error}");
        }
        assert_eq!("PickMe/a".parse::<Reference>().unwrap_err().hint.unwrap(), "did you mean pickme/a?");
    }
}
