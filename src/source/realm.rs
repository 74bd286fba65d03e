//! The address of a token server, as far as a registry may name one.

use reqwest::Url;

use super::client::{is_loopback, never_a_server};
use super::refusal::excerpt;

/// Bytes of a realm: what servers are asked to take of an address (RFC 9110, 4.1).
const REALM: usize = 8000;

/// Holds a token server's address against the registry that names it: a registry could send credentials anywhere
/// (CVE-2026-33540 and its like), or have us ask a cloud's metadata service.
pub fn check(realm: &str, registry: &Url, with_credentials: bool) -> Result<Url, String> {
    let refuse = |why: &str| Err(format!("refusing realm {}: {why}", excerpt(realm)));
    if realm.len() > REALM {
        return refuse("it is longer than any address");
    }
    let Ok(url) = realm.parse::<Url>() else { return refuse("it is no absolute URL") };
    let Some(host) = url.host_str() else { return refuse("it names no host") };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it holds a user name");
    }
    let same_host = registry.host_str() == Some(host);
    if never_a_server(&url) && !same_host {
        return refuse("it is a link-local or unspecified address");
    }
    if is_loopback(&url) && !is_loopback(registry) {
        return refuse("it is this machine, and the registry is another");
    }
    match (url.scheme(), registry.scheme()) {
        ("https", _) => Ok(url),
        ("http", "http") if !with_credentials || same_host || is_loopback(&url) => Ok(url),
        ("http", "http") => refuse("the credentials would be sent without encryption"),
        ("http", _) => refuse("it is plain http, and the registry is https"),
        _ => refuse("it is neither https nor http"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(realm: &str, registry: &str, with_credentials: bool) -> bool {
        check(realm, &registry.parse().unwrap(), with_credentials).is_ok()
    }

    #[test]
    fn a_realm_never_weakens_the_registrys_own_protection() {
        assert!(is_taken("https://auth.docker.io/token", "https://registry-1.docker.io/", true));
        assert!(is_taken("https://auth/token", "http://127.0.0.1:5000/", true));
        assert!(is_taken("http://127.0.0.1:5001/token", "http://127.0.0.1:5000/", true));
        assert!(is_taken("http://auth.lan/token", "http://r.lan/", false));
        assert!(!is_taken("http://auth.lan/token", "http://r.lan/", true));
        assert!(!is_taken("http://r/token", "https://r/", false));
        for realm in ["file:///etc/passwd", "ftp://r/", "/token", "", "https://user:word@r/", "https:"] {
            assert!(!is_taken(realm, "https://r/", false), "{realm}");
        }
    }

    #[test]
    fn a_realm_is_never_a_metadata_service() {
        for host in
            ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[::]", "[fe80::1]", "[::ffff:169.254.169.254]", "0xa9fea9fe"]
        {
            assert!(!is_taken(&format!("https://{host}/token"), "https://r/", false), "{host}");
        }
        assert!(is_taken("https://169.254.7.7/token", "https://169.254.7.7/", true));
        assert!(
            !is_taken("https://127.0.0.1/token", "https://r/", false)
                && !is_taken("https://localhost/token", "https://r/", false)
        );
    }

    #[test]
    fn an_unreadable_realm_is_shown_masked() {
        let why = check("https://user:hunter2@r/\u{1b}", &"https://r/".parse().unwrap(), false).unwrap_err();
        assert!(why.starts_with("refusing realm") && !why.contains("hunter2") && !why.contains('\u{1b}'), "{why}");
    }
}
