//! What a registry holds: its repositories and their tags, page by page (distribution-spec, "Listing Tags"; distribution,
//! "Catalog").

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use super::auth::{Auth, Scope};
use super::host::{Host, Question};
use super::refusal::Refusal;
use super::{Access, credentials, headers};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::image::config::null_as_default;
use crate::limits::{self, Limits};
use crate::reference::{Reference, Transport};
use crate::text::escape;

/// Names that a page is asked to have: the most that distribution and ECR give.
const PAGE: usize = 1000;

/// What to do where a registry does not say what it holds.
const INSTEAD: &str = "name the images in a file instead, one a line: --images FILE";

/// A registry, or what of it is below a namespace, as the place of many images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// Host and optional port.
    pub host: String,
    /// The repository of this name, and those whose names begin with it and a `/`.
    pub namespace: Option<String>,
}

/// Names that a registry lists.
#[derive(Debug, Default)]
pub struct Names {
    /// Each once.
    pub names: BTreeSet<String>,
    /// Tags of signatures, attestations and lists of contents, by which these are found: they are no images.
    pub attached: usize,
    /// What breaks the grammar of names, as often as it was listed.
    pub strange: usize,
}

impl FromStr for Catalog {
    type Err = Error;

    /// Reads `[docker://]HOST[:PORT][/NAMESPACE]`.
    fn from_str(text: &str) -> Result<Self> {
        let place = text.strip_prefix("docker://").unwrap_or(text).trim_end_matches('/');
        let (host, namespace) = place.split_once('/').map_or((place, None), |(host, rest)| (host, Some(rest)));
        // A name that is not there stands for any of its repositories.
        let any: Result<Reference> = format!("docker://{host}/{}", namespace.unwrap_or("x/x")).parse();
        match any {
            Ok(Reference { transport: Transport::Registry { host: read, .. }, .. })
                if !namespace.is_some_and(|name| name.contains([':', '@'])) && (read == host || host == "index.docker.io") =>
            {
                Ok(Self { host: read, namespace: namespace.map(str::to_owned) })
            }
            _ => {
                let what = format!("\"{}\" is no registry", escape(text.as_bytes()));
                Err(Error::new(Kind::Usage, what)
                    .hint("write HOST[:PORT] or HOST[:PORT]/NAMESPACE, such as registry.example:5000"))
            }
        }
    }
}

impl fmt::Display for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.namespace.iter().try_for_each(|namespace| write!(f, "/{namespace}"))
    }
}

impl Catalog {
    /// What stands for it where a reference is wanted: its address at the registry.
    pub fn place(&self) -> Reference {
        self.at(self.namespace.clone().unwrap_or_else(|| "_catalog".to_owned()), None)
    }

    /// An image in it, or with no tag one of its repositories.
    pub fn at(&self, repository: String, tag: Option<String>) -> Reference {
        Reference { transport: Transport::Registry { host: self.host.clone(), repository }, tag, digest: None }
    }

    /// Whether a name is that of an image in it, as far as the grammar goes.
    fn is_name(&self, repository: &str, tag: &str) -> bool {
        let image = self.at(repository.to_owned(), Some(tag.to_owned()));
        // With the transport before it no part of it can be taken for another transport.
        format!("docker://{image}").parse().is_ok_and(|read: Reference| read == image)
    }

    fn holds(&self, repository: &str) -> bool {
        let Some(namespace) = &self.namespace else { return true };
        repository.strip_prefix(&namespace[..]).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Its repositories. What is listed of other namespaces is left out.
    pub fn repositories(&self, access: &Access, limits: &Limits) -> Result<Names> {
        let host = access.hosts.get(&self.host, access)?;
        let doing = |error: Error| error.doing(format!("list the repositories of {}", self.host));
        if host.is_docker_hub() {
            return Err(doing(Error::new(Kind::Unsupported, "Docker Hub tells nobody what it holds")).hint(INSTEAD));
        }
        let auth = host.auth(&Scope::Catalog);
        let refused = |refusal: &Refusal, elsewhere: Option<&Url>| unlisted(&host, &auth, refusal, elsewhere);
        let list = List { host: &host, auth: &auth, path: "_catalog", refused: &refused };
        let listed = host.runtime.block_on(list.read(limits)).map_err(|error| match (error.kind, error.hint.clone()) {
            (Kind::Denied, Some(hint)) => doing(error).hint(format!("{hint}; or {INSTEAD}")),
            _ => doing(error),
        })?;
        let mut names = Names::default();
        for name in listed.into_iter().filter(|name| self.holds(name)) {
            if self.is_name(&name, "latest") {
                names.names.insert(name);
            } else {
                names.strange += 1;
            }
        }
        Ok(names)
    }

    /// The tags of one of its repositories.
    pub fn tags(&self, repository: &str, access: &Access, limits: &Limits) -> Result<Names> {
        let host = access.hosts.get(&self.host, access)?;
        let auth = host.auth(&Scope::Repository(repository.to_owned()));
        let refused = |refusal: &Refusal, elsewhere: Option<&Url>| match refusal.status {
            StatusCode::NOT_FOUND => refusal.absent(&format!("there is no repository {}/{repository}", self.host)),
            _ => host.refused(&auth, refusal, elsewhere),
        };
        let path = format!("{repository}/tags/list");
        let list = List { host: &host, auth: &auth, path: &path, refused: &refused };
        let listed = host.runtime.block_on(list.read(limits));
        let mut names = Names::default();
        for name in listed.map_err(|error| error.doing(format!("list the tags of {}/{repository}", self.host)))? {
            if is_attached(&name) {
                names.attached += 1;
            } else if self.is_name(repository, &name) {
                names.names.insert(name);
            } else {
                names.strange += 1;
            }
        }
        Ok(names)
    }
}

/// Whether a tag is one by which something is found that is about an image: `ALGORITHM-HEX`, and what cosign has behind it
/// (distribution-spec, "Referrers Tag Schema"; cosign, `specs/SIGNATURE_SPEC.md` "Tag-based Discovery").
fn is_attached(tag: &str) -> bool {
    let hex = ["sha256-", "sha512-"].iter().find_map(|algorithm| tag.strip_prefix(algorithm));
    let end = hex.map(|hex| hex.trim_start_matches(|sign: char| sign.is_ascii_digit() || ('a'..='f').contains(&sign)));
    hex.zip(end).is_some_and(|(hex, end)| hex.len() - end.len() >= 64 && (end.is_empty() || end.starts_with('.')))
}

/// Why a registry does not say what it holds.
fn unlisted(host: &Host, auth: &Auth, refusal: &Refusal, elsewhere: Option<&Url>) -> Error {
    let has_none = [StatusCode::NOT_FOUND, StatusCode::GONE, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED];
    if has_none.contains(&refusal.status) || refusal.code == "UNSUPPORTED" {
        return refusal.error(Kind::Unsupported, &format!("{} has no catalog", host.name())).hint(INSTEAD);
    }
    host.refused(auth, refusal, elsewhere)
}

/// A list of names that comes in pages.
struct List<'a> {
    host: &'a Host,
    auth: &'a Auth,
    path: &'a str,
    refused: &'a dyn Fn(&Refusal, Option<&Url>) -> Error,
}

/// A page of it. Of either kind there is one list.
#[derive(Deserialize)]
struct Page {
    // Go writes none as `null`.
    #[serde(alias = "tags", deserialize_with = "null_as_default")]
    repositories: Vec<String>,
}

impl List<'_> {
    /// All of it.
    async fn read(&self, limits: &Limits) -> Result<BTreeSet<String>> {
        let (mut names, mut asked) = (BTreeSet::new(), BTreeSet::new());
        let mut query = format!("n={PAGE}");
        for number in 0..limits.list_pages {
            asked.insert(Digest::sha256(query.as_bytes()));
            let (said, page) = match (self.page(&query, limits).await, number) {
                (Err(Refused::TooMany(_)), 0) => self.page("", limits).await.map_err(Refused::error)?,
                (page, _) => page.map_err(Refused::error)?,
            };
            let (count, last) = (page.len(), page.last().cloned());
            let new = page.into_iter().filter(|name| names.insert(name.clone())).count();
            if names.len() as u64 > limits.list_entries {
                return Err(limits::list_entries(format!("it has more than {} names", limits.list_entries)));
            }
            query = match (headers::next(&said), last) {
                (Some(next), _) if asked.contains(&Digest::sha256(next.as_bytes())) || count > 0 && new == 0 => {
                    let what = format!("{} lists the same page again and again", self.host.name());
                    return Err(Error::new(Kind::Unsupported, what));
                }
                (Some(next), _) => next,
                // One that gives so many and names no next page may have one all the same.
                (None, Some(last)) if count >= PAGE && new > 0 => credentials::form(&[("n", &PAGE.to_string()), ("last", &last)]),
                (None, _) => return Ok(names),
            };
        }
        Err(limits::list_pages(format!("it has more than {} pages", limits.list_pages)))
    }

    async fn page(&self, query: &str, limits: &Limits) -> Result<(HeaderMap, Vec<String>), Refused> {
        let (path, is_too_many) =
            (if query.is_empty() { self.path.to_owned() } else { format!("{}?{query}", self.path) }, Cell::new(false));
        let refused = |refusal: &Refusal, elsewhere: Option<&Url>, _: u32| {
            is_too_many.set(refusal.status == StatusCode::BAD_REQUEST);
            Err((self.refused)(refusal, elsewhere))
        };
        let question =
            Question { auth: self.auth, method: &Method::GET, path: &path, headers: &HeaderMap::new(), refused: &refused };
        let document = self.host.document(&question, limits.list_page, self.host.http.attempts()).await;
        let over = || limits::list_page(format!("a page of it is larger than {} bytes", limits.list_page));
        let document = document.and_then(|document| document.ok_or_else(over));
        let (said, bytes) =
            document.map_err(|error| if is_too_many.get() { Refused::TooMany(error) } else { Refused::Other(error) })?;
        // The text of a parser could quote the page.
        let page: Page = serde_json::from_slice(&bytes)
            .map_err(|_| Refused::Other(self.host.no_registry("what is no list of names in JSON")))?;
        Ok((said, page.repositories))
    }
}

/// Why a page did not come.
enum Refused {
    /// Perhaps because it was asked to have more names than the registry gives.
    TooMany(Error),
    Other(Error),
}

impl Refused {
    fn error(self) -> Error {
        match self {
            Self::TooMany(error) | Self::Other(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_a_host_and_perhaps_a_namespace() {
        let read = |text: &str| text.parse::<Catalog>().map(|catalog| (catalog.host, catalog.namespace.unwrap_or_default()));
        for (text, host, namespace) in [
            ("registry.example", "registry.example", ""),
            ("docker://registry.example:5000/", "registry.example:5000", ""),
            ("localhost:5000/team/a", "localhost:5000", "team/a"),
            ("[::1]:5000/team", "[::1]:5000", "team"),
            ("docker.io", "docker.io", ""),
            ("index.docker.io/team", "docker.io", "team"),
        ] {
            assert_eq!(read(text).unwrap(), (host.into(), namespace.into()), "{text}");
        }
        for text in [
            "",
            "registry",
            "team/app",
            "https://r.example",
            "r.example/A",
            "r.example/a:1",
            "r.example/a:latest",
            "r.example/a@b",
            "r.example:x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_namespace_holds_its_own_repository_and_those_below_it() {
        let catalog: Catalog = "r.example/team".parse().unwrap();
        for (repository, is_in) in [("team", true), ("team/a", true), ("team/a/b", true), ("teams/a", false), ("a/team", false)] {
            assert_eq!(catalog.holds(repository), is_in, "{repository}");
        }
    }

    #[test]
    fn tags_that_stand_for_what_is_about_an_image_are_told_from_images() {
        let hex = "0a".repeat(32);
        for end in ["", ".sig", ".att", ".sbom", ".x.y"] {
            assert!(is_attached(&format!("sha256-{hex}{end}")) && is_attached(&format!("sha512-{hex}{hex}{end}")), "{end}");
        }
        for tag in ["latest", "sha256-0a", &format!("sha256-{hex}g"), &format!("sha1-{hex}"), &hex, &format!("v1-sha256-{hex}")] {
            assert!(!is_attached(tag), "{tag}");
        }
    }
}
