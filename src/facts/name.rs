//! What an image is called.

use crate::digest::Digest;
use crate::reference::Reference;

/// The name that users give an image, where they give it one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// The repository, with the registry's host if that is not Docker Hub: `pickme/auth`.
    pub repository: Option<String>,
    /// The tag.
    pub tag: Option<String>,
}

impl Name {
    /// That of a reference. An image on disk has the name that the archive or layout gives it, an engine's id is none.
    pub fn of(reference: &Reference) -> Self {
        let familiar = reference.familiar();
        let named = familiar.split('@').next().unwrap_or_default();
        if named.is_empty() || familiar.parse::<Digest>().is_ok() {
            return Self::default();
        }
        match named.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((repository, tag)) => Self { repository: Some(repository.into()), tag: Some(tag.into()) },
            // In a layout the name is often a tag alone.
            None if named.contains('/') => Self { repository: Some(named.into()), tag: None },
            None => Self { repository: None, tag: Some(named.into()) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_the_reference_says_and_no_place_or_id() {
        let id = format!("docker-daemon:sha256:{}", "0".repeat(64));
        let pinned = format!("registry:5000/a/b:1-arm64@sha256:{}", "0".repeat(64));
        for (reference, repository, tag) in [
            ("pickme/auth:latest-arm64", Some("pickme/auth"), Some("latest-arm64")),
            (pinned.as_str(), Some("registry:5000/a/b"), Some("1-arm64")),
            ("docker-daemon:auth:2", Some("auth"), Some("2")),
            (id.as_str(), None, None),
            ("oci:/tmp/x-amd64", None, None),
            ("oci:/tmp/x:latest-arm64", None, Some("latest-arm64")),
            ("oci-archive:x.tar:team/auth:3", Some("team/auth"), Some("3")),
        ] {
            let name = Name::of(&reference.parse().unwrap());
            assert_eq!((name.repository.as_deref(), name.tag.as_deref()), (repository, tag), "{reference}");
        }
    }
}
