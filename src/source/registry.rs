//! A registry: the distribution API's pulls (distribution-spec, "Pull").

use std::collections::BTreeSet;
use std::io::BufRead;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{ACCEPT, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RANGE, WARNING};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::runtime::{self, Runtime};
use tokio::sync::OnceCell;

use super::auth::Auth;
use super::client::{Http, authority, is_loopback, now};
use super::encoding::Encoding;
use super::refusal::{Refusal, excerpt, is_html};
use super::retry::{Attempts, Failure};
use super::wait::Patience;
use super::{Access, Fetched, Listing, Source, body, headers};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::image::{Descriptor, MediaType};
use crate::limits;
use crate::reference::Reference;

/// Where Docker Hub answers to the name that users write.
const DOCKER_HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// The header by which a registry names the digest of a document (distribution-spec, "Pulling manifests").
pub(super) const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// What to look at where something answers that is no registry.
const STRANGE: &str = "check the host; a proxy or a login page may stand before the registry";

/// Warnings of one registry that are told: who floods says nothing.
const WARNINGS: usize = 8;

/// Threads of the network side. It moves bytes and waits, which is little work; hashing and decoding are done by who reads.
const WORKERS: usize = 1;

/// One repository of a registry.
pub struct Registry {
    host: String,
    repository: String,
    /// The tag or digest that is meant.
    name: String,
    /// The tag, if one was written, which a digest beside it outranks.
    tag: Option<String>,
    /// The registry's address over TLS, and whether it may be left for plain HTTP.
    secure: Url,
    plain: bool,
    /// The API's address, once it is known how the registry is reached.
    entrance: OnceCell<Url>,
    auth: Auth,
    pub(super) http: Http,
    patience: Patience,
    /// Blobs that were begun again from their start, for want of ranges: once is enough.
    restarted: Mutex<BTreeSet<Digest>>,
    /// What the registry wants its users to know, as far as it was told.
    told: Mutex<BTreeSet<String>>,
    tell: Option<fn(&str)>,
    pub(super) runtime: Runtime,
}

impl Registry {
    /// Prepares to ask `host` for what `reference` names in `repository`. Nothing is sent yet.
    pub fn new(host: &str, repository: &str, reference: &Reference, access: &Access) -> Result<Self> {
        let server = if host == DOCKER_HUB.0 { DOCKER_HUB.1 } else { host };
        let secure: Url = format!("https://{server}/v2/")
            .parse()
            .map_err(|error| Error::new(Kind::Usage, format!("{host} is no host: {error}")))?;
        let runtime = runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
        let pinned = reference.digest.as_ref().map(Digest::to_string);
        Ok(Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            name: pinned.or_else(|| reference.tag.clone()).unwrap_or_else(|| "latest".to_owned()),
            tag: reference.tag.clone(),
            plain: access.plain_http || is_loopback(&secure),
            entrance: OnceCell::new(),
            auth: Auth::new(host, repository, access),
            http: Http::new(access, is_loopback(&secure))?,
            patience: Patience::new(access.wait),
            secure,
            restarted: Mutex::default(),
            told: Mutex::default(),
            tell: access.tell,
            runtime: runtime.map_err(|error| Error::new(Kind::Bug, error.to_string()).doing("start the network threads"))?,
        })
    }

    /// The API's address: over TLS, unless plain HTTP is allowed and nothing there speaks TLS.
    async fn entrance(&self) -> &Url {
        let find = async || {
            let mut url = self.secure.clone();
            if self.plain && !self.http.speaks_tls(url.clone()).await {
                // Neither scheme nor host of a URL that parsed can make this fail.
                let _ = url.set_scheme("http");
            }
            url
        };
        self.entrance.get_or_init(find).await
    }

    /// Asks for `kind/name` of the repository, with a pass if the registry wants one. A pass that is refused is renewed,
    /// and what is missing is waited for if that was asked for. An answer other than 200, 206, 304 or 416 is an error.
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
        let entrance = self.entrance().await;
        let path = format!("{}/{kind}/{name}", self.repository);
        let url = entrance.join(&path).map_err(|error| Error::new(Kind::Bug, format!("{path}: {error}")))?;
        let (mut renewed, mut missed) = (0, 0);
        loop {
            let (pass, generation) = self.auth.pass(&self.http, entrance).await?;
            let secrets = self.auth.secrets(&pass);
            let request = || pass.on(self.http.request(method, url.clone()).headers(headers.clone()));
            let response = self.http.send(request, attempts, &secrets).await?;
            if response.url().origin() == url.origin() {
                self.tell(response.headers());
            }
            match response.status() {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE => {
                    return Ok(response);
                }
                // A host that the registry redirected to gets no pass of ours.
                StatusCode::UNAUTHORIZED if response.url().origin() == url.origin() => {
                    self.auth.renew(&self.http, entrance, response, generation, renewed).await?;
                    renewed += 1;
                }
                _ => {
                    let elsewhere = (response.url().origin() != url.origin()).then(|| response.url().clone());
                    let refused = self.refused(kind, name, &Refusal::read(response, &secrets).await, elsewhere.as_ref());
                    self.http.waiting().pause(self.patience.next(refused, missed)?).await?;
                    missed += 1;
                    // What comes after a wait is a question of its own.
                    renewed = 0;
                    attempts.progressed();
                }
            }
        }
    }

    /// Tells what the registry wants its users to know (distribution-spec, "Warnings"), each once.
    fn tell(&self, headers: &HeaderMap) {
        let Some(tell) = self.tell else { return };
        for value in headers.get_all(WARNING) {
            let said = headers::warning(&String::from_utf8_lossy(value.as_bytes())).map(|said| excerpt(&said));
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(said) = said.filter(|said| told.len() < WARNINGS && !told.contains(said)) {
                tell(&format!("{} says: {said}", self.host));
                told.insert(said);
            }
        }
    }

    fn refused(&self, kind: &str, name: &str, refusal: &Refusal, elsewhere: Option<&Url>) -> Error {
        let here = format!("{}/{}", self.host, self.repository);
        if let Some(elsewhere) = elsewhere.filter(|_| refusal.status != StatusCode::NOT_FOUND) {
            let subject = format!("{} redirects to {}, which refuses", self.host, authority(elsewhere));
            return refusal.error(Kind::Unreachable, &subject);
        }
        match refusal.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.auth.denied(refusal),
            StatusCode::NOT_FOUND | StatusCode::GONE if refusal.code == "NAME_UNKNOWN" => {
                refusal.absent(&format!("there is no repository {here}"))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE if kind == "blobs" => refusal
                .error(Kind::NotFound, &format!("{here} has no blob {name}"))
                .hint("the image is incomplete in its registry: push it again"),
            StatusCode::NOT_FOUND | StatusCode::GONE => refusal.absent(&format!("{here} has no manifest {name}")),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                refusal.error(Kind::Unreachable, &format!("the proxy before {} wants credentials of its own", self.host))
            }
            status if status.is_redirection() => {
                refusal.error(Kind::Unreachable, &format!("{} redirects to where nobody can follow", self.host))
            }
            _ => refusal.error(Kind::Unsupported, &format!("{} does not answer as a registry does", self.host)).hint(STRANGE),
        }
    }

    /// A document whose download is tried again when it breaks, behind what its answer said of it.
    pub(super) async fn document(
        &self,
        kind: &str,
        name: &str,
        limit: u64,
        mut attempts: Attempts,
    ) -> Result<(HeaderMap, Vec<u8>)> {
        let headers = accept();
        loop {
            let response = self.get(kind, name, &headers, &mut attempts).await?;
            let said = response.headers().clone();
            self.whole(&response)?;
            let encoding = Encoding::of(&response, None)?;
            let over = || limits::manifest(format!("the manifest is larger than {limit} bytes"));
            match body::read_within(response, limit, self.http.waiting()).await {
                Ok(Some(bytes)) if bytes.is_empty() => return Err(self.no_registry("an empty document")),
                Ok(Some(bytes)) => {
                    let bytes = encoding.unpacked(bytes, limit)?.ok_or_else(over)?;
                    return Ok((said, bytes));
                }
                Ok(None) => return Err(over()),
                Err(broken) => match attempts.next(Failure::Broken, now()) {
                    Ok(wait) => self.http.waiting().pause(wait).await?,
                    Err(_) => return Err(broken),
                },
            }
        }
    }

    /// What the tag is now, by a HEAD: Docker Hub counts it as no pull, and every registry that names digests names one in its
    /// answer to it, ECR in no other. Where that says nothing, only a GET does: some know no HEAD.
    async fn named(&self, known: &Digest) -> Result<Option<Digest>> {
        let mut headers = accept();
        headers.extend(format!("\"{known}\"").parse().map(|known| (IF_NONE_MATCH, known)));
        match self
            .ask(&Method::HEAD, "manifests", self.tag.as_ref().unwrap_or(&self.name), &headers, &mut self.http.attempts())
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

    /// Whether an answer is the whole of what a registry serves.
    fn whole(&self, response: &Response) -> Result<()> {
        if is_html(response) {
            return Err(self.no_registry("a web page (text/html)"));
        }
        match response.status() {
            StatusCode::OK => Ok(()),
            status => Err(self.no_registry(&format!("{status} to a request without a range"))),
        }
    }

    fn no_registry(&self, what: &str) -> Error {
        Error::new(Kind::Unsupported, format!("{} answers with {what}: this is not a registry API response", self.host))
            .hint(STRANGE)
    }

    /// A blob from `from`: the answer, how it is encoded, and how many bytes come before those.
    async fn open(&self, descriptor: &Descriptor, from: u64) -> Result<(Response, Encoding, u64)> {
        let name = descriptor.digest.to_string();
        let mut attempts = self.http.attempts();
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
                let what = format!("{} serves no ranges, and the connection broke again", self.host);
                return Err(Error::new(Kind::Unreachable, what));
            }
            if response.status() == StatusCode::OK {
                let encoding = Encoding::of(&response, Some(descriptor.size))?;
                return Ok((response, encoding, from));
            }
        }
        let response = self.get("blobs", &name, &HeaderMap::new(), &mut attempts).await?;
        self.whole(&response)?;
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
        let fetched = self.runtime.block_on(self.document("manifests", &name, limit, self.http.attempts()));
        let (said, bytes) = fetched.map_err(|error| error.doing(format!("fetch the manifest {name}")))?;
        let header = |name: &HeaderName| said.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Fetched { bytes, content_type: header(&CONTENT_TYPE), claimed_digest: header(&DIGEST) })
    }

    fn current(&self, known: &Digest) -> Result<Option<Digest>> {
        let named = self.runtime.block_on(self.named(known));
        named.map_err(|error| error.doing(format!("ask whether the manifest {} is still the same", self.name)))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn is_at_hand(&self) -> bool {
        false
    }

    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>> {
        let opened = self.runtime.block_on(self.open(descriptor, from));
        let doing = |error: Error| error.doing(format!("fetch the blob {}", descriptor.digest));
        let (response, encoding, skip) = opened.map_err(doing)?;
        let body = body::stream(self.runtime.handle(), response, self.http.waiting());
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
