//! A registry's host: what all repositories of it have in common in a run. Connections, the threads of the network, and what is
//! known of how it wants to be asked are had once, however many images come from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, WARNING};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::runtime::{self, Runtime};
use tokio::sync::OnceCell;

use super::auth::{Auth, Scope};
use super::client::{Http, authority, is_loopback, now};
use super::credentials::Users;
use super::encoding::Encoding;
use super::refusal::{Refusal, excerpt, is_html};
use super::retry::{Attempts, Failure};
use super::{Access, body, headers};
use crate::error::{Error, Kind, Result};

/// Where Docker Hub answers to the name that users write.
const DOCKER_HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// What to look at where something answers that is no registry.
const STRANGE: &str = "check the host; a proxy or a login page may stand before the registry";

/// Warnings of one registry that are told: who floods says nothing.
const WARNINGS: usize = 8;

/// Said once, before a registry refuses.
const FEW: &str = "will soon let no more requests through; it grants more to those who log in, and --rate N asks less often";

/// Threads of the network side. It moves bytes and waits, which is little work; hashing and decoding are done by who reads.
const WORKERS: usize = 1;

/// The hosts of a run, by the names that users write.
#[derive(Default)]
pub struct Hosts(Mutex<BTreeMap<String, Arc<Host>>>);

impl Hosts {
    /// The host of this name. Nothing is sent yet.
    pub(super) fn get(&self, name: &str, access: &Access) -> Result<Arc<Host>> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(name) {
            return Ok(Arc::clone(known));
        }
        let host = Arc::new(Host::new(name, access)?);
        hosts.insert(name.to_owned(), Arc::clone(&host));
        Ok(host)
    }
}

impl std::fmt::Debug for Hosts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hosts").finish_non_exhaustive()
    }
}

/// A registry, as all of its repositories see it.
pub struct Host {
    name: String,
    /// The registry's address over TLS, and whether it may be left for plain HTTP.
    secure: Url,
    plain: bool,
    /// The API's address, once it is known how the registry is reached.
    entrance: OnceCell<Url>,
    /// The passes, by what they are for.
    passes: Mutex<BTreeMap<Scope, Arc<Auth>>>,
    users: Arc<Users>,
    pub(super) http: Http,
    /// What the registry wants its users to know, as far as it was told.
    told: Mutex<BTreeSet<String>>,
    tell: Option<fn(&str)>,
    pub(super) runtime: Runtime,
}

/// A question to a registry.
pub(super) struct Question<'a> {
    /// The passes that it takes.
    pub auth: &'a Auth,
    pub method: &'a Method,
    /// What is asked for, below the API's address.
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    /// What to make of a refusal, given where it came from if that is another host, and how many came before it: how long to
    /// wait until it is asked again, or the error that it is.
    pub refused: &'a dyn Fn(&Refusal, Option<&Url>, u32) -> Result<Duration>,
}

impl Host {
    fn new(name: &str, access: &Access) -> Result<Self> {
        let server = if name == DOCKER_HUB.0 { DOCKER_HUB.1 } else { name };
        let secure: Url = format!("https://{server}/v2/")
            .parse()
            .map_err(|error| Error::new(Kind::Usage, format!("{name} is no host: {error}")))?;
        let runtime = runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
        Ok(Self {
            name: name.to_owned(),
            plain: access.plain_http || is_loopback(&secure),
            entrance: OnceCell::new(),
            passes: Mutex::default(),
            users: Arc::new(Users::new(access.credentials.clone(), access.credential_files.clone())),
            http: Http::of_registry(access, &secure)?,
            secure,
            told: Mutex::default(),
            tell: access.tell,
            runtime: runtime.map_err(|error| Error::new(Kind::Bug, error.to_string()).doing("start the network threads"))?,
        })
    }

    /// What users call it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is Docker Hub.
    pub(super) fn is_docker_hub(&self) -> bool {
        self.name == DOCKER_HUB.0
    }

    /// The passes for something: all who ask for it share them.
    pub(super) fn auth(&self, scope: &Scope) -> Arc<Auth> {
        let mut passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Auth::new(&self.name, scope, &self.users));
        Arc::clone(passes.entry(scope.clone()).or_insert_with(new))
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

    /// Asks, with a pass if the registry wants one. A pass that is refused is renewed. An answer other than 200, 206, 304 or 416
    /// is an error, unless the question has it asked again.
    pub(super) async fn ask(&self, question: &Question<'_>, attempts: &mut Attempts) -> Result<Response> {
        let Question { auth, method, path, headers, refused } = question;
        let entrance = self.entrance().await;
        let url = entrance.join(path).map_err(|error| Error::new(Kind::Bug, format!("{path}: {error}")))?;
        let (mut renewed, mut missed) = (0, 0);
        loop {
            let (pass, generation) = auth.pass(&self.http, entrance).await?;
            let secrets = auth.secrets(&pass);
            let request = || pass.on(self.http.request(method, url.clone()).headers((*headers).clone()));
            let response = self.http.send(request, attempts, &secrets).await?;
            if response.url().origin() == url.origin() {
                self.tell(response.headers());
            }
            if self.http.heed(&response) {
                self.say(FEW);
            }
            match response.status() {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE => {
                    return Ok(response);
                }
                // A host that the registry redirected to gets no pass of ours.
                StatusCode::UNAUTHORIZED if response.url().origin() == url.origin() => {
                    auth.renew(&self.http, entrance, response, generation, renewed).await?;
                    renewed += 1;
                }
                _ => {
                    let elsewhere = (response.url().origin() != url.origin()).then(|| response.url().clone());
                    let wait = refused(&Refusal::read(response, &secrets).await, elsewhere.as_ref(), missed)?;
                    self.http.waiting().pause(wait).await?;
                    missed += 1;
                    // What comes after a wait is a question of its own.
                    renewed = 0;
                    attempts.progressed();
                }
            }
        }
    }

    /// A document whose download is tried again when it breaks, behind what its answer said of it. `None`: it is larger than
    /// `limit` bytes.
    pub(super) async fn document(
        &self,
        question: &Question<'_>,
        limit: u64,
        mut attempts: Attempts,
    ) -> Result<Option<(HeaderMap, Vec<u8>)>> {
        loop {
            let response = self.ask(question, &mut attempts).await?;
            let said = response.headers().clone();
            self.whole(&response)?;
            let encoding = Encoding::of(&response, None)?;
            match body::read_within(response, limit, self.http.waiting()).await {
                Ok(Some(bytes)) if bytes.is_empty() => return Err(self.no_registry("an empty document")),
                Ok(Some(bytes)) => return Ok(encoding.unpacked(bytes, limit)?.map(|bytes| (said, bytes))),
                Ok(None) => return Ok(None),
                Err(broken) => match attempts.next(Failure::Broken, now()) {
                    Ok(wait) => self.http.waiting().pause(wait).await?,
                    Err(_) => return Err(broken),
                },
            }
        }
    }

    /// Whether an answer is the whole of what a registry serves.
    pub(super) fn whole(&self, response: &Response) -> Result<()> {
        if is_html(response) {
            return Err(self.no_registry("a web page (text/html)"));
        }
        match response.status() {
            StatusCode::OK => Ok(()),
            status => Err(self.no_registry(&format!("{status} to a request without a range"))),
        }
    }

    /// The error of an answer that no registry gives.
    pub(super) fn no_registry(&self, what: &str) -> Error {
        Error::new(Kind::Unsupported, format!("{} answers with {what}: this is not a registry API response", self.name))
            .hint(STRANGE)
    }

    /// The error of a refusal that is not about what was asked for.
    pub(super) fn refused(&self, auth: &Auth, refusal: &Refusal, elsewhere: Option<&Url>) -> Error {
        if let Some(elsewhere) = elsewhere {
            let subject = format!("{} redirects to {}, which refuses", self.name, authority(elsewhere));
            return refusal.error(Kind::Unreachable, &subject);
        }
        match refusal.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => auth.denied(refusal),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                refusal.error(Kind::Unreachable, &format!("the proxy before {} wants credentials of its own", self.name))
            }
            status if status.is_redirection() => {
                refusal.error(Kind::Unreachable, &format!("{} redirects to where nobody can follow", self.name))
            }
            _ => refusal.error(Kind::Unsupported, &format!("{} does not answer as a registry does", self.name)).hint(STRANGE),
        }
    }

    /// Tells what the registry wants its users to know (distribution-spec, "Warnings"), each once.
    fn tell(&self, headers: &HeaderMap) {
        for value in headers.get_all(WARNING) {
            if let Some(said) = headers::warning(&String::from_utf8_lossy(value.as_bytes())) {
                self.say(&format!("says: {}", excerpt(&said)));
            }
        }
    }

    fn say(&self, what: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tell) = self.tell.filter(|_| told.len() < WARNINGS && !told.contains(what)) {
            tell(&format!("{} {what}", self.name));
            told.insert(what.to_owned());
        }
    }
}
