//! `config.json` and `auth.json`: which of their entries is meant, and what it holds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::super::Credentials;
use super::{Login, Place, TOKEN_USER};
use crate::text::escape;

/// Bytes of a file that are read.
const LIMIT: u64 = 1 << 20;

/// The names of Docker Hub, and the one that `docker login` and its helpers keep it under.
const DOCKER_HUB: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io"];
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// Files written by hand lack the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a file says of credentials. Anything may be missing, or null.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Config {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// Reads a file; `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Config>, String> {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => {}
        // A pipe that nobody writes to would hold up the run.
        Ok(_) => return Err("it is no file".into()),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
    let length = read.map_err(|error| error.to_string())?;
    if length as u64 > LIMIT { Err("it is larger than 1 MiB".into()) } else { parse(&bytes).map(Some) }
}

fn parse(bytes: &[u8]) -> Result<Config, String> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Config::default());
    }
    // The text of the parser could quote a secret.
    let place = |error: serde_json::Error| format!("line {}, column {} is not what it should be", error.line(), error.column());
    serde_json::from_slice(bytes).map_err(place)
}

/// What a registry is called when a helper is asked for it.
pub fn server(host: &str) -> &str {
    if DOCKER_HUB.contains(&host) { DOCKER_HUB_KEY } else { host }
}

impl Config {
    /// The helper that keeps the credentials of a registry, instead of the file itself.
    pub fn helper(&self, host: &str) -> Option<&str> {
        let host = canonical(host);
        let own = self.helpers.iter().flatten().find(|(key, _)| Key::of(key).is(&host)).map(|(_, helper)| helper);
        own.or(self.store.as_ref()).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// The user of the entry that is closest to the place.
    pub fn login(&self, place: &Place) -> Result<Option<Login>, String> {
        let entries = self.auths.iter().flatten().filter_map(|(key, entry)| Some((key, entry.as_ref()?)));
        let mut covering: Vec<_> =
            entries.map(|(key, entry)| (Key::of(key), key, entry)).filter(|(key, ..)| key.covers(place)).collect();
        // Of two as close, docker's own before what others wrote.
        covering.sort_by_key(|(key, ..)| std::cmp::Reverse((key.path.len(), key.scheme.is_some())));
        for (_, key, entry) in covering {
            let login = entry.login().map_err(|why| format!("its entry {} {why}", escape(key.as_bytes())))?;
            if login.is_some() {
                return Ok(login);
            }
        }
        Ok(None)
    }
}

impl Entry {
    fn login(&self) -> Result<Option<Login>, &'static str> {
        let filled = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let pair = || match (filled(&self.auth), filled(&self.username), filled(&self.password)) {
            (Some(auth), ..) => decode(&auth).map(Some),
            (None, Some(username), Some(password)) => Ok(Some(Credentials { username, password })),
            _ => Ok(None),
        };
        if let Some(password) = filled(&self.identitytoken) {
            let user = pair().ok().flatten().map(|pair| pair.username).filter(|name| !name.is_empty());
            return Ok(Some(Login::Identity(Credentials { username: user.unwrap_or_else(|| TOKEN_USER.into()), password })));
        }
        match filled(&self.registrytoken) {
            Some(token) => Ok(Some(Login::Token(token))),
            None => Ok(pair()?.map(Login::from)),
        }
    }
}

fn decode(auth: &str) -> Result<Credentials, &'static str> {
    let text = BASE64.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (username, password) = pair.ok_or("holds no base64 of user:password")?;
    // Old clients pad with zeros.
    Ok(Credentials { username: username.to_owned(), password: password.trim_matches('\0').to_owned() })
}

fn canonical(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    if DOCKER_HUB.contains(&&host[..]) { DOCKER_HUB[0].to_owned() } else { host }
}

/// What the name of an entry speaks of.
struct Key<'a> {
    scheme: Option<&'a str>,
    host: String,
    /// The repositories at or below it; empty for all.
    path: &'a str,
}

impl<'a> Key<'a> {
    fn of(text: &'a str) -> Self {
        let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        // An address (`https://index.docker.io/v1/`) names a whole registry; podman's names (`quay.io/org`) a part of it.
        let address = scheme.is_some() || matches!(path, "v1/" | "v2/");
        Self { scheme, host: canonical(host), path: if address { "" } else { path.trim_end_matches('/') } }
    }

    /// Whether it is a registry's own name.
    fn is(&self, host: &str) -> bool {
        self.host == host && self.path.is_empty()
    }

    fn covers(&self, place: &Place) -> bool {
        let below = place.repository.strip_prefix(self.path);
        self.host == canonical(&place.host)
            && self.scheme.is_none_or(|scheme| scheme == place.scheme)
            && below.is_some_and(|rest| self.path.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        parse(text.as_bytes()).unwrap()
    }

    /// The user whom these entries know at a place, each entry's user being its number.
    fn user(keys: &[&str], scheme: &str, host: &str, repository: &str) -> Option<String> {
        let entries: Vec<String> =
            keys.iter().enumerate().map(|(at, key)| format!(r#""{key}": {{"username": "{at}", "password": "p"}}"#)).collect();
        let place = Place { scheme: scheme.into(), host: host.into(), repository: repository.into() };
        match config(&format!(r#"{{"auths": {{{}}}}}"#, entries.join(","))).login(&place).unwrap() {
            Some(Login::Password(credentials)) => Some(credentials.username),
            _ => None,
        }
    }

    #[test]
    fn docker_hub_is_known_by_all_its_names() {
        for key in ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io", "index.docker.io/v1/"]
        {
            for host in ["docker.io", "registry-1.docker.io"] {
                assert!(user(&[key], "https", host, "pickme/x").is_some(), "{key} {host}");
            }
            assert!(user(&[key], "https", "quay.io", "pickme/x").is_none(), "{key}");
        }
        assert_eq!(user(&["docker.io", "https://index.docker.io/v1/"], "https", "docker.io", "x").unwrap(), "1");
        assert_eq!((server("docker.io"), server("quay.io")), ("https://index.docker.io/v1/", "quay.io"));
    }

    #[test]
    fn the_longest_name_that_leads_to_a_repository_counts() {
        let keys = ["quay.io", "quay.io/org", "quay.io/org/repo"];
        for (repository, number) in [("org/repo", "2"), ("org/repo/sub", "2"), ("org/repository", "1"), ("organ/x", "0")] {
            assert_eq!(user(&keys, "https", "quay.io", repository).unwrap(), number, "{repository}");
        }
        assert!(user(&["quay.io/org"], "https", "quay.io", "other/x").is_none());
    }

    #[test]
    fn credentials_hold_for_their_scheme_host_and_port() {
        for (key, scheme, host, holds) in [
            ("r.lan:5000", "http", "r.lan:5000", true),
            ("R.lan:5000", "https", "r.lan:5000", true),
            ("r.lan", "https", "r.lan:5000", false),
            ("r.lan:5000", "https", "r.lan", false),
            ("https://r.lan/v2/", "https", "r.lan", true),
            ("https://r.lan", "http", "r.lan", false),
            ("http://r.lan", "https", "r.lan", false),
            ("lan", "https", "r.lan", false),
            ("r.lan.evil", "https", "r.lan", false),
            ("r.lan/v1/", "https", "r.lan", true),
        ] {
            assert_eq!(user(&[key], scheme, host, "x").is_some(), holds, "{key} {scheme} {host}");
        }
    }

    fn login(entry: &str) -> Result<Option<Login>, String> {
        let place = Place { scheme: "https".into(), host: "r".into(), repository: "x".into() };
        config(&format!(r#"{{"auths": {{"r": {entry}}}}}"#)).login(&place)
    }

    #[test]
    fn an_entry_holds_a_password_or_a_token() {
        let shown = |entry: &str| match login(entry).unwrap() {
            None => "none".to_owned(),
            Some(Login::Password(pair)) => format!("password {} {}", pair.username, pair.password),
            Some(Login::Identity(pair)) => format!("identity {} {}", pair.username, pair.password),
            Some(Login::Token(token)) => format!("token {token}"),
        };
        for (entry, want) in [
            ("{}", "none"),
            ("null", "none"),
            (r#"{"auth": ""}"#, "none"),
            (r#"{"auth": "dTpwOnE="}"#, "password u p:q"),
            (r#"{"auth": "dTpwOnE"}"#, "password u p:q"),
            (r#"{"username": "u", "password": "p"}"#, "password u p"),
            (r#"{"auth": "MDA6", "identitytoken": "t"}"#, "identity 00 t"),
            (r#"{"identitytoken": "t"}"#, "identity <token> t"),
            (r#"{"username": "<token>", "password": "t"}"#, "identity <token> t"),
            (r#"{"registrytoken": "t"}"#, "token t"),
        ] {
            assert_eq!(shown(entry), want, "{entry}");
        }
        for broken in ["!", "dXNlcg==", "/w=="] {
            let why = login(&format!(r#"{{"auth": "{broken}"}}"#)).err().unwrap();
            assert_eq!(why, "its entry r holds no base64 of user:password");
        }
    }

    #[test]
    fn a_registrys_own_helper_comes_before_the_store() {
        let config = config(
            r#"{"credsStore": "all", "credHelpers": {"quay.io": "own", "plain": "", "https://index.docker.io/v1/": "hub"}}"#,
        );
        let asked = |host| config.helper(host);
        assert_eq!(
            (asked("quay.io"), asked("r"), asked("plain"), asked("docker.io")),
            (Some("own"), Some("all"), None, Some("hub"))
        );
        assert!(Config::default().helper("r").is_none());
    }
}
