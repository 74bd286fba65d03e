//! The HTTP client: how it connects, which redirects it follows, what its failures are called, when it tries again.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode, Url};

use super::deadline::Waiting;
use super::refusal::{self, excerpt};
use super::retry::{Attempts, Failure, Stop};
use super::throttle::Throttle;
use super::{Access, Tls, handshake, headers, roots};
use crate::error::{Error, Kind, Result};
use crate::text::escape;

/// The longest that a connection may take to come to be.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Redirects of one request (containers/image and most browsers of registries need one).
const HOPS: usize = 5;

/// Variables of the environment that name proxies (curl(1), "Environment").
const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// What hyper says of a connection that ended while it came to be.
const UNASKED: &str = "connection was not ready";

/// A client that tries again.
pub struct Http {
    client: Client,
    tls: Tls,
    retries: u32,
    waiting: Waiting,
    direct: bool,
    /// The variable that names the way to other hosts, if one does.
    proxy: Option<&'static str>,
    /// The registry that is asked, and how fast. Where its answers lead is somebody else's.
    throttle: Option<(String, Throttle)>,
}

impl Http {
    /// A client of a registry at this address, which is asked no faster than it and the user want.
    pub fn of_registry(access: &Access, address: &Url) -> Result<Self> {
        let throttle = Some((authority(address), Throttle::new(access.rate)));
        Ok(Self { throttle, ..Self::new(access, is_loopback(address))? })
    }

    /// Sets up TLS and connections. `direct` asks no proxy: Go's clients go to loopback registries so, too.
    pub fn new(access: &Access, direct: bool) -> Result<Self> {
        // Whoever installed a provider before us keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client(&access.tls, || builder(direct).redirect(Policy::custom(follow)))?;
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let proxy = PROXIES.into_iter().find(is_set).filter(|_| !direct);
        Ok(Self::of(client, access, direct, proxy))
    }

    /// A client of what listens on a socket in the file system. It follows no redirect: there is nothing else on it.
    #[cfg(unix)]
    pub fn on_socket(access: &Access, path: &Path) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client(&access.tls, || builder(true).redirect(Policy::none()).unix_socket(path))?;
        Ok(Self::of(client, access, true, None))
    }

    fn of(client: Client, access: &Access, direct: bool, proxy: Option<&'static str>) -> Self {
        let (tls, retries, waiting) = (access.tls.clone(), access.retries, access.waiting());
        Self { client, tls, retries, waiting, direct, proxy, throttle: None }
    }

    /// There are no such sockets here.
    #[cfg(not(unix))]
    pub fn on_socket(_: &Access, _: &Path) -> Result<Self> {
        let error = Error::new(Kind::Usage, "on this system engines are asked by tcp:// only");
        Err(error.hint("set DOCKER_HOST, or pipe the image in: docker save IMAGE | lucid-verify docker-archive:-"))
    }

    /// A client that follows no redirect: the body of a form would go along to wherever it leads.
    pub fn without_redirects(&self) -> Result<Client> {
        client(&self.tls, || builder(self.direct).redirect(Policy::none()))
    }

    /// A client of a store of objects, which redirects nobody: of TLS alone, or one that also speaks plain HTTP and then asks
    /// no proxy.
    pub fn of_store(access: &Access, is_plain: bool) -> Result<Client> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        client(&access.tls, || builder(is_plain).redirect(Policy::none()).https_only(!is_plain))
    }

    /// A GET of this address.
    pub fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    /// A request of this address.
    pub fn request(&self, method: &Method, url: Url) -> RequestBuilder {
        self.client.request(method.clone(), url)
    }

    /// How long is waited for a server.
    pub fn waiting(&self) -> Waiting {
        self.waiting
    }

    /// The tries of one request.
    pub fn attempts(&self) -> Attempts {
        Attempts::new(self.retries)
    }

    /// Sends a request until it is answered with something that another try would not change. What it holds of
    /// `secrets` is not shown.
    pub async fn send(
        &self,
        request: impl Fn() -> RequestBuilder,
        attempts: &mut Attempts,
        secrets: &[String],
    ) -> Result<Response> {
        loop {
            let (client, request) = request().build_split();
            let request = request.map_err(|error| describe(&error).1)?;
            let url = request.url().clone();
            let place = match self.throttle_of(&url) {
                Some(throttle) => Some(throttle.turn(&authority(&url), self.waiting).await?),
                None => None,
            };
            let answered = self.waiting().on(client.execute(request)).await?;
            drop(place);
            let (wait, last) = match answered {
                Some(Ok(response)) => {
                    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                    let failure = Failure::Status { status: response.status().as_u16(), retry_after: header };
                    let next = attempts.next(failure, now());
                    self.calm(&response, header, next.as_ref().ok());
                    match next {
                        Ok(wait) => (wait, None),
                        Err(Stop::Lasting) => return Ok(response),
                        Err(Stop::Exhausted) => return Err(refusal::overloaded(response, None, secrets).await),
                        Err(Stop::Asked(wait)) => return Err(refusal::overloaded(response, Some(wait), secrets).await),
                    }
                }
                // An answer that failed, or none in time.
                failed => {
                    let failed = failed.and_then(|answered| answered.err().as_ref().map(describe));
                    let (failure, mut error) = failed.unwrap_or_else(|| (Failure::Broken, silent(&url)));
                    if let Some(variable) = self.proxy.filter(|_| failure == Failure::Connect) {
                        error =
                            error.hint(format!("is it the proxy? {variable} names one; NO_PROXY names hosts to ask without it"));
                    }
                    let wait = attempts.next(failure, now());
                    (wait.unwrap_or_default(), wait.is_err().then_some(error))
                }
            };
            if let Some(error) = last {
                return Err(error);
            }
            self.waiting().pause(wait).await?;
        }
    }

    fn throttle_of(&self, url: &Url) -> Option<&Throttle> {
        self.throttle.as_ref().filter(|(host, _)| *host == authority(url)).map(|(_, throttle)| throttle)
    }

    /// What was said to one request holds for all: until when the registry wants to be left alone, or `next` asks it again for
    /// want of that.
    fn calm(&self, response: &Response, retry_after: Option<&str>, next: Option<&Duration>) {
        let status = response.status();
        let is_refused = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let Some(throttle) = self.throttle_of(response.url()).filter(|_| is_refused) else { return };
        let asked = retry_after.and_then(|text| headers::retry_after(text, now()));
        let own = next.copied().filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
        if let Some(wait) = asked.or(own) {
            throttle.hold(wait);
        }
    }

    /// Takes to heart what an answer of the registry says of the requests that it still lets through; whether these are few.
    pub fn heed(&self, response: &Response) -> bool {
        self.throttle_of(response.url()).is_some_and(|throttle| throttle.heed(response.headers()))
    }

    /// Whether something at this address speaks TLS, whatever it says then. What says nothing does not.
    pub async fn speaks_tls(&self, url: Url) -> bool {
        match self.waiting().on(self.get(url).send()).await {
            Ok(Some(Err(error))) if error.is_connect() => {
                tls_error(&error).is_some_and(|error| !matches!(error, rustls::Error::InvalidMessage(_)))
            }
            Ok(Some(_)) => true,
            Ok(None) | Err(_) => false,
        }
    }
}

/// Builds a client with the certificates that are to count.
fn client(tls: &Tls, builder: impl Fn() -> ClientBuilder) -> Result<Client> {
    let failed = |why: String| Error::new(Kind::Bug, why).doing("set up the HTTP client");
    if tls.is_empty() {
        let config = roots::config().map_err(|error| failed(error.to_string()))?;
        return builder().tls_backend_preconfigured(config).build().map_err(|error| failed(innermost(&error)));
    }
    let roots: Vec<Certificate> = match builder().build() {
        Ok(_) => Vec::new(),
        // A host without a certificate store, such as a scratch container.
        Err(_) => webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|root| Certificate::from_der(root).ok()).collect(),
    };
    tls.add_to(builder().tls_certs_merge(roots))?.build().map_err(|error| tls.refused(&innermost(&error)))
}

fn builder(direct: bool) -> ClientBuilder {
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    let builder = Client::builder()
        .user_agent(concat!("lucid-verify/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        // A decoded body has another digest, whatever features other crates turn on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .retry(reqwest::retry::never());
    if direct { builder.no_proxy() } else { builder }
}

fn follow(attempt: Attempt<'_>) -> Action {
    let from = attempt.previous().last().unwrap_or_else(|| attempt.url());
    match redirect(from, attempt.url(), attempt.previous().len()) {
        Ok(()) => attempt.follow(),
        Err(why) => attempt.error(why),
    }
}

/// Whether a redirect is followed; `hop` counts from one. That `Authorization` stays with scheme, host and port is
/// reqwest's own rule, held by a test.
fn redirect(from: &Url, to: &Url, hop: usize) -> Result<(), String> {
    let host = authority(to);
    if hop > HOPS {
        return Err(format!("more than {HOPS} redirects, the last to {host}"));
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(format!("a redirect from https to {} at {host} is refused", to.scheme()));
    }
    if !matches!(to.scheme(), "https" | "http") {
        return Err(format!("a redirect to {}: is refused", to.scheme()));
    }
    if never_a_server(to) && to.host_str() != from.host_str() {
        return Err(format!("a redirect to {host} is refused: it is a link-local or unspecified address"));
    }
    if is_loopback(to) && !is_loopback(from) {
        return Err(format!("a redirect from {} to {host}, which is this machine, is refused", authority(from)));
    }
    Ok(())
}

/// Host and port of a URL, without what may be secret in it.
pub fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    escape(format!("{}{port}", url.host_str().unwrap_or_default()).as_bytes())
}

/// The address in a URL's host, if it is one.
pub fn address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Whether a URL names this machine.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str() == Some("localhost") || address(url).is_some_and(|address| address.is_loopback())
}

/// Whether a URL names an address where no registry is, but the metadata service of a cloud may be.
pub fn never_a_server(url: &Url) -> bool {
    match address(url) {
        Some(IpAddr::V4(address)) => address.is_link_local() || address.is_unspecified(),
        Some(IpAddr::V6(address)) => {
            let metadata = [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];
            address.is_unicast_link_local() || address.is_unspecified() || address.segments() == metadata
        }
        None => false,
    }
}

/// The time by which a registry's `Retry-After` is read: it may be a date.
#[expect(clippy::disallowed_methods, reason = "it decides how long to wait, never what a report says")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// What a failure without an answer is called, and whether it may pass.
pub fn describe(error: &reqwest::Error) -> (Failure<'static>, Error) {
    let host = error.url().map_or_else(|| "the server".into(), authority);
    let cause = excerpt(&innermost(error));
    let unreachable = |what: String| Error::new(Kind::Unreachable, what);
    if error.is_redirect() {
        return (Failure::Final, unreachable(cause));
    }
    if let Some(tls) = tls_error(error) {
        return (Failure::Final, handshake::failed(tls, &host));
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => {
            let seconds = CONNECT_TIMEOUT.as_secs();
            (Failure::Connect, unreachable(format!("no connection with {host} within {seconds} seconds")))
        }
        (true, false) if error.is_dns() => {
            let what = format!("the name {host} leads to no address: {cause}");
            (Failure::Connect, unreachable(what).hint("check the name, and the name servers of this machine"))
        }
        (true, false) => (Failure::Connect, unreachable(format!("no connection with {host}: {cause}"))),
        // The server's reason is lost where it comes before the request goes out.
        (false, _) if cause == UNASKED => {
            let what = format!("{host} ends the connection before anything is asked");
            (Failure::Broken, unreachable(what).hint(handshake::KNOWN))
        }
        (false, _) => (Failure::Broken, unreachable(format!("the connection with {host} broke: {cause}"))),
    }
}

/// The error of a server that said nothing for as long as it may.
pub fn silent(url: &Url) -> Error {
    Error::new(Kind::Unreachable, format!("{} fell silent", authority(url))).hint("--timeout sets how long it may be")
}

/// The errors beneath an error, outermost first. An I/O error hides the one that it wraps from `source`.
pub fn chain<'a>(error: &'a (dyn std::error::Error + 'static)) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    })
}

/// What is beneath all that is said of a failure.
pub fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    chain(error).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn redirects_never_lose_encryption_and_end() {
        let refused = |from, to, hop| redirect(&url(from), &url(to), hop).unwrap_err();
        for (from, to) in [("https://r/", "https://s3/x"), ("http://r/", "http://s3/"), ("http://r/", "https://r/")] {
            assert_eq!(redirect(&url(from), &url(to), 1), Ok(()));
        }
        assert!(refused("https://r/", "http://s3/x?signature=secret", 1).contains("from https to http at s3 is refused"));
        assert!(!refused("https://r/", "http://s3/x?signature=secret", 1).contains("secret"));
        assert!(refused("https://r/", "https://r/", 6).contains("more than 5 redirects"));
        assert!(refused("http://r/", "file:///etc/passwd", 1).contains("to file: is refused"));
        for here in ["http://localhost:2375/", "http://127.0.0.1/", "http://[::1]/"] {
            assert!(refused("http://r/", here, 1).contains("this machine"), "{here}");
            assert_eq!(redirect(&url("http://127.0.0.1:5000/"), &url(here), 1), Ok(()));
        }
        for metadata in ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://0.0.0.0/", "http://[::ffff:a9fe:1]/"] {
            assert!(refused("http://r/", metadata, 1).contains("link-local"), "{metadata}");
        }
    }

    #[test]
    fn loopback_is_known_in_every_spelling() {
        for text in ["http://localhost:5000/", "http://127.9.9.9/", "http://[::1]:5000/", "http://0x7f.1/"] {
            assert!(is_loopback(&url(text)), "{text}");
        }
        for text in ["http://localhost.example.com/", "http://128.0.0.1/", "http://10.0.0.1/"] {
            assert!(!is_loopback(&url(text)), "{text}");
        }
    }
}
