//! What a registry may do to a pull: passes, failures, redirects and broken blobs, against a scripted server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/registry.rs"]
mod registry;

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lucid_verify::digest::{Digest, Verified};
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::image::{Descriptor, Resolved};
use lucid_verify::limits::Limits;
use lucid_verify::reference::Reference;
use lucid_verify::source::{self, Access, Credentials};
use registry::{Fixture, Image, Reply, Request, Server, scripted};

const PASSWORD: &str = "hunter2-of-the-test";
/// `user:hunter2-of-the-test` in base64.
const BASIC: &str = "Basic dXNlcjpodW50ZXIyLW9mLXRoZS10ZXN0";

fn access() -> Access {
    Access { retries: 2, timeout: Duration::from_secs(5), ..Access::default() }
}

fn with_password() -> Access {
    let credentials = Credentials { username: "user".into(), password: PASSWORD.into() };
    Access { credentials: Some(credentials), ..access() }
}

fn image() -> Image {
    Image::new("arm64", &[b"a layer's bytes"])
}

fn resolve(host: &str, access: &Access) -> Result<Resolved> {
    let reference: Reference = format!("{host}/pickme/lucid-auth:1").parse()?;
    let limits = Limits::default();
    let source = source::open(&reference, access, &limits)?;
    source::resolve(&*source, &reference, None, &limits, access.retries)
}

fn refused(server: &Server, access: &Access) -> Error {
    let error = resolve(&server.host(), access).unwrap_err();
    let shown = format!("{error} {error:?} {access:?}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(&BASIC[6..]) && !shown.contains("token-"), "{shown}");
    error
}

/// A registry that wants `token-N` for the N last given out, and gives out tokens at `/token`.
fn with_tokens(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static, tokens: &'static AtomicUsize) -> Server {
    scripted(move |request| {
        let host = request.header("host").unwrap_or_default();
        if request.path.starts_with("/token") {
            let token = tokens.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::new(200, format!(r#"{{"token":"","access_token":"token-{token}","expires_in":300}}"#));
        }
        let wanted = format!("Bearer token-{}", tokens.load(Ordering::SeqCst));
        if request.header("authorization") != Some(&wanted) {
            let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"test\",scope=\"x\"");
            return Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#).with("www-authenticate", challenge);
        }
        reply(request)
    })
}

fn count(server: &Server, part: &str) -> usize {
    server.paths().iter().filter(|path| path.contains(part)).count()
}

#[test]
fn a_token_is_fetched_once_and_serves_all_requests() {
    static TOKENS: AtomicUsize = AtomicUsize::new(0);
    let server = with_tokens(|request| image().reply(request), &TOKENS);
    let resolved = resolve(&server.host(), &access()).unwrap();
    assert_eq!(resolved.digest, Some(image().digest()));
    assert_eq!(count(&server, "/token"), 1);
    let token = &server.paths()[1];
    assert!(token.contains("service=test") && token.contains("scope=repository%3Apickme%2Flucid-auth%3Apull"), "{token}");
}

#[test]
fn many_layers_at_once_share_one_token() {
    static TOKENS: AtomicUsize = AtomicUsize::new(0);
    let server = with_tokens(|request| image().reply(request), &TOKENS);
    let reference: Reference = format!("{}/a:1", server.host()).parse().unwrap();
    let source = source::open(&reference, &access(), &Limits::default()).unwrap();
    let (digest, _, bytes) = image().content[1].clone();
    let layer = descriptor(digest, bytes.len());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(source.blob(&layer, 0).unwrap().read_to_end(&mut Vec::new()).is_ok()));
        }
    });
    assert_eq!(count(&server, "/token"), 1);
}

#[test]
fn a_token_that_ran_out_is_renewed_silently() {
    static TOKENS: AtomicUsize = AtomicUsize::new(0);
    static EXPIRED: AtomicUsize = AtomicUsize::new(0);
    let server = with_tokens(
        |request| {
            let reply = image().reply(request);
            // The first token dies with the manifest.
            if EXPIRED.fetch_add(1, Ordering::SeqCst) == 0 {
                TOKENS.fetch_add(1, Ordering::SeqCst);
            }
            reply
        },
        &TOKENS,
    );
    resolve(&server.host(), &access()).unwrap();
    assert_eq!(count(&server, "/token"), 2);
}

#[test]
fn a_token_that_is_about_to_run_out_is_renewed_before_it_is_refused() {
    let server = scripted(|request| {
        let host = request.header("host").unwrap_or_default();
        match (request.path.starts_with("/token"), request.header("authorization")) {
            (true, _) => Reply::new(200, r#"{"token":"token-x","expires_in":1}"#),
            (_, None) => Reply::new(401, "").with("www-authenticate", format!("Bearer realm=\"http://{host}/token\"")),
            (_, Some(_)) if request.path.contains("/manifests/") => image().reply(request).delay(Duration::from_millis(900)),
            (_, Some(_)) => image().reply(request),
        }
    });
    resolve(&server.host(), &access()).unwrap();
    assert_eq!((count(&server, "/token"), count(&server, "/blobs/")), (2, 1));
}

#[test]
fn endless_refusals_end_in_denied() {
    let server = scripted(|request| {
        let host = request.header("host").unwrap_or_default();
        if request.path.starts_with("/token") {
            Reply::new(200, r#"{"token":"token-x"}"#)
        } else {
            {
                let echo = request.header("authorization").unwrap_or_default().to_owned();
                Reply::new(401, echo).with("www-authenticate", format!("Bearer realm=\"http://{host}/token\""))
            }
        }
    });
    let error = refused(&server, &with_password());
    assert_eq!(error.kind, Kind::Denied);
    assert!(error.what.contains("does not accept the credentials") && error.what.contains("***"), "{error}");
    assert_eq!(count(&server, "/manifests/"), 2);
}

#[test]
fn a_token_servers_own_words_are_shown() {
    for (reply, kind, want) in [
        (Reply::new(401, r#"{"details":"incorrect username or password"}"#), Kind::Denied, "incorrect username or password"),
        (Reply::new(403, r#"{"errors":[{"code":"DENIED","message":"blocked"}]}"#), Kind::Denied, "DENIED: blocked"),
        (Reply::new(200, "{}"), Kind::Denied, "neither token nor access_token"),
        (Reply::new(200, r#"{"token":"token-"#), Kind::Denied, "not the JSON"),
        (Reply::new(200, vec![b' '; 2 << 20]), Kind::Denied, "larger than 1 MiB"),
        (Reply::new(200, "<html>").with("content-type", "text/html"), Kind::Denied, "not the JSON"),
        (Reply::new(500, "broken").with("retry-after", 0), Kind::Unreachable, "broken"),
    ] {
        let server = scripted(move |request| {
            let host = request.header("host").unwrap_or_default();
            if request.path.starts_with("/token") {
                reply.clone()
            } else {
                Reply::new(401, "").with("www-authenticate", format!("Bearer realm=\"http://{host}/token\""))
            }
        });
        let error = refused(&server, &with_password());
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.what.contains(want) && error.to_string().contains("get a token for"), "{error}");
    }
}

#[test]
fn credentials_are_sent_to_no_realm_that_could_be_overheard() {
    for (realm, access) in
        [("http://auth.invalid/token", with_password()), ("http://169.254.169.254/token", access()), ("/token", access())]
    {
        let server = scripted(move |_| Reply::new(401, "").with("www-authenticate", format!("Bearer realm=\"{realm}\"")));
        let error = refused(&server, &access);
        assert_eq!(error.kind, Kind::Denied);
        assert!(error.what.contains("refusing realm"), "{error}");
    }
}

#[test]
fn basic_credentials_are_sent_when_asked_for_and_only_then() {
    let script = |request: &Request| match request.header("authorization") {
        Some(BASIC) => image().reply(request),
        Some(other) => Reply::new(401, other.to_owned()),
        None => Reply::new(401, "").with("www-authenticate", "BASIC realm=\"Sonatype Nexus\""),
    };
    let server = scripted(script);
    resolve(&server.host(), &with_password()).unwrap();
    assert_eq!(server.requests()[0].header("authorization"), None);

    let error = refused(&scripted(script), &access());
    assert_eq!(error.kind, Kind::Denied);
    assert!(error.hint.unwrap().contains("--password-stdin"));

    let wrong = scripted(|_| Reply::new(401, "").with("www-authenticate", "Basic realm=\"x\""));
    assert_eq!(refused(&wrong, &with_password()).kind, Kind::Denied);
    assert_eq!(count(&wrong, "/manifests/"), 2);
}

#[test]
fn a_challenge_that_stands_at_the_entrance_only_is_found() {
    let server = scripted(|request| match (request.path.as_str(), request.header("authorization")) {
        (_, Some(BASIC)) => image().reply(request),
        ("/v2/", _) => Reply::new(401, "").with("www-authenticate", "Basic realm=\"x\""),
        _ => Reply::new(401, ""),
    });
    resolve(&server.host(), &with_password()).unwrap();
}

#[test]
fn failures_that_pass_are_waited_for() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let server = scripted(|request| match ASKED.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::new(429, "toomanyrequests").with("retry-after", 0),
        1 => Reply::new(500, "a moment").with("retry-after", 0),
        2 => image().reply(request).cut(20),
        _ => image().reply(request),
    });
    resolve(&server.host(), &Access { retries: 3, ..access() }).unwrap();
}

#[test]
fn a_long_rate_limit_is_told_at_once() {
    let body = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate limit"}]}"#;
    let server = scripted(move |_| Reply::new(429, body).with("retry-after", 3600));
    let error = refused(&server, &access());
    assert_eq!(error.kind, Kind::Unreachable);
    assert!(error.what.contains("retry after 3600 s") && error.what.contains("pull rate limit"), "{error}");
    assert_eq!(server.paths().len(), 1);

    let server = scripted(|_| Reply::new(503, "down for\x1b[2J repair").with("retry-after", 0));
    let error = refused(&server, &access());
    assert!(error.what.contains("503") && error.what.contains("down for\\u{1b}[2J repair"), "{error}");
    assert_eq!(server.paths().len(), 3);
}

#[test]
fn what_does_not_exist_is_named() {
    for (body, want) in [
        (r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#, "there is no repository 127.0.0.1"),
        (
            r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such tag"}]}"#,
            "no manifest 1 (404 Not Found): MANIFEST_UNKNOWN: no such tag",
        ),
        ("", "has no manifest 1"),
    ] {
        let error = refused(&scripted(move |_| Reply::new(404, body)), &access());
        assert_eq!(error.kind, Kind::NotFound);
        assert!(error.what.contains(want), "{error}");
    }
    let server = scripted(|request| if request.path.contains("/blobs/") { Reply::new(404, "") } else { image().reply(request) });
    let error = refused(&server, &access());
    assert!(error.kind == Kind::NotFound && error.what.contains("has no blob sha256:"), "{error}");
}

#[test]
fn a_web_page_is_no_registry() {
    let page =
        |status, body: &'static str| scripted(move |_| Reply::new(status, body).with("content-type", "text/html; charset=utf-8"));
    let error = refused(&page(200, "<html>log in"), &access());
    assert!(error.kind == Kind::Unsupported && error.what.contains("text/html"), "{error}");
    assert!(refused(&page(404, "<html>"), &access()).hint.unwrap().contains("web page"));
    assert_eq!(refused(&scripted(|_| Reply::new(204, "")), &access()).kind, Kind::Unsupported);
    assert_eq!(refused(&scripted(|_| Reply::new(200, "")), &access()).kind, Kind::Unsupported);
}

#[test]
fn nobody_there_is_unreachable() {
    let server = scripted(|_| Reply::default());
    let host = server.host();
    drop(server);
    let error = resolve(&host, &Access { retries: 0, ..access() }).unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    assert!(error.what.contains("no connection with 127.0.0.1"), "{error}");
}

fn descriptor(digest: Digest, size: usize) -> Descriptor {
    Descriptor { media_type: String::new(), digest, size: size as u64, platform: None, annotations: None, data: None }
}

/// Reads a blob of 100 000 bytes that the descriptor gives `size` bytes.
fn read_blob(server: &Server, content: &[u8], size: usize, access: &Access) -> Result<Vec<u8>> {
    let reference: Reference = format!("{}/a:1", server.host()).parse()?;
    let source = source::open(&reference, access, &Limits::default())?;
    let layer = descriptor(Digest::sha256(content), size);
    let mut bytes = Vec::new();
    Verified::new(source::blob(&*source, &layer, access.retries)?, &layer.digest, layer.size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn content() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).take(100_000).collect()
}

#[test]
fn a_broken_blob_is_taken_up_by_a_range() {
    let server = scripted(|request| match request.from() {
        None => Reply::new(200, content()).cut(40_000),
        Some(from) => Reply::new(206, &content()[from..]).with("content-range", format!("bytes {from}-99999/100000")),
    });
    assert_eq!(read_blob(&server, &content(), 100_000, &access()).unwrap(), content());
    assert_eq!(server.requests()[1].header("range"), Some("bytes=40000-"));
}

#[test]
fn bytes_are_never_spliced_from_a_range_that_was_not_asked_for() {
    for (status, range) in [(200, None), (206, Some("bytes 0-99999/100000")), (206, Some("bytes 40000-99998/99999")), (416, None)]
    {
        let asked = AtomicUsize::new(0);
        let server = scripted(move |request| match (asked.fetch_add(1, Ordering::SeqCst), request.from()) {
            (0, _) => Reply::new(200, content()).cut(40_000),
            (_, None) => Reply::new(200, content()),
            (_, Some(_)) => range.iter().fold(Reply::new(status, content()), |reply, range| reply.with("content-range", range)),
        });
        let read = read_blob(&server, &content(), 100_000, &access());
        assert!(read.as_ref().is_ok_and(|read| *read == content()), "{status} {range:?}: {:?}", read.err());
        assert_eq!(server.paths().len(), if status == 200 { 2 } else { 3 });
    }
}

#[test]
fn a_blob_that_breaks_for_ever_is_given_up_with_its_place() {
    let server = scripted(|_| Reply::new(200, content()).cut(1000));
    let error = read_blob(&server, &content(), 100_000, &access()).unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    assert!(error.to_string().contains("at byte 1000 of 100000"), "{error}");
    assert!(server.paths().len() <= 4);
}

#[test]
fn a_silent_server_is_not_waited_for_for_ever() {
    let server = scripted(|_| Reply::new(200, content()).delay(Duration::from_secs(3)));
    let access = Access { timeout: Duration::from_millis(200), retries: 0, ..access() };
    let error = read_blob(&server, &content(), 100_000, &access).unwrap_err();
    assert!(error.kind == Kind::Unreachable && error.what.contains("fell silent"), "{error}");
}

#[test]
fn a_blob_of_another_length_is_corrupt() {
    let server = scripted(|request| match request.from() {
        None => Reply::new(200, content()),
        Some(_) => Reply::new(416, ""),
    });
    for size in [99_999, 100_001] {
        assert_eq!(read_blob(&server, &content(), size, &access()).unwrap_err().kind, Kind::Corrupt);
    }
}

#[test]
fn a_redirect_to_another_port_carries_no_pass() {
    let storage = scripted(|request| match request.header("authorization") {
        Some(_) => Reply::new(400, "only one auth mechanism allowed"),
        None => image().reply(request),
    });
    let place = storage.host();
    let server = scripted(move |request| match (request.header("authorization"), request.path.contains("/blobs/")) {
        (Some(BASIC), true) => Reply::new(307, "").with("location", format!("http://{place}{}?signature=s", request.path)),
        (Some(BASIC), false) => image().reply(request),
        _ => Reply::new(401, "").with("www-authenticate", "Basic realm=\"x\""),
    });
    resolve(&server.host(), &with_password()).unwrap();
    assert_eq!(storage.requests().len(), 1);
    assert_eq!(storage.requests()[0].header("authorization"), None);
}

#[test]
fn the_query_of_a_signed_address_is_not_shown() {
    let storage = scripted(|_| Reply::new(403, "expired"));
    let place = format!("http://{}/blob?signature=secret", storage.host());
    let server = scripted(move |_| Reply::new(307, "").with("location", &place));
    let error = refused(&server, &access());
    assert_eq!(error.kind, Kind::Unreachable);
    assert!(error.what.contains(&format!("redirects to {}, which refuses (403 Forbidden): expired", storage.host())), "{error}");
    assert!(!format!("{error:?}").contains("signature"), "{error:?}");
}

#[test]
fn redirects_end() {
    let server = scripted(|request| Reply::new(302, "").with("location", request.path.clone() + "x"));
    let error = refused(&server, &access());
    assert!(error.kind == Kind::Unreachable && error.what.contains("more than 5 redirects"), "{error}");
    assert_eq!(server.paths().len(), 6);

    let server = scripted(|_| Reply::new(302, "").with("location", "http://169.254.169.254/latest/meta-data"));
    assert!(refused(&server, &access()).what.contains("link-local"));
}
