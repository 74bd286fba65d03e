//! One repository of a registry: the distribution API's pulls (distribution-spec, "Pull").

use std::collections::BTreeSet;
use std::io::BufRead;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::{ACCEPT, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RANGE};
use reqwest::{Method, Response, StatusCode, Url};

use super::auth::{Auth, Scope};
use super::encoding::Encoding;
use super::host::{Host, Question};
use super::refusal::Refusal;
use super::retry::Attempts;
use super::wait::Patience;
use super::{Access, Fetched, Listing, Source, body, headers};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::image::{Descriptor, MediaType};
use crate::limits;
use crate::reference::Reference;

/// The header by which a registry names the digest of a document (distribution-spec, "Pulling manifests").
pub(super) const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// One repository of a registry.
pub struct Registry {
    pub(super) host: Arc<Host>,
    repository: String,
    /// The tag or digest that is meant.
    name: String,
    /// The tag, if one was written, which a digest beside it outranks.
    tag: Option<String>,
    auth: Arc<Auth>,
    patience: Patience,
    /// Blobs that were begun again from their start, for want of ranges: once is enough.
    restarted: Mutex<BTreeSet<Digest>>,
}

impl Registry {
    /// Prepares to ask `host` for what `reference` names in `repository`. Nothing is sent yet.
    pub fn new(host: &str, repository: &str, reference: &Reference, access: &Access) -> Result<Self> {
        let host = access.hosts.get(host, access)?;
        let pinned = reference.digest.as_ref().map(Digest::to_string);
        Ok(Self {
            auth: host.auth(&Scope::Repository(repository.to_owned())),
            host,
            repository: repository.to_owned(),
            name: pinned.or_else(|| reference.tag.clone()).unwrap_or_else(|| "latest".to_owned()),
            tag: reference.tag.clone(),
            patience: Patience::new(access.wait),
            restarted: Mutex::default(),
        })
    }

    /// Asks for `kind/name` of the repository. What is missing is waited for if that was asked for.
    async fn get(&self, kind: &str, name: &str, headers: &HeaderMap, attempts: &mut Attempts) -> Result<Response> {
        self.ask(&Method::GET, kind, name, headers, attempts).await
    }

    pub(super) async fn ask(
        &self,
        method: &Method,
        kind: &str,
        name: &str,
        headers: &HeaderMap,
        attempts: &mut Attempts,
    ) -> Result<Response> {
        let path = format!("{}/{kind}/{name}", self.repository);
        let refused = self.refusing(kind, name);
        let question = Question { auth: &self.auth, method, path: &path, headers, refused: &refused };
        self.host.ask(&question, attempts).await
    }

    /// What to make of refusals of `kind/name`.
    fn refusing<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
    ) -> impl Fn(&Refusal, Option<&Url>, u32) -> Result<std::time::Duration> + 'a {
        move |refusal, elsewhere, missed| self.patience.next(self.refused(kind, name, refusal, elsewhere), missed)
    }

    fn refused(&self, kind: &str, name: &str, refusal: &Refusal, elsewhere: Option<&Url>) -> Error {
        let here = format!("{}/{}", self.host.name(), self.repository);
        let is_missing = refusal.status == StatusCode::NOT_FOUND || refusal.status == StatusCode::GONE && elsewhere.is_none();
        match kind {
            _ if !is_missing => self.host.refused(&self.auth, refusal, elsewhere),
            _ if refusal.code == "NAME_UNKNOWN" => refusal.absent(&format!("there is no repository {here}")),
            "blobs" => refusal
                .error(Kind::NotFound, &format!("{here} has no blob {name}"))
                .hint("the image is incomplete in its registry: push it again"),
            _ => refusal.absent(&format!("{here} has no manifest {name}")),
        }
    }

    /// A document whose download is tried again when it breaks, behind what its answer said of it.
    pub(super) async fn document(&self, kind: &str, name: &str, limit: u64, attempts: Attempts) -> Result<(HeaderMap, Vec<u8>)> {
        let (headers, path) = (accept(), format!("{}/{kind}/{name}", self.repository));
        let refused = self.refusing(kind, name);
        let question = Question { auth: &self.auth, method: &Method::GET, path: &path, headers: &headers, refused: &refused };
        let document = self.host.document(&question, limit, attempts).await?;
        document.ok_or_else(|| limits::manifest(format!("the manifest is larger than {limit} bytes")))
    }

    /// What the tag is now, by a HEAD: Docker Hub counts it as no pull, and every registry that names digests names one in its
    /// answer to it, ECR in no other. Where that says nothing, only a GET does: some know no HEAD.
    async fn named(&self, known: &Digest) -> Result<Option<Digest>> {
        let mut headers = accept();
        headers.extend(format!("\"{known}\"").parse().map(|known| (IF_NONE_MATCH, known)));
        match self
            .ask(&Method::HEAD, "manifests", self.tag.as_ref().unwrap_or(&self.name), &headers, &mut self.host.http.attempts())
            .await
        {
            Ok(response) if response.status() == StatusCode::NOT_MODIFIED => Ok(Some(known.clone())),
            Ok(response) => {
                let digest = response.headers().get(&DIGEST).and_then(|value| value.to_str().ok());
                Ok(digest.and_then(|digest| digest.trim().parse().ok()))
            }
            Err(error) if error.kind == Kind::Unreachable => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// A blob from `from`: the answer, how it is encoded, and how many bytes come before those.
    async fn open(&self, descriptor: &Descriptor, from: u64) -> Result<(Response, Encoding, u64)> {
        let name = descriptor.digest.to_string();
        let mut attempts = self.host.http.attempts();
        if from > 0 {
            let range = format!("bytes={from}-").parse().map(|range| (RANGE, range));
            let response = self.get("blobs", &name, &range.into_iter().collect(), &mut attempts).await?;
            let is_next =
                response.status() == StatusCode::PARTIAL_CONTENT && continues(response.headers(), from, descriptor.size);
            // A range of what is encoded is no range of the blob.
            if is_next && Encoding::of(&response, Some(descriptor.size.saturating_sub(from)))? == Encoding::Identity {
                return Ok((response, Encoding::Identity, 0));
            }
            if !self.restarted.lock().unwrap_or_else(PoisonError::into_inner).insert(descriptor.digest.clone()) {
                let what = format!("{} serves no ranges, and the connection broke again", self.host.name());
                return Err(Error::new(Kind::Unreachable, what));
            }
            if response.status() == StatusCode::OK {
                let encoding = Encoding::of(&response, Some(descriptor.size))?;
                return Ok((response, encoding, from));
            }
        }
        let response = self.get("blobs", &name, &HeaderMap::new(), &mut attempts).await?;
        self.host.whole(&response)?;
        let encoding = Encoding::of(&response, Some(descriptor.size))?;
        Ok((response, encoding, from))
    }
}

/// The kinds of documents that are wanted: a registry may have the same under several.
pub(super) fn accept() -> HeaderMap {
    HeaderValue::from_str(&MediaType::ACCEPT.join(", ")).map(|accept| (ACCEPT, accept)).into_iter().collect()
}

/// Whether a partial answer begins at `from`, of a blob of `size` bytes, and says so once (RFC 9110, 14.4).
fn continues(headers: &HeaderMap, from: u64, size: u64) -> bool {
    let mut ranges = headers.get_all(CONTENT_RANGE).iter();
    let range = ranges.next().and_then(|value| value.to_str().ok()).and_then(headers::content_range);
    ranges.next().is_none() && range.is_some_and(|(start, total)| start == from && total.is_none_or(|total| total == size))
}

impl Source for Registry {
    fn manifest(&self, child: Option<&Descriptor>, limit: u64) -> Result<Fetched> {
        let name = child.map_or_else(|| self.name.clone(), |child| child.digest.to_string());
        let fetched = self.host.runtime.block_on(self.document("manifests", &name, limit, self.host.http.attempts()));
        let (said, bytes) = fetched.map_err(|error| error.doing(format!("fetch the manifest {name}")))?;
        let header = |name: &HeaderName| said.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Fetched { bytes, content_type: header(&CONTENT_TYPE), claimed_digest: header(&DIGEST) })
    }

    fn current(&self, known: &Digest) -> Result<Option<Digest>> {
        let named = self.host.runtime.block_on(self.named(known));
        named.map_err(|error| error.doing(format!("ask whether the manifest {} is still the same", self.name)))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn is_at_hand(&self) -> bool {
        false
    }

    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>> {
        let opened = self.host.runtime.block_on(self.open(descriptor, from));
        let doing = |error: Error| error.doing(format!("fetch the blob {}", descriptor.digest));
        let (response, encoding, skip) = opened.map_err(doing)?;
        let body = body::stream(self.host.runtime.handle(), response, self.host.http.waiting());
        encoding.reader(body, skip).map_err(|error| doing(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_answer_must_begin_where_it_was_asked_to() {
        let headers = |ranges: &[&str]| {
            let mut headers = HeaderMap::new();
            for range in ranges {
                headers.append(CONTENT_RANGE, range.parse().unwrap());
            }
            headers
        };
        assert!(continues(&headers(&["bytes 5-9/10"]), 5, 10));
        assert!(!continues(&headers(&["bytes 0-9/10"]), 5, 10));
        assert!(!continues(&headers(&["bytes 5-10/11"]), 5, 10));
        assert!(!continues(&headers(&["bytes 5-9/10", "bytes 5-9/10"]), 5, 10));
        assert!(!continues(&HeaderMap::new(), 5, 10));
    }
}
