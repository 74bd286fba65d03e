//! Who the user is to a registry: what `docker login` and `podman login` left behind.

mod file;
mod helper;

use std::ffi::OsString;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

use super::Credentials;
use crate::error::{Error, Kind, Result};
use crate::text::escape;
use helper::Helpers;

/// The user name that says that the password is an identity token (docker-credential-helpers).
const TOKEN_USER: &str = "<token>";

/// What a user is known by.
#[derive(Clone)]
pub enum Login {
    /// A user name and a password.
    Password(Credentials),
    /// A token, in place of the password, that the token server takes in exchange for its own.
    Identity(Credentials),
    /// A token that the registry takes as it is.
    Token(String),
}

impl From<Credentials> for Login {
    fn from(credentials: Credentials) -> Self {
        if credentials.username == TOKEN_USER { Self::Identity(credentials) } else { Self::Password(credentials) }
    }
}

impl Login {
    /// What of it must not be shown, in every spelling in which it is sent.
    pub fn secrets(&self) -> Vec<String> {
        match self {
            Self::Token(token) => vec![token.clone()],
            Self::Password(Credentials { username, password }) | Self::Identity(Credentials { username, password }) => {
                let sent = form(&[("", password)]).trim_start_matches('=').to_owned();
                vec![password.clone(), STANDARD.encode(format!("{username}:{password}")), sent]
            }
        }
    }
}

/// Fields as a form sends them.
pub fn form(fields: &[(&str, &str)]) -> String {
    // A URL's query has the encoding of forms; the address is never asked.
    let parsed = "http://form/".parse::<Url>().map(|mut url| {
        url.query_pairs_mut().extend_pairs(fields);
        url.query().unwrap_or_default().to_owned()
    });
    parsed.unwrap_or_default()
}

/// What a pull is from: credentials hold for it or for something else.
#[derive(Debug, Clone)]
pub struct Place {
    /// `https`, or `http` where the registry speaks no TLS.
    pub scheme: String,
    /// The registry as users write it, with its port if it has one.
    pub host: String,
    /// The repository.
    pub repository: String,
}

/// What a search for credentials came to.
#[derive(Clone, Default)]
pub struct Found {
    /// The user, if one is known there.
    pub login: Option<Login>,
    /// The file that says so; none if the user was named on the command line.
    pub origin: Option<String>,
    /// What should have been asked and could not be.
    pub unusable: Vec<String>,
}

/// The files that may hold credentials, in the order in which they are asked: those of `$REGISTRY_AUTH_FILE`,
/// `$DOCKER_CONFIG`, podman and docker.
pub fn files() -> Vec<PathBuf> {
    search(|name| std::env::var_os(name))
}

fn search(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = path("HOME");
    let config = path("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
    let candidates = [
        path("REGISTRY_AUTH_FILE"),
        path("DOCKER_CONFIG").map(|folder| folder.join("config.json")),
        path("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        config.map(|folder| folder.join("containers/auth.json")),
        home.map(|home| home.join(".docker/config.json")),
    ];
    let mut files = Vec::new();
    for file in candidates.into_iter().flatten() {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// Who may be known to a registry: who was named, or whoever stands in these files.
pub struct Users {
    given: Option<Credentials>,
    files: Vec<PathBuf>,
    helpers: Helpers,
}

impl Users {
    /// For a user who is given the files need not be asked.
    pub fn new(given: Option<Credentials>, files: Vec<PathBuf>) -> Self {
        Self { given, files, helpers: Helpers::default() }
    }

    /// The user who was named.
    pub fn given(&self) -> Option<Found> {
        let login = self.given.clone()?.into();
        Some(Found { login: Some(login), ..Found::default() })
    }

    /// Who the user is to a place, by the files. It blocks.
    pub fn look_up(&self, place: &Place) -> Result<Found> {
        look_up(&self.files, &self.helpers, place)
    }
}

/// Asks one file after the other, and the helpers that they name, until one knows the user.
fn look_up(files: &[PathBuf], helpers: &Helpers, place: &Place) -> Result<Found> {
    let mut found = Found::default();
    for path in files {
        let name = escape(path.as_os_str().as_encoded_bytes());
        let config = match file::read(path) {
            Ok(Some(config)) => config,
            Ok(None) => continue,
            Err(why) => {
                found.unusable.push(format!("{name} cannot be used: {why}"));
                continue;
            }
        };
        let mut login = None;
        if let Some(helper) = config.helper(&place.host) {
            let failed = |why: String| {
                Error::new(Kind::Denied, why)
                    .doing(format!("find the credentials for {} that {name} leaves to a helper", place.host))
            };
            login = helpers.get(helper, file::server(&place.host)).map_err(failed)?.map(Login::from);
        }
        if login.is_none() {
            login = config.login(place).unwrap_or_else(|why| {
                found.unusable.push(format!("{name} cannot be used: {why}"));
                None
            });
        }
        if login.is_some() {
            return Ok(Found { login, origin: Some(name), ..found });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(variables: &[(&str, &str)]) -> Vec<String> {
        let value = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        search(value).into_iter().map(|file| file.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn files_are_asked_in_their_order() {
        let all = [
            ("HOME", "/h"),
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_RUNTIME_DIR", "/r"),
            ("DOCKER_CONFIG", "/d"),
            ("REGISTRY_AUTH_FILE", "/a"),
        ];
        let order = ["/a", "/d/config.json", "/r/containers/auth.json", "/c/containers/auth.json", "/h/.docker/config.json"];
        assert_eq!(searched(&all), order);
        assert_eq!(searched(&all[..1]), ["/h/.config/containers/auth.json", "/h/.docker/config.json"]);
        assert_eq!(searched(&[("HOME", "/h"), ("DOCKER_CONFIG", "/h/.docker")]).len(), 2);
        assert!(searched(&[("HOME", ""), ("DOCKER_CONFIG", "")]).is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_used_does_not_hide_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let (broken, good) = (folder.path().join("broken"), folder.path().join("good"));
        std::fs::write(&broken, r#"{"auths": "hunter2"}"#).unwrap();
        std::fs::write(&good, r#"{"auths": {"r": {"auth": "dTpw"}}}"#).unwrap();
        let place = Place { scheme: "https".into(), host: "r".into(), repository: "x".into() };
        let files = [folder.path().join("absent"), folder.path().to_owned(), broken, good];
        let found = look_up(&files, &Helpers::default(), &place).unwrap();
        assert!(matches!(found.login, Some(Login::Password(_))) && found.origin.unwrap().ends_with("good"));
        assert_eq!(found.unusable.len(), 2);
        assert!(found.unusable.iter().all(|why| !why.contains("hunter2")), "{:?}", found.unusable);
    }

    #[test]
    fn a_secret_is_known_in_every_spelling() {
        let login = Login::from(Credentials { username: "<token>".into(), password: "a/b".into() });
        assert!(matches!(login, Login::Identity(_)));
        assert_eq!(login.secrets(), ["a/b", "PHRva2VuPjphL2I=", "a%2Fb"]);
    }
}
