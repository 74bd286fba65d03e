//! Which of many images are meant.

use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};

use super::{Reference, Transport};
use crate::error::{Error, Kind};
use crate::text::escape;

/// A glob of images: of repositories, or of repositories and tags. In it `*` stands for any characters, a `/` among them, as
/// everywhere where names of images are meant.
#[derive(Debug, Clone)]
pub struct Pattern {
    repository: GlobMatcher,
    tag: Option<GlobMatcher>,
}

impl FromStr for Pattern {
    type Err = Error;

    /// Reads `REPOSITORY[:TAG]`, either a glob.
    fn from_str(text: &str) -> Result<Self, Error> {
        let glob = |part: &str| {
            let wrong = |why: String| Error::new(Kind::Usage, format!("\"{}\" is no glob: {why}", escape(text.as_bytes())));
            if part.is_empty() {
                return Err(wrong("a part of it is empty".into()).hint("write * for any"));
            }
            let glob = GlobBuilder::new(part).literal_separator(false).build();
            glob.map(|glob| glob.compile_matcher()).map_err(|error| {
                wrong(error.kind().to_string()).hint("braces hold no `:`; a glob is written REPOSITORY or REPOSITORY:TAG")
            })
        };
        let (repository, tag) = text.split_once(':').map_or((text, None), |(repository, tag)| (repository, Some(tag)));
        Ok(Self { repository: glob(repository)?, tag: tag.map(glob).transpose()? })
    }
}

impl Pattern {
    /// Whether an image of this repository can be meant.
    pub fn may_hold(&self, repository: &str) -> bool {
        self.repository.is_match(repository)
    }

    /// Whether this image is meant: by its repository without the host, or by where on this machine it lies. One without a tag
    /// is meant by globs without one.
    pub fn holds(&self, image: &Reference) -> bool {
        let (repository, tag) = match &image.transport {
            Transport::Registry { repository, .. } => (&repository[..], image.tag.as_deref()),
            Transport::Layout { directory: place }
            | Transport::OciArchive { file: place }
            | Transport::DockerArchive { file: place } => (&place[..], image.tag.as_deref()),
            Transport::DockerDaemon { image } => {
                image.rsplit_once(':').map_or((&image[..], None), |(name, tag)| (name, Some(tag)))
            }
        };
        let is_tag = self.tag.as_ref().is_none_or(|glob| tag.is_some_and(|tag| glob.is_match(tag)));
        is_tag && self.may_hold(repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_held_against_the_repository_and_the_tag() {
        for (glob, image, is_meant) in [
            ("team/*", "r.example/team/app:1", true),
            ("team/*", "r.example/team/app/web:1", true),
            ("team/*", "r.example/other/team/app:1", false),
            ("*/app", "r.example/a/b/app:1", true),
            ("app", "r.example/app:1", true),
            ("app", "r.example/apps:1", false),
            ("*:latest", "r.example/team/app:latest", true),
            ("*:latest", "r.example/team/app:latest-arm64", false),
            ("*:v1.*", "r.example/app:v1.2", true),
            ("{a,b}:[0-9]*", "r.example/b:7", true),
            ("{a,b}:[0-9]*", "r.example/c:7", false),
            ("library/nginx", "nginx:1", true),
            ("r.example/app", "r.example/app:1", false),
            ("app", "r.example/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true),
            ("app:*", "r.example/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false),
            ("images/*", "oci:images/a:1", true),
            ("*:1", "oci:images/a:1", true),
            ("x/a:*", "docker-daemon:x/a", true),
        ] {
            let pattern: Pattern = glob.parse().unwrap();
            assert_eq!(pattern.holds(&image.parse().unwrap()), is_meant, "{glob} {image}");
        }
        for wrong in ["", ":1", "a:", "a[", "{a:1,b:2}"] {
            assert_eq!(wrong.parse::<Pattern>().unwrap_err().kind, Kind::Usage, "{wrong}");
        }
    }
}
