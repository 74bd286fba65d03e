//! The grammar of references to registries (distribution/reference, `reference.go` and `normalize.go`), read by hand: a regular
//! expression of it takes longer to compile than an image that is known takes to verify.

use std::fmt::Display;

use crate::digest::Digest;
use crate::text::escape;

/// Docker Hub: its name, its former name, and where its own images are.
const DOCKER_HUB: (&str, &str, &str) = ("docker.io", "index.docker.io", "library");

/// The longest that a repository's name may be.
const LONGEST: usize = 255;

/// The longest that a tag may be.
const LONGEST_TAG: usize = 128;

/// A reference taken apart, with Docker's defaults.
#[derive(Debug)]
pub(super) struct Parts {
    pub host: String,
    pub repository: String,
    pub tag: Option<String>,
    pub digest: Option<Digest>,
}

/// What breaks the grammar, and what to write instead where that is clear.
#[derive(Debug)]
pub(super) struct Wrong(pub String, pub Option<String>);

impl Wrong {
    fn new(why: impl Display) -> Self {
        Self(why.to_string(), None)
    }

    fn hint(self, hint: &str) -> Self {
        Self(self.0, Some(hint.into()))
    }
}

/// Reads `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`.
pub(super) fn read(text: &str) -> Result<Parts, Wrong> {
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    if rest.is_empty() {
        return Err(Wrong::new("the name is missing"));
    }
    if let Some(scheme) = ["https://", "http://"].iter().find(|scheme| rest.starts_with(**scheme)) {
        return Err(Wrong::new(format!("it starts with {scheme}")).hint("write the host without a scheme"));
    }
    let parsed = digest.map(str::parse::<Digest>).transpose();
    let digest = parsed.map_err(|error| Wrong::new(error.what).hint("a digest is sha256: and 64 lower-case hex digits"))?;
    let slash = rest.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match rest[slash..].split_once(':') {
        Some((last, tag)) => (&rest[..slash + last.len()], Some(tag)),
        None => (rest, None),
    };
    tag.map_or(Ok(()), check_tag)?;
    let host = name.split_once('/').filter(|(host, _)| host.contains(['.', ':']) || *host == "localhost");
    host.map_or(Ok(()), |(host, _)| check_host(host))?;
    let (host, repository) = host.unwrap_or((DOCKER_HUB.0, name));
    check_repository(repository, text)?;
    let host = if host == DOCKER_HUB.1 { DOCKER_HUB.0 } else { host };
    let is_own = host == DOCKER_HUB.0 && !repository.contains('/');
    let repository = if is_own { format!("{}/{repository}", DOCKER_HUB.2) } else { repository.to_owned() };
    if repository.len() > LONGEST {
        return Err(Wrong::new(format!("the repository's name has more than {LONGEST} characters")));
    }
    let tag = tag.or(if digest.is_none() { Some("latest") } else { None });
    Ok(Parts { host: host.to_owned(), repository, tag: tag.map(str::to_owned), digest })
}

fn check_tag(tag: &str) -> Result<(), Wrong> {
    let is_tag = tag.len() <= LONGEST_TAG
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        && tag.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
    let hint = "a tag is at most 128 letters, digits, `_`, `.` and `-`, and starts with none of the last two";
    if is_tag { Ok(()) } else { Err(Wrong::new(format!("\"{}\" is no tag", escape(tag.as_bytes()))).hint(hint)) }
}

fn check_host(host: &str) -> Result<(), Wrong> {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| is_framed(label) && label.chars().all(|letter| alphanumeric(letter) || "-_".contains(letter));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if !name.split('.').all(is_label) || !port.is_none_or(is_port) {
        let wrong = Wrong::new(format!("\"{}\" is no host", escape(host.as_bytes())));
        return Err(wrong.hint("a layout directory is written oci:DIR"));
    }
    match port {
        Some(port) if port.parse::<u16>().is_err() => Err(Wrong::new("the port is larger than 65535")),
        _ => Ok(()),
    }
}

/// `text` is all that was written: it is what a hint repeats.
fn check_repository(repository: &str, text: &str) -> Result<(), Wrong> {
    if repository.chars().any(char::is_uppercase) {
        let hint = format!("did you mean {}?", escape(text.to_lowercase().as_bytes()));
        return Err(Wrong::new("repository names are lower case").hint(&hint));
    }
    if let Some(bad) = repository.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(*c))) {
        return Err(Wrong::new(format!("a repository name cannot hold \"{}\"", escape(bad.to_string().as_bytes()))));
    }
    if let Some(part) = repository.split('/').find(|part| !is_framed(part)) {
        return Err(Wrong::new(format!("the name's part \"{part}\" must start and end with a letter or digit")));
    }
    let is_separator = |run: &str| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-');
    match repository.split(|letter| alphanumeric(letter) || letter == '/').find(|run| !is_separator(run)) {
        Some(run) => Err(Wrong::new(format!("\"{run}\" separates nothing in a repository name: `.`, `_`, `__` and dashes do"))),
        None => Ok(()),
    }
}

fn is_framed(part: &str) -> bool {
    part.starts_with(alphanumeric) && part.ends_with(alphanumeric)
}

fn alphanumeric(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_the_words_of_a_name_is_a_dot_one_or_two_underscores_or_dashes() {
        for good in ["a.b", "a_b", "a__b", "a-b", "a---b/c.d", "x.y/a", "x_y.z/a", "localhost/a", "x:1/a", "a0/b9"] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in ["a..b", "a___b", "a._b", "a-_b", "c/a.-b", "x..y/a", "x:/a", "x:1:2/a", "x-.y/a", "x:y/a"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
